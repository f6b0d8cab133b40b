//! Servers that mean no good, over HTTP/2 and TLS: what they do has a name in the report, costs the generator little memory,
//! and leaves the other clients alone. The real program. What each broken rule is called, one by one, is tested beside
//! `drivers::http::two`.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use wsbench::meter::reasons::{BAD_RECORD, TORN_RECORD};
use wsbench::results::Measurement;

use crate::support::deployed::{Age, Authority, Secure, offering, secure};
use crate::support::server::Server;
use crate::support::{Scene, at_once, ledger_closes, scenario};

/// Far more than eight clients need, far less than what is sent at them.
const ALLOWED: u64 = 200 << 20;

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
}

/// What is said to a request, and part of the name that it must have.
fn attacks() -> Vec<(Vec<u8>, &'static str)> {
    let head = frame(1, 4, 1, &[0x88]);
    let first = [&[0x88, 0x40, 1, b'x', 0x7f, 0xa1, 0x1e][..], &[b'v'; 4000]].concat();
    let literal = [&[0, 1, b'x', 100][..], &[b'v'; 100]].concat().repeat(150);
    vec![
        (frame(1, 4, 1, &[&first[..], &[0xbe; 12_000]].concat()), "head far over 64 KiB (ENHANCE_YOUR_CALM)"),
        ([frame(1, 0, 1, &[0x88]), frame(9, 0, 1, &literal).repeat(1000)].concat(), "flood of frames"),
        (frame(0, 0, 1, b"early"), "out of order"),
        ([head.clone(), frame(0, 0, 1, &[7; 16_385])].concat(), "FRAME_SIZE_ERROR"),
        ([head, frame(0, 0, 1, &[7; 16_384]).repeat(1100)].concat(), "over 16 MiB"),
        // It has begun with the request, which is not asked again.
        (frame(7, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 2]).repeat(1000), "GOAWAY with INTERNAL_ERROR"),
    ]
}

fn attack(mut stream: TcpStream, says: &[u8]) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(&frame(4, 0, 0, &[]))?;
    let mut heard = [0; 4096];
    // The preface and what a client says behind it come at once.
    if stream.read(&mut heard)? > 0 {
        stream.write_all(&[&frame(4, 1, 0, &[])[..], says].concat())?;
        stream.shutdown(Shutdown::Write)?;
        while stream.read(&mut heard)? > 0 {}
    }
    Ok(())
}

/// Answers whatever is asked with a text, by the crate h2.
async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((_, mut respond))) = connection.accept().await {
        let Ok(mut body) = respond.send_response(Response::new(()), false) else { return };
        if body.send_data(Bytes::from_static(b"good"), true).is_err() {
            return;
        }
    }
}

fn well(stream: TcpStream) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        stream.set_nonblocking(true).unwrap();
        serve(tokio::net::TcpStream::from_std(stream).unwrap()).await;
    });
}

/// Eight clients that poll, every tenth of a second each.
fn poll(url: &str, more: &str) -> Scene {
    let load = format!("[load.idle]\n[target]\nurl = \"{url}\"\n{more}");
    let transport = "polling = { every = \"100ms\", timeout = \"5s\" }".to_owned();
    Scene::new(&scenario(8, ("0s", "3s"), &load, &[transport]))
}

fn measured(scene: &Scene) -> Measurement {
    let ran = scene.begin(&[]).end();
    let mut report = scene.report();
    assert_eq!(report.measurements.len(), 1, "{ran:#?}");
    report.measurements.remove(0)
}

/// Of three connections two are attacked; the others, and those that come again, are served.
#[test]
fn attacks_over_http_2_have_names_and_limits() {
    let connections = Arc::new(AtomicUsize::new(0));
    let server = Server::each(move |stream, seen| {
        let number = connections.fetch_add(1, Ordering::Relaxed);
        let attacks = attacks();
        match seen.first || number.is_multiple_of(3) {
            true => well(stream),
            false => drop(attack(stream, &attacks[(number - number / 3 - 1) % attacks.len()].0)),
        }
    });
    let m = measured(&poll(&format!("http://{}/", server.address), "http = 2"));
    let names: Vec<&str> = m.tally.failures.reasons.each().map(|reason| reason.0).collect();
    for (_, name) in attacks() {
        assert!(names.iter().any(|known| known.contains(name)), "{name}: {names:?}");
    }
    let total = m.tally.traffic.total();
    assert!(total.responses > 40, "{total:?}");
    ledger_closes(&m);
    let peak = m.harness[0].peak_memory;
    assert!(peak < ALLOWED, "{peak} bytes");
}

/// Says the rest of nothing behind the first request, and ends the connection without a word.
async fn breaks_off(mut stream: Secure, record: &[u8]) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut heard = [0; 4096];
    // Behind a request, and whatever comes with it is read, so that nothing is reset.
    if !matches!(stream.read(&mut heard).await, Ok(1..)) {
        return;
    }
    while let Ok(Ok(1..)) = timeout(Duration::from_millis(50), stream.read(&mut heard)).await {}
    let socket = stream.get_mut().0;
    if socket.write_all(record).await.is_ok() && socket.shutdown().await.is_ok() {
        while let Ok(1..) = socket.read(&mut heard).await {}
    }
}

/// One good answer, in either version.
async fn answers(mut stream: Secure, two: bool) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    if two {
        return serve(stream).await;
    }
    let mut heard = [0; 4096];
    while let Ok(1..) = stream.read(&mut heard).await {
        if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.is_err() {
            return;
        }
    }
}

/// A record that breaks off, and one that was changed: both have a name, over either version of HTTP.
#[test]
fn broken_records_of_tls_have_names() {
    let table: [(&'static [u8], &str); 2] = [
        (b"\x17\x03\x03\x01\x00some of it", TORN_RECORD),
        (b"\x17\x03\x03\x00\x14twenty bytes of what", BAD_RECORD),
    ];
    for (alpn, http) in [("http/1.1", "http = 1"), ("h2", "http = 2")] {
        at_once(&table, |&(record, name)| {
            let authority = Authority::new();
            let (two, connections) = (alpn == "h2", Arc::new(AtomicUsize::new(0)));
            let acceptor = offering(&authority.server("localhost", Age::Valid), alpn);
            let address = secure(acceptor, move |stream| {
                let first = connections.fetch_add(1, Ordering::Relaxed) == 0;
                async move { if first { answers(stream, two).await } else { breaks_off(stream, record).await } }
            });
            let url = format!("https://localhost:{}/", address.port());
            let scene = poll(&url, &format!("ca = \"root.pem\"\n{http}"));
            fs::write(scene.path("root.pem"), &authority.pem).unwrap();
            let m = measured(&scene);
            let failures = &m.tally.failures;
            let names: Vec<&str> = failures.reasons.each().map(|reason| reason.0).collect();
            assert_eq!(names, [name], "{alpn}: {failures:?}");
            assert!(failures.total() >= 8, "{alpn}: {failures:?}");
            assert_eq!(failures.closed + failures.protocol, failures.total(), "{alpn}: {failures:?}");
            ledger_closes(&m);
        });
    }
}
