//! What a connection that rests costs with the libraries alone, as wsbench's drivers use them: tokio, rustls, the crate h2,
//! flate2, and nothing that measures.
//!
//! `scripts/versus CLIENTS` sets wsbench's own clients beside it.

use std::error::Error;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use http::{Method, Request, Version};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{LocalSet, spawn_local, yield_now};
use tokio_rustls::TlsConnector;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: library plain|deflate|tls|http2|tls-http2 HOST:PORT CONNECTIONS
Opens so many WebSockets, lets them rest, and prints its resident memory.\n";

/// As wsbench's driver asks for them.
const STREAM_WINDOW: u32 = 6 << 20;
const CONNECTION_WINDOW: u32 = 15 << 20;
/// Bits of the window of either side (RFC 7692 §7.1.2), as usual.
const BITS: u8 = 15;
const UPGRADE: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                       Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        [kind @ ("plain" | "deflate" | "tls" | "http2" | "tls-http2"), at, connections] => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let memory = LocalSet::new().block_on(&runtime, hold(kind, at.parse()?, connections.parse()?))?;
            Ok(std::io::stdout().write_all(format!("{{\"memory\":{memory}}}\n").as_bytes())?)
        }
        // `cargo bench` calls every bench: this one measures nothing by itself.
        _ => Ok(std::io::stdout().write_all(USAGE.as_bytes())?),
    }
}

/// Opens the connections, and says what memory the process holds when all of them rest.
async fn hold(kind: &str, at: SocketAddr, connections: usize) -> Result<u64> {
    let (h1, h2) = (connector(b"http/1.1")?, connector(b"h2")?);
    let name = ServerName::from(at.ip());
    for _ in 0..connections {
        let stream = TcpStream::connect(at).await?;
        stream.set_nodelay(true)?;
        match kind {
            "tls" => rest(upgraded(h1.connect(name.clone(), stream).await?).await?, ()),
            "http2" => by_http2(stream).await?,
            "tls-http2" => by_http2(h2.connect(name.clone(), stream).await?).await?,
            "deflate" => rest(upgraded(stream).await?, contexts()?),
            _ => rest(upgraded(stream).await?, ()),
        }
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    resident()
}

/// A WebSocket over HTTP/1.1.
async fn upgraded<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> Result<S> {
    stream.write_all(UPGRADE.as_bytes()).await?;
    stream.flush().await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    match head.starts_with(b"HTTP/1.1 101") {
        true => Ok(stream),
        false => Err(String::from_utf8_lossy(&head).into()),
    }
}

/// Waits for what comes, and holds `with` meanwhile.
fn rest<S: AsyncRead + Unpin + 'static, W: 'static>(mut stream: S, with: W) {
    spawn_local(async move {
        let _with = with;
        while let Ok(1..) = stream.read(&mut [0; 16]).await {}
    });
}

/// A WebSocket over a stream of HTTP/2 (RFC 8441).
async fn by_http2<S: AsyncRead + AsyncWrite + Unpin + 'static>(stream: S) -> Result<()> {
    let mut builder = h2::client::Builder::new();
    builder.enable_push(false).initial_window_size(STREAM_WINDOW);
    builder.initial_connection_window_size(CONNECTION_WINDOW);
    let (send, connection) = builder.handshake::<_, Bytes>(stream).await?;
    spawn_local(connection);
    let mut send = send.ready().await?;
    while !send.is_extended_connect_protocol_enabled() {
        yield_now().await;
    }
    let request =
        Request::builder().method(Method::CONNECT).version(Version::HTTP_2).uri("http://localhost/");
    let request = request.extension(h2::ext::Protocol::from_static("websocket"));
    let request = request.header("sec-websocket-version", "13").body(())?;
    let (response, up) = send.send_request(request, false)?;
    let response = response.await?;
    if response.status() != 200 {
        return Err(response.status().to_string().into());
    }
    spawn_local(async move {
        let (mut body, _both) = (response.into_body(), (send, up));
        while let Some(Ok(_)) = body.data().await {}
    });
    Ok(())
}

/// A compressor and a decompressor that have had a message.
fn contexts() -> Result<(Compress, Decompress)> {
    let message = b"{\"symbol\":\"IBM\",\"price\":123.45,\"volume\":100}".repeat(20);
    let mut compress = Compress::new_with_window_bits(Compression::default(), false, BITS);
    let mut decompress = Decompress::new_with_window_bits(false, BITS);
    let (mut packed, mut whole) = (Vec::with_capacity(4096), Vec::with_capacity(4096));
    compress.compress_vec(&message, &mut packed, FlushCompress::Sync)?;
    decompress.decompress_vec(&packed, &mut whole, FlushDecompress::Sync)?;
    match whole == message {
        true => Ok((compress, decompress)),
        false => Err("flate2 has not given back what it was given".into()),
    }
}

fn connector(protocol: &[u8]) -> Result<TlsConnector> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?.dangerous();
    let mut config = builder.with_custom_certificate_verifier(Arc::new(Anybody)).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    config.resumption = Resumption::disabled();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Resident memory of this process, bytes.
fn resident() -> Result<u64> {
    let pages: u64 =
        std::fs::read_to_string("/proc/self/statm")?.split(' ').nth(1).ok_or("statm")?.parse()?;
    Ok(pages * rustix::param::page_size() as u64)
}

/// Any certificate will do.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        self.verify_tls12_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
