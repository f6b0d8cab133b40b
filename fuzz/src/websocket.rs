//! The frames of a WebSocket server.

use wsbench::drivers::websocket::decoder::Decoder;

use super::same_in_every_split;

/// Frames are the same in every split. What is refused has a name, and bytes of a message that is not whole are accounted for.
pub fn check(bytes: &[u8]) {
    same_in_every_split(bytes, |ends| read(bytes, ends));
}

/// Each frame; bytes of all of them; what was refused; bytes of a message that is not whole.
fn read(bytes: &[u8], ends: &[usize]) -> (Vec<String>, usize, Option<String>, usize) {
    let (mut decoder, mut frames, mut at, mut refused) = (Decoder::default(), vec![], 0, None);
    for &end in ends {
        loop {
            match decoder.decode(&bytes[at..end]) {
                Ok(None) => break,
                Ok(Some(frame)) => {
                    frames.push(format!("{frame:?}"));
                    at += frame.length;
                }
                Err(error) => {
                    refused = Some(format!("{error} {:?} {}", error.failure(), error.close_code()));
                    break;
                }
            }
        }
        if refused.is_some() {
            break;
        }
    }
    assert!(decoder.held() <= 2 * bytes.len() + 8, "{} bytes held", decoder.held());
    let abandoned = decoder.abandon();
    assert!(abandoned <= at, "more of a message than has come");
    (frames, at, refused, abandoned)
}
