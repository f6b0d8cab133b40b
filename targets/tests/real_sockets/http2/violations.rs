//! Clients that break the rules of HTTP/2 (RFC 9113 §5, §6) or of TLS: each is sent away by its code, nothing is kept of it,
//! and another client is served beside it.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use wsbench_targets::limits::STREAM_WINDOW;
use wsbench_targets::transport::WebSocket;
use wsbench_targets::wire::{Reply, Served, route};

use super::client::{Client, piece};
use super::hostile::{
    ALLOWED, GET, GOAWAY, POST, RST_STREAM, connected, frame, head, others_are_served, resident, until,
};
use super::versions;
use crate::support::{Target, config, local, polling};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const PROTOCOL_ERROR: u8 = 1;
const FLOW_CONTROL_ERROR: u8 = 3;
const FRAME_SIZE_ERROR: u8 = 6;

#[test]
fn each_broken_rule_ends_its_connection_and_no_other() {
    let (asks, begins) =
        (frame(HEADERS, 5, 5, &head(GET, route::POLL, 0)), frame(HEADERS, 1, 1, &[GET, 0x86]));
    let table = [
        ("content of no request", frame(DATA, 0, 1, b"early"), PROTOCOL_ERROR),
        ("the rest of no head", frame(CONTINUATION, 4, 1, &[GET]), PROTOCOL_ERROR),
        ("content within a head", [&begins[..], &frame(DATA, 0, 1, b"x")].concat(), PROTOCOL_ERROR),
        ("the rest of another head", [&begins[..], &frame(CONTINUATION, 4, 3, &[])].concat(), PROTOCOL_ERROR),
        ("a promise by a client", frame(5, 4, 1, &[0, 0, 0, 2, GET]), PROTOCOL_ERROR),
        ("a reset of nothing", frame(3, 0, 1, &[0, 0, 0, 8]), PROTOCOL_ERROR),
        (
            "streams backwards",
            [&asks[..], &frame(HEADERS, 5, 3, &head(GET, route::POLL, 0))].concat(),
            PROTOCOL_ERROR,
        ),
        ("SETTINGS of five bytes", frame(SETTINGS, 0, 0, &[0; 5]), PROTOCOL_ERROR),
        ("an entry that no table has", frame(HEADERS, 5, 1, &[0xff, 0x7f]), PROTOCOL_ERROR),
        ("a window that opens by nothing", frame(8, 0, 0, &[0; 4]), PROTOCOL_ERROR),
        ("a window beyond all bounds", frame(8, 0, 0, &[0x7f, 0xff, 0xff, 0xff]), FLOW_CONTROL_ERROR),
        ("a frame longer than allowed", frame(DATA, 0, 1, &[7; 16_385]), FRAME_SIZE_ERROR),
    ];
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        for (what, says, code) in table {
            let mut socket = connected(&target, &[]).await;
            socket.write_all(&says).await.unwrap();
            let goaway = until(&mut socket, GOAWAY).await.unwrap_or_else(|| panic!("{what}: no GOAWAY"));
            assert_eq!(goaway[4..8], [0, 0, 0, code], "{what}");
            assert_eq!(until(&mut socket, GOAWAY).await, None, "{what}");
        }
        others_are_served(&target, route::POLL).await;
    });
}

/// An extended CONNECT for the echo, by literals.
fn opens_a_websocket() -> Vec<u8> {
    let literal =
        |name: &[u8], value: &[u8]| [&[0, name.len() as u8], name, &[value.len() as u8], value].concat();
    [
        literal(b":method", b"CONNECT"),
        literal(b":protocol", b"websocket"),
        vec![0x86, 0x84],
        literal(b":authority", b"t"),
        literal(b"sec-websocket-version", b"13"),
    ]
    .concat()
}

/// A client that reads no echo, and sends more than its window: its streams are reset, and what they held is gone.
#[test]
fn more_than_the_window_allows_resets_the_stream() {
    const STREAMS: u32 = 30;
    local(async {
        let target = Target::start(config(Served::WebSocket(WebSocket::default()))).await;
        let before = resident();
        // SETTINGS_INITIAL_WINDOW_SIZE is 0: no echo may leave.
        let mut socket = connected(&target, &[0, 4, 0, 0, 0, 0]).await;
        until(&mut socket, WINDOW_UPDATE).await.expect("the window of the connection");
        let message = [&[0x82, 0xfe, 0x03, 0xe8, 0, 0, 0, 0][..], &[b'x'; 1000]].concat();
        let many = message.repeat(16);
        for stream in (0..STREAMS).map(|number| 2 * number + 1) {
            socket.write_all(&frame(HEADERS, 4, stream, &opens_a_websocket())).await.unwrap();
            for _ in 0..3 * STREAM_WINDOW as usize / many.len() {
                socket.write_all(&frame(DATA, 0, stream, &many)).await.unwrap();
            }
            let reset = until(&mut socket, RST_STREAM).await.expect("RST_STREAM");
            assert_eq!(reset, [0, 0, 0, FLOW_CONTROL_ERROR], "{stream}");
        }
        let mut other = Client::connect(target.at).await;
        let (answer, mut up) = other.websocket("/", &[("sec-websocket-version", "13")]).await;
        up.send_data(b"\x81\x85\0\0\0\0hello".as_slice().into(), false).unwrap();
        assert_eq!(piece(&mut answer.into_body()).await.unwrap(), b"\x81\x05hello".as_slice());
        assert!(resident().saturating_sub(before) < ALLOWED, "{} of {before}", resident());
    });
}

/// A client that says ten thousand times that it will go, with a text each, and goes on.
#[test]
fn a_storm_of_goodbyes_is_not_kept() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        let before = resident();
        let mut socket = connected(&target, &[]).await;
        socket.write_all(&frame(HEADERS, 4, 1, &head(POST, route::SEND, 0))).await.unwrap();
        let goodbye = frame(GOAWAY, 0, 0, &[&[0; 8][..], &[b'.'; 8000]].concat());
        for _ in 0..10_000 {
            if socket.write_all(&goodbye).await.is_err() {
                break;
            }
        }
        others_are_served(&target, route::POLL).await;
        assert!(resident().saturating_sub(before) < ALLOWED, "{} of {before}", resident());
    });
}

/// Half a handshake, half a record, a record that was changed: the connection is over, and the target is none the worse.
#[test]
fn broken_records_of_tls_are_their_clients_affair() {
    local(async {
        let (config, trusted) = versions::with_tls(polling(Reply::Since));
        let target = Target::start(config).await;
        let mut half = TcpStream::connect(target.at).await.unwrap();
        half.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01").await.unwrap();
        let waits = TcpStream::connect(target.at).await.unwrap();
        half.shutdown().await.unwrap();
        for record in [&b"\x17\x03\x03\x01\x00some of it"[..], b"\x17\x03\x03\x00\x14twenty bytes of what"] {
            for protocol in [b"h2".as_slice(), b"http/1.1"] {
                let mut broken = versions::connected(&target, &trusted, &[protocol]).await;
                broken.get_mut().0.write_all(record).await.unwrap();
                broken.get_mut().0.shutdown().await.unwrap();
            }
        }
        let socket = versions::connected(&target, &trusted, &[b"h2"]).await;
        assert_eq!(Client::over(socket, 1 << 20).await.get(route::POLL, 0, 0).await.status, 200);
        drop((half, waits));
        target.end().await.0.unwrap();
    });
}
