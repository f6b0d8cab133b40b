//! Percent-encoding of a value in a path or query, so that a server's word cannot end the line.

use std::io::Write as _;

use crate::message::template::{Own, filled_so_far};

/// `value` with all but what RFC 3986 §2.3 calls unreserved written as `%XX`.
pub fn encoded(value: &str) -> String {
    let mut text = Vec::with_capacity(value.len());
    encode(value, &mut text);
    // It is ASCII.
    String::from_utf8_lossy(&text).into_owned()
}

/// Appends the same.
pub fn encode(value: &str, into: &mut Vec<u8>) {
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => into.push(byte),
            // Writing into memory cannot fail.
            _ => drop(write!(into, "%{byte:02X}")),
        }
    }
}

/// Path and query as one client says them; what its session has not saved yet is empty there.
pub fn filled(path: &str, own: &Own<'_>) -> String {
    filled_so_far("", path, encode, own).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_request_line() {
        assert_eq!(encoded("aZ-\r\n &é"), "aZ-%0D%0A%20%26%C3%A9");
    }
}
