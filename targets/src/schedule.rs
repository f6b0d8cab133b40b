//! Which stream's message is due next? A heap of the streams' pacers: pure arithmetic, no clock, no sleep.
//!
//! It must not know what a message holds nor who hears it. The hub asks it; the harness computes the same
//! streams, one at a time, with `Publication::stream`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::ops::Range;

use crate::clock::Tick;
use crate::pacer::Pacer;
use crate::wire::{Publication, Stamp};

/// All streams of one target, the next due first.
pub(crate) struct Schedule {
    publication: Publication,
    heap: BinaryHeap<Reverse<(Tick, u32)>>,
    /// Number of the first stream.
    first: u32,
    sources: Vec<Source>,
}

struct Source {
    pacer: Pacer,
    next: u64,
}

/// A message whose time has come.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Due {
    /// Number of the stream: its client's, or that of the first of all who hear it.
    pub(crate) stream: u32,
    /// Number in the stream, and when it should have left.
    pub(crate) stamp: Stamp,
    /// When the one after it is due.
    pub(crate) successor: Tick,
}

impl Schedule {
    /// Those streams of the publication, from `start` on.
    pub(crate) fn new(publication: &Publication, seed: u64, streams: Range<u32>, start: Tick) -> Schedule {
        let first = streams.start;
        let (mut heap, mut sources) = (BinaryHeap::new(), Vec::new());
        for stream in streams {
            let mut pacer = publication.stream(seed, stream, start);
            heap.push(Reverse((pacer.next_due(start), stream)));
            sources.push(Source { pacer, next: 0 });
        }
        Schedule { publication: *publication, heap, first, sources }
    }

    /// When the next message is due; `None` without streams.
    pub(crate) fn next_due(&self) -> Option<Tick> {
        self.heap.peek().map(|&Reverse((due, _))| due)
    }

    /// The earliest message that is due at `now`.
    pub(crate) fn pop(&mut self, now: Tick) -> Option<Due> {
        let mut top = self.heap.peek_mut()?;
        let Reverse((due, stream)) = *top;
        if due > now {
            return None;
        }
        let Some(source) = self.sources.get_mut((stream - self.first) as usize) else {
            PeekMut::pop(top);
            return None;
        };
        let stamp = Stamp { stream: self.publication.stream_number(stream), seq: source.next, due };
        let successor = source.pacer.next_due(now);
        source.next += 1;
        *top = Reverse((successor, stream));
        Some(Due { stream, stamp, successor })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::pacer::Arrivals;
    use crate::wire::Audience;

    fn publication(arrivals: Arrivals, audience: Audience) -> Publication {
        Publication { every: Duration::from_secs(1), arrivals, payload: 21, audience }
    }

    #[test]
    fn every_stream_is_what_the_harness_computes() {
        for arrivals in [Arrivals::Constant, Arrivals::Poisson] {
            let push = publication(arrivals, Audience::Each);
            let mut schedule = Schedule::new(&push, 42, 7..12, Tick(1_000));
            let mut heard: [Vec<Due>; 5] = Default::default();
            let (end, mut last) = (Tick(1_000) + Duration::from_secs(20), Tick(0));
            while let Some(due) = schedule.pop(end) {
                assert!(due.stamp.due >= last, "out of order");
                last = due.stamp.due;
                heard[due.stream as usize - 7].push(due);
            }
            assert!(schedule.next_due().unwrap() > end);
            for (client, heard) in (7..).zip(heard) {
                let mut pacer = push.stream(42, client, Tick(1_000));
                let dues: Vec<Tick> = (0..=heard.len()).map(|_| pacer.next_due(Tick(0))).collect();
                assert!(heard.len() > 5);
                for (n, due) in heard.iter().enumerate() {
                    assert_eq!(due.stamp, Stamp { stream: client, seq: n as u64, due: dues[n] });
                    assert_eq!(due.successor, dues[n + 1]);
                }
            }
        }
    }

    #[test]
    fn nothing_is_due_early_and_nothing_without_streams() {
        let all = publication(Arrivals::Constant, Audience::All);
        let mut schedule = Schedule::new(&all, 42, 0..1, Tick(1_000));
        assert_eq!(schedule.pop(Tick(999)), None);
        assert!(schedule.pop(Tick(1_000)).is_some());
        assert_eq!(schedule.pop(Tick(1_000)), None);
        assert_eq!(Schedule::new(&all, 42, 0..0, Tick(0)).next_due(), None);
    }
}
