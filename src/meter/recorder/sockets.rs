//! What counted sockets tell the recorder, and what the kernel says of them.

use std::os::fd::BorrowedFd;

use super::Recorder;
use crate::meter::traffic::{Direction, Phase};

impl Recorder {
    /// Asks the kernel about up to `many` sockets from number `from` on, for the phase `into`; the number to go on
    /// with, `None` at the end.
    pub fn ask_kernel(&self, from: usize, many: usize, into: Phase) -> Option<usize> {
        let (mut sockets, mut traffic) = (self.sockets.borrow_mut(), self.traffic.borrow_mut());
        let end = sockets.len().min(from + many);
        (from..end).for_each(|number| sockets.ask(number, traffic.phase_mut(into)));
        (end < sockets.len()).then_some(end)
    }

    /// Sockets that are open.
    pub fn open_sockets(&self) -> usize {
        self.sockets.borrow().open_now()
    }

    /// Questions about sockets that the kernel did not answer.
    pub fn unanswered(&self) -> u64 {
        self.sockets.borrow().unanswered
    }
}

/// What counted sockets tell.
impl Recorder {
    pub(in crate::meter) fn opened(&self, socket: BorrowedFd<'_>) -> usize {
        self.event(|phase| phase.connections += 1);
        self.sockets.borrow_mut().open(socket)
    }

    pub(in crate::meter) fn closed(&self, number: usize) -> bool {
        self.sockets.borrow().closed(number)
    }

    /// A socket is about to be closed. Bytes that came and that nobody read have passed all the same.
    pub(in crate::meter) fn closing(&self, number: usize, socket: BorrowedFd<'_>) {
        self.event(|phase| {
            let unread = self.sockets.borrow_mut().close(number, socket, phase);
            phase.down.counted += unread;
            phase.down.headers += unread;
        });
    }

    pub(in crate::meter) fn counted(&self, direction: Direction, bytes: usize) {
        self.event(|phase| phase.flow(direction).counted += bytes as u64);
    }
}
