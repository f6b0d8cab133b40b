//! A histogram of durations: HdrHistogram over 1 ns to 1 h with 3 digits, that counts what it had to clip,
//! merges, and travels as text (HdrHistogram V2, deflated, base64).
//!
//! It must not know what it measures. Percentiles that the sample count does not support are refused here,
//! once, for every output.
//!
//! Only one that is recorded into is held ready for it, with all its places: 264 KiB. What was put away ([`packed`]) or
//! came as text ([`stored`]) stays as small as it was, and is unfolded for each question: an hour has 3,600 of them, and a
//! file may claim any number.

mod packed;
mod stored;

use std::borrow::Cow;
use std::ops::AddAssign;

use hdrhistogram::Histogram;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use packed::{Packed, lowest, place};
use stored::Stored;

/// The largest duration told apart: one hour in ns.
pub const HIGHEST: u64 = 3_600_000_000_000;
/// Packed, above this size, it is worth to deflate.
const MAX_PACKED: usize = 4096;

/// Durations in ns. About 264 KiB once the first value is recorded; any other is small.
#[derive(Clone, Debug, Default)]
pub struct Hist {
    form: Form,
    saturated: u64,
}

/// How the counts are held.
#[derive(Clone, Debug, Default)]
enum Form {
    #[default]
    Nothing,
    /// Ready to be recorded into.
    Dense(Box<Histogram<u64>>),
    /// Put away.
    Packed(Packed),
    /// As it travels.
    Stored(Stored),
}

/// An empty one of our bounds. They are constants that HdrHistogram accepts; a test holds that.
fn dense() -> Option<Histogram<u64>> {
    let made = Histogram::new_with_bounds(1, HIGHEST, 3);
    debug_assert!(made.is_ok());
    made.ok()
}

impl Hist {
    /// Records one duration in ns. Above one hour it is clipped and counted in [`Hist::saturated`]; 0 counts as 1.
    pub fn record(&mut self, ns: u64) {
        if ns > HIGHEST {
            self.saturated += 1;
        }
        let Some(inner) = self.ready() else { return };
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
        let Some(counts) = self.ready() else { return };
        counts.saturating_record_n(ns.max(1), times);
    }

    /// The counts, to be changed.
    fn ready(&mut self) -> Option<&mut Histogram<u64>> {
        if !matches!(self.form, Form::Dense(_)) {
            let counts = match self.unfolded() {
                Some(counts) => counts.into_owned(),
                None => dense()?,
            };
            self.form = Form::Dense(Box::new(counts));
        }
        match &mut self.form {
            Form::Dense(counts) => Some(counts),
            Form::Nothing | Form::Packed(_) | Form::Stored(_) => None,
        }
    }

    fn unfolded(&self) -> Option<Cow<'_, Histogram<u64>>> {
        match &self.form {
            Form::Nothing => None,
            Form::Dense(counts) => Some(Cow::Borrowed(counts)),
            Form::Packed(packed) => packed.counts().map(Cow::Owned),
            Form::Stored(stored) => stored.counts().map(Cow::Owned),
        }
    }

    /// How many durations were recorded.
    pub fn count(&self) -> u64 {
        match &self.form {
            Form::Nothing => 0,
            Form::Dense(counts) => counts.len(),
            Form::Packed(packed) => packed.count(),
            Form::Stored(stored) => stored.count(),
        }
    }

    /// How many of them were over one hour and stand in it as one hour.
    pub fn saturated(&self) -> u64 {
        self.saturated
    }

    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.saturated = 0;
        match &mut self.form {
            Form::Dense(counts) => counts.reset(),
            other => *other = Form::Nothing,
        }
    }

    /// The value (ns) that a share `p` in [0, 1) of the durations does not exceed; `None` when fewer than
    /// 10 / (1 - p) were recorded, for then chance decides it.
    pub fn percentile(&self, p: f64) -> Option<u64> {
        // A relative hair of tolerance: 1 - 0.9 is not exactly 0.1.
        let supported = self.count() as f64 * (1.0 - p) >= 10.0 * (1.0 - 1e-9);
        self.filled().filter(|_| supported).map(|h| h.value_at_quantile(p))
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
        let (dense, folded) = match self.filled() {
            Some(Cow::Borrowed(counts)) => (Some(counts), vec![]),
            Some(Cow::Owned(counts)) => (None, recorded(&counts).collect()),
            None => (None, vec![]),
        };
        dense.into_iter().flat_map(recorded).chain(folded)
    }

    /// The HdrHistogram itself, for the interval log; `None` when nothing was recorded.
    pub fn filled(&self) -> Option<Cow<'_, Histogram<u64>>> {
        self.unfolded().filter(|h| !h.is_empty())
    }

    /// One that answers many questions without being unfolded for each.
    pub fn opened(&self) -> Hist {
        let form = self.unfolded().map_or(Form::Nothing, |counts| Form::Dense(Box::new(counts.into_owned())));
        Hist { form, saturated: self.saturated }
    }

    /// Puts a coarser copy away: a second of a timeline takes about 1 KB then, and not 264 KiB.
    pub fn pack(&self) -> Packed {
        Packed::coarse(self.recorded(), self.saturated)
    }

    fn to_text(&self) -> Result<String, String> {
        self.filled().map_or(Ok(String::new()), |counts| Ok(Stored::of(&counts)?.to_text()))
    }

    fn from_text(text: &Text) -> Result<Hist, String> {
        let form = if text.hdr_v2.is_empty() {
            Form::Nothing
        } else {
            Form::Stored(Stored::from_text(&text.hdr_v2)?)
        };
        let hist = Hist { form, saturated: text.saturated };
        let (said, has) = (text.count, hist.count());
        if said != has {
            return Err(format!("histogram says that it has {said} durations, and has {has}"));
        }
        if text.saturated > has {
            return Err(format!("histogram has clipped {} durations of {has}", text.saturated));
        }
        Ok(hist)
    }
}

fn recorded(counts: &Histogram<u64>) -> impl Iterator<Item = (u64, u64)> + '_ {
    counts.iter_recorded().map(|v| (v.value_iterated_to(), v.count_since_last_iteration()))
}

/// The smallest form that loses nothing.
fn folded(counts: &Histogram<u64>) -> Form {
    let packed = Packed::exact(recorded(counts));
    let large = packed.size() > MAX_PACKED;
    match Stored::of(counts) {
        Ok(stored) if large => Form::Stored(stored),
        _ => Form::Packed(packed),
    }
}

/// What was small stays small.
impl AddAssign<&Hist> for Hist {
    fn add_assign(&mut self, other: &Hist) {
        self.saturated += other.saturated;
        let Some(theirs) = other.filled() else { return };
        if self.count() == 0 && !matches!(self.form, Form::Dense(_)) {
            self.form = other.form.clone();
            return;
        }
        let folds = !matches!((&self.form, &other.form), (Form::Dense(_), _) | (_, Form::Dense(_)));
        let Some(ours) = self.ready() else { return };
        // Same bounds on both sides, so that nothing can be out of range.
        let merged = ours.add(&*theirs);
        debug_assert!(merged.is_ok());
        if folds {
            self.form = folded(ours);
        }
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
        Hist::from_text(&Text::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
