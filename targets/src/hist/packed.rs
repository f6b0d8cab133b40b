//! A histogram put away: the places that were recorded, each as its distance from the one before, and their counts; some
//! two bytes each.
//!
//! It must not know what is put away, nor how histograms travel.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::{Form, Hist, dense};

/// Of what is put away coarser, so many neighbouring places are one: values to within 0.4 % or 4 ns.
const COARSE: u64 = 8;

/// A histogram put away.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Packed {
    bytes: Box<[u8]>,
    /// Places that are one.
    grain: u64,
    count: u64,
    saturated: u64,
}

impl Packed {
    /// Of values (ns) with their counts, ascending; coarser.
    pub(super) fn coarse(recorded: impl Iterator<Item = (u64, u64)>, saturated: u64) -> Packed {
        Packed { saturated, ..Packed::of(recorded, COARSE) }
    }

    /// The same, as they are.
    pub(super) fn exact(recorded: impl Iterator<Item = (u64, u64)>) -> Packed {
        Packed::of(recorded, 1)
    }

    fn of(recorded: impl Iterator<Item = (u64, u64)>, grain: u64) -> Packed {
        let (mut bytes, mut last, mut total) = (Vec::new(), 0, 0);
        let mut recorded = recorded.peekable();
        while let Some((ns, mut count)) = recorded.next() {
            let at = place(ns) / grain;
            while let Some((_, more)) = recorded.next_if(|&(next, _)| place(next) / grain == at) {
                count += more;
            }
            put(&mut bytes, at - last);
            put(&mut bytes, count);
            (last, total) = (at, total + count);
        }
        Packed { bytes: bytes.into(), grain, count: total, saturated: 0 }
    }

    /// The histogram again, its values to within 0.4 % or 4 ns, whichever is more.
    pub fn unpack(&self) -> Hist {
        Hist { form: Form::Packed(self.clone()), saturated: self.saturated }
    }

    /// All counts, each at its place.
    pub(super) fn counts(&self) -> Option<Histogram<u64>> {
        let (mut counts, mut rest, mut at) = (dense()?, &*self.bytes, 0);
        while let (Some(further), Some(count)) = (take(&mut rest), take(&mut rest)) {
            at += further;
            counts.saturating_record_n(lowest(at * self.grain + self.grain / 2), count);
        }
        Some(counts)
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Bytes that it takes.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
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

#[cfg(test)]
mod tests {
    use super::super::HIGHEST;
    use super::*;

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
}
