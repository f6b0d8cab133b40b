//! The kernel's account of all sockets of a shard, phase by phase.
//!
//! Each socket is asked at the edges of the phases and just before it closes; what grew since the last question
//! belongs to the phase that runs. Its other end is `os::socket`.

use std::io;
use std::os::fd::{BorrowedFd, RawFd};

use super::traffic::PhaseTraffic;
use crate::os::socket::{Account, account, last_account};

/// Bytes of IP and TCP header of a segment: IPv4 20, TCP 20; timestamps add 12 (RFC 7323 §3.2, padded).
const HEADER: u64 = 40;
const TIMESTAMPS: u64 = 12;
/// More options that a SYN carries: MSS 4, window scale 3 and a pad of 1; SACK permitted sits in the timestamps' pad.
const SYN: u64 = 8;

/// The sockets of a shard, and what each had carried when it was last asked.
#[derive(Default)]
pub(super) struct Sockets {
    entries: Vec<Entry>,
    free: Vec<usize>,
    /// Questions that the kernel did not answer.
    pub(super) unanswered: u64,
}

#[derive(Default)]
struct Entry {
    /// `None` when the slot is free.
    fd: Option<RawFd>,
    last: Account,
    /// The FIN of the other end is in; the kernel counts it as one byte more.
    ended: bool,
    /// The SYNs are accounted for.
    greeted: bool,
}

impl Sockets {
    /// A socket was connected; the answer is its number until [`Sockets::close`].
    pub(super) fn open(&mut self, fd: RawFd) -> usize {
        let entry = Entry { fd: Some(fd), ..Entry::default() };
        if let Some(number) = self.free.pop() {
            self.entries[number] = entry;
            return number;
        }
        self.entries.push(entry);
        self.entries.len() - 1
    }

    /// The other end's FIN was read.
    pub(super) fn ended(&mut self, number: usize) {
        self.entries[number].ended = true;
    }

    /// The last question before `socket`, which is `number`, is closed; the bytes in it that nobody has read.
    pub(super) fn close(&mut self, number: usize, socket: BorrowedFd<'_>, into: &mut PhaseTraffic) -> u64 {
        let (seen, unread) =
            last_account(socket).map_or_else(|e| (Err(e), 0), |(seen, unread)| (Ok(seen), unread));
        self.add(number, seen, into);
        self.entries[number].fd = None;
        self.free.push(number);
        unread
    }

    /// Whether the kernel will add nothing more to the account of `number`.
    pub(super) fn closed(&self, number: usize) -> bool {
        let fd = self.entries.get(number).and_then(|entry| entry.fd);
        fd.is_none_or(|fd| account(fd).map_or(true, |account| account.closed))
    }

    /// How many are open.
    pub(super) fn open_now(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// Numbers in use are below this.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Adds what socket `number` carried since it was last asked.
    pub(super) fn ask(&mut self, number: usize, into: &mut PhaseTraffic) {
        if let Some(fd) = self.entries[number].fd {
            self.add(number, account(fd), into);
        }
    }

    fn add(&mut self, number: usize, seen: io::Result<Account>, into: &mut PhaseTraffic) {
        let entry = &mut self.entries[number];
        let Ok(mut seen) = seen else {
            self.unanswered += 1;
            return;
        };
        // Read here as the end of the stream, or still waiting to be read.
        entry.ended |= seen.ended;
        seen.received = seen.received.saturating_sub(u64::from(entry.ended));
        let syn = if entry.greeted { 0 } else { SYN };
        let header = HEADER + if seen.timestamps { TIMESTAMPS } else { 0 };
        let (out, back) =
            (seen.segments_out - entry.last.segments_out, seen.segments_in - entry.last.segments_in);
        into.up.kernel += seen.sent - entry.last.sent;
        into.up.segments += out;
        into.up.tcp_ip += out * header + syn;
        into.up.retransmitted += seen.retransmitted - entry.last.retransmitted;
        into.down.kernel += seen.received.saturating_sub(entry.last.received);
        into.down.segments += back;
        into.down.tcp_ip += back * header + syn;
        entry.last = seen;
        entry.greeted = true;
    }
}
