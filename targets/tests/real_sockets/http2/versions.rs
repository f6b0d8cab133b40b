//! Which version of HTTP a connection is: two on one port, and HTTP/1.1 as it was.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use wsbench_targets::tls::Identity;
use wsbench_targets::transport::WebSocket;
use wsbench_targets::wire::{Reply, Served, TargetConfig, route};

use super::client::Client;
use crate::support::{Target, config, local, message, polling};

#[test]
fn both_versions_are_on_one_port() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        let (mut first, mut second) = (target.connect().await, Client::connect(target.at).await);
        assert_eq!(first.post(0, &message(0)).await.head, "HTTP/1.1 204 No Content\r\n\r\n");
        assert_eq!(second.get(route::POLL, 0, 0).await.body, message(0));
        let answer = first.get(route::POLL, 0, 0).await;
        assert_eq!(answer.head, "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n");
        assert_eq!(answer.body, message(0));
    });
}

/// "P" may become POST or the preface, and must not be waited behind, nor lost.
#[test]
fn a_request_in_pieces_is_read_whole_in_either_version() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        let mut first = target.connect().await;
        first.stream.set_nodelay(true).unwrap();
        let path = route::path(route::SEND, 0, 0);
        let request = format!("POST {path} HTTP/1.1\r\nHost: t\r\nContent-Length: 21\r\n\r\n");
        for byte in request.as_bytes().iter().chain(&message(0)) {
            first.write([*byte]).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(first.answer().await.head, "HTTP/1.1 204 No Content\r\n\r\n");
        assert_eq!(first.get(route::POLL, 0, 0).await.body, message(0));

        let mut second = TcpStream::connect(target.at).await.unwrap();
        second.set_nodelay(true).unwrap();
        for byte in *b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" {
            second.write_u8(byte).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        second.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
        let mut head = [0; 9];
        second.read_exact(&mut head).await.unwrap();
        assert_eq!((head[3], &head[5..]), (4, &[0; 4][..]), "SETTINGS");
    });
}

#[test]
fn what_is_not_quite_the_preface_is_refused_by_http_1() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        let mut client = target.connect().await;
        client.write("PRI * HTTP/1.1\r\nHost: t\r\n\r\n").await;
        assert!(client.head().await.starts_with("HTTP/1.1 4"));
        // A client that is gone before it has said which is nobody's error.
        let mut gone = target.connect().await;
        gone.write("PRI").await;
        gone.stream.shutdown().await.unwrap();
        gone.rest().await;
        target.end().await.0.unwrap();
    });
}

/// A target with TLS, and what trusts it.
pub(super) fn with_tls(config: TargetConfig) -> (TargetConfig, RootCertStore) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["t".to_owned()]).unwrap().self_signed(&key).unwrap();
    let mut trusted = RootCertStore::empty();
    trusted.add(certificate.der().clone()).unwrap();
    let (certificate, key) = (certificate.pem(), key.serialize_pem());
    (TargetConfig { tls: Some(Identity { certificate, key, resumption: false }), ..config }, trusted)
}

/// A connection behind its handshake.
pub(super) async fn connected(
    target: &Target,
    trusted: &RootCertStore,
    offers: &[&[u8]],
) -> TlsStream<TcpStream> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(trusted.clone()).with_no_client_auth();
    config.alpn_protocols = offers.iter().map(|offer| offer.to_vec()).collect();
    let socket = TcpStream::connect(target.at).await.unwrap();
    let name = ServerName::try_from("t").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap()
}

#[test]
fn in_tls_the_client_chooses_by_alpn() {
    local(async {
        let (config, trusted) = with_tls(polling(Reply::Since));
        let target = Target::start(config).await;
        for offers in [&[b"h2".as_slice(), b"http/1.1"][..], &[b"http/1.1", b"h2"], &[b"h2"]] {
            let socket = connected(&target, &trusted, offers).await;
            assert_eq!(socket.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
            let mut client = Client::over(socket, 1 << 20).await;
            assert_eq!(client.post(0, &message(0)).await.status, 204);
            assert!(client.get(route::POLL, 0, 0).await.body.starts_with(&message(0)));
        }
        for (offers, chosen) in [(&[b"http/1.1".as_slice()][..], Some(&b"http/1.1"[..])), (&[], None)] {
            let mut socket = connected(&target, &trusted, offers).await;
            assert_eq!(socket.get_ref().1.alpn_protocol(), chosen);
            let path = route::path(route::POLL, 1, 0);
            socket.write_all(format!("GET {path} HTTP/1.1\r\nHost: t\r\n\r\n").as_bytes()).await.unwrap();
            let expected = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            let mut answer = vec![0; expected.len()];
            socket.read_exact(&mut answer).await.unwrap();
            assert_eq!(answer, expected);
        }
    });
}

#[test]
fn a_websocket_over_tls_and_http_2() {
    local(async {
        let (config, trusted) = with_tls(config(Served::WebSocket(WebSocket::default())));
        let target = Target::start(config).await;
        let mut client = Client::over(connected(&target, &trusted, &[b"h2"]).await, 1 << 20).await;
        let (answer, mut up) = client.websocket("/", &[("sec-websocket-version", "13")]).await;
        up.send_data(b"\x81\x85\0\0\0\0hello".as_slice().into(), false).unwrap();
        let echoed = super::client::piece(&mut answer.into_body()).await.unwrap();
        assert_eq!(echoed, b"\x81\x05hello".as_slice());
    });
}
