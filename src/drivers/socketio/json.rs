//! What must be known of JSON without building a tree of it: is it JSON, where is an element, how long is a string.
//!
//! Pure. A message is looked at where it lies, so that reading one allocates nothing.

use serde::de::IgnoredAny;

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
    let Some(inner) = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) else { return value.len() };
    let mut length = inner.len();
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        let (written, meant) = escape(&rest[at..]);
        length -= written - meant;
        rest = rest.get(at + written..).unwrap_or_default();
    }
    length
}

/// Bytes of the escape at the head of `text`, and of what it stands for.
fn escape(text: &str) -> (usize, usize) {
    let unit = |at: usize| text.get(at..at + 4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    match (text.as_bytes().get(1), unit(2)) {
        // Two of these are one character beyond U+FFFF: 4 bytes, 2 for each half.
        (Some(b'u'), Some(0xd800..=0xdfff)) => (6, 2),
        (Some(b'u'), Some(unit)) => (6, char::from_u32(unit).map_or(3, char::len_utf8)),
        (Some(_), _) if text.is_char_boundary(2) => (2, 1),
        _ => (1, 1),
    }
}

/// Appends `text` as a JSON string.
pub fn quote(text: &str, into: &mut String) {
    into.push('"');
    for c in text.chars() {
        match c {
            '"' => into.push_str("\\\""),
            '\\' => into.push_str("\\\\"),
            '\n' => into.push_str("\\n"),
            '\r' => into.push_str("\\r"),
            '\t' => into.push_str("\\t"),
            c if c < ' ' => into.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => into.push(c),
        }
    }
    into.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
            let mut ours = String::new();
            quote(&text, &mut ours);
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
