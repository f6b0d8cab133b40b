//! The tables of HPACK (RFC 7541 §2.3): the one that everybody knows, and the one that a connection fills.

use std::collections::VecDeque;

/// §4.1: what an entry counts besides its text.
const ENTRY: usize = 32;

/// Appendix A.
#[rustfmt::skip]
const STATIC: [(&str, &str); 61] = [
    (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
    (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
    (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
    ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""), ("cache-control", ""),
    ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
    ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""), ("etag", ""),
    ("expect", ""), ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""), ("if-modified-since", ""),
    ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""),
    ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""),
    ("referer", ""), ("refresh", ""), ("retry-after", ""), ("server", ""), ("set-cookie", ""),
    ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""), ("via", ""),
    ("www-authenticate", ""),
];

/// What was found of a field: the number of an entry that is the same, and of one of the same name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub whole: Option<usize>,
    pub name: Option<usize>,
}

/// The dynamic table, the newest entry first.
#[derive(Debug)]
pub struct Table {
    entries: VecDeque<(String, Vec<u8>)>,
    bytes: usize,
    limit: usize,
}

impl Table {
    pub fn new(limit: usize) -> Table {
        Table { entries: VecDeque::new(), bytes: 0, limit }
    }

    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Makes room where it is less than before.
    pub fn resize(&mut self, limit: usize) {
        self.limit = limit;
        self.evict(0);
    }

    /// Looks in both tables.
    pub fn find(&self, name: &str, value: &[u8]) -> Found {
        let known = STATIC.iter().map(|(name, value)| (*name, value.as_bytes()));
        let own = self.entries.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        let mut found = Found::default();
        for (index, entry) in (1..).zip(known.chain(own)) {
            if entry.0 != name {
                continue;
            }
            found.name = found.name.or(Some(index));
            if entry.1 == value {
                return Found { whole: Some(index), ..found };
            }
        }
        found
    }

    /// Adds an entry; one that is larger than the table empties it (§4.4).
    pub fn insert(&mut self, name: &str, value: &[u8]) {
        let bytes = name.len() + value.len() + ENTRY;
        self.evict(bytes);
        if bytes <= self.limit {
            self.bytes += bytes;
            self.entries.push_front((name.to_owned(), value.to_vec()));
        }
    }

    fn evict(&mut self, more: usize) {
        while self.bytes + more > self.limit {
            let Some((name, value)) = self.entries.pop_back() else { return };
            self.bytes -= name.len() + value.len() + ENTRY;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first_and_what_is_too_large_takes_all() {
        let mut table = Table::new(2 * (ENTRY + 2));
        for name in ["a", "b", "c"] {
            table.insert(name, b"1");
        }
        assert_eq!(table.find("a", b"1"), Found::default());
        assert_eq!(table.find("b", b"1"), Found { whole: Some(63), name: Some(63) });
        assert_eq!(table.find("c", b"2"), Found { whole: None, name: Some(62) });
        table.insert("long", &[b'x'; 100]);
        assert_eq!((table.find("c", b"1"), table.bytes), (Found::default(), 0));
    }
}
