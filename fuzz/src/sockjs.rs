//! Frames of a SockJS server, and the JSON that they and other drivers look at.

use serde_json::Value;
use wsbench::drivers::json;
use wsbench::drivers::sockjs::frame::{Frame, Messages, decode, encode};

/// Strings and elements are those that `serde_json` finds.
pub fn check(bytes: &[u8]) {
    let mut messages = Messages::default();
    let frame = decode(bytes, &mut messages);
    assert_eq!(messages.iter().map(<[u8]>::len).sum::<usize>(), messages.length());
    if let [b'a', list @ ..] = bytes
        && let Ok(strings) = serde_json::from_slice::<Vec<String>>(list)
    {
        assert_eq!(frame, Ok(Frame::Messages));
        assert!(messages.iter().eq(strings.iter().map(String::as_bytes)), "{strings:?}");
    }
    messages.iter().for_each(comes_back);
    if let Ok(text) = std::str::from_utf8(bytes) {
        look(text);
    }
}

fn comes_back(message: &[u8]) {
    let Ok(text) = std::str::from_utf8(message) else { return };
    let (mut frame, mut again) = (b"a".to_vec(), Messages::default());
    encode(text, &mut frame);
    assert_eq!(decode(&frame, &mut again), Ok(Frame::Messages));
    assert!(again.iter().eq([message]));
}

fn look(text: &str) {
    for n in 0..4 {
        let _element = json::element(text, n);
    }
    assert!(json::length(text) <= text.len());
    match serde_json::from_str(text) {
        Ok(Value::String(string)) => assert_eq!(json::length(text.trim()), string.len()),
        Ok(Value::Array(elements)) => {
            for (n, element) in elements.iter().enumerate().take(8) {
                let found = json::element(text, n).map(serde_json::from_str::<Value>);
                assert_eq!(found.and_then(Result::ok).as_ref(), Some(element));
            }
            assert_eq!(json::element(text, elements.len()), None);
        }
        read => assert!(read.is_err() || json::is_well_formed(text)),
    }
}
