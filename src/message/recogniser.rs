//! Is a message that has come one of ours, and is it as it was sent?
//!
//! Pure: bytes in, an answer out. It must not know how bytes came, nor what is counted of them: `drivers::ClientContext`
//! counts. A stamp says whose a message is (`wsbench_targets::stamp`); `load::recogniser` says what a load's look like.

use std::time::Duration;

use wsbench_targets::clock::{Tick, nanos};
use wsbench_targets::wire::{Reading, STAMP_LEN, Stamp, TrialKey};

use super::groups::Groups;
use super::intact::separates;
use super::turns::Turns;
use super::{Message, Written};

/// Numbers that a schedule's clumps may be ahead of its mean.
const AHEAD: u64 = 1_000;
/// Where no schedule says, nobody sends faster.
pub const FASTEST: Duration = Duration::from_micros(1);

/// What the messages of a trial look like.
#[derive(Clone, Debug)]
pub struct Recogniser {
    /// All hear one stream, or each group one; else each client its own.
    pub shared: bool,
    /// The groups of the clients that hear a stream of their group.
    pub groups: Option<Groups>,
    /// Clients of the trial.
    pub clients: u32,
    /// Whose number a message names: that of a publisher, whose turn it was, or of the client that hears it.
    pub turns: Option<Turns>,
    /// Mean interval of a stream, at the least.
    pub every: Duration,
    /// How they are made, and their bytes; `None`: nobody looks.
    pub form: Option<(Message, usize)>,
}

/// What a piece of text holds, up to the first message for this client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The message, if there is one.
    pub own: Option<Own>,
    /// Messages of other streams before it.
    pub strangers: u64,
    /// Messages of other groups before it.
    pub leaked: u64,
    /// Before it, what looks like a message of ours and is none.
    pub invented: u64,
}

/// A message for this client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// Which.
    pub stamp: Stamp,
    /// It is not as it was sent.
    pub altered: bool,
    /// What comes behind it begins here.
    pub end: usize,
}

/// Whoever hears, and when.
#[derive(Clone, Copy, Debug)]
pub struct Hearer {
    /// Number of the client.
    pub client: u32,
    /// The trial's.
    pub key: TrialKey,
    /// Now: what is scheduled later cannot have been sent.
    pub at: Tick,
}

impl Default for Recogniser {
    fn default() -> Recogniser {
        Recogniser { shared: false, groups: None, clients: 1, turns: None, every: FASTEST, form: None }
    }
}

impl Recogniser {
    /// The stream that `client` hears.
    pub fn stream(&self, client: u32) -> u32 {
        match &self.groups {
            Some(groups) => groups.of(client),
            None if self.shared => Stamp::ALL,
            None => client,
        }
    }

    /// Whether the trial has this stream.
    fn has(&self, stream: u32) -> bool {
        match &self.groups {
            Some(groups) => stream < groups.number(),
            None => stream == Stamp::ALL || stream < self.clients,
        }
    }

    /// Looks through `text` up to the first message for `hearer`. The stamp may stand anywhere: servers wrap and join.
    pub fn find(&self, text: &[u8], hearer: &Hearer) -> Found {
        let (mut found, mut free, mut doubtful) = (Found::default(), 0, None);
        for (Reading { stamp, genuine }, end) in hearer.key.scan(text) {
            // What overlaps a genuine stamp was a part of it.
            if doubtful.take_if(|doubtful| end >= *doubtful + STAMP_LEN).is_some() {
                found.invented += 1;
            }
            if end < free || stamp.due > hearer.at {
                continue;
            }
            if !genuine {
                doubtful = doubtful.or(self.might_be_ours(&stamp, hearer).then_some(end));
                continue;
            }
            (free, doubtful) = (end + STAMP_LEN, None);
            if stamp.stream == self.stream(hearer.client) {
                found.own = Some(self.own(text, stamp, end, hearer));
                return found;
            }
            let leaked = self.groups.is_some() && self.has(stamp.stream);
            *if leaked { &mut found.leaked } else { &mut found.strangers } += 1;
        }
        found.invented += u64::from(doubtful.is_some());
        found
    }

    /// Whether a stamp with a wrong check says what one of this trial could say. Of other text, base64 even, it is hardly ever
    /// true: stream, number and time are 108 bits, of which a trial uses few.
    fn might_be_ours(&self, stamp: &Stamp, hearer: &Hearer) -> bool {
        let start = hearer.key.start();
        let so_far = hearer.at.since(start) / nanos(self.every).max(1);
        start > Tick(0)
            && self.has(stamp.stream)
            && stamp.seq <= so_far.saturating_mul(2).saturating_add(AHEAD)
    }

    /// The message of the stamp that ends at `end`.
    fn own(&self, text: &[u8], stamp: Stamp, end: usize, hearer: &Hearer) -> Own {
        let Some((form, payload)) = &self.form else { return Own { stamp, altered: false, end } };
        let (before, after) = (&text[..end - STAMP_LEN], &text[end..]);
        let client = self.turns.map_or(hearer.client, |turns| turns.writer(&stamp));
        let written = Written { client, seq: stamp.seq, payload: *payload };
        let Some(length) = form.ends(before, after, &written) else {
            return Own { stamp, altered: form.was_altered(before, after, &written), end };
        };
        // Of what stands alone nothing follows but another message.
        let altered = form.stands_alone(before) && !self.follows(&after[length..], hearer);
        Own { stamp, altered, end: end + length }
    }

    fn follows(&self, rest: &[u8], hearer: &Hearer) -> bool {
        let Some(next) = rest.iter().position(|byte| !separates(byte)) else { return true };
        let reading = hearer.key.decode(&rest[next..]);
        reading.is_some_and(|next| next.genuine || self.might_be_ours(&next.stamp, hearer))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::message::values::Values;

    const START: Tick = Tick(1 << 40);
    const SECOND: u64 = 1_000_000_000;

    fn hearer(client: u32) -> Hearer {
        Hearer { client, key: TrialKey::new(7, START), at: Tick(START.0 + 10 * SECOND) }
    }

    /// Ten clients that send ten messages a second each.
    fn recogniser(message: Option<&str>, payload: usize) -> Recogniser {
        let form = message.map_or_else(Message::plain, |text| Message::parse(text).unwrap());
        let every = Duration::from_millis(100);
        Recogniser { clients: 10, every, form: Some((form, payload)), ..Recogniser::default() }
    }

    fn stamp(stream: u32, seq: u64) -> Stamp {
        Stamp { stream, seq, due: Tick(START.0 + seq * SECOND / 10) }
    }

    fn written(stamp: Stamp, form: &str, payload: usize) -> String {
        let mut bytes = vec![];
        let form = if form.is_empty() { Message::plain() } else { Message::parse(form).unwrap() };
        form.write(&hearer(0).key, stamp, stamp.stream, payload, &mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    /// Numbers of what is found for client 3, a `!` behind what was altered, then strangers and invented.
    fn found(of: &Recogniser, text: &str) -> String {
        let (mut rest, mut said, mut others) = (text.as_bytes(), String::new(), (0, 0));
        loop {
            let found = of.find(rest, &hearer(3));
            others = (others.0 + found.strangers, others.1 + found.invented);
            let Some(own) = found.own else { break };
            said += &format!("{}{} ", own.stamp.seq, if own.altered { "!" } else { "" });
            rest = &rest[own.end..];
        }
        format!("{said}{} {}", others.0, others.1)
    }

    #[test]
    fn every_stamp_says_whose_it_is() {
        let (of, plain) = (recogniser(None, 30), |stream, n| written(stamp(stream, n), "", 30));
        let (mine, next, theirs) = (plain(3, 5), plain(3, 6), plain(4, 5));
        let number = &mine[4..9];
        let changed = mine.replacen(number, &number.chars().rev().collect::<String>(), 1);
        let other_trial = {
            let mut bytes = vec![];
            let key = TrialKey::new(7, Tick(START.0 - SECOND));
            Message::plain().write(&key, stamp(3, 5), 3, 30, &mut bytes);
            String::from_utf8(bytes).unwrap()
        };
        for (text, expected) in [
            (mine.clone(), "5 0 0"),
            (theirs.clone(), "1 0"),
            (format!("{mine}{theirs}{next}"), "5 6 1 0"),
            (format!("{theirs}{mine}{next}"), "5 6 1 0"),
            (format!("[{mine:?},{next:?}]"), "5 6 0 0"),
            (format!("0{mine}"), "5 0 0"),
            (format!("000000{mine}"), "5 0 0"),
            (plain(3, 500), "0 0"),
            (other_trial, "0 1"),
            ("hello".to_owned(), "0 0"),
            ("YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo".repeat(9), "0 0"),
        ] {
            assert_eq!(found(&of, &text), expected, "{text}");
        }
        assert!(changed == mine || found(&of, &changed).starts_with("0 "), "{changed}");
    }

    /// Ten clients in four groups: client 3 hears group 3 alone. What two publishers write for it names them.
    #[test]
    fn what_is_meant_for_another_group_has_leaked() {
        let form = Message::parse("{stamp} {client} {group}").unwrap();
        let (groups, turns) = (Groups::numbered(4, 10), Turns::new(10, Some(4), 2));
        let values = Arc::new(Values::default().in_groups(groups.clone()));
        let form = form.with(&values);
        let of = Recogniser {
            groups: Some(groups),
            turns: Some(turns),
            form: Some((form.clone(), 0)),
            shared: true,
            ..recogniser(None, 0)
        };
        let write = |stream, seq, writer| {
            let mut bytes = vec![];
            form.write(&hearer(0).key, stamp(stream, seq), writer, 0, &mut bytes);
            String::from_utf8(bytes).unwrap()
        };
        let seen = |text: &str| {
            let found = of.find(text.as_bytes(), &hearer(3));
            let own = found.own.map(|own| (own.stamp.stream, own.stamp.seq, own.altered));
            (own, found.leaked, found.strangers, found.invented)
        };
        let (mine, theirs) = (write(3, 5, 13), write(2, 5, 12));
        assert!(mine.ends_with(" 13 3") && theirs.ends_with(" 12 2"), "{mine} {theirs}");
        assert_eq!(seen(&mine), (Some((3, 5, false)), 0, 0, 0));
        assert_eq!(seen(&theirs), (None, 1, 0, 0));
        assert_eq!(seen(&format!("{theirs}\n{theirs}\n{mine}")), (Some((3, 5, false)), 2, 0, 0));
        // Of another publisher's name, of a group that is none, and of another trial.
        assert_eq!(seen(&write(3, 5, 11)).0, Some((3, 5, true)));
        assert_eq!(seen(&write(4, 5, 10)), (None, 0, 1, 0));
        let number = &mine[4..9];
        let changed = mine.replacen(number, &number.chars().rev().collect::<String>(), 1);
        assert!(changed == mine || seen(&changed).0.is_none_or(|own| own.1 != 5), "{changed}");
    }

    #[test]
    fn what_was_sent_is_told_from_what_was_altered() {
        let json = r#"{"from":"{client}","id":"{stamp}","pad":"{filler}"}"#;
        for (form, payload) in [("", 21), ("", 30), (json, 80), ("{stamp}", 20), ("{filler}|{stamp}", 60)] {
            let of = recogniser((!form.is_empty()).then_some(form), payload);
            let (text, next) = (written(stamp(3, 5), form, payload), written(stamp(3, 6), form, payload));
            for (what, good) in [
                ("as it was", text.clone()),
                ("trimmed", text.trim_end().to_owned()),
                ("wrapped", format!(r#"{{"user":"x","text":{text:?},"at":17}}"#)),
                ("quoted", format!("{text:?}")),
            ] {
                assert_eq!(found(&of, &good), "5 0 0", "{what} {form} {payload}: {good}");
            }
            for joint in ["", "\n", ", ", "\r\n"] {
                assert_eq!(
                    found(&of, &format!("{text}{joint}{next}")),
                    "5 6 0 0",
                    "{joint:?} {form} {payload}"
                );
            }
        }
        let (of, text) = (recogniser(None, 30), written(stamp(3, 5), "", 30));
        for bad in
            [&text[..20], &text[..25], &text.replace("...", ".x."), &format!("{text}{}", "z".repeat(9))]
        {
            assert_eq!(found(&of, bad), "5! 0 0", "{bad}");
        }
        let (of, text) = (recogniser(Some(json), 90), written(stamp(3, 5), json, 90));
        for bad in [text.replacen("...", ".x.", 1), text.replacen("...", ".", 1), text.replacen('.', "..", 1)]
        {
            assert_eq!(found(&of, &bad), "5! 0 0", "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_its_end(text: String, n in 0..90u64, form in 0..3usize) {
            let form = ["", "{filler}{stamp}", "{stamp}{filler}"][form];
            let of = recogniser((!form.is_empty()).then_some(form), 40);
            let message = written(stamp(3, n), form, 40);
            // Letters of its own before or behind could be a part of the stamp.
            let text = format!("{text}\"{message}\"{text}");
            prop_assert!(found(&of, &text).split(' ').any(|one| one.trim_end_matches('!') == n.to_string()));
        }
    }
}
