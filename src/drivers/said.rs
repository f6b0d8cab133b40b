//! What a server says in its own words where it refuses, fit to stand in a reason: one short line without secrets.
//!
//! Control characters stay: who shows a reason escapes it for its place.

use crate::secret;

/// Characters that are kept.
const MAX_CHARACTERS: usize = 80;

/// ` "words"`, with a blank before it; empty for nothing, for what is no text and for a page.
pub fn quoted(bytes: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(bytes.get(..bytes.len().min(8 * MAX_CHARACTERS)).unwrap_or_default())
    else {
        return String::new();
    };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() || line.starts_with('<') {
        return String::new();
    }
    let shown = secret::redacted(&line);
    let mut kept: String = shown.chars().take(MAX_CHARACTERS).collect();
    if kept.len() < shown.len() {
        kept.push('…');
    }
    format!(" \"{kept}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_one_short_line_without_secrets() {
        for (said, kept) in [
            (&b"Session ID\r\n  unknown"[..], " \"Session ID unknown\""),
            (b"", ""),
            (b" \n", ""),
            (b"\xff\xfe", ""),
            (b"<!DOCTYPE html><title>502</title>", ""),
        ] {
            assert_eq!(quoted(said), kept);
        }
        assert_eq!(quoted(&[b'x'; 500]).chars().count(), MAX_CHARACTERS + 4);
        assert!(!quoted(b"token: abcdefghijklmnop1234 is bad").contains("abcdefghijklmnop1234"));
    }
}
