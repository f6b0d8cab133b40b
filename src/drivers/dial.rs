//! Opens a counted TCP connection from a client's context, and speaks TLS on it where the server wants that.
//!
//! Small writes leave at once (TCP_NODELAY). Its other end is any server.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::ClientContext;
use super::tls::Ciphered;
use crate::meter::{Counted, Failure};
use crate::os::socket::bind_source;

/// A counted TCP stream, with TLS on it or without.
pub enum Stream {
    /// As it is.
    Plain(Counted<TcpStream>),
    /// Behind TLS.
    Tls(Box<Ciphered>),
}

/// Connects; no answer within `patience` is a [`Failure::Timeout`].
pub async fn dial(context: &ClientContext, patience: Duration) -> Result<Stream, Failure> {
    let outcome = match timeout(patience, open(context)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Failure::Timeout),
    };
    context.shard.meter.dialled(outcome.is_ok());
    outcome
}

async fn open(context: &ClientContext) -> Result<Stream, Failure> {
    let address = context.endpoint.address;
    let failure = |error: io::Error| context.shard.meter.not_connected(&error);
    let socket = socket(context, address).map_err(failure)?;
    let stream = socket.connect(address).await.map_err(failure)?;
    let stream = Counted::new(stream, &context.shard.meter);
    match &context.shard.tls {
        None => Ok(Stream::Plain(stream)),
        // Boxed: a state that most clients never have.
        Some(tls) => Ok(Stream::Tls(Box::new(Box::pin(tls.greet(stream, &context.shard.meter)).await?))),
    }
}

fn socket(context: &ClientContext, to: SocketAddr) -> io::Result<TcpSocket> {
    let socket = socket2::Socket::new(socket2::Domain::for_address(to), socket2::Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    if let Some(source) = context.source {
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
