//! What must hold for the decoders of bytes from outside, whatever the bytes are: one file a target, each with a
//! `check` that panics where it does not.
//!
//! `fuzz_targets` gives them to libFuzzer; `tests/pure/seeds.rs` of the program runs them over `seeds`. They must not know
//! which of the two calls.

use std::fmt::Debug;

pub mod coding;
pub mod deflate;
pub mod http;
pub mod http2;
pub mod results;
pub mod scenario;
pub mod secret;
pub mod socketio;
pub mod sockjs;
pub mod sse;
pub mod websocket;
pub mod wire;

/// Decodes `bytes` as they come by one read and by several: `decode` is told where each read ends. All must give the same.
fn same_in_every_split<T: Debug + PartialEq>(bytes: &[u8], decode: impl Fn(&[usize]) -> T) {
    let whole = decode(&[bytes.len()]);
    // One more size that follows from the bytes, so that an input always fails or never.
    let sum = bytes.iter().fold(5_usize, |sum, &byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    for size in [1, 2, 3, 1 + sum % bytes.len().max(1)] {
        let ends: Vec<usize> = (size..bytes.len()).step_by(size).chain([bytes.len()]).collect();
        assert_eq!(decode(&ends), whole, "in reads of {size} bytes");
    }
}
