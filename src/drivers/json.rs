//! What must be known of JSON (RFC 8259) without building a tree of it: is it JSON, where is an element, what does a
//! string stand for, and how is one written.
//!
//! A message is looked at where it lies, so that reading one allocates nothing. It must not know protocols. Half a
//! surrogate pair, which JavaScript may send, becomes U+FFFD; serde_json would refuse it.

use serde::de::IgnoredAny;

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

/// Whether this is one JSON value, and nothing behind it.
pub fn is_well_formed(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Whether this is a JSON object or array.
pub fn is_container(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && is_well_formed(text)
}

/// Element `n` of an array, as it is written. Of well-formed JSON; for any other text whatever looks like it.
pub fn element(array: &str, n: usize) -> Option<&str> {
    let inner = array.trim().strip_prefix('[')?.strip_suffix(']')?;
    let mut start = 0;
    for _ in 0..n {
        start += end_of_element(inner.get(start..)?)? + 1;
    }
    let rest = inner.get(start..)?;
    let element = rest[..end_of_element(rest).unwrap_or(rest.len())].trim();
    (!element.is_empty()).then_some(element)
}

/// Where the comma behind the first element is.
fn end_of_element(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

/// Bytes of a value itself: of a string what its escapes stand for, without quotes; of any other what is written.
pub fn length(value: &str) -> usize {
    match value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
        None => value.len(),
        Some(plain) if !plain.contains('\\') => plain.len(),
        Some(_) => {
            let mut meant = Vec::new();
            string(value.as_bytes(), &mut meant).map_or(value.len(), |_| meant.len())
        }
    }
}

/// `text` as a JSON string.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    #[test]
    fn elements_are_found_whatever_they_hold() {
        let array = r#" [ "a,]\"" , {"b":[1,2]},[3, 4] ,5]"#;
        let elements = ["\"a,]\\\"\"", "{\"b\":[1,2]}", "[3, 4]", "5"];
        for (n, expected) in elements.iter().enumerate() {
            assert_eq!(element(array, n), Some(*expected));
        }
        assert_eq!((element(array, 4), element("[]", 0), element("{}", 0)), (None, None, None));
    }

    proptest! {
        #[test]
        fn a_string_is_as_long_as_what_it_stands_for(text in any::<String>()) {
            let ours = quoted(&text);
            let read = serde_json::from_str::<String>(&ours).ok();
            prop_assert_eq!(read.as_ref(), Some(&text));
            prop_assert_eq!(length(&ours), text.len());
            let ascii: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            prop_assert_eq!(length(&format!("\"{ascii}\"")), text.len());
        }

        #[test]
        fn elements_are_those_that_serde_json_finds(strings in proptest::collection::vec(any::<String>(), 0..5)) {
            let array = serde_json::to_string(&strings).unwrap();
            for (n, string) in strings.iter().enumerate() {
                let found = element(&array, n).map(|text| serde_json::from_str::<String>(text).unwrap());
                prop_assert_eq!(found.as_ref(), Some(string));
            }
        }

        #[test]
        fn any_text_is_looked_at_without_a_panic(text in ".{0,30}", near in r#"["\\u0-9a-f,\[\]{}é😀]{0,30}"#, n in 0usize..4) {
            for text in [text, near] {
                let _element = element(&text, n);
                let _length = length(&text);
                let _container = is_container(&text);
            }
        }
    }
}
