//! Messages made smaller and whole again (RFC 7692 §7.2): raw DEFLATE, of which each message ends with an empty stored block
//! whose last four bytes are left out.
//!
//! An end that keeps its context has a compressor and a decompressor of its own; who starts afresh with every message uses
//! the thread's. It must not know frames, nor what was agreed on.

use std::cell::Cell;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::terms::{MAX_BITS, MIN_BITS, Side};

/// What every message ends with, and what is left out of it (§7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// An empty message: an empty block that is not the last (§7.2.3.6).
const EMPTY: u8 = 0;
/// Room for the output of one call; also more than a flush is long.
const STEP: usize = 4096;
const WINDOWS: usize = MAX_BITS as usize + 1;

thread_local! {
    static COMPRESS: [Cell<Option<Box<Compress>>>; WINDOWS] =
        const { [const { Cell::new(None) }; WINDOWS] };
    static DECOMPRESS: [Cell<Option<Box<Decompress>>>; WINDOWS] =
        const { [const { Cell::new(None) }; WINDOWS] };
}

/// Bytes of memory that a compressor takes: zlib's own formula, with its usual level of memory, 8.
pub const fn deflater_memory(bits: u8) -> u64 {
    (1 << (bits + 2)) + (1 << (8 + 9))
}

/// The same of a decompressor: its window, and its tables.
pub const fn inflater_memory(bits: u8) -> u64 {
    (1 << bits) + 12_000
}

/// What makes the messages of one end smaller.
#[derive(Debug)]
pub struct Deflater {
    side: Side,
    threshold: usize,
    context: Option<Box<Compress>>,
}

impl Deflater {
    /// Of the end that compresses like `side`, and no messages shorter than `threshold`.
    pub fn new(side: Side, threshold: usize) -> Deflater {
        Deflater { side, threshold, context: None }
    }

    /// Appends `message`, compressed, to `into`; or leaves it as it is and says so: `false`.
    pub fn deflate(&mut self, message: &[u8], into: &mut Vec<u8>) -> bool {
        // A message may always be sent as it is (§7.2.1), as where zlib has no window so small.
        if message.len() < self.threshold || self.side.bits < MIN_BITS {
            return false;
        }
        if message.is_empty() {
            into.push(EMPTY);
            return true;
        }
        let place = usize::from(self.side.bits);
        let kept = self.context.take().or_else(|| match self.side.takeover {
            true => None,
            false => COMPRESS.with(|spare| spare[place].take()),
        });
        let mut context = kept.unwrap_or_else(|| {
            Box::new(Compress::new_with_window_bits(Compression::default(), false, self.side.bits))
        });
        let start = into.len();
        let whole = compress(&mut context, message, FlushCompress::Sync, into);
        if self.side.takeover {
            self.context = Some(context);
        } else {
            context.reset();
            COMPRESS.with(|spare| spare[place].set(Some(context)));
        }
        debug_assert!(whole && into.ends_with(&TAIL), "zlib flushes whatever it was given");
        into.truncate(into.len().saturating_sub(TAIL.len()).max(start));
        true
    }
}

/// Appends all of `message`, compressed, and with it what waited; whether that could be.
pub(crate) fn compress(
    context: &mut Compress,
    message: &[u8],
    flush: FlushCompress,
    into: &mut Vec<u8>,
) -> bool {
    let begun = context.total_in();
    loop {
        into.reserve(STEP);
        let rest = message.get((context.total_in() - begun) as usize..).unwrap_or_default();
        let done = context.compress_vec(rest, into, flush);
        match done {
            Ok(Status::StreamEnd) => return true,
            Err(_) => return false,
            // Where room is left, nothing waits to come out.
            Ok(Status::Ok | Status::BufError) if into.len() < into.capacity() => {
                return (context.total_in() - begun) as usize == message.len();
            }
            Ok(Status::Ok | Status::BufError) => {}
        }
    }
}

/// Why a message cannot be made whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is no DEFLATE, or refers to what was never sent.
    Corrupt,
    /// It would be longer than it may: perhaps a bomb.
    TooLong,
}

/// What makes the messages of the other end whole.
#[derive(Debug)]
pub struct Inflater {
    side: Side,
    context: Option<Box<Decompress>>,
}

impl Inflater {
    /// Of messages from an end that compresses like `side`.
    pub fn new(side: Side) -> Inflater {
        Inflater { side: Side { bits: side.bits.max(MIN_BITS), ..side }, context: None }
    }

    /// Appends `message`, whole, to `into`: at most so many bytes.
    ///
    /// # Errors
    /// The message is not fit to be read. The context is lost then, and with it all that follows.
    pub fn inflate(&mut self, message: &[u8], most: usize, into: &mut Vec<u8>) -> Result<(), Unfit> {
        let place = usize::from(self.side.bits);
        let kept = self.context.take().or_else(|| match self.side.takeover {
            true => None,
            false => DECOMPRESS.with(|spare| spare[place].take()),
        });
        let mut context =
            kept.unwrap_or_else(|| Box::new(Decompress::new_with_window_bits(false, self.side.bits)));
        let most = into.len() + most;
        expand(&mut context, message, most, into)?;
        expand(&mut context, &TAIL, most, into)?;
        if self.side.takeover {
            self.context = Some(context);
        } else {
            context.reset(false);
            DECOMPRESS.with(|spare| spare[place].set(Some(context)));
        }
        Ok(())
    }
}

/// Appends what `input` holds, up to `most` bytes in `into`.
///
/// # Errors
/// As for [`Inflater::inflate`].
pub fn expand(context: &mut Decompress, input: &[u8], most: usize, into: &mut Vec<u8>) -> Result<(), Unfit> {
    let mut rest = input;
    loop {
        // One byte more than allowed, so that it is seen; a little at a time, so that a bomb does not ask for much.
        into.reserve(STEP.max(rest.len()).min(most + 1 - into.len()));
        let (read, held) = (context.total_in(), into.len());
        let done = context.decompress_vec(rest, into, FlushDecompress::Sync).map_err(|_| Unfit::Corrupt)?;
        if into.len() > most {
            return Err(Unfit::TooLong);
        }
        let used = (context.total_in() - read) as usize;
        rest = rest.get(used..).unwrap_or_default();
        match done {
            // A block may say that it is the last (§7.2.3.4): what follows it begins anew.
            Status::StreamEnd => context.reset(false),
            Status::Ok | Status::BufError if into.len() == into.capacity() => {}
            Status::Ok | Status::BufError if rest.is_empty() => return Ok(()),
            Status::Ok | Status::BufError if used == 0 && into.len() == held => return Err(Unfit::Corrupt),
            Status::Ok | Status::BufError => {}
        }
    }
}

#[cfg(test)]
mod tests;
