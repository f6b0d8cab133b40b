//! Compressed bodies (RFC 9110 §8.4) made plain as they come: gzip, deflate and br piece by piece, zstd once it is whole.
//!
//! Both sizes are known: so many bytes of the wire stand for so many plain ones, in proportion. No I/O. It must not know how a
//! body is delimited, nor what it means.

use std::io::{self, Read, Write};

use brotli_decompressor::DecompressorWriter;
use flate2::Decompress;
use ruzstd::decoding::StreamingDecoder;
use wsbench_targets::deflate::Unfit;
use wsbench_targets::deflate::codec::expand;

use crate::drivers::limits::MAX_MESSAGE_BYTES;
use crate::meter::compressed::share;

/// The window of gzip and deflate (RFC 1952, RFC 1950): 32 KiB at the most.
const BITS: u8 = 15;
/// Room for a step of br.
const STEP: usize = 4096;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// It is not.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 1950; some servers send RFC 1951, without its head.
    Deflate,
    /// Brotli, RFC 7932.
    Br,
    /// RFC 8878.
    Zstd,
    /// Nothing here decodes it.
    Unknown,
}

impl Coding {
    /// Of a `Content-Encoding`.
    pub fn of(value: &[u8]) -> Coding {
        let is = |name: &[u8]| value.trim_ascii().eq_ignore_ascii_case(name);
        match () {
            () if is(b"") || is(b"identity") => Coding::Identity,
            () if is(b"gzip") || is(b"x-gzip") => Coding::Gzip,
            () if is(b"deflate") => Coding::Deflate,
            () if is(b"br") => Coding::Br,
            () if is(b"zstd") => Coding::Zstd,
            () => Coding::Unknown,
        }
    }
}

/// A compressed body, as far as it has come.
pub struct Plain {
    decoder: Decoder,
    bytes: Vec<u8>,
    taken: usize,
    /// Bytes of the wire that nobody has accounted for yet.
    wire: usize,
}

enum Decoder {
    /// With a head, or, where the first byte cannot be one, without.
    Zlib(Box<Decompress>),
    /// Zlib whose first byte has not come.
    Unseen,
    Br(Box<DecompressorWriter<Bounded>>),
    /// All that has come.
    Zstd(Vec<u8>),
}

/// What is written, up to a limit.
#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
    over: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.over |= self.bytes.len() + bytes.len() > MAX_MESSAGE_BYTES;
        if self.over {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Plain {
    /// Nothing has come yet; `None` where nothing decodes it, or nothing needs to.
    pub fn of(coding: Coding) -> Option<Plain> {
        let decoder = match coding {
            Coding::Identity | Coding::Unknown => return None,
            Coding::Gzip => Decoder::Zlib(Box::new(Decompress::new_gzip(BITS))),
            Coding::Deflate => Decoder::Unseen,
            Coding::Br => Decoder::Br(Box::new(DecompressorWriter::new(Bounded::default(), STEP))),
            Coding::Zstd => Decoder::Zstd(Vec::new()),
        };
        Some(Plain { decoder, bytes: Vec::new(), taken: 0, wire: 0 })
    }

    /// The plain bytes that came and are not taken yet.
    pub fn rest(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    /// Bytes of memory that are kept of it.
    pub fn held(&self) -> usize {
        let small = if let Decoder::Zstd(small) = &self.decoder { small.capacity() } else { 0 };
        self.bytes.capacity() + small
    }

    /// A piece of the body has come.
    ///
    /// # Errors
    /// It cannot be decoded, or is longer than is kept.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), Unfit> {
        self.wire += piece.len();
        self.bytes.drain(..std::mem::take(&mut self.taken));
        let Some(&first) = piece.first() else { return Ok(()) };
        if matches!(self.decoder, Decoder::Unseen) {
            // RFC 1950 §2.2: the method, and a window of 32 KiB at the most.
            let zlib = first & 0x0f == 8 && first >> 4 <= 7;
            self.decoder = Decoder::Zlib(Box::new(Decompress::new_with_window_bits(zlib, BITS)));
        }
        match &mut self.decoder {
            Decoder::Zlib(context) => expand(context, piece, MAX_MESSAGE_BYTES, &mut self.bytes),
            Decoder::Br(writer) => {
                let written = writer.write_all(piece).and_then(|()| writer.flush());
                let plain = writer.get_mut();
                self.bytes.append(&mut plain.bytes);
                match written {
                    Err(_) if plain.over => Err(Unfit::TooLong),
                    Err(_) => Err(Unfit::Corrupt),
                    Ok(()) if self.bytes.len() > MAX_MESSAGE_BYTES => Err(Unfit::TooLong),
                    Ok(()) => Ok(()),
                }
            }
            Decoder::Zstd(small) => {
                small.extend_from_slice(piece);
                if small.len() > MAX_MESSAGE_BYTES { Err(Unfit::TooLong) } else { Ok(()) }
            }
            Decoder::Unseen => Ok(()),
        }
    }

    /// The body is whole.
    ///
    /// # Errors
    /// As for [`Plain::feed`].
    pub fn finish(&mut self) -> Result<(), Unfit> {
        let small = match std::mem::replace(&mut self.decoder, Decoder::Unseen) {
            Decoder::Zstd(small) if !small.is_empty() => small,
            // Behind the end of a stream another may begin, and none has.
            Decoder::Zlib(context) if context.total_in() > 0 => return Err(Unfit::Corrupt),
            Decoder::Br(writer) => return writer.into_inner().map(drop).map_err(|_| Unfit::Corrupt),
            Decoder::Zstd(_) | Decoder::Zlib(_) | Decoder::Unseen => return Ok(()),
        };
        let decoder = StreamingDecoder::new(&small[..]).map_err(|_| Unfit::Corrupt)?;
        let mut decoder = decoder.take(MAX_MESSAGE_BYTES as u64 + 1);
        decoder.read_to_end(&mut self.bytes).map_err(|_| Unfit::Corrupt)?;
        if self.bytes.len() > MAX_MESSAGE_BYTES { Err(Unfit::TooLong) } else { Ok(()) }
    }

    /// Takes so many plain bytes off the front of [`Plain::rest`]; how many of the wire they were.
    pub fn take(&mut self, bytes: usize) -> usize {
        let wire = share(bytes, self.rest().len(), self.wire).min(self.wire);
        self.taken += bytes;
        self.wire -= wire;
        wire
    }

    /// Bytes of the wire that stood for nothing that was taken.
    pub fn left(&self) -> usize {
        self.wire
    }
}

#[cfg(test)]
mod tests;
