//! gzip (RFC 1952) for the answers of the HTTP targets: whole ones, and streams message by message.
//!
//! It must not know what is answered.

use flate2::{Compress, Compression, FlushCompress};
use hyper::header::{ACCEPT_ENCODING, HeaderMap};

use crate::deflate::codec::compress;

/// The largest window, which a server has where nothing is said.
const BITS: u8 = 15;

/// One answer.
pub(crate) struct Gzip(Box<Compress>);

impl Gzip {
    pub(crate) fn new() -> Gzip {
        Gzip(Box::new(Compress::new_gzip(Compression::default(), BITS)))
    }

    /// A piece of a stream, all of which can be read.
    pub(crate) fn piece(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut small = Vec::new();
        compress(&mut self.0, bytes, FlushCompress::Sync, &mut small);
        small
    }

    /// All of an answer.
    pub(crate) fn whole(mut self, bytes: &[u8]) -> Vec<u8> {
        let mut small = Vec::new();
        compress(&mut self.0, bytes, FlushCompress::Finish, &mut small);
        small
    }
}

/// Whether a client accepts it (RFC 9110 §12.5.3).
pub(crate) fn accepted(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|one| {
        let (coding, weight) = one.split_once(';').unwrap_or((one, ""));
        coding.trim().eq_ignore_ascii_case("gzip")
            && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use hyper::header::HeaderValue;

    use super::*;

    #[test]
    fn what_is_compressed_is_read_by_others() {
        let mut text = String::new();
        GzDecoder::new(&Gzip::new().whole(b"one message\n")[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, "one message\n");
        let mut stream = Gzip::new();
        let pieces = [stream.piece(b"one\n"), stream.piece(b"two\n")].concat();
        let mut read = [0; 8];
        GzDecoder::new(&pieces[..]).read_exact(&mut read).unwrap();
        assert_eq!(&read, b"one\ntwo\n");
    }

    #[test]
    fn it_is_accepted_where_that_is_said() {
        for (line, expected) in
            [("gzip, deflate, br", true), ("br;q=1, GZIP;q=0.5", true), ("gzip;q=0", false), ("br", false)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(line));
            assert_eq!(accepted(&headers), expected, "{line}");
        }
    }
}
