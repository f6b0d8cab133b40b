//! Whose is which message of our own publishers: they go to the groups in turn, and the publishers take turns with them.
//!
//! Pure arithmetic on numbers, the same for who sends and for who recognises. It must not know when a message is due.

use wsbench_targets::wire::Stamp;

/// Who takes turns. Of groups and publishers one is a multiple of the other, so that message n is publisher n's mod
/// publishers, and goes to group n mod groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turns {
    /// Clients of the trial: publishers have the numbers behind theirs.
    clients: u32,
    /// `None`: every message goes to all.
    groups: Option<u32>,
    publishers: u32,
}

/// A message of the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The stream of the group that it goes to, or of all.
    pub stream: u32,
    /// Its number there.
    pub seq: u64,
    /// The number of the client in whose name it is written.
    pub writer: u32,
}

impl Turns {
    /// Turns of so many publishers behind so many clients.
    pub fn new(clients: u32, groups: Option<u32>, publishers: u32) -> Turns {
        Turns { clients, groups: groups.map(|groups| groups.max(1)), publishers: publishers.max(1) }
    }

    /// How many publishers there are.
    pub fn publishers(&self) -> u32 {
        self.publishers
    }

    /// The publisher of message `nth`, from 0.
    pub fn publisher(&self, nth: u64) -> u32 {
        below(nth, self.publishers)
    }

    /// In how many names messages are written: a publisher of several groups writes for each as one of its members.
    pub fn writers(&self) -> u32 {
        self.publishers.max(self.groups())
    }

    /// Message `nth`.
    pub fn of(&self, nth: u64) -> Turn {
        let groups = u64::from(self.groups());
        let stream = if self.groups.is_some() { below(nth, self.groups()) } else { Stamp::ALL };
        Turn { stream, seq: nth / groups, writer: self.clients + below(nth, self.writers()) }
    }

    /// Who has written the message of this stamp.
    pub fn writer(&self, stamp: &Stamp) -> u32 {
        let group = if self.groups.is_some() { u64::from(stamp.stream) } else { 0 };
        let nth = stamp.seq.saturating_mul(u64::from(self.groups())).saturating_add(group);
        self.clients + below(nth, self.writers())
    }

    fn groups(&self) -> u32 {
        self.groups.unwrap_or(1)
    }
}

/// How often `count` messages in turn from `first` on arrive, where each group has so many `members`.
pub fn arrivals(members: &[u64], first: u64, count: u64) -> u64 {
    let groups = members.len().max(1) as u64;
    let before = |nth: u64, group: u64| (nth + groups - 1 - group) / groups;
    let of = |(group, members): (u64, &u64)| members * (before(first + count, group) - before(first, group));
    (0..).zip(members).map(of).sum()
}

fn below(nth: u64, count: u32) -> u32 {
    u32::try_from(nth % u64::from(count)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use wsbench_targets::clock::Tick;

    use super::*;

    fn stamp(turn: &Turn) -> Stamp {
        Stamp { stream: turn.stream, seq: turn.seq, due: Tick(0) }
    }

    #[test]
    fn groups_and_publishers_take_turns() {
        let of = |turns: Turns| {
            let one = |n: u64| {
                let Turn { stream, seq, writer } = turns.of(n);
                (turns.publisher(n), stream, seq, writer)
            };
            (0..5).map(one).collect::<Vec<_>>()
        };
        // A publisher in each group; one for all; two in each; several for everybody.
        let each = of(Turns::new(10, Some(3), 3));
        assert_eq!(each, [(0, 0, 0, 10), (1, 1, 0, 11), (2, 2, 0, 12), (0, 0, 1, 10), (1, 1, 1, 11)]);
        let one = of(Turns::new(10, Some(3), 1));
        assert_eq!(one, [(0, 0, 0, 10), (0, 1, 0, 11), (0, 2, 0, 12), (0, 0, 1, 10), (0, 1, 1, 11)]);
        let two = of(Turns::new(10, Some(2), 4));
        assert_eq!(two, [(0, 0, 0, 10), (1, 1, 0, 11), (2, 0, 1, 12), (3, 1, 1, 13), (0, 0, 2, 10)]);
        let all = of(Turns::new(10, None, 2));
        let everybody = Stamp::ALL;
        assert_eq!(all[..3], [(0, everybody, 0, 10), (1, everybody, 1, 11), (0, everybody, 2, 10)]);
    }

    proptest! {
        /// Each group's numbers are contiguous from 0, its publisher is one of its own, and its reader knows the writer.
        #[test]
        fn a_stamp_says_who_wrote_it(groups in 1..40u32, times in 1..5u32, many: bool, named: bool, clients in 40..90u32) {
            let publishers = if many { groups * times } else { groups / times.min(groups) };
            prop_assume!(publishers > 0 && (publishers % groups == 0 || groups % publishers == 0));
            let turns = Turns::new(clients, named.then_some(groups), publishers);
            let mut next = BTreeMap::new();
            for n in 0..500 {
                let turn = turns.of(n);
                let expected = next.entry(turn.stream).or_insert(0);
                prop_assert_eq!(turn.seq, *expected);
                *expected += 1;
                prop_assert_eq!(turns.writer(&stamp(&turn)), turn.writer);
                prop_assert!(turn.writer >= clients && turn.writer < clients + turns.writers());
                // Whoever writes in a name is one publisher.
                prop_assert_eq!((turn.writer - clients) % publishers, turns.publisher(n));
                prop_assert!(!named || turn.stream == (turn.writer - clients) % groups);
            }
        }

        #[test]
        fn arrivals_are_those_of_each_message(
            members in proptest::collection::vec(0..9u64, 1..20), first in 0..300u64, count in 0..300u64,
        ) {
            let each = (first..first + count).map(|n| members[usize::try_from(n).unwrap() % members.len()]);
            prop_assert_eq!(arrivals(&members, first, count), each.sum::<u64>());
        }
    }
}
