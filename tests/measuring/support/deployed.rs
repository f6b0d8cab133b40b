//! Servers as one finds them: TLS with certificates good and bad, and answers that nobody asked for.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use futures_util::{SinkExt, StreamExt};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

/// A root of its own, and certificates by it.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// The root, PEM.
    pub pem: String,
}

/// Whether a certificate's time is over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Age {
    Valid,
    Expired,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    /// How a server named `name` speaks TLS.
    pub fn server(&self, name: &str, age: Age) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if age == Age::Expired {
            (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let chain: Vec<CertificateDer<'static>> = vec![certificate.into()];
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// The same, which speaks `protocol` by ALPN.
pub fn offering(acceptor: &TlsAcceptor, protocol: &str) -> TlsAcceptor {
    let mut config = ServerConfig::clone(acceptor.config());
    config.alpn_protocols = vec![protocol.into()];
    TlsAcceptor::from(Arc::new(config))
}

/// A WebSocket echo behind TLS; where it listens.
pub fn secure_echo(acceptor: TlsAcceptor) -> SocketAddr {
    secure(acceptor, |stream| async move {
        let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
        while let Some(Ok(message)) = socket.next().await {
            if message.is_text() && socket.send(message).await.is_err() {
                return;
            }
        }
    })
}

/// The same with HTTP: `body` to every request, over connections that are kept.
pub fn secure_pages(acceptor: TlsAcceptor, body: &'static str) -> SocketAddr {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    secure(acceptor, move |mut stream| async move {
        let (mut inbox, mut piece) = (Vec::new(), [0; 4096]);
        while let Ok(read @ 1..) = stream.read(&mut piece).await {
            inbox.extend_from_slice(&piece[..read]);
            while let Some(end) = inbox.windows(4).position(|four| four == b"\r\n\r\n") {
                inbox.drain(..end + 4);
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
        drop(stream.shutdown().await);
    })
}

/// A client's connection behind its handshake.
pub type Secure = tokio_rustls::server::TlsStream<tokio::net::TcpStream>;

/// Serves each connection behind TLS; where it listens.
pub fn secure<F>(acceptor: TlsAcceptor, serve: impl Fn(Secure) -> F + Clone + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, serve) = (acceptor.clone(), serve.clone());
                tokio::spawn(async move {
                    // Who is refused breaks the handshake off; that is his result, not ours.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream).await;
                    }
                });
            }
        });
    });
    address
}

/// Reads a request's head, then says `answer`, and stays until the other end goes.
pub fn answers(mut stream: TcpStream, answer: &[u8]) {
    let (mut inbox, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = stream.read(&mut piece) {
        inbox.extend_from_slice(&piece[..read]);
        if let Some(end) = inbox.windows(4).position(|four| four == b"\r\n\r\n") {
            inbox.drain(..end + 4);
            if stream.write_all(answer).is_err() {
                return;
            }
        }
    }
}

/// The same, and then `more` for ever.
pub fn answers_for_ever(mut stream: TcpStream, head: &[u8], more: &[u8]) {
    let mut piece = [0; 4096];
    let Ok(1..) = stream.read(&mut piece) else { return };
    let mut open = stream.write_all(head);
    while open.is_ok() {
        open = stream.write_all(more);
    }
}
