//! Opens a counted connection from a client's context, by TCP or a Unix socket, and speaks TLS on it where the server wants
//! that.
//!
//! The addresses of a name are tried in turn, within one deadline. Small writes leave at once (TCP_NODELAY). Its other
//! end is any server.

mod socket;

use std::io::{self, ErrorKind, IoSlice};
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream, UnixStream};
use tokio::time::{sleep, timeout};
use wsbench_targets::clock::now;

pub use self::socket::Socket;
use super::tls::Ciphered;
use super::{Address, ClientContext};
use crate::meter::{ConnectPart, Counted, Failure, reasons};
use crate::os::socket::bind_source;

/// How soon a Unix socket whose queue of connections is full is tried again: the kernel does not wait there as it does for TCP.
const AGAIN: Duration = Duration::from_millis(5);

/// A counted stream, with TLS on it or without.
pub enum Stream {
    /// As it is.
    Plain(Counted<Socket>),
    /// Behind TLS.
    Tls(Box<Ciphered>),
}

/// Connects; no answer within `patience` is a [`Failure::Timeout`].
pub async fn dial(context: &ClientContext, patience: Duration) -> Result<Stream, Failure> {
    let outcome = match timeout(patience, open(context, patience)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Failure::Timeout),
    };
    context.shard.meter.dialled(outcome.is_ok());
    outcome
}

async fn open(context: &ClientContext, patience: Duration) -> Result<Stream, Failure> {
    let endpoint = &context.endpoint;
    let (began, meter) = (now(), &context.shard.meter);
    let stream = match (&endpoint.address, &endpoint.others[..]) {
        (Address::Unix(path), _) => Socket::Unix(connect_unix(context, path).await?),
        (Address::Tcp(address), []) => Socket::Tcp(connect(context, *address).await?),
        (_, others) => Socket::Tcp(in_turn(context, patience / (others.len() as u32 + 1)).await?),
    };
    meter.connected_part(ConnectPart::Tcp, began);
    let stream = Counted::new(stream, meter);
    let Some(tls) = context.tls.as_deref().or(context.shard.tls.as_ref()) else {
        return Ok(Stream::Plain(stream));
    };
    let began = now();
    // Boxed: a state that most clients never have.
    let stream = Box::new(Box::pin(tls.greet(stream, meter)).await?);
    meter.connected_part(ConnectPart::Tls, began);
    Ok(Stream::Tls(stream))
}

/// Connects to the first address that answers; the failure is that of the first one tried. An address that does not
/// answer within its equal `share` of the time leaves the rest to the next, as in Go's net.Dialer: RFC 8305's 250 ms
/// are for attempts side by side, and a loaded server takes longer. The one that answered last is tried first and has
/// all the time, so that a slow server is a timeout as it is with one address.
async fn in_turn(context: &ClientContext, share: Duration) -> Result<TcpStream, Failure> {
    let answered = &context.shard.answered;
    let known = answered.get().filter(|known| context.endpoint.addresses().any(|one| one == *known));
    let others = context.endpoint.addresses().filter(|address| Some(*address) != known);
    let mut first = None;
    for address in known.into_iter().chain(others) {
        let share = if Some(address) == known { Duration::MAX } else { share };
        match timeout(share, connect(context, address)).await.unwrap_or(Err(Failure::Timeout)) {
            Ok(stream) => {
                answered.set(Some(address));
                return Ok(stream);
            }
            Err(failure) => drop(first.get_or_insert(failure)),
        }
    }
    debug_assert!(first.is_some(), "an endpoint has an address");
    Err(first.unwrap_or(Failure::Refused))
}

async fn connect(context: &ClientContext, address: SocketAddr) -> Result<TcpStream, Failure> {
    let failure = |error: io::Error| context.shard.meter.not_connected(&error);
    let socket = socket(context, address).map_err(failure)?;
    socket.connect(address).await.map_err(failure)
}

async fn connect_unix(context: &ClientContext, path: &Path) -> Result<UnixStream, Failure> {
    loop {
        let error = match UnixStream::connect(path).await {
            Ok(stream) => return Ok(stream),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                sleep(AGAIN).await;
                continue;
            }
            Err(error) => error,
        };
        let meter = &context.shard.meter;
        let reason = match error.kind() {
            ErrorKind::NotFound => reasons::NO_SOCKET,
            ErrorKind::PermissionDenied => reasons::CLOSED_SOCKET,
            _ => return Err(meter.not_connected(&error)),
        };
        meter.reason(reason);
        return Err(Failure::Refused);
    }
}

fn socket(context: &ClientContext, to: SocketAddr) -> io::Result<TcpSocket> {
    let socket = socket2::Socket::new(socket2::Domain::for_address(to), socket2::Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    // Chosen for an address on loopback, of several perhaps.
    if let Some(source) = context.source.filter(|source| source.is_ipv4() == to.is_ipv4()) {
        bind_source(&socket, source)?;
    }
    Ok(TcpSocket::from_std_stream(socket.into()))
}

impl Stream {
    /// See [`Counted::closed`].
    pub fn closed(&self) -> bool {
        match self {
            Stream::Plain(stream) => stream.closed(),
            Stream::Tls(stream) => stream.closed(),
        }
    }

    /// See [`Counted::hung_up`].
    pub fn hung_up(&self) -> bool {
        match self {
            Stream::Plain(stream) => stream.hung_up(),
            Stream::Tls(stream) => stream.hung_up(),
        }
    }

    /// See [`Counted::readable`].
    pub fn readable(&self, cx: &mut Context<'_>) -> bool {
        match self {
            Stream::Plain(stream) => stream.get_ref().readable(cx),
            Stream::Tls(stream) => stream.readable(cx),
        }
    }

    /// Reads on to the socket's end, behind which the kernel's account is whole.
    pub async fn end(&mut self) {
        if let Stream::Tls(stream) = self {
            stream.end().await;
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Stream::Tls(stream) => stream.read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => stream.write(cx, &[IoSlice::new(bytes)]),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Stream::Tls(stream) => stream.write(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => stream.flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => stream.shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests;
