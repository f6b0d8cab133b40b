//! The account of one TLS connection: bytes of the socket less bytes of the plain text are TLS.
//!
//! It lies between rustls and the counted socket, and hears from above what was plain. Its sum is in the recorder; the
//! ledger closes whatever becomes of the connection.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::records::Records;
use super::trouble;
use crate::drivers::dial::Socket;
use crate::meter::{Counted, Direction, Part, Recorder};

/// So many bytes tell what the other end speaks.
const OPENING: usize = 5;

/// A counted socket whose bytes are TLS until said to be something else.
pub(super) struct Balance {
    socket: Counted<Socket>,
    meter: Rc<Recorder>,
    /// Bytes written that nobody has accounted for yet.
    raw: usize,
    /// Plain bytes taken over by rustls that have not left yet.
    owed: usize,
    opening: [u8; OPENING],
    heard: usize,
    records: Records,
}

impl Balance {
    pub(super) fn new(socket: Counted<Socket>, meter: &Rc<Recorder>) -> Balance {
        let (meter, records) = (Rc::clone(meter), Records::default());
        Balance { socket, meter, raw: 0, owed: 0, opening: [0; OPENING], heard: 0, records }
    }

    /// The first bytes of the other end.
    pub(super) fn opening(&self) -> &[u8] {
        &self.opening[..self.heard]
    }

    /// Whether the last record is not whole.
    pub(super) fn within_record(&self) -> bool {
        self.records.within()
    }

    /// What is read has broken by this: says what it was where the kind of the error does not.
    pub(super) fn broke(&self, error: &io::Error) {
        let exactly = trouble::later(error, self.within_record());
        exactly.iter().for_each(|exactly| self.meter.reason(exactly));
    }

    pub(super) fn closed(&self) -> bool {
        self.socket.closed()
    }

    pub(super) fn hung_up(&self) -> bool {
        self.socket.hung_up()
    }

    pub(super) fn readable(&self, cx: &mut Context<'_>) -> bool {
        self.socket.get_ref().readable(cx)
    }

    /// So many bytes that came were plain text. They stood as TLS until now.
    pub(super) fn read(&mut self, plain: usize) {
        if plain > 0 {
            self.meter.retract(Direction::Down, Part::Tls, plain);
        }
    }

    /// So many bytes of plain text were taken over; the socket may carry them now or later.
    pub(super) fn written(&mut self, plain: usize) {
        self.owed += plain;
        let paid = self.owed.min(self.raw);
        self.owed -= paid;
        let more = std::mem::take(&mut self.raw) - paid;
        if more > 0 {
            self.meter.attribute(Direction::Up, Part::Tls, more);
        }
    }
}

impl Drop for Balance {
    fn drop(&mut self) {
        self.written(0);
        // Plain text that broke off within rustls: a driver has counted it, and it never was on the socket.
        if self.owed > 0 {
            self.meter.retract(Direction::Up, Part::Tls, self.owed);
        }
    }
}

impl AsyncRead for Balance {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buffer))?;
        let this = &mut *self;
        let new = &buffer.filled()[before..];
        let (room, heard) = (&mut this.opening[this.heard..], new.len());
        let kept = room.len().min(heard);
        room[..kept].copy_from_slice(&new[..kept]);
        this.heard += kept;
        this.records.pass(new);
        this.meter.attribute(Direction::Down, Part::Tls, heard);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Balance {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.socket).poll_write(cx, bytes))?;
        self.raw += written;
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.socket).poll_write_vectored(cx, slices))?;
        self.raw += written;
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
