//! What one client displays: the newest message that has come to it, since when.
//!
//! It cuts time into pieces, within the window alone, and gives them to the meter's ages. It must not know what becomes
//! of them, nor how messages travel.

use std::rc::Rc;

use wsbench_targets::clock::{Tick, now};

use super::{Recorder, Window};

/// The value that a client displays. What it shows in the end is told when it is dropped.
pub struct Displayed {
    meter: Rc<Recorder>,
    /// When the newest message was due; `None` before the first.
    due: Option<Tick>,
    /// Up to here its time has been told.
    since: Tick,
}

impl Displayed {
    /// Nothing is displayed yet.
    pub fn new(meter: Rc<Recorder>) -> Displayed {
        Displayed { meter, due: None, since: Tick(0) }
    }

    /// A message that was due at `due` has come at `at`: displayed from now on, if it is the newest.
    pub fn arrived(&mut self, due: Tick, at: Tick) {
        if due > at || self.due.is_some_and(|newest| due <= newest) {
            return;
        }
        self.tell(at);
        self.due = Some(due);
    }

    /// What was displayed up to `at` goes to the meter.
    fn tell(&mut self, at: Tick) {
        if let Some((from, to)) = within(self.meter.window(), self.since, at) {
            let mut ages = self.meter.ages.borrow_mut();
            match self.due {
                Some(due) => ages.show(from.since(due), to.since(due)),
                None => ages.blank(to.since(from)),
            }
        }
        self.since = at;
    }
}

impl Drop for Displayed {
    fn drop(&mut self) {
        self.tell(now());
    }
}

/// The part of a time that lies in the window; `None` if there is none.
fn within(window: Window, from: Tick, to: Tick) -> Option<(Tick, Tick)> {
    let (from, to) = (from.max(window.begin), to.min(window.end));
    (from < to).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::meter::Age;

    const MS: u64 = 1_000_000;

    /// A client to whom messages came, (due, at) in ms, under a window (begin, end) in ms.
    fn shown(arrivals: &[(u64, u64)], (begin, end): (u64, u64)) -> Age {
        let meter = Rc::new(Recorder::default());
        meter.set_window(Window { begin: Tick(begin * MS), end: Tick(end * MS) });
        let mut displayed = Displayed::new(Rc::clone(&meter));
        arrivals.iter().for_each(|&(due, at)| displayed.arrived(Tick(due * MS), Tick(at * MS)));
        drop(displayed);
        meter.tally().age
    }

    /// (mean in ms, ms with a value, ms without one, values)
    fn told(age: &Age) -> (Option<f64>, u64, u64, u64) {
        (age.mean().map(|ns| ns / 1e6), age.shown_us / 1_000, age.blank_us / 1_000, age.values)
    }

    #[test]
    fn known_arrivals_have_a_known_age() {
        type Case = (&'static [(u64, u64)], (u64, u64), (Option<f64>, u64, u64, u64));
        let table: &[Case] = &[
            // Each second, 100 ms late: from 0.1 s to 1.1 s.
            (&[(0, 100), (1_000, 1_100), (2_000, 2_100)], (1_100, 3_100), (Some(600.0), 2_000, 0, 2)),
            // The window cuts the first and the last.
            (&[(0, 100), (1_000, 1_100)], (600, 1_600), (Some(600.0), 1_000, 0, 2)),
            // An older one and the same again change nothing.
            (&[(0, 0), (500, 500), (400, 700), (500, 800)], (500, 1_500), (Some(500.0), 1_000, 0, 1)),
            // Of several in one answer the newest is shown; the others for no time.
            (&[(100, 900), (200, 900), (300, 900)], (900, 1_900), (Some(1_100.0), 1_000, 0, 1)),
            // Nothing at first.
            (&[(1_000, 1_250)], (1_000, 2_000), (Some(625.0), 750, 250, 1)),
            // Nothing ever; nothing in the window; all after it.
            (&[], (1_000, 2_000), (None, 0, 1_000, 0)),
            (&[(0, 0)], (1_000, 2_000), (Some(1_500.0), 1_000, 0, 1)),
            (&[(2_500, 2_600)], (1_000, 2_000), (None, 0, 1_000, 0)),
            // A time that is yet to come is nobody's message.
            (&[(900, 900), (5_000, 1_000)], (1_000, 2_000), (Some(600.0), 1_000, 0, 1)),
        ];
        for (arrivals, window, wanted) in table {
            assert_eq!(told(&shown(arrivals, *window)), *wanted, "{arrivals:?} {window:?}");
        }
    }

    #[test]
    fn before_there_is_a_window_nothing_is_told() {
        let meter = Rc::new(Recorder::default());
        let mut displayed = Displayed::new(Rc::clone(&meter));
        displayed.arrived(Tick(1), Tick(2));
        drop(displayed);
        assert_eq!(meter.tally().age, Age::default());
    }

    proptest! {
        /// Looked at once a millisecond, in its middle, each value counts for that millisecond.
        #[test]
        fn agrees_with_a_client_that_is_looked_at_each_millisecond(
            arrivals in prop::collection::vec((0u64..2_000, 0u64..400), 0..40),
            begin in 0u64..1_500, length in 1u64..1_500,
        ) {
            let mut arrivals: Vec<(u64, u64)> = arrivals.into_iter().map(|(due, late)| (due, due + late)).collect();
            arrivals.sort_by_key(|&(_, at)| at);
            let end = begin + length;
            let newest = |ms: u64| arrivals.iter().filter(|(_, at)| *at <= ms).map(|(due, _)| *due).max();
            let looks: Vec<Option<f64>> =
                (begin..end).map(|ms| newest(ms).map(|due| (ms - due) as f64 + 0.5)).collect();
            let ages: Vec<f64> = looks.iter().copied().flatten().collect();
            let age = shown(&arrivals, (begin, end));
            prop_assert_eq!(age.shown_us, ages.len() as u64 * 1_000);
            prop_assert_eq!(age.blank_us, (length - ages.len() as u64) * 1_000);
            let mean = ages.iter().sum::<f64>() / ages.len() as f64;
            let same = age.mean().is_none_or(|found| (found / 1e6 - mean).abs() < 1e-6 * mean);
            prop_assert!(same, "{:?} for {} ms", age.mean(), mean);
        }
    }
}
