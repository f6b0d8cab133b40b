//! A histogram as it travels: HdrHistogram V2, deflated, in files as base64. It may come from anybody.
//!
//! It must not know what is in it. All that is wrong with it is found when it comes; from then on it takes as much memory
//! as its text.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer as V2Reader, Serializer as _, V2DeflateSerializer};

use super::{HIGHEST, dense};

/// What a deflated histogram begins with (HdrHistogram V2); behind it are four bytes of length.
const DEFLATED: &[u8] = &[0x1C, 0x84, 0x93, 0x14];
/// More than a full histogram of our bounds takes: 33,792 counts of nine bytes.
const MAX_PLAIN_BYTES: u64 = 1 << 20;
/// A million clients with 10,000 messages a second each would need ten days for it. Above it sums of counts may overflow.
const MAX_COUNT: u64 = 1 << 53;

/// Its bytes, known to be good.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    bytes: Box<[u8]>,
    count: u64,
}

impl Stored {
    pub(super) fn of(counts: &Histogram<u64>) -> Result<Stored, String> {
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(counts, &mut bytes).map_err(|e| e.to_string())?;
        Ok(Stored { bytes: bytes.into(), count: counts.len() })
    }

    /// Of a text that is not empty.
    pub(super) fn from_text(text: &str) -> Result<Stored, String> {
        let bytes = STANDARD.decode(text).map_err(|e| format!("histogram is not base64: {e}"))?;
        let count = read(&bytes)?.len();
        Ok(Stored { bytes: bytes.into(), count })
    }

    pub(super) fn to_text(&self) -> String {
        STANDARD.encode(&self.bytes)
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn counts(&self) -> Option<Histogram<u64>> {
        let counts = read(&self.bytes);
        debug_assert!(counts.is_ok(), "it was read before");
        counts.ok()
    }
}

fn read(bytes: &[u8]) -> Result<Histogram<u64>, String> {
    let plain = inflated(bytes).map_err(|e| format!("histogram is not deflated: {e}"))?;
    check(&plain)?;
    let read: Histogram<u64> = V2Reader::new()
        .deserialize(&mut plain.as_slice())
        .map_err(|e| format!("not an HdrHistogram: {e}"))?;
    if read.len() > MAX_COUNT {
        return Err("histogram has more counts than can be".to_owned());
    }
    if (read.low(), read.high(), read.sigfig()) == (1, HIGHEST, 3) {
        return Ok(read);
    }
    let mut counts = dense().ok_or("histogram bounds")?;
    counts.add(&read).map_err(|e| format!("histogram out of bounds: {e}"))?;
    Ok(counts)
}

fn inflated(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let Some([_, _, _, _, deflated @ ..]) = bytes.strip_prefix(DEFLATED) else { return Ok(bytes.to_vec()) };
    let mut plain = Vec::new();
    ZlibDecoder::new(deflated).take(MAX_PLAIN_BYTES).read_to_end(&mut plain)?;
    Ok(plain)
}

/// Refuses what `hdrhistogram` must not read: it takes as much memory as a histogram says that it is long, up to 4 GiB,
/// and it negates a count of -2^63, which only nine bytes 0xFF can be.
fn check(plain: &[u8]) -> Result<(), String> {
    let length =
        plain.get(4..).and_then(|behind| behind.first_chunk()).map(|length| u32::from_be_bytes(*length));
    if length.is_some_and(|length| length as usize > plain.len()) {
        return Err("histogram is cut off".to_owned());
    }
    if plain.windows(9).any(|nine| nine == [0xFF; 9]) {
        return Err("histogram has a count of -2^63".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A histogram of our bounds that says it has so many bytes of counts, and has these.
    fn plain(length: u32, counts: &[u8]) -> Result<u64, String> {
        let head = [&[0x1C, 0x84, 0x93, 0x13], &length.to_be_bytes()[..], &[0; 4], &[0, 0, 0, 3]].concat();
        let bounds = [1u64.to_be_bytes(), HIGHEST.to_be_bytes(), 1f64.to_be_bytes()].concat();
        let text = STANDARD.encode([&head, &bounds[..], counts].concat());
        Stored::from_text(&text).map(|stored| stored.count())
    }

    #[test]
    fn what_no_histogram_may_say_is_refused() {
        // One duration of 1 ns, in zig-zag.
        assert_eq!(plain(2, &[0, 2]), Ok(1));
        // Memory for 1 GiB of counts that do not come; a number that has no opposite.
        assert_eq!(plain(1 << 30, &[0, 2]), Err("histogram is cut off".to_owned()));
        assert_eq!(plain(9, &[0xFF; 9]), Err("histogram has a count of -2^63".to_owned()));
        // 2^62 - 1 twice.
        let counts = [[0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]; 2].concat();
        assert_eq!(plain(18, &counts), Err("histogram has more counts than can be".to_owned()));
    }
}
