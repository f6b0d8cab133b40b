//! What carries another protocol behind a request for it: the connection itself, or over HTTP/2 a stream of it.
//!
//! It must not know which protocol that is.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::hang_up::hang_up;
use super::two::session::Entry;
use super::two::tunnel::Tunnel;
use crate::drivers::dial::Stream;
use crate::drivers::opener::Opened;
use crate::meter::{Direction, Part, Recorder};

/// Bytes both ways.
pub enum Carrier {
    /// Behind a 101 (RFC 9110 §7.8).
    One(Stream),
    /// Behind an extended CONNECT (RFC 8441). Boxed: most are not.
    Two(Box<Tunnel>),
}

impl Carrier {
    /// Closes it in good order. What still comes is overhead.
    pub async fn hang_up(self, meter: Rc<Recorder>, patience: Duration) {
        match self {
            Carrier::One(stream) => {
                let rest = |bytes: &[u8]| meter.attribute(Direction::Down, Part::Headers, bytes.len());
                hang_up(stream, patience, rest).await;
            }
            Carrier::Two(tunnel) => tunnel.hang_up(patience).await,
        }
    }
}

impl Opened for Carrier {
    fn replaces(&self) -> bool {
        match self {
            Carrier::One(_) => true,
            Carrier::Two(tunnel) => tunnel.entry() == Entry::Opened,
        }
    }
}

/// Does the same with either.
macro_rules! either {
    ($carrier:expr, $call:ident $(, $argument:expr)*) => {
        match $carrier.get_mut() {
            Carrier::One(stream) => Pin::new(stream).$call($($argument),*),
            Carrier::Two(tunnel) => Pin::new(&mut **tunnel).$call($($argument),*),
        }
    };
}

impl AsyncRead for Carrier {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self, poll_read, cx, buffer)
    }
}

impl AsyncWrite for Carrier {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        either!(self, poll_write, cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, poll_flush, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, poll_shutdown, cx)
    }
}
