//! The frames of a WebSocket server that compresses (RFC 7692), and the terms that it agrees to.

use wsbench::drivers::websocket::decoder::{Brings, Decoder};
use wsbench_targets::deflate::{Deflate, Inflater, Side};

use super::same_in_every_split;

/// Bytes that one of DEFLATE may stand for, and a little more (RFC 1951 §3.2.5: 258 of two bits).
const MOST: usize = 1_100;

/// The first byte says how the server compresses; frames follow. They are the same in every split, and no message is longer
/// than its bytes can stand for. The same bytes as an answer to an offer, or as offers, agree on nothing impossible.
pub fn check(bytes: &[u8]) {
    let Some((first, frames)) = bytes.split_first() else { return };
    let side = Side { takeover: first & 0x80 == 0, bits: 9 + first % 7 };
    same_in_every_split(frames, |ends| read(side, frames, ends));
    let own = Deflate { server: side, ..Deflate::default() };
    let text = String::from_utf8_lossy(bytes);
    for agreed in
        [own.agreed(&text).ok().flatten(), own.accept(&text).map(|(agreed, _)| agreed)].into_iter().flatten()
    {
        assert!(agreed.server.bits <= side.bits && (8..=15).contains(&agreed.client.bits));
        assert!(side.takeover || !agreed.server.takeover);
    }
}

/// Each frame; bytes of all of them; what was refused; bytes of a message that is not whole.
fn read(side: Side, bytes: &[u8], ends: &[usize]) -> (Vec<String>, usize, Option<String>, usize) {
    let mut decoder = Decoder::inflating(Inflater::new(side));
    let (mut frames, mut at, mut refused) = (vec![], 0, None);
    for &end in ends {
        while refused.is_none() {
            match decoder.decode(&bytes[at..end]) {
                Ok(None) => break,
                Ok(Some(frame)) => {
                    if let Brings::Message(message) = &frame.brings {
                        assert!(message.bytes.len() <= MOST * (message.wire + 4));
                        assert!(
                            message.on_wire(message.bytes.len()) == message.wire || message.bytes.is_empty()
                        );
                    }
                    frames.push(format!("{frame:?}"));
                    at += frame.length;
                }
                Err(error) => refused = Some(format!("{error} {:?} {}", error.failure(), error.close_code())),
            }
        }
    }
    let abandoned = decoder.abandon();
    assert!(abandoned <= at, "more of a message than has come");
    (frames, at, refused, abandoned)
}
