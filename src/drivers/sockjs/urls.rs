//! Where a session is found: `<base>/<server>/<session>/<carrier>` ("Session URLs" of sockjs-protocol).
//!
//! Pure: a path, numbers, paths.

use wsbench_targets::clock::Tick;
use wsbench_targets::pacer::Random;

/// RFC 4648 §7, lower case: no letter needs escaping in a path.
const LETTERS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
/// As many as sockjs-client takes.
const SESSION: usize = 8;

/// The paths of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionUrls {
    base: String,
    /// With its `?`; empty when there is none.
    query: String,
    /// `<server>/<session>`.
    session: String,
}

impl SessionUrls {
    /// URLs below `path` for a session that `client` opens at `opened`. A server remembers for seconds which
    /// sessions there were, so that the seed alone would let the next trial meet those of the last.
    pub fn new(path: &str, seed: u64, client: u32, opened: Tick) -> SessionUrls {
        let (base, query) = path.split_at(path.find('?').unwrap_or(path.len()));
        let mut random = Random::new(seed ^ opened.0, u64::from(client));
        let mut session = format!("{:03}/", random.next_u64() % 1000);
        let bits = random.next_u64();
        session.extend((0..SESSION).map(|n| char::from(LETTERS[(bits >> (5 * n) & 31) as usize])));
        SessionUrls { base: base.trim_end_matches('/').to_owned(), query: query.to_owned(), session }
    }

    /// What is asked before a session.
    pub fn info(&self) -> String {
        format!("{}/info{}", self.base, self.query)
    }

    /// The WebSocket without frames.
    pub fn raw(&self) -> String {
        format!("{}/websocket{}", self.base, self.query)
    }

    /// A carrier of this session, by the last word of its path.
    pub fn carrier(&self, name: &str) -> String {
        format!("{}/{}/{name}{}", self.base, self.session, self.query)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn paths_lie_below_the_base_and_keep_its_query() {
        let urls = SessionUrls::new("/a/echo/?k=v", 42, 0, Tick(1));
        assert_eq!((urls.info(), urls.raw()), ("/a/echo/info?k=v".into(), "/a/echo/websocket?k=v".into()));
        assert_eq!(SessionUrls::new("/", 1, 2, Tick(3)).info(), "/info");
        let url = SessionUrls::new("/echo", 42, 7, Tick(1)).carrier("xhr_send");
        let parts: Vec<&str> = url.split('/').collect();
        assert_eq!((parts.len(), parts[1], parts[4]), (5, "echo", "xhr_send"));
        assert!(parts[2].len() == 3 && parts[2].bytes().all(|b| b.is_ascii_digit()), "{url}");
        assert!(parts[3].len() == SESSION && parts[3].bytes().all(|b| b.is_ascii_alphanumeric()), "{url}");
    }

    #[test]
    fn every_client_and_every_instant_has_a_session_of_its_own() {
        let urls: HashSet<String> = (0..1000)
            .flat_map(|client| {
                (0..10).map(move |t| SessionUrls::new("/echo", 42, client, Tick(t * 1_000_000)))
            })
            .map(|urls| urls.carrier("xhr").split('/').nth(3).unwrap().to_owned())
            .collect();
        assert_eq!(urls.len(), 10_000);
        assert_eq!(SessionUrls::new("/", 1, 2, Tick(3)), SessionUrls::new("/", 1, 2, Tick(3)));
    }
}
