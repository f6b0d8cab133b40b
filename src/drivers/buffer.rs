//! A buffer that the clients of a thread take turns with.
//!
//! A hundred thousand idle clients must not have one each, and a thousand busy ones would each have theirs outside of
//! the cache. Whoever reads or writes borrows it, and gives it back as soon as nothing is left in it; only what is not
//! whole yet stays with its client.

use std::cell::Cell;
use std::mem::{replace, take};
use std::pin::pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt};

use super::memory_budget::MemoryBudget;
use crate::meter::{Failure, Recorder};

/// Room for one read.
pub const ROOM: usize = 64 * 1024;
/// A buffer that a long message has made larger is not kept.
const LARGEST: usize = 4 * ROOM;
/// With less room than that a read is not worth its system call.
const LEAST: usize = ROOM / 4;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The thread's buffer, empty; a new one while somebody else has it.
pub fn borrow() -> Vec<u8> {
    let spare = SPARE.take();
    if spare.capacity() >= ROOM { spare } else { Vec::with_capacity(ROOM) }
}

/// Gives `buffer` back, and leaves one without memory in its place.
pub fn give_back(buffer: &mut Vec<u8>) {
    let mut buffer = take(buffer);
    if (ROOM..=LARGEST).contains(&buffer.capacity()) {
        buffer.clear();
        SPARE.set(buffer);
    }
}

/// Of what waits in a borrowed `buffer` behind `from`, its client keeps a copy if it is little, and gives the room back;
/// whether it does.
pub fn put_away(buffer: &mut Vec<u8>, from: usize) -> bool {
    let rest = buffer.get(from..).unwrap_or_default();
    let little = buffer.capacity() >= ROOM && rest.len() < LEAST;
    if little {
        let rest = rest.to_vec();
        give_back(buffer);
        *buffer = rest;
    }
    little
}

/// What a client has read and not taken. Without memory of its own while nothing is in it.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    taken: usize,
    share: MemoryBudget,
}

impl Inbox {
    /// One that begins with what has come already.
    pub fn of(bytes: Vec<u8>) -> Inbox {
        Inbox { bytes, ..Inbox::default() }
    }

    /// What was not taken.
    pub fn rest(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    /// The same, to be moved within.
    pub fn rest_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.taken..).unwrap_or_default()
    }

    /// Keeps so many bytes of [`Inbox::rest`].
    pub fn truncate(&mut self, bytes: usize) {
        self.bytes.truncate(self.taken + bytes);
        if bytes == 0 {
            self.empty();
        }
    }

    /// Takes so many bytes off the front of [`Inbox::rest`].
    pub fn take(&mut self, bytes: usize) {
        self.taken += bytes;
        if self.taken >= self.bytes.len() {
            self.empty();
        }
    }

    /// Takes all that is left, and how much that was.
    pub fn empty(&mut self) -> usize {
        let left = self.rest().len();
        self.taken = 0;
        self.share.give_back();
        give_back(&mut self.bytes);
        left
    }

    /// The client waits: it keeps what is not whole, and no room behind it.
    ///
    /// # Errors
    /// As for [`Inbox::push`].
    pub fn rest_away(&mut self, besides: usize, meter: &Recorder) -> Result<(), Failure> {
        self.bytes.drain(..take(&mut self.taken));
        put_away(&mut self.bytes, 0);
        // The buffer is somebody else's again, and less is never refused.
        self.share.hold(self.bytes.capacity() + besides, meter)
    }

    /// Puts what has come otherwise behind what is there. The client holds `besides` bytes elsewhere.
    ///
    /// # Errors
    /// [`Failure::TooLarge`] for more than all clients may hold together; it is there all the same.
    pub fn push(&mut self, bytes: &[u8], besides: usize, meter: &Recorder) -> Result<(), Failure> {
        if self.bytes.capacity() == 0 {
            self.bytes = borrow();
        }
        self.bytes.extend_from_slice(bytes);
        self.share.hold(self.bytes.capacity() + besides, meter)
    }

    /// Reads once, behind what is there; 0 is the end of the stream. The client holds `besides` bytes elsewhere.
    ///
    /// # Errors
    /// What became of the stream; [`Failure::TooLarge`] for more than all clients may hold together.
    pub fn poll_read(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        besides: usize,
        meter: &Recorder,
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, Failure>> {
        self.make_room();
        self.share.hold(self.bytes.capacity() + besides, meter)?;
        let read = pin!(stream.read_buf(&mut self.bytes)).poll(cx);
        if read.is_pending() {
            self.rest_away(besides, meter)?;
        }
        read.map_err(|error| Failure::from(&error))
    }

    fn make_room(&mut self) {
        if self.bytes.capacity() == 0 {
            self.bytes = borrow();
            return;
        }
        self.bytes.drain(..take(&mut self.taken));
        if self.bytes.capacity() < ROOM {
            let rest = replace(&mut self.bytes, borrow());
            self.bytes.extend_from_slice(&rest);
        }
        if self.bytes.capacity() - self.bytes.len() < LEAST {
            self.bytes.reserve(ROOM);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tokio::io::{AsyncWriteExt, duplex};

    use super::super::memory_budget::MOST;
    use super::*;

    /// One read of what is there.
    fn read(inbox: &mut Inbox, from: &mut (impl AsyncRead + Unpin)) -> Poll<Result<usize, Failure>> {
        inbox.poll_read(from, 0, &Recorder::default(), &mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn what_is_not_whole_stays_and_nothing_else_does() {
        let (mut ours, mut theirs) = duplex(2 * ROOM);
        let mut inbox = Inbox::of(b"ab".to_vec());
        assert!(read(&mut inbox, &mut ours).is_pending());
        assert_eq!((inbox.rest(), inbox.bytes.capacity()), (b"ab".as_slice(), 2));
        theirs.write_all(b"cde").await.unwrap();
        assert_eq!(read(&mut inbox, &mut ours), Poll::Ready(Ok(3)));
        inbox.take(2);
        assert_eq!(inbox.rest(), b"cde");
        assert!(read(&mut inbox, &mut ours).is_pending());
        assert_eq!((inbox.rest(), inbox.bytes.capacity()), (b"cde".as_slice(), 3));
        inbox.take(3);
        assert_eq!((inbox.rest(), inbox.bytes.capacity()), (b"".as_slice(), 0));
        drop(theirs);
        assert_eq!(read(&mut inbox, &mut ours), Poll::Ready(Ok(0)));
    }

    #[tokio::test]
    async fn clients_that_take_turns_share_one_buffer() {
        let (mut ours, mut theirs) = duplex(ROOM);
        let mut places = vec![];
        for _ in 0..3 {
            let mut inbox = Inbox::default();
            theirs.write_all(b"whole").await.unwrap();
            assert_eq!(read(&mut inbox, &mut ours), Poll::Ready(Ok(5)));
            places.push(inbox.rest().as_ptr());
            assert_eq!(inbox.empty(), 5);
        }
        assert!(places.iter().all(|place| *place == places[0]), "{places:?}");
    }

    /// A buffer that has grown goes round, and waiting with it in hand must not count for anybody.
    #[tokio::test]
    async fn who_waits_holds_nothing() {
        let mut grown = Vec::with_capacity(LARGEST);
        give_back(&mut grown);
        let (mut ours, _theirs) = duplex(ROOM);
        let mut waiting: Vec<Inbox> = vec![];
        for number in 0..2 * MOST / LARGEST {
            let mut inbox = Inbox::default();
            assert!(read(&mut inbox, &mut ours).is_pending(), "client {number}");
            waiting.push(inbox);
        }
        assert!(borrow().capacity() >= LARGEST, "the buffer that has grown was in use");
    }

    #[tokio::test]
    async fn a_long_message_grows_and_is_not_kept_in_mind() {
        let (mut ours, mut theirs) = duplex(8 * ROOM);
        let mut inbox = Inbox::default();
        theirs.write_all(&vec![b'x'; 6 * ROOM]).await.unwrap();
        while read(&mut inbox, &mut ours).is_ready() {}
        assert_eq!(inbox.rest().len(), 6 * ROOM);
        inbox.take(6 * ROOM);
        assert!(borrow().capacity() <= LARGEST);
    }
}
