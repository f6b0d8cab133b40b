//! The messages of one answer, taken out one by one.
//!
//! Shared by polling and long-polling. No I/O: it reads a line's last answer. The answers of a reference target are
//! known here; those of a foreign server are the affair of `feed`.

use std::ops::Range;

use wsbench_targets::wire::{Cursor, Stamp};

use super::exchange::Line;
use super::feed::{Asked, Feed};
use super::request::Request;
use crate::drivers::{ClientContext, Expects};
use crate::meter::Recorder;

/// What answers bring: from a reference target or from anybody else.
#[derive(Debug)]
pub enum News {
    /// Pages of a reference target.
    Reference(Page),
    /// Anything.
    Foreign(Box<Feed>),
}

impl News {
    /// Nothing was answered yet. `latest`: an answer may hold what the one before it held.
    pub fn new(context: &ClientContext, cursor: &Cursor, latest: bool) -> News {
        match context.endpoint.expects {
            Expects::Reference => News::Reference(Page { latest, ..Page::default() }),
            Expects::Foreign(_) => News::Foreign(Box::new(Feed::new(cursor.clone(), latest))),
        }
    }

    /// A new answer, its body at `body`.
    pub fn turn(&mut self, context: &ClientContext, line: &Line, body: Range<usize>) {
        match self {
            News::Reference(page) => page.turn(body),
            News::Foreign(feed) => feed.turn(context, line, body),
        }
    }

    /// The stamp of the next message in the answer; the next request's cursor is behind it. With the last one the answer
    /// is let go: its room is another client's, while this one sends or waits.
    pub fn next(&mut self, context: &ClientContext, line: &mut Line, request: &mut Request) -> Option<Stamp> {
        let (stamp, wanted) = match self {
            News::Reference(page) => (page.next(line, request, &context.shard.meter), !page.rest.is_empty()),
            News::Foreign(feed) => (feed.next(context, line), feed.wants_more()),
        };
        if !wanted {
            line.let_go();
        }
        stamp
    }

    /// What the next request says, now that all of the answer was taken; `None`: the same as the last one.
    pub fn ask(&self, context: &ClientContext, line: &Line) -> Option<Asked> {
        match self {
            News::Reference(_) => None,
            News::Foreign(feed) => feed.ask(context, line),
        }
    }
}

/// What is left of the last answer, and where its client stands in its stream.
#[derive(Debug, Default)]
pub struct Page {
    rest: Range<usize>,
    /// Number of the next message wanted.
    cursor: u64,
    /// The last answer has brought a message.
    brought: bool,
    open: bool,
    /// All that is answered is the latest value.
    latest: bool,
}

impl Page {
    /// A new answer, its body at `body`.
    fn turn(&mut self, body: Range<usize>) {
        *self = Page { rest: body, cursor: self.cursor, brought: false, open: true, latest: self.latest };
    }

    /// The stamp of the next message in the answer, and the cursor in `request` moved behind it. Where the latest is
    /// all that is answered, a value seen before is nothing new. What carries no stamp is no message.
    fn next(&mut self, line: &Line, request: &mut Request, meter: &Recorder) -> Option<Stamp> {
        while !self.rest.is_empty() {
            let bytes = line.body(self.rest.clone());
            let length = bytes.iter().position(|&b| b == b'\n').map_or(bytes.len(), |newline| newline + 1);
            let stamp = Stamp::decode(&bytes[..length]);
            self.rest.start += length.max(1);
            match stamp {
                // An old value again carries no news: on the wire it is overhead.
                Some(stamp) if self.latest && stamp.seq < self.cursor => meter.no_message(length),
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
