//! A socket whose unread message is on the target's account: what was read since the last whole message is kept by
//! whoever puts it together.
//!
//! It must not know what a message is: its reader says when one is done with.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::limits::MAX_MESSAGE;
use crate::memory_budget::{Exhausted, Held};
use crate::socket::Stream;

/// A client's socket, and what is kept of its messages.
pub(crate) struct Metered<'a> {
    socket: &'a mut Stream,
    held: Held,
}

impl<'a> Metered<'a> {
    pub(crate) fn of(socket: &'a mut Stream) -> Metered<'a> {
        Metered { socket, held: Held::default() }
    }

    /// So many of the bytes that were read are kept no more; of a message that has begun the others still are.
    pub(crate) fn done_with(&mut self, bytes: usize) {
        self.held.shrink(bytes);
    }
}

impl From<Exhausted> for io::Error {
    fn from(exhausted: Exhausted) -> io::Error {
        io::Error::new(io::ErrorKind::OutOfMemory, exhausted)
    }
}

impl AsyncRead for Metered<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut *self.socket).poll_read(cx, buffer))?;
        // No more of it can be kept: a longer message is refused, and the heads of empty fragments are read and gone.
        let room = MAX_MESSAGE.saturating_sub(self.held.bytes());
        self.held.grow((buffer.filled().len() - before).min(room))?;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Metered<'_> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.socket).poll_shutdown(cx)
    }
}
