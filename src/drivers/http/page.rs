//! The messages of one answer, taken out one by one.
//!
//! Shared by polling and long-polling. No I/O: it reads a line's last answer.

use std::ops::Range;

use wsbench_targets::wire::Stamp;

use super::exchange::Line;
use super::request::Request;
use crate::meter::Recorder;

/// What is left of the last answer, and where its client stands in its stream.
#[derive(Debug, Default)]
pub struct Page {
    rest: Range<usize>,
    /// Number of the next message wanted.
    cursor: u64,
    /// The last answer has brought a message.
    brought: bool,
    open: bool,
}

impl Page {
    /// A new answer, its body at `body`.
    pub fn turn(&mut self, body: Range<usize>) {
        *self = Page { rest: body, cursor: self.cursor, brought: false, open: true };
    }

    /// The stamp of the next message in the answer, and the cursor in `request` moved behind it. Where `latest` is
    /// all that is answered, a value seen before is nothing new. What carries no stamp is no message.
    pub fn next(
        &mut self,
        line: &Line,
        request: &mut Request,
        meter: &Recorder,
        latest: bool,
    ) -> Option<Stamp> {
        while !self.rest.is_empty() {
            let bytes = line.body(self.rest.clone());
            let length = bytes.iter().position(|&b| b == b'\n').map_or(bytes.len(), |newline| newline + 1);
            let stamp = Stamp::decode(&bytes[..length]);
            self.rest.start += length.max(1);
            match stamp {
                // An old value again carries no news: on the wire it is overhead.
                Some(stamp) if latest && stamp.seq < self.cursor => meter.no_message(length),
                Some(stamp) => {
                    self.cursor = self.cursor.max(stamp.seq.saturating_add(1));
                    self.brought = true;
                    request.set_cursor(self.cursor);
                    meter.event(|phase| phase.messages_down += 1);
                    return Some(stamp);
                }
                None => {}
            }
        }
        if std::mem::take(&mut self.open) && !self.brought {
            meter.empty_poll();
        }
        None
    }
}
