//! What a Close frame says (RFC 6455 §5.5.1, §7.4). No I/O.

use super::protocol_error::ProtocolError;

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

    /// `closed with 4408`.
    pub fn name(&self) -> String {
        self.code.map_or("closed without a code".to_owned(), |code| format!("closed with {code}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_the_same() {
        for payload in [&b""[..], b"\x03\xe8", b"\x0f\xa0why"] {
            assert_eq!(Close::decode(payload).unwrap().encode(), payload);
        }
    }
}
