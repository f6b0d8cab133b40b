//! Can the server be reached at all? More than half of the connections failing for ten seconds is a no: to go on would
//! only hammer at a closed door.
//!
//! Pure arithmetic on what the shards tell.

use wsbench_targets::clock::Tick;

use crate::meter::Dials;

const SECOND: u64 = 1_000_000_000;
/// So long most connections may fail.
const PATIENCE: u64 = 10 * SECOND;

/// Looks at every second in which a connection was tried.
#[derive(Default)]
pub(super) struct Reach {
    mark: Option<(Tick, Dials)>,
    bad_since: Option<Tick>,
}

impl Reach {
    /// What has been tried up to `at`; true when the server cannot be reached.
    pub(super) fn lost(&mut self, at: Tick, dials: Dials) -> bool {
        let (since, before) = *self.mark.get_or_insert((at, Dials::default()));
        if at.since(since) < SECOND {
            return false;
        }
        self.mark = Some((at, dials));
        let (tried, failed) = (dials.tried - before.tried, dials.failed - before.failed);
        match 2 * failed > tried {
            true => _ = self.bad_since.get_or_insert(since),
            // A second in which nobody tried says nothing.
            false if tried > 0 => self.bad_since = None,
            false => {}
        }
        self.bad_since.is_some_and(|bad| at.since(bad) >= PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (tried, failed) second by second; the second after which it is lost.
    fn lost(seconds: &[(u64, u64)]) -> Option<usize> {
        let (mut reach, mut dials) = (Reach::default(), Dials::default());
        reach.lost(Tick(0), dials);
        seconds.iter().enumerate().position(|(n, (tried, failed))| {
            dials = Dials { tried: dials.tried + tried, failed: dials.failed + failed };
            reach.lost(Tick((n as u64 + 1) * SECOND), dials)
        })
    }

    #[test]
    fn ten_bad_seconds_are_the_end_and_a_good_one_begins_anew() {
        assert_eq!(lost(&[(4, 3); 12]), Some(9));
        assert_eq!(lost(&[(4, 2); 30]), None, "half is not more than half");
        let mut recovering = vec![(1, 1); 9];
        recovering.extend([(4, 1)]);
        recovering.extend(vec![(1, 1); 9]);
        assert_eq!(lost(&recovering), None);
        let mut rare = vec![(1, 1)];
        rare.extend(vec![(0, 0); 8]);
        rare.extend([(1, 1)]);
        assert_eq!(lost(&rare), Some(9), "silence between two failures is no success");
        assert_eq!(lost(&[(0, 0); 30]), None);
    }
}
