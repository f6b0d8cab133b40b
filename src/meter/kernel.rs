//! The kernel's account of all sockets of a shard, phase by phase.
//!
//! Each socket is asked at the edges of the phases and just before it closes; what grew since the last question
//! belongs to the phase that runs. Its other end is `os::socket`.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use super::traffic::PhaseTraffic;
use crate::os::socket::{Account, account, is_ipv6, is_unix, last_account, unread};

/// Bytes of the IP header of a segment (RFC 791 §3.1, RFC 8200 §3), and of its TCP header (RFC 9293 §3.1).
const IPV4: u64 = 20;
const IPV6: u64 = 40;
const TCP: u64 = 20;
/// Timestamps add so many, padding included (RFC 7323 §3.2).
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
    /// `None` when the slot is free, and for a Unix socket, of which the kernel keeps no account.
    fd: Option<RawFd>,
    /// The highest of each number so far.
    last: Account,
    /// Bytes of IP and TCP header of each segment, without options.
    header: u64,
    /// The SYNs are accounted for.
    greeted: bool,
}

impl Sockets {
    /// A socket was connected; the answer is its number until [`Sockets::close`].
    pub(super) fn open(&mut self, socket: BorrowedFd<'_>) -> usize {
        let header = TCP + if is_ipv6(socket) { IPV6 } else { IPV4 };
        let fd = (!is_unix(socket)).then(|| socket.as_raw_fd());
        let entry = Entry { fd, header, ..Entry::default() };
        if let Some(number) = self.free.pop() {
            self.entries[number] = entry;
            return number;
        }
        self.entries.push(entry);
        self.entries.len() - 1
    }

    /// The last question before `socket`, which is `number`, is closed; the bytes in it that nobody has read.
    pub(super) fn close(&mut self, number: usize, socket: BorrowedFd<'_>, into: &mut PhaseTraffic) -> u64 {
        self.free.push(number);
        if self.entries[number].fd.take().is_none() {
            return unread(socket).unwrap_or(0);
        }
        let (seen, unread) =
            last_account(socket).map_or_else(|e| (Err(e), 0), |(seen, unread)| (Ok(seen), unread));
        self.add(number, seen, into);
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
        let Ok(seen) = seen else {
            self.unanswered += 1;
            return;
        };
        let syn = if entry.greeted { 0 } else { SYN };
        let header = entry.header + if seen.timestamps { TIMESTAMPS } else { 0 };
        let last = &mut entry.last;
        let out = growth(&mut last.segments_out, seen.segments_out);
        let back = growth(&mut last.segments_in, seen.segments_in);
        into.up.kernel += growth(&mut last.sent, seen.sent);
        into.up.segments += out;
        into.up.tcp_ip += out * header + syn;
        into.up.retransmitted += growth(&mut last.retransmitted, seen.retransmitted);
        into.down.kernel += growth(&mut last.received, seen.received);
        into.down.segments += back;
        into.down.tcp_ip += back * header + syn;
        entry.greeted = true;
    }
}

/// By how much a number is above the highest so far. A number may fall for a while: the kernel takes a retransmission
/// off what was sent before it adds it (__tcp_retransmit_skb), and 32 bits wrap.
fn growth(highest: &mut u64, seen: u64) -> u64 {
    let more = seen.saturating_sub(*highest);
    *highest += more;
    more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_falls_adds_nothing_and_nothing_twice() {
        let mut highest = 0;
        let grown: Vec<u64> = [10, 7, 9, 12].iter().map(|&seen| growth(&mut highest, seen)).collect();
        assert_eq!(grown, [10, 0, 0, 2]);
    }

    #[test]
    fn what_the_kernel_takes_back_for_a_while_does_not_wrap() {
        let mut sockets = Sockets { entries: vec![Entry::default()], ..Sockets::default() };
        let mut traffic = PhaseTraffic::default();
        let account = |number| Account {
            sent: number,
            segments_out: number,
            segments_in: number,
            retransmitted: number,
            ..Account::default()
        };
        [10, 7, 12].iter().for_each(|&number| sockets.add(0, Ok(account(number)), &mut traffic));
        let (up, down) = (traffic.up, traffic.down);
        assert_eq!((up.kernel, up.segments, up.retransmitted, down.segments), (12, 12, 12, 12));
    }
}
