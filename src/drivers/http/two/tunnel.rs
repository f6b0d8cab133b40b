//! A stream of HTTP/2 that carries another protocol's bytes both ways (RFC 8441 §5): read and written as a socket is.
//!
//! What the bytes are says whoever reads and writes them. It must not know which protocol that is.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::timeout;

use super::session::{Entry, Session, Streamed};
use crate::meter::{Failure, Recorder};

/// The stream, with the connection that it goes over.
pub struct Tunnel {
    session: Session,
    streamed: Streamed,
    /// What came and was not read.
    left: Bytes,
    meter: Rc<Recorder>,
}

impl Tunnel {
    /// The request for it was answered well.
    pub(in crate::drivers::http) fn new(
        session: Session,
        streamed: Streamed,
        meter: &Rc<Recorder>,
    ) -> Tunnel {
        Tunnel { session, streamed, left: Bytes::new(), meter: Rc::clone(meter) }
    }

    /// How its client has come to the connection.
    pub(in crate::drivers::http) fn entry(&self) -> Entry {
        self.session.entry
    }

    /// Ends the stream (RFC 8441 §5), then the connection where nobody else has it, in good order.
    pub async fn hang_up(mut self, patience: Duration) {
        let _over_either_way = timeout(patience, self.shutdown()).await;
        let Tunnel { session, streamed, .. } = self;
        drop(streamed);
        session.end(patience).await;
    }

    /// An error as a socket would have it; its reason is told.
    fn error(&self, error: &h2::Error) -> io::Error {
        let trouble = self.session.wire().trouble(error);
        trouble.reason.iter().for_each(|reason| self.meter.reason(reason));
        let kind = match trouble.failure {
            Failure::Reset => io::ErrorKind::ConnectionReset,
            Failure::Closed => io::ErrorKind::UnexpectedEof,
            Failure::Timeout => io::ErrorKind::TimedOut,
            _ => io::ErrorKind::InvalidData,
        };
        kind.into()
    }

    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(body) = &mut self.streamed.body else { return Poll::Ready(Ok(())) };
        match ready!(body.poll_data(cx)) {
            None => self.streamed.body = None,
            Some(Ok(data)) => {
                // It fails where the stream is over: then nobody waits for the window.
                let _over = body.flow_control().release_capacity(data.len());
                self.left = data;
            }
            Some(Err(error)) => return Poll::Ready(Err(self.error(&error))),
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Tunnel {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.left.is_empty() && this.streamed.body.is_some() {
            ready!(this.poll_more(cx))?;
        }
        let taken = this.left.len().min(buffer.remaining());
        buffer.put_slice(&this.left[..taken]);
        this.left.advance(taken);
        this.streamed.reading.took(taken);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.streamed.up.reserve_capacity(bytes.len());
        while this.streamed.up.capacity() == 0 {
            match ready!(this.streamed.up.poll_capacity(cx)) {
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(this.error(&error))),
                None => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            }
        }
        let taken = bytes.len().min(this.streamed.up.capacity());
        this.session.wire().say(this.streamed.number, None, taken);
        let sent = this.streamed.up.send_data(Bytes::copy_from_slice(&bytes[..taken]), false);
        Poll::Ready(sent.map(|()| taken).map_err(|error| this.error(&error)))
    }

    /// Until all of it has left: what leaves is accounted for by whoever wrote it.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.session.wire().poll_left(self.streamed.number, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // It fails where the stream is over already.
        let _over = this.streamed.up.send_data(Bytes::new(), true);
        this.session.wire().poll_left(this.streamed.number, cx)
    }
}
