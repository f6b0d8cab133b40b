//! A socket that counts: every byte that passes, below HTTP, WebSocket and TLS alike.
//!
//! It must not know what the bytes mean. It reports to its shard's recorder, which also asks the kernel about it.

use std::io;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::recorder::Recorder;
use super::traffic::Direction;
use crate::os::socket::hung_up;

/// A stream whose bytes are counted, vectored writes too.
pub struct Counted<S: AsFd> {
    // Dropped by `Drop::drop` before the stream: the kernel is asked a last time while the socket is open.
    inner: S,
    recorder: Rc<Recorder>,
    number: usize,
}

impl<S: AsFd> Counted<S> {
    /// Counts `inner`, a socket just connected, from now on.
    pub fn new(inner: S, recorder: &Rc<Recorder>) -> Counted<S> {
        let number = recorder.opened(inner.as_fd());
        Counted { inner, recorder: Rc::clone(recorder), number }
    }

    /// Whether the kernel's account is complete: both ends have closed and both know, or the connection was reset.
    pub fn closed(&self) -> bool {
        self.recorder.closed(self.number)
    }

    /// What is counted.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Whether the other end has closed, and nothing more is there to be read.
    pub fn hung_up(&self) -> bool {
        hung_up(self.inner.as_fd())
    }
}

impl<S: AsFd> Drop for Counted<S> {
    fn drop(&mut self) {
        self.recorder.closing(self.number, self.inner.as_fd());
    }
}

impl<S: AsyncRead + AsFd + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buffer))?;
        self.recorder.counted(Direction::Down, buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + AsFd + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes))?;
        self.recorder.counted(Direction::Up, written);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write_vectored(cx, slices))?;
        self.recorder.counted(Direction::Up, written);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
