//! JSON strings (RFC 8259 §7) in place: no value is built and nothing is allocated but the text's own growth.
//!
//! It must not know frames. UTF-8 is passed on as it is; half a surrogate pair, which JavaScript may send, becomes
//! U+FFFD.

/// `text` behind `token`, and behind white space on both sides of it.
pub fn token(text: &[u8], token: u8) -> Option<&[u8]> {
    skip(text).strip_prefix(&[token]).map(skip)
}

fn skip(text: &[u8]) -> &[u8] {
    let blank = text.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count();
    text.get(blank..).unwrap_or_default()
}

/// Unescapes the string at the front of `text`, quotes and all, behind what is in `into`; what follows it. `None`
/// when there is none, or not all of it.
pub fn string<'a>(text: &'a [u8], into: &mut Vec<u8>) -> Option<&'a [u8]> {
    let mut rest = text.strip_prefix(b"\"")?;
    loop {
        let plain = rest.iter().position(|&b| matches!(b, b'"' | b'\\' | 0..0x20))?;
        let (before, from) = rest.split_at(plain);
        into.extend_from_slice(before);
        rest = match from {
            [b'"', after @ ..] => return Some(after),
            [b'\\', escaped @ ..] => unescape(escaped, into)?,
            // RFC 8259 §7: control characters are escaped.
            _ => return None,
        };
    }
}

fn unescape<'a>(text: &'a [u8], into: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (&letter, rest) = text.split_first()?;
    into.push(match letter {
        b'"' | b'\\' | b'/' => letter,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'f' => 0x0c,
        b'u' => return unicode(rest, into),
        _ => return None,
    });
    Some(rest)
}

/// Behind `\u`: one code unit of UTF-16, or two that are a pair.
fn unicode<'a>(text: &'a [u8], into: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (first, mut rest) = unit(text)?;
    let mut point = u32::from(first);
    if (0xd800..0xdc00).contains(&point)
        && let Some((second @ 0xdc00..0xe000, after)) = rest.strip_prefix(b"\\u").and_then(unit)
    {
        point = 0x1_0000 + ((point - 0xd800) << 10) + (u32::from(second) - 0xdc00);
        rest = after;
    }
    let letter = char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER);
    into.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    Some(rest)
}

fn unit(text: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    let value = digits.iter().try_fold(0u16, |value, &digit| {
        let digit = char::from(digit).to_digit(16)?;
        Some(value << 4 | u16::try_from(digit).ok()?)
    })?;
    Some((value, rest))
}

/// Appends `text` as it stands between the quotes.
pub fn escape(text: &str, into: &mut Vec<u8>) {
    for &byte in text.as_bytes() {
        match byte {
            b'"' | b'\\' => into.extend_from_slice(&[b'\\', byte]),
            b'\n' => into.extend_from_slice(b"\\n"),
            0..0x20 => {
                let digit = |value: u8| b"0123456789abcdef"[usize::from(value & 0xf)];
                into.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte)]);
            }
            _ => into.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, &str)> {
        let mut into = Vec::new();
        let rest = string(text.as_bytes(), &mut into)?;
        Some((String::from_utf8(into).unwrap(), std::str::from_utf8(rest).unwrap()))
    }

    #[test]
    fn escapes_are_those_of_rfc_8259() {
        let table = [
            (r#""""#, ""),
            (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r#""\u00e9\u20AC""#, "é€"),
            (r#""\ud83d\ude00""#, "\u{1f600}"),
            (r#""\ud83d""#, "\u{fffd}"),
            (r#""\ude00x""#, "\u{fffd}x"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            ("\"é\u{1f600}\u{7f}\"", "é\u{1f600}\u{7f}"),
        ];
        for (text, value) in table {
            assert_eq!(read(text), Some((value.to_owned(), "")), "{text}");
        }
        assert_eq!(read(r#""x", "y""#), Some(("x".to_owned(), r#", "y""#)));
    }

    #[test]
    fn what_is_no_string_is_none() {
        for text in ["", "x", "\"", "\"a", r#""\"#, r#""\x""#, r#""\u12"#, r#""\u12g4""#, "\"\n\""] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
