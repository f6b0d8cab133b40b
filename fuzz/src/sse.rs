//! A stream of events.

use wsbench::drivers::sse::decoder::Decoder;

use super::same_in_every_split;

/// A stream is the same in every split, and each byte that was taken is accounted for.
pub fn check(bytes: &[u8]) {
    same_in_every_split(bytes, |ends| read(bytes, ends));
}

type Event = [Vec<u8>; 3];

/// Type, data and id of each event; bytes of data, of all else, and whether an event is under way; the delay.
fn read(bytes: &[u8], ends: &[usize]) -> (Vec<Event>, (usize, usize, bool), Option<u64>) {
    let (mut decoder, mut events, mut at, mut payload) = (Decoder::default(), vec![], 0, 0);
    for &end in ends {
        while let Ok(taken) = decoder.take(&bytes[at..end]) {
            at += taken.payload + taken.framing;
            payload += taken.payload;
            if !taken.event {
                break;
            }
            events.push([decoder.kind(), decoder.data(), decoder.last_id()].map(<[u8]>::to_vec));
        }
    }
    let read = (events, (payload, at - payload, decoder.under_way()), decoder.retry());
    let last_id = decoder.last_id().to_vec();
    decoder.restart();
    assert_eq!((decoder.last_id(), decoder.retry(), decoder.under_way()), (&last_id[..], read.2, false));
    read
}
