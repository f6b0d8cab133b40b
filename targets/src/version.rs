//! Which HTTP a client speaks, from what it says first: in TLS by ALPN, otherwise by the preface of HTTP/2 (RFC 9113
//! §3.3, prior knowledge). Whatever else comes is HTTP/1.1's to read, or to refuse.
//!
//! It must not know what is served, and takes nothing away: who reads the connection next reads all of it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::socket::Stream;
use crate::tls::HTTP_2;

/// What a client of HTTP/2 says first.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    One,
    Two,
}

impl Version {
    /// Waits until the client has said it.
    pub(crate) async fn of(stream: Stream) -> io::Result<(Stream, Version)> {
        match stream {
            Stream::Tls(tls) => {
                let two = tls.get_ref().1.alpn_protocol() == Some(HTTP_2);
                Ok((Stream::Tls(tls), if two { Version::Two } else { Version::One }))
            }
            Stream::Plain(socket) => Version::by_preface(socket).await,
            other @ Stream::Other(_) => Ok((other, Version::One)),
        }
    }

    async fn by_preface(mut socket: TcpStream) -> io::Result<(Stream, Version)> {
        let mut first = [0; PREFACE.len()];
        let seen = socket.peek(&mut first).await?;
        if let Some(version) = Version::begun_by(&first[..seen]) {
            return Ok((Stream::Plain(socket), version));
        }
        // Not all has come that tells them apart. What one has seen without taking it cannot be waited behind.
        let mut came = 0;
        let version = loop {
            match socket.read(&mut first[came..]).await? {
                0 => break Version::One,
                more => came += more,
            }
            if let Some(version) = Version::begun_by(&first[..came]) {
                break version;
            }
        };
        let begun = Begun { first, read: 0, came, socket };
        Ok((Stream::Other(Box::new(begun)), version))
    }

    /// By the first bytes, up to the length of the preface; none while they may become either.
    fn begun_by(first: &[u8]) -> Option<Version> {
        match PREFACE.strip_prefix(first) {
            Some([]) => Some(Version::Two),
            Some(_) if !first.is_empty() => None,
            _ => Some(Version::One),
        }
    }
}

/// A socket of which some bytes have been read already.
struct Begun {
    first: [u8; PREFACE.len()],
    read: usize,
    came: usize,
    socket: TcpStream,
}

impl AsyncRead for Begun {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read == self.came {
            return Pin::new(&mut self.socket).poll_read(cx, buffer);
        }
        let now = buffer.remaining().min(self.came - self.read);
        buffer.put_slice(&self.first[self.read..self.read + now]);
        self.read += now;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Begun {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, slices)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_preface_is_http_2() {
        for short in 1..PREFACE.len() {
            assert_eq!(Version::begun_by(&PREFACE[..short]), None);
        }
        assert_eq!(Version::begun_by(PREFACE), Some(Version::Two));
        for other in [&b""[..], b"GET", b"PO", b"PRI /", b"PRI * HTTP/1.1\r\nHost: t\r\n", b"\x16\x03"] {
            assert_eq!(Version::begun_by(other), Some(Version::One), "{other:?}");
        }
    }
}
