use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::*;

fn text() -> Vec<u8> {
    (0..40).flat_map(|n| format!("{{\"n\":{n},\"text\":\"a message\"}}\n").into_bytes()).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// By Google's brotli and Facebook's zstd.
const BR: &str = "1b5504809c07b6ad25af611e06bbf68c502a80ec55985be9f4b9c1d8fa6c8780893838006878b7800309f8995980de08198003481\
                  6111285c6c2c6c1c5c3afb9a3652ab596b68eae1e7eaa54aad45ada3aba7af8a953a9526b69ebe8eacd0f";
const ZSTD: &str = "28b52ffd60560325040012c40d15902b1dcb1dc0421b76f7098ff73719cc38ebb0e6046ddbb6edffff93244932410ea3203a81c74\
                    e494add122443b69a5b260cc8187302282080a3e2038a843764a1082f6443094fc842115ec884125ec886129e908572781b864c\
                    c350320c0fc3905d188a85e15518320a4399300409ccd98c2df6b1992decb3992dddde5d8863";

fn of(coding: Coding) -> Vec<u8> {
    let (text, level) = (text(), Compression::default());
    match coding {
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(vec![], level);
            encoder.write_all(&text).unwrap();
            encoder.finish().unwrap()
        }
        Coding::Deflate => {
            let mut encoder = ZlibEncoder::new(vec![], level);
            encoder.write_all(&text).unwrap();
            encoder.finish().unwrap()
        }
        Coding::Br => bytes(&BR.replace(' ', "")),
        _ => bytes(&ZSTD.replace(' ', "")),
    }
}

/// All that is plain, taken line by line as it comes in pieces of `size`; and the bytes of the wire that it stood for.
fn read(coding: Coding, small: &[u8], size: usize) -> Result<(Vec<u8>, usize), Unfit> {
    let (mut plain, mut all, mut wire) = (Plain::of(coding).unwrap(), vec![], 0);
    let mut lines = |plain: &mut Plain| {
        while let Some(end) = plain.rest().iter().position(|&byte| byte == b'\n') {
            all.extend_from_slice(&plain.rest()[..=end]);
            wire += plain.take(end + 1);
        }
    };
    for piece in small.chunks(size) {
        plain.feed(piece)?;
        lines(&mut plain);
    }
    plain.finish()?;
    lines(&mut plain);
    Ok((all, wire + plain.left()))
}

#[test]
fn each_coding_is_read_in_any_pieces_and_every_byte_is_somebodys() {
    for coding in [Coding::Gzip, Coding::Deflate, Coding::Br, Coding::Zstd] {
        let small = of(coding);
        for size in [1, 7, small.len()] {
            assert_eq!(read(coding, &small, size), Ok((text(), small.len())), "{coding:?} by {size}");
        }
    }
    let mut raw = DeflateEncoder::new(vec![], Compression::default());
    raw.write_all(&text()).unwrap();
    let raw = raw.finish().unwrap();
    assert_eq!(read(Coding::Deflate, &raw, 5), Ok((text(), raw.len())), "deflate without a head");
}

#[test]
fn what_is_no_such_coding_is_refused() {
    for coding in [Coding::Gzip, Coding::Deflate, Coding::Br, Coding::Zstd] {
        assert_eq!(read(coding, b"\xff\xfe\xfd\xfc what is this?", 100), Err(Unfit::Corrupt), "{coding:?}");
    }
}

/// A few bytes that stand for more than is kept.
#[test]
fn bombs_are_refused() {
    let mut gzip = GzEncoder::new(vec![], Compression::best());
    let piece = vec![b'.'; 1 << 20];
    (0..17).for_each(|_| gzip.write_all(&piece).unwrap());
    assert_eq!(read(Coding::Gzip, &gzip.finish().unwrap(), 4096), Err(Unfit::TooLong));
    // 17 MiB of dots.
    let br = bytes("cbffff3ff8255ce2b14020f7fe8fffff7ff04b00c4611180eefd5ffdff3f7e0980382c00d0bd7f00");
    assert_eq!(read(Coding::Br, &br, 4096), Err(Unfit::TooLong));
}

#[test]
fn codings_have_names() {
    for (name, coding) in [
        ("gzip", Coding::Gzip),
        ("X-GZIP ", Coding::Gzip),
        ("deflate", Coding::Deflate),
        ("br", Coding::Br),
        ("zstd", Coding::Zstd),
        ("identity", Coding::Identity),
        ("", Coding::Identity),
        ("compress", Coding::Unknown),
        ("gzip, br", Coding::Unknown),
    ] {
        assert_eq!(Coding::of(name.as_bytes()), coding, "{name}");
    }
}
