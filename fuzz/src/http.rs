//! The head of an HTTP answer, and the body behind it.

use wsbench::drivers::http::body::{Body, Step};
use wsbench::drivers::http::head::{Head, field, head};
use wsbench::meter::Failure;

use super::same_in_every_split;

/// A thread remembers the last head: this one takes the place of it.
const OTHER: &[u8] = b"HTTP/1.1 204 Other\r\n\r\n";

/// An answer is the same in every split, and a head that is remembered the same as one that is read.
pub fn check(bytes: &[u8]) {
    same_in_every_split(bytes, |ends| answer(bytes, ends));
    same_in_every_split(bytes, |ends| body(Body::chunked(), bytes, 0, ends));
    for name in ["ETag", "Location"] {
        let value = field(bytes, name);
        assert!(value.is_none() || head(bytes) != Ok(None), "a field of no head");
    }
}

type Data = (Vec<u8>, Result<(usize, bool), Failure>);

/// The head and what its body is.
fn answer(bytes: &[u8], ends: &[usize]) -> Result<Option<(Head, Data)>, Failure> {
    assert!(head(OTHER).is_ok());
    for (read, &end) in ends.iter().enumerate() {
        let Some(found) = head(&bytes[..end])? else { continue };
        assert!(found.length <= end);
        assert_eq!(head(&bytes[..end]), Ok(Some(found)));
        return Ok(Some((found, body(found.body, bytes, found.length, &ends[read..]))));
    }
    Ok(None)
}

/// The data of a body that begins at `at`; the bytes that carry it and whether it has ended, or what is wrong with it.
fn body(mut body: Body, bytes: &[u8], mut at: usize, ends: &[usize]) -> Data {
    let (mut data, mut framing) = (Vec::new(), 0);
    for &end in ends {
        loop {
            let taken = match body.step(&bytes[at..end]) {
                Ok(Step::Data(taken)) => {
                    data.extend_from_slice(&bytes[at..at + taken]);
                    taken
                }
                Ok(Step::Framing(taken)) => {
                    framing += taken;
                    taken
                }
                Ok(Step::More) => break,
                Ok(Step::End) => return (data, Ok((framing, true))),
                Err(failure) => return (data, Err(failure)),
            };
            assert!(taken > 0, "a step takes something");
            at += taken;
        }
    }
    (data, Ok((framing, body.may_end())))
}
