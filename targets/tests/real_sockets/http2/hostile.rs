//! Clients of HTTP/2 that mean no good: what they cost stays small, and another client is served beside them.

use std::fs;
use std::time::Duration;

use bytes::Bytes;
use h2::{RecvStream, SendStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wsbench_targets::limits::MAX_STREAMS;
use wsbench_targets::transport::{Streaming, WebSocket};
use wsbench_targets::wire::{Audience, Publication, Reply, Served, TargetConfig, route};

use super::client::{Client, piece};
use crate::support::{PATIENCE, Target, config, local, long_polling, message, polling, publication};

/// Far more than the machinery of these tests, far less than what is asked of the target.
pub(super) const ALLOWED: usize = 48 << 20;

pub(super) const RST_STREAM: u8 = 3;
pub(super) const GOAWAY: u8 = 7;

/// ENHANCE_YOUR_CALM.
const CALM: [u8; 4] = [0, 0, 0, 11];

/// Resident memory of this process, in which the target is, too.
pub(super) fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// A frame of HTTP/2 as it goes on the wire.
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Methods in the static table.
pub(super) const GET: u8 = 0x82;
pub(super) const POST: u8 = 0x83;

/// The fields of a request for a path of a client, without any index but the static table's.
pub(super) fn head(method: u8, route: &str, client: u32) -> Vec<u8> {
    let path = route::path(route, client, 0);
    [&[method, 0x86, 0x04, path.len() as u8][..], path.as_bytes(), &[0x01, 0x01, b't']].concat()
}

/// A connection behind preface and SETTINGS.
pub(super) async fn connected(target: &Target, settings: &[u8]) -> TcpStream {
    let mut socket = TcpStream::connect(target.at).await.unwrap();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    socket.write_all(&[&preface[..], &frame(4, 0, 0, settings)].concat()).await.unwrap();
    socket
}

/// Reads frames until one of that kind; its payload. None if the connection ends before.
pub(super) async fn until(socket: &mut TcpStream, wanted: u8) -> Option<Vec<u8>> {
    let read = async {
        loop {
            let mut head = [0; 9];
            socket.read_exact(&mut head).await.ok()?;
            let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
            socket.read_exact(&mut payload).await.ok()?;
            if head[3] == wanted {
                return Some(payload);
            }
        }
    };
    timeout(PATIENCE, read).await.expect("a frame in time")
}

/// A client of its own connection is served as ever.
pub(super) async fn others_are_served(target: &Target, route: &str) {
    let mut client = Client::connect(target.at).await;
    client.post(3, &message(0)).await;
    let mut answer = client.open(route, 3, 0).await;
    assert!(piece(answer.body_mut()).await.unwrap().starts_with(&message(0)));
}

/// A field of 4,000 bytes once, and then a byte for each time that it is meant: 64 MB in one frame.
#[test]
fn an_hpack_bomb_is_refused_and_does_not_go_off() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        others_are_served(&target, route::POLL).await;
        let before = resident();
        let mut socket = connected(&target, &[]).await;
        let name_and_length = [0x40, 0x01, b'x', 0x7F, 0xA1, 0x1E];
        let bomb = [&head(GET, route::POLL, 0), &name_and_length[..], &[b'v'; 4000]].concat();
        socket.write_all(&frame(1, 5, 1, &bomb)).await.unwrap();
        for stream in 1..200 {
            let bomb = [head(GET, route::POLL, 0), vec![0xBE; 16_000]].concat();
            // Once it has gone, there is nobody to write to.
            if socket.write_all(&frame(1, 5, 2 * stream + 1, &bomb)).await.is_err() {
                break;
            }
        }
        let goaway = until(&mut socket, GOAWAY).await.expect("GOAWAY");
        assert_eq!(goaway[4..8], CALM);
        others_are_served(&target, route::POLL).await;
        assert!(resident().saturating_sub(before) < ALLOWED, "{} of {before}", resident());
    });
}

/// A head that never ends (CVE-2024-27316), and what must be answered by a client that does not read.
#[test]
fn floods_of_continuation_ping_and_settings_are_not_kept() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        let before = resident();
        let (filler, empty) = ([0x00, 0x01, b'x', 0x01, b'v'].repeat(3200), frame(4, 0, 0, &[]));
        let begin = frame(1, 0, 1, &head(GET, route::POLL, 0));
        for flood in [frame(9, 0, 1, &filler), frame(6, 0, 0, &[7; 8]).repeat(1000), empty.repeat(1000)] {
            let mut socket = connected(&target, &[]).await;
            if flood[3] == 9 {
                socket.write_all(&begin).await.unwrap();
            }
            // Until it is ended, or the target reads no more, because what it has to say is not read.
            for _ in 0..10_000 {
                let written = timeout(Duration::from_millis(500), socket.write_all(&flood)).await;
                if !matches!(written, Ok(Ok(()))) {
                    break;
                }
            }
            others_are_served(&target, route::POLL).await;
            assert!(resident().saturating_sub(before) < ALLOWED, "{} of {before}", resident());
        }
    });
}

/// Within the limit for what a frame may hold, and over that for a head: the stream is refused, the connection lives.
#[test]
fn a_head_over_the_limit_is_431() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        let mut client = Client::connect(target.at).await;
        let mut asked = super::client::request(hyper::Method::GET, &route::path(route::POLL, 0, 0));
        asked.headers_mut().insert("x-filler", "x".repeat(17_000).parse().unwrap());
        assert_eq!(client.ask(asked).await.status(), 431);
        assert_eq!(client.get(route::POLL, 0, 0).await.status, 200);
    });
}

/// Rapid reset (CVE-2023-44487): each stream is opened and given up at once.
#[test]
fn streams_that_are_reset_as_they_open_leave_nothing_behind() {
    local(async {
        let target = Target::start(long_polling(PATIENCE * 10)).await;
        others_are_served(&target, route::WAIT).await;
        let before = resident();
        let socket = connected(&target, &[]).await;
        let (mut from, mut to) = socket.into_split();
        let reading = tokio::task::spawn_local(async move {
            let mut said = Vec::new();
            drop(from.read_to_end(&mut said).await);
            said
        });
        let head = head(GET, route::WAIT, 0);
        for stream in 0..100_000u32 {
            let stream = 2 * stream + 1;
            let both = [frame(1, 5, stream, &head), frame(3, 0, stream, &[0, 0, 0, 8])].concat();
            if to.write_all(&both).await.is_err() {
                break;
            }
        }
        drop(to);
        let said = timeout(PATIENCE, reading).await.expect("an end").unwrap();
        let goaway = said.windows(9).rposition(|w| w[3] == GOAWAY && w[4..] == [0; 5]).expect("GOAWAY");
        assert_eq!(said[goaway + 13..goaway + 17], CALM);
        others_are_served(&target, route::WAIT).await;
        assert!(resident().saturating_sub(before) < ALLOWED, "{} of {before}", resident());
    });
}

#[test]
fn more_streams_than_allowed_are_refused_and_the_others_go_on() {
    local(async {
        let target = Target::start(long_polling(PATIENCE * 10)).await;
        let mut socket = connected(&target, &[]).await;
        let settings = until(&mut socket, 4).await.unwrap();
        let most = [&[0, 3][..], &MAX_STREAMS.to_be_bytes()].concat();
        assert!(settings.chunks(6).any(|one| one == most), "{settings:?}");
        // Each waits for its body.
        for stream in 0..=MAX_STREAMS {
            socket.write_all(&frame(1, 4, 2 * stream + 1, &head(POST, route::SEND, 0))).await.unwrap();
        }
        assert_eq!(until(&mut socket, RST_STREAM).await.unwrap(), [0, 0, 0, 7], "REFUSED_STREAM");
        // The body of the first: it is answered.
        socket.write_all(&frame(0, 1, 1, &message(0))).await.unwrap();
        assert_eq!(until(&mut socket, 1).await.unwrap(), [0x89], "204");
        others_are_served(&target, route::WAIT).await;
    });
}

/// The client has opened no window: SETTINGS_INITIAL_WINDOW_SIZE is 0, and no WINDOW_UPDATE comes.
#[test]
fn a_window_that_is_never_opened_holds_one_message_and_nobody_else() {
    local(async {
        for transport in [Served::Streaming(Streaming::default()), Served::WebSocket(WebSocket::default())] {
            let websocket = matches!(transport, Served::WebSocket(_));
            let each = publication(Duration::from_millis(2), Audience::Each);
            let publication = Some(Publication { payload: 65_000, ..each });
            let mut target = Target::start(TargetConfig { publication, ring: 8, ..config(transport) }).await;
            let before = resident();
            let mut shut = Client::over(TcpStream::connect(target.at).await.unwrap(), 0).await;
            let mut open = Client::connect(target.at).await;
            let _stuck = listening(&mut shut, 0, websocket).await;
            let (mut goes_on, _up) = listening(&mut open, 1, websocket).await;
            target.begin().await;
            let mut came = 0;
            while came < 300 * 65_000 {
                came += piece(&mut goes_on).await.unwrap().len();
            }
            assert!(resident().saturating_sub(before) < ALLOWED, "{} of {before}", resident());
        }
    });
}

/// What a client hears, and where it may write.
async fn listening(
    client: &mut Client,
    number: u32,
    websocket: bool,
) -> (RecvStream, Option<SendStream<Bytes>>) {
    if !websocket {
        return (client.open(route::LINE, number, 0).await.into_body(), None);
    }
    let path = route::path(route::PUSH, number, 0);
    let (answer, up) = client.websocket(&path, &[("sec-websocket-version", "13")]).await;
    (answer.into_body(), Some(up))
}

/// Who opens streams and is gone without a word leaves no error and no request behind.
#[test]
fn a_client_that_hangs_up_is_no_error() {
    local(async {
        let target = Target::start(long_polling(PATIENCE * 10)).await;
        let mut socket = connected(&target, &[]).await;
        socket.write_all(&frame(1, 5, 1, &head(GET, route::WAIT, 0))).await.unwrap();
        until(&mut socket, 4).await.unwrap();
        drop(socket);
        others_are_served(&target, route::WAIT).await;
        target.end().await.0.unwrap();
    });
}

#[test]
fn what_is_no_http_2_behind_the_preface_ends_with_goaway() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        for wrong in [frame(0, 0, 0, b"data on no stream"), frame(1, 5, 2, &head(GET, route::POLL, 0))] {
            let mut socket = connected(&target, &[]).await;
            socket.write_all(&wrong).await.unwrap();
            let goaway = until(&mut socket, GOAWAY).await.expect("GOAWAY");
            assert_eq!(goaway[4..8], [0, 0, 0, 1], "PROTOCOL_ERROR");
            assert_eq!(until(&mut socket, GOAWAY).await, None);
        }
        others_are_served(&target, route::POLL).await;
    });
}
