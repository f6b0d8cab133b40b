//! Where records of TLS begin and end (RFC 8446 §5.1): five bytes of head, of which the last two say how many follow.
//!
//! Pure. It must not know what is in them.

const HEAD: usize = 5;

/// How far one direction of a connection is.
#[derive(Debug, Default)]
pub(super) struct Records {
    head: [u8; HEAD],
    /// Bytes of the head that are there.
    have: usize,
    /// Bytes behind it that are missing.
    missing: usize,
}

impl Records {
    /// These bytes passed.
    pub(super) fn pass(&mut self, mut bytes: &[u8]) {
        while let [first, rest @ ..] = bytes {
            if self.missing > 0 {
                let passed = self.missing.min(bytes.len());
                self.missing -= passed;
                bytes = bytes.get(passed..).unwrap_or_default();
                continue;
            }
            self.head[self.have] = *first;
            self.have += 1;
            bytes = rest;
            if self.have == HEAD {
                let [.., high, low] = self.head;
                (self.have, self.missing) = (0, usize::from(u16::from_be_bytes([high, low])));
            }
        }
    }

    /// Whether one is not whole.
    pub(super) fn within(&self) -> bool {
        self.have > 0 || self.missing > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_whole_with_its_last_byte_however_it_comes() {
        let two = b"\x17\x03\x03\x00\x03abc\x15\x03\x03\x00\x00";
        let whole = [0, 8, two.len()];
        for cut in 0..=two.len() {
            let mut records = Records::default();
            records.pass(&two[..cut]);
            assert_eq!(records.within(), !whole.contains(&cut), "{cut}");
            records.pass(&two[cut..]);
            assert!(!records.within(), "{cut}");
        }
    }
}
