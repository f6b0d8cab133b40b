//! TLS (RFC 8446, RFC 5246) from a client's end, by rustls on ring, over the counted socket.
//!
//! What is more on the socket than went through here is TLS: records, handshake, tickets, alerts. `balance` keeps that
//! account. Every connection makes a whole handshake, unless a client resumes its own session: thousands that shared one would
//! measure a visitor who has been there before, and they have not. It must not know what is carried.

mod balance;
mod records;
mod trouble;
mod trust;

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, HandshakeKind};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use balance::Balance;

use super::connect_options::TlsTrust;
use super::dial::Socket;
use crate::meter::{Counted, Failure, Recorder, reasons};
use crate::transport::Http;

/// How the clients of a shard speak TLS: one for all, shared when cloned.
#[derive(Clone)]
pub struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
    /// Clients that connect again resume.
    resumes: bool,
    /// HTTP/2 goes over it, and nothing else.
    h2: bool,
}

/// Tickets that a client keeps: servers send two with a handshake.
const TICKETS: usize = 4;

impl Tls {
    /// Reads the roots to trust, once.
    ///
    /// # Errors
    /// What stands in the way: no roots, an unreadable file, a host that is no name; with what to do.
    pub fn new(trust: &TlsTrust, http: Http) -> anyhow::Result<Tls> {
        let config: Arc<ClientConfig> = Arc::new(trust::config(trust, http)?);
        let resumes = trust.terms.resumption;
        Ok(Tls {
            connector: TlsConnector::from(config),
            name: trust::name(&trust.name)?,
            resumes,
            h2: http == Http::Two,
        })
    }

    /// What a client has of its own, where it resumes: its tickets.
    pub fn of_a_client(&self) -> Option<Tls> {
        if !self.resumes {
            return None;
        }
        let mut config = ClientConfig::clone(self.connector.config());
        config.resumption = Resumption::in_memory_sessions(TICKETS);
        Some(Tls { connector: TlsConnector::from(Arc::new(config)), ..self.clone() })
    }

    /// The handshake.
    pub(super) async fn greet(
        &self,
        stream: Counted<Socket>,
        meter: &Rc<Recorder>,
    ) -> Result<Ciphered, Failure> {
        let socket = Balance::new(stream, meter);
        match self.connector.connect(self.name.clone(), socket).into_fallible().await {
            Ok(mut inner) => {
                // The handshake's last bytes belong to this phase.
                inner.get_mut().0.written(0);
                if self.h2 && inner.get_ref().1.alpn_protocol() != Some(trust::ALPN_2) {
                    meter.reason(reasons::NO_ALPN_2);
                    return Err(Failure::Tls);
                }
                let resumed = inner.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed);
                meter.count(|c| c.resumed += u64::from(resumed));
                Ok(Ciphered { inner, broken: false })
            }
            Err((error, socket)) => {
                let (failure, exactly) = trouble::name(&error, socket.opening());
                let exactly = exactly.or_else(|| trouble::later(&error, socket.within_record()));
                exactly.iter().for_each(|exactly| meter.reason(exactly));
                Err(failure)
            }
        }
    }
}

/// A stream behind TLS.
pub struct Ciphered {
    inner: TlsStream<Balance>,
    /// A record could not be read, or was the last: rustls must not be asked for more.
    broken: bool,
}

impl Ciphered {
    pub(super) fn closed(&self) -> bool {
        self.inner.get_ref().0.closed()
    }

    pub(super) fn hung_up(&self) -> bool {
        self.inner.get_ref().0.hung_up()
    }

    pub(super) fn readable(&self, cx: &mut Context<'_>) -> bool {
        self.inner.get_ref().0.readable(cx)
    }

    /// Reads on to the other end's FIN: rustls has heard the last word before, and the kernel counts the FIN.
    pub(super) async fn end(&mut self) {
        let mut rest = [0; 64];
        // An error is an end too.
        while let Ok(1..) = AsyncReadExt::read(&mut self.inner.get_mut().0, &mut rest).await {}
    }

    pub(super) fn read(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.broken {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.inner).poll_read(cx, buffer);
        self.inner.get_mut().0.read(buffer.filled().len() - before);
        if let Poll::Ready(Err(error)) = &outcome {
            self.inner.get_ref().0.broke(error);
            self.broken = true;
        }
        outcome
    }

    pub(super) fn write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        let written = if let Poll::Ready(Ok(written)) = outcome { written } else { 0 };
        self.inner.get_mut().0.written(written);
        outcome
    }

    pub(super) fn flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_flush(cx);
        self.inner.get_mut().0.written(0);
        outcome
    }

    pub(super) fn shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.inner.get_mut().0.written(0);
        outcome
    }
}
