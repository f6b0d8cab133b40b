//! Percent-encoding of a value in a query, so that a server's word cannot end the line.

use std::fmt::Write as _;

/// `value` with all but what RFC 3986 §2.3 calls unreserved written as `%XX`.
pub fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte))
            }
            // Writing into memory cannot fail.
            _ => drop(write!(text, "%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_request_line() {
        assert_eq!(encoded("aZ-\r\n &é"), "aZ-%0D%0A%20%26%C3%A9");
    }
}
