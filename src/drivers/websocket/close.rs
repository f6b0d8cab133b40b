//! What a Close frame says (RFC 6455 §5.5.1, §7.4), and how that is told. No I/O.

use std::fmt;

use super::protocol_error::ProtocolError;
use crate::secret::redacted;

/// Characters of a reason that are told.
const MAX_TOLD: usize = 60;

/// A code and a reason; a Close may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close<'a> {
    /// Why, as a number.
    pub code: Option<u16>,
    /// Why, in words.
    pub reason: &'a str,
}

impl Close<'_> {
    /// Reads the payload of a Close.
    ///
    /// # Errors
    /// Half a code, one that may not be sent, a reason that is not UTF-8.
    pub fn decode(payload: &[u8]) -> Result<Close<'_>, ProtocolError> {
        let (code, reason) = match payload {
            [] => return Ok(Close { code: None, reason: "" }),
            [_] => return Err(ProtocolError::HalfCloseCode),
            [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
        };
        // 1004 to 1006 and 1015 never go over the wire; 1012 to 1014 are IANA's additions to §7.4.1.
        if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
            return Err(ProtocolError::BadCloseCode(code));
        }
        let reason = std::str::from_utf8(reason).map_err(|_| ProtocolError::NotUtf8)?;
        Ok(Close { code: Some(code), reason })
    }

    /// The payload of a Close that says the same.
    pub fn encode(&self) -> Vec<u8> {
        let code = self.code.map(u16::to_be_bytes);
        [code.as_ref().map_or(&[][..], |code| code), self.reason.as_bytes()].concat()
    }
}

/// `closed with 4408 "Connection initialisation timeout"`: without secrets, escaped, and not too long.
impl fmt::Display for Close<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(code) = self.code else { return f.write_str("closed without a code") };
        write!(f, "closed with {code}")?;
        if self.reason.is_empty() {
            return Ok(());
        }
        // Hidden first: half a secret does not look like one.
        let told: String = redacted(self.reason).chars().take(MAX_TOLD).collect();
        write!(f, " {told:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_told_without_secrets_escaped_and_short() {
        let told = |code, reason| Close { code, reason }.to_string();
        assert_eq!(told(None, ""), "closed without a code");
        assert_eq!(told(Some(1000), ""), "closed with 1000");
        assert_eq!(
            told(Some(4408), "Connection initialisation timeout"),
            "closed with 4408 \"Connection initialisation timeout\""
        );
        assert_eq!(told(Some(1008), "a\n\u{202e}\u{1b}b"), "closed with 1008 \"a\\n\\u{202e}\\u{1b}b\"");
        let secret = told(Some(1008), "bad token=s3cretValue in the query");
        assert!(!secret.contains("s3cret") && secret.contains("bad token="), "{secret}");
        assert_eq!(told(Some(1008), &"x".repeat(123)).len(), "closed with 1008 \"\"".len() + MAX_TOLD);
    }

    #[test]
    fn what_is_read_is_written_the_same() {
        for payload in [&b""[..], b"\x03\xe8", b"\x0f\xa0why"] {
            assert_eq!(Close::decode(payload).unwrap().encode(), payload);
        }
    }
}
