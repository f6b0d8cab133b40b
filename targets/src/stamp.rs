//! The stamp that each message carries: whose it is, its number, when it was scheduled, and a check over these.
//!
//! Pure. It must not know what else a message holds ([`crate::wire`], the harness' `message`), nor what becomes of
//! one that is not ours: the harness' `message::recogniser` decides that.
//!
//! 120 bits, most significant first: stream (24), number (34), scheduled time since the trial's start (50), check (12);
//! six bits a character.

use crate::clock::Tick;

/// Characters of a stamp: with a newline behind it, the article's message of 21 bytes.
pub const STAMP_LEN: usize = 20;

const NUMBER_BITS: u32 = 34;
const TIME_BITS: u32 = 50;
const CHECK_BITS: u32 = 12;

/// Letters that JSON, XML, URLs and form data leave as they are: those of RFC 4648 §5, with zero first.
const LETTERS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
const NONE: u8 = 64;
const VALUES: [u8; 256] = values();

const fn values() -> [u8; 256] {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < 64 {
        values[LETTERS[value] as usize] = value as u8;
        value += 1;
    }
    values
}

/// Which message it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The number of the one client, or of the group, that hears it, or [`Stamp::ALL`].
    pub stream: u32,
    /// Number in the stream, from 0, contiguous; below 2^34.
    pub seq: u64,
    /// When the schedule wanted it sent.
    pub due: Tick,
}

/// What makes the stamps of one trial its own, the same at both ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrialKey {
    start: Tick,
    seed: u64,
}

/// What 20 characters say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What they would be the stamp of.
    pub stamp: Stamp,
    /// Whether the check agrees: made with this trial's key, and arrived as it was sent.
    pub genuine: bool,
}

impl Stamp {
    /// The stream that all clients hear.
    pub const ALL: u32 = (1 << 24) - 1;

    /// The number that stands in a message that begins with a stamp, of whatever trial.
    pub fn number(message: &[u8]) -> Option<u64> {
        let bits = message.get(..STAMP_LEN)?.iter().try_fold(0, shifted)?;
        Some(field(bits, TIME_BITS + CHECK_BITS, NUMBER_BITS))
    }
}

impl TrialKey {
    /// The key of the trial whose schedule has this seed and starts at `start`: no two trials of a machine start at once.
    pub fn new(seed: u64, start: Tick) -> TrialKey {
        TrialKey { start, seed }
    }

    /// When the trial's schedule starts.
    pub fn start(&self) -> Tick {
        self.start
    }

    /// The stamp as text.
    pub fn encode(&self, stamp: Stamp) -> [u8; STAMP_LEN] {
        debug_assert!(stamp.due >= self.start, "nothing is scheduled before the start");
        let place = |value: u64, bits: u32| u128::from(value & ((1 << bits) - 1));
        let bits = place(u64::from(stamp.stream), 24) << (NUMBER_BITS + TIME_BITS)
            | place(stamp.seq, NUMBER_BITS) << TIME_BITS
            | place(stamp.due.since(self.start), TIME_BITS);
        let mut bits = bits << CHECK_BITS | u128::from(self.check(bits));
        let mut text = [0; STAMP_LEN];
        for letter in text.iter_mut().rev() {
            *letter = LETTERS[(bits & 63) as usize];
            bits >>= 6;
        }
        text
    }

    /// The first 20 characters of `text`; `None` where they are no letters of stamps.
    pub fn decode(&self, text: &[u8]) -> Option<Reading> {
        text.get(..STAMP_LEN)?.iter().try_fold(0, shifted).map(|bits| self.reading(bits))
    }

    /// Every place of `text` at which 20 characters could be a stamp, first to last: what they say, and where they end.
    pub fn scan<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = (Reading, usize)> + 'a {
        let (mut bits, mut letters) = (0, 0);
        text.iter().enumerate().filter_map(move |(at, letter)| {
            let next = shifted(bits, letter);
            (bits, letters) = next.map_or((0, 0), |bits| (bits, letters + 1));
            (letters >= STAMP_LEN).then(|| (self.reading(bits), at + 1))
        })
    }

    fn reading(&self, bits: u128) -> Reading {
        let bits = bits & ((1 << (6 * STAMP_LEN)) - 1);
        let time = field(bits, CHECK_BITS, TIME_BITS);
        let stamp = Stamp {
            stream: field(bits, NUMBER_BITS + TIME_BITS + CHECK_BITS, 24) as u32,
            seq: field(bits, TIME_BITS + CHECK_BITS, NUMBER_BITS),
            due: Tick(self.start.0.saturating_add(time)),
        };
        Reading { stamp, genuine: field(bits, 0, CHECK_BITS) == self.check(bits >> CHECK_BITS) }
    }

    /// Twelve bits over the other 108 and the key. It finds what was changed, by chance or by a server that makes stamps up;
    /// it keeps no secret.
    fn check(&self, bits: u128) -> u64 {
        let sum = mixed(self.seed ^ mixed(self.start.0));
        let sum = mixed(sum ^ bits as u64);
        mixed(sum ^ (bits >> 64) as u64) >> (64 - CHECK_BITS)
    }
}

fn shifted(bits: u128, letter: &u8) -> Option<u128> {
    let value = VALUES[usize::from(*letter)];
    (value != NONE).then(|| bits << 6 | u128::from(value))
}

fn field(bits: u128, from: u32, length: u32) -> u64 {
    (bits >> from) as u64 & ((1 << length) - 1)
}

/// The finaliser of SplitMix64: every bit of the input changes each bit of the output half of the time.
fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: TrialKey = TrialKey { start: Tick(1 << 40), seed: 7 };

    prop_compose! {
        fn stamps()(stream in 0..1u32 << 24, seq in 0..1u64 << NUMBER_BITS, time in 0..1u64 << TIME_BITS) -> Stamp {
            Stamp { stream, seq, due: Tick(KEY.start.0 + time) }
        }
    }

    proptest! {
        #[test]
        fn a_stamp_comes_back(stamp in stamps()) {
            let text = KEY.encode(stamp);
            prop_assert!(text.iter().all(|letter| letter.is_ascii_alphanumeric() || b"-_".contains(letter)));
            prop_assert_eq!(KEY.decode(&text), Some(Reading { stamp, genuine: true }));
            prop_assert_eq!(Stamp::number(&text), Some(stamp.seq));
        }

        #[test]
        fn a_stamp_is_found_wherever_it_was_put(stamp in stamps(), before: Vec<u8>, after: Vec<u8>) {
            let text = [&before[..], &KEY.encode(stamp), &after].concat();
            let end = before.len() + STAMP_LEN;
            let expected = (Reading { stamp, genuine: true }, end);
            prop_assert!(KEY.scan(&text).any(|found| found == expected));
        }

        #[test]
        fn any_bytes_are_read_alike_one_by_one_and_in_a_row(bytes: Vec<u8>) {
            let one_by_one = (0..bytes.len()).filter_map(|at| Some((KEY.decode(&bytes[at..])?, at + STAMP_LEN)));
            prop_assert!(one_by_one.eq(KEY.scan(&bytes)));
        }
    }

    /// Of what is changed, or of another trial, one in 4,096 passes.
    #[test]
    fn what_was_changed_is_not_genuine() {
        let stamp = |n: u64| Stamp { stream: n as u32 % 50, seq: n, due: Tick(KEY.start.0 + n * 1_000_003) };
        let genuine = |reading: Option<Reading>| reading.is_some_and(|reading| reading.genuine);
        let other = TrialKey { start: Tick(KEY.start.0 + 1), ..KEY };
        let changed = |n: u64, at: usize| {
            let mut text = KEY.encode(stamp(n));
            text[at] = if text[at] == b'x' { b'y' } else { b'x' };
            text
        };
        let all: Vec<(u64, usize)> = (0..1_000).flat_map(|n| (0..STAMP_LEN).map(move |at| (n, at))).collect();
        let passed = all.iter().filter(|(n, at)| genuine(KEY.decode(&changed(*n, *at)))).count();
        assert!(passed <= 20, "{passed} of {}", all.len());
        let passed = (0..20_000).filter(|n| genuine(other.decode(&KEY.encode(stamp(*n))))).count();
        assert!(passed <= 20, "{passed} of another trial");
    }
}
