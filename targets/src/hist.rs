//! A histogram of durations: HdrHistogram over 1 ns to 1 h with 3 digits, that counts what it had to clip,
//! merges, and travels as text (HdrHistogram V2, deflated, base64).
//!
//! It must not know what it measures. Percentiles that the sample count does not support are refused here,
//! once, for every output.

use std::io::Read as _;
use std::ops::AddAssign;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer as V2Reader, Serializer as _, V2DeflateSerializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The largest duration told apart: one hour in ns.
pub const HIGHEST: u64 = 3_600_000_000_000;

/// Durations in ns. About 264 KiB once the first value is in; an empty one is small.
#[derive(Clone, Debug, Default)]
pub struct Hist {
    inner: Option<Box<Histogram<u64>>>,
    saturated: u64,
}

impl Hist {
    /// Records one duration in ns. Above one hour it is clipped and counted in [`Hist::saturated`]; 0 counts as 1.
    pub fn record(&mut self, ns: u64) {
        if ns > HIGHEST {
            self.saturated += 1;
        }
        let Some(inner) = self.inner_mut() else { return };
        inner.saturating_record(ns.max(1));
    }

    /// Records the same duration so many times; it has the bounds of [`Hist::record`].
    pub fn record_n(&mut self, ns: u64, times: u64) {
        if times == 0 {
            return;
        }
        if ns > HIGHEST {
            self.saturated += times;
        }
        let Some(inner) = self.inner_mut() else { return };
        inner.saturating_record_n(ns.max(1), times);
    }

    fn inner_mut(&mut self) -> Option<&mut Histogram<u64>> {
        if self.inner.is_none() {
            // The bounds are constants that HdrHistogram accepts; a test holds that.
            self.inner = Histogram::new_with_bounds(1, HIGHEST, 3).ok().map(Box::new);
        }
        self.inner.as_deref_mut()
    }

    /// How many durations were recorded.
    pub fn count(&self) -> u64 {
        self.inner.as_ref().map_or(0, |h| h.len())
    }

    /// How many of them were over one hour and stand in it as one hour.
    pub fn saturated(&self) -> u64 {
        self.saturated
    }

    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.saturated = 0;
        if let Some(inner) = &mut self.inner {
            inner.reset();
        }
    }

    /// The value (ns) that a share `p` in [0, 1) of the durations does not exceed; `None` when fewer than
    /// 10 / (1 - p) were recorded, for then chance decides it.
    pub fn percentile(&self, p: f64) -> Option<u64> {
        let inner = self.inner.as_ref()?;
        // A relative hair of tolerance: 1 - 0.9 is not exactly 0.1.
        let supported = self.count() as f64 * (1.0 - p) >= 10.0 * (1.0 - 1e-9);
        supported.then(|| inner.value_at_quantile(p))
    }

    /// The value (ns) that 99 % do not exceed, however few there are: for judging ourselves, not for reports.
    pub fn tail(&self) -> Option<u64> {
        self.filled().map(|h| h.value_at_quantile(0.99))
    }

    /// The largest duration in ns.
    pub fn max(&self) -> Option<u64> {
        self.filled().map(|h| h.max())
    }

    /// The smallest duration in ns.
    pub fn min(&self) -> Option<u64> {
        self.filled().map(|h| h.min())
    }

    /// The mean in ns.
    pub fn mean(&self) -> Option<f64> {
        self.filled().map(|h| h.mean())
    }

    /// The standard deviation in ns.
    pub fn stdev(&self) -> Option<f64> {
        self.filled().map(|h| h.stdev())
    }

    /// The share in [0, 1] of durations at or below `ns`.
    pub fn share_at_or_below(&self, ns: u64) -> Option<f64> {
        self.filled().map(|h| h.quantile_below(ns))
    }

    /// (value in ns, count) of every recorded value, ascending.
    pub fn recorded(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.filled()
            .into_iter()
            .flat_map(|h| h.iter_recorded())
            .map(|v| (v.value_iterated_to(), v.count_since_last_iteration()))
    }

    /// The HdrHistogram itself, for the interval log; `None` when nothing was recorded.
    pub fn filled(&self) -> Option<&Histogram<u64>> {
        self.inner.as_deref().filter(|h| !h.is_empty())
    }

    /// Puts a coarser copy away: a second of a timeline takes about 1 KB then, and not 264 KiB.
    pub fn pack(&self) -> Packed {
        let (mut bytes, mut last) = (Vec::new(), 0);
        let mut recorded = self.recorded().peekable();
        while let Some((ns, mut count)) = recorded.next() {
            let at = place(ns) / COARSE;
            while let Some((_, more)) = recorded.next_if(|&(next, _)| place(next) / COARSE == at) {
                count += more;
            }
            put(&mut bytes, at - last);
            put(&mut bytes, count);
            last = at;
        }
        Packed { bytes: bytes.into(), saturated: self.saturated }
    }

    fn to_text(&self) -> Result<String, String> {
        let Some(h) = self.filled() else { return Ok(String::new()) };
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(h, &mut bytes).map_err(|e| e.to_string())?;
        Ok(STANDARD.encode(bytes))
    }

    fn from_text(text: &str, saturated: u64) -> Result<Hist, String> {
        if text.is_empty() {
            return Ok(Hist { inner: None, saturated });
        }
        let bytes = STANDARD.decode(text).map_err(|e| format!("histogram is not base64: {e}"))?;
        let plain = inflated(bytes).map_err(|e| format!("histogram is not deflated: {e}"))?;
        check(&plain)?;
        let read: Histogram<u64> = V2Reader::new()
            .deserialize(&mut plain.as_slice())
            .map_err(|e| format!("not an HdrHistogram: {e}"))?;
        if read.len() > MAX_COUNT {
            return Err("histogram has more counts than can be".to_owned());
        }
        let mut hist = Hist { inner: None, saturated };
        let inner = hist.inner_mut().ok_or("histogram bounds")?;
        inner.add(&read).map_err(|e| format!("histogram out of bounds: {e}"))?;
        Ok(hist)
    }
}

/// What a deflated histogram begins with (HdrHistogram V2); behind it are four bytes of length.
const DEFLATED: &[u8] = &[0x1C, 0x84, 0x93, 0x14];
/// More than a full histogram of our bounds takes: 33,792 counts of nine bytes.
const MAX_PLAIN_BYTES: u64 = 1 << 20;

/// A million clients with 10,000 messages a second each would need ten days for it. Above it sums of counts may overflow.
const MAX_COUNT: u64 = 1 << 53;

fn inflated(bytes: Vec<u8>) -> std::io::Result<Vec<u8>> {
    let Some([_, _, _, _, deflated @ ..]) = bytes.strip_prefix(DEFLATED) else { return Ok(bytes) };
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

/// So many neighbouring places are one in what is put away.
const COARSE: u64 = 8;

/// A histogram put away: the places that were recorded, each as its distance from the one before, and their counts;
/// some two bytes each.
#[derive(Clone, Debug, Default)]
pub struct Packed {
    bytes: Box<[u8]>,
    saturated: u64,
}

impl Packed {
    /// The histogram again, its values to within 0.4 % or 4 ns, whichever is more.
    pub fn unpack(&self) -> Hist {
        let mut hist = Hist { inner: None, saturated: self.saturated };
        let (mut rest, mut at) = (&*self.bytes, 0);
        while let (Some(further), Some(count)) = (take(&mut rest), take(&mut rest)) {
            at += further;
            let Some(inner) = hist.inner_mut() else { break };
            inner.saturating_record_n(lowest(at * COARSE + COARSE / 2), count);
        }
        hist
    }
}

/// The place of a value in a histogram of 3 digits: 2,048 of one ns each, then 1,024 of 2 ns, of 4 ns and so on.
pub fn place(ns: u64) -> u64 {
    let shift = u64::from(53 - (ns | 2047).leading_zeros());
    (shift << 10) + (ns >> shift)
}

/// The lowest value that has that place.
pub fn lowest(place: u64) -> u64 {
    let shift = (place >> 10).saturating_sub(1);
    (place - (shift << 10)) << shift
}

/// Seven bits a byte, the lowest first; the eighth says that more follow (LEB128).
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7F {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let length = bytes.iter().position(|byte| byte & 0x80 == 0)? + 1;
    let (number, rest) = bytes.split_at(length);
    *bytes = rest;
    Some(number.iter().rev().fold(0, |sum, byte| sum << 7 | u64::from(byte & 0x7F)))
}

impl AddAssign<&Hist> for Hist {
    fn add_assign(&mut self, other: &Hist) {
        self.saturated += other.saturated;
        let Some(theirs) = other.filled() else { return };
        let Some(ours) = self.inner_mut() else { return };
        // Same bounds on both sides, so that nothing can be out of range.
        let merged = ours.add(theirs);
        debug_assert!(merged.is_ok());
    }
}

/// Two are equal when they hold the same counts.
impl PartialEq for Hist {
    fn eq(&self, other: &Hist) -> bool {
        self.saturated == other.saturated && self.filled() == other.filled()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    count: u64,
    saturated: u64,
    hdr_v2: String,
}

impl Serialize for Hist {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let hdr_v2 = self.to_text().map_err(serde::ser::Error::custom)?;
        Text { count: self.count(), saturated: self.saturated, hdr_v2 }.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Hist {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Hist, D::Error> {
        let text = Text::deserialize(from)?;
        Hist::from_text(&text.hdr_v2, text.saturated).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[u64]) -> Hist {
        let mut h = Hist::default();
        values.iter().for_each(|&v| h.record(v));
        h
    }

    fn sum(a: &Hist, b: &Hist) -> Hist {
        let mut s = a.clone();
        s += b;
        s
    }

    proptest! {
        #[test]
        fn merging_is_a_commutative_monoid(a: Vec<u64>, b: Vec<u64>, c: Vec<u64>) {
            let (ha, hb, hc) = (of(&a), of(&b), of(&c));
            prop_assert_eq!(sum(&ha, &Hist::default()), ha.clone());
            prop_assert_eq!(sum(&ha, &hb), sum(&hb, &ha));
            prop_assert_eq!(sum(&sum(&ha, &hb), &hc), sum(&ha, &sum(&hb, &hc)));
            prop_assert_eq!(sum(&ha, &hb), of(&[a, b].concat()));
        }

        #[test]
        fn is_put_away_to_half_a_percent(a in prop::collection::vec(0..=HIGHEST * 2, 0..200), spread in 0..40) {
            let h = of(&a.iter().map(|ns| ns >> spread).collect::<Vec<_>>());
            let again = h.pack().unpack();
            prop_assert_eq!((again.count(), again.saturated()), (h.count(), h.saturated()));
            for p in [0.01, 0.1, 0.5, 0.9] {
                let (was, is) = (h.percentile(p).unwrap_or(0) as f64, again.percentile(p).unwrap_or(0) as f64);
                prop_assert!((was - is).abs() <= (was * 0.0055).max(5.0), "p{}: {} is {}", p, was, is);
            }
        }

        #[test]
        fn travels_unharmed(a: Vec<u64>) {
            let h = of(&a);
            let json = serde_json::to_string(&h).unwrap();
            prop_assert_eq!(serde_json::from_str::<Hist>(&json).unwrap(), h);
        }
    }

    /// A histogram of our bounds that says it has so many bytes of counts, and has these.
    fn plain(length: u32, counts: &[u8]) -> Result<Hist, String> {
        let head = [&[0x1C, 0x84, 0x93, 0x13], &length.to_be_bytes()[..], &[0; 4], &[0, 0, 0, 3]].concat();
        let bounds = [1u64.to_be_bytes(), HIGHEST.to_be_bytes(), 1f64.to_be_bytes()].concat();
        Hist::from_text(&STANDARD.encode([&head, &bounds[..], counts].concat()), 0)
    }

    #[test]
    fn what_no_histogram_may_say_is_refused() {
        // One duration of 1 ns, in zig-zag.
        assert_eq!(plain(2, &[0, 2]), Ok(of(&[1])));
        // Memory for 1 GiB of counts that do not come; a number that has no opposite.
        assert_eq!(plain(1 << 30, &[0, 2]), Err("histogram is cut off".to_owned()));
        assert_eq!(plain(9, &[0xFF; 9]), Err("histogram has a count of -2^63".to_owned()));
        // 2^62 - 1 twice.
        let counts = [[0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]; 2].concat();
        assert_eq!(plain(18, &counts), Err("histogram has more counts than can be".to_owned()));
    }

    #[test]
    fn neighbours_are_one_place_apart() {
        // (value, place): where each length of a place ends and the next begins.
        for (ns, at) in
            [(0, 0), (2047, 2047), (2048, 2048), (2049, 2048), (4095, 3071), (4096, 3072), (4099, 3072)]
        {
            assert_eq!(place(ns), at, "{ns} ns");
            assert!(lowest(at) <= ns && place(lowest(at)) == at, "{ns} ns");
        }
        assert_eq!(place(HIGHEST), place(lowest(place(HIGHEST))));
    }

    #[test]
    fn refuses_percentiles_without_samples() {
        let mut h = Hist::default();
        (1..=99).for_each(|v| h.record(v));
        assert_eq!((h.percentile(0.5).is_some(), h.percentile(0.9)), (true, None));
        h.record(100);
        assert_eq!(h.percentile(0.9), Some(90));
        assert_eq!(Hist::default().percentile(0.5), None);
        assert_eq!(Hist::default().max(), None);
    }

    #[test]
    fn counts_what_it_clips() {
        let h = of(&[HIGHEST + 1, u64::MAX, 0]);
        assert_eq!((h.count(), h.saturated()), (3, 2));
        assert_eq!(h.min(), Some(1));
    }
}
