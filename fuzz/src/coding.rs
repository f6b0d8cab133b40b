//! A compressed answer: gzip, deflate, br or zstd, as a server sends it.

use wsbench::drivers::http::coding::{Coding, Plain};

use super::same_in_every_split;

/// What a message may be, and so what is kept of one.
const MOST: usize = 16 << 20;

/// The first byte says which coding; the body follows. What is made plain is the same in every split, is no longer than is
/// kept, and every byte of the wire is somebody's.
pub fn check(bytes: &[u8]) {
    let Some((first, body)) = bytes.split_first() else { return };
    let coding = [Coding::Gzip, Coding::Deflate, Coding::Br, Coding::Zstd][usize::from(first % 4)];
    same_in_every_split(body, |ends| read(coding, body, ends));
}

/// All of it; `None` where it cannot be read.
fn read(coding: Coding, body: &[u8], ends: &[usize]) -> Option<Vec<u8>> {
    let (mut plain, mut from) = (Plain::of(coding)?, 0);
    for &end in ends {
        let fed = plain.feed(&body[from..end]);
        from = end;
        fed.ok()?;
        assert!(plain.rest().len() <= MOST, "{} bytes kept", plain.rest().len());
    }
    plain.finish().ok()?;
    let (all, half) = (plain.rest().to_vec(), plain.rest().len() / 2);
    let taken = plain.take(half) + plain.take(all.len() - half);
    assert_eq!(taken + plain.left(), body.len(), "bytes of the wire");
    Some(all)
}
