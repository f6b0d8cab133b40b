//! The frame layer against tungstenite, which is the independent other end: what one writes the other reads, whatever it
//! is split into; and a connection against a server that does what few servers do.

mod closing;
mod deflate;
mod driver;
mod waits;

use std::io::Cursor;
use std::rc::Rc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use proptest::prelude::*;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::protocol::frame::Frame as TheirFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::{Bytes, Message as Theirs, WebSocket as TheirSocket};
use tokio_tungstenite::{WebSocketStream, accept_async};
use wsbench_targets::clock::Clock;
use wsbench_targets::headers::Headers;

use super::connection::{Connection, Content};
use super::decoder::{Brings, Decoder, Message};
use super::frame::{Opcode, encode};
use super::protocol_error::ProtocolError;
use super::upgrade::Upgrade;
use crate::drivers::scripted;
use crate::drivers::{ClientContext, Endpoint, Expects, ShardContext};
use crate::meter::{Direction, Failure, Part, reasons};

/// What a decoder has brought, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close(Vec<u8>),
}

/// Everything that `parts` bring, handed over one after the other; fragments are not listed. All bytes are used up.
fn decode<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Seen>, ProtocolError> {
    let (mut decoder, mut inbox, mut seen) = (Decoder::default(), vec![], vec![]);
    for part in parts {
        inbox.extend_from_slice(part);
        while let Some(frame) = decoder.decode(&inbox)? {
            let length = frame.length;
            match frame.brings {
                Brings::Message(m) if m.text => seen.push(Seen::Text(m.bytes.to_vec())),
                Brings::Message(m) => seen.push(Seen::Binary(m.bytes.to_vec())),
                Brings::Fragment => {}
                Brings::Ping(payload) => seen.push(Seen::Ping(payload.to_vec())),
                Brings::Pong => seen.push(Seen::Pong),
                Brings::Close(close) => seen.push(Seen::Close(close.encode())),
            }
            inbox.drain(..length);
        }
    }
    assert_eq!(inbox, b"", "left over");
    Ok(seen)
}

/// A frame as tungstenite's server writes it.
fn fragment(data: Data, payload: &[u8], last: bool) -> Theirs {
    Theirs::Frame(TheirFrame::message(Bytes::copy_from_slice(payload), OpCode::Data(data), last))
}

/// The bytes that tungstenite's server writes.
fn written(messages: &[Theirs]) -> Vec<u8> {
    let mut server = TheirSocket::from_raw_socket(Cursor::new(vec![]), Role::Server, None);
    messages.iter().for_each(|message| server.send(message.clone()).unwrap());
    server.get_ref().get_ref().clone()
}

/// A message, whole or in fragments with a Ping behind each, and what should be seen of it.
fn message() -> impl Strategy<Value = (Vec<Theirs>, Vec<Seen>)> {
    let sizes = prop_oneof![0..300usize, 65_500..65_600usize];
    (any::<bool>(), sizes, "\\PC{0,40}", 0..4usize).prop_map(|(text, size, start, cuts)| {
        // Characters of several bytes, so that fragments cut through them.
        let bytes: Vec<u8> = start.bytes().chain("äß€𝄞".bytes().cycle().take(size / 11 * 11)).collect();
        let (data, whole) = match text {
            true => (Data::Text, Seen::Text(bytes.clone())),
            false => (Data::Binary, Seen::Binary(bytes.clone())),
        };
        let step = bytes.len() / (cuts + 1) + 1;
        let mut parts: Vec<&[u8]> = bytes.chunks(step).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        let (mut sent, mut seen) = (vec![], vec![]);
        for (nth, part) in parts.iter().enumerate() {
            let last = nth + 1 == parts.len();
            sent.push(fragment(if nth == 0 { data } else { Data::Continue }, part, last));
            if last {
                seen.push(whole.clone());
            } else {
                sent.push(Theirs::Ping(Bytes::from_static(b"there?")));
                seen.push(Seen::Ping(b"there?".to_vec()));
            }
        }
        (sent, seen)
    })
}

proptest! {
    #[test]
    fn we_read_what_tungstenite_writes(messages in prop::collection::vec(message(), 1..4), step in 1..5000usize) {
        let (sent, expected): (Vec<_>, Vec<_>) = messages.into_iter().unzip();
        let bytes = written(&sent.concat());
        prop_assert_eq!(&decode([&bytes[..]]).unwrap(), &expected.concat());
        prop_assert_eq!(&decode(bytes.chunks(step)).unwrap(), &expected.concat());
    }

    #[test]
    fn tungstenite_reads_what_we_write(
        payloads in prop::collection::vec((any::<bool>(), "\\PC{0,200}", 0..3usize), 1..6),
        key in any::<[u8; 4]>(),
    ) {
        let (mut bytes, mut expected) = (vec![], vec![]);
        for (text, start, size) in payloads {
            // Each of the three forms of a length.
            let payload = start + &"x".repeat([0, 500, 70_000][size]);
            let opcode = if text { Opcode::Text } else { Opcode::Binary };
            encode(opcode, payload.as_bytes(), key, &mut bytes);
            expected.push(if text { Theirs::text(payload) } else { Theirs::binary(payload.into_bytes()) });
        }
        let mut server = TheirSocket::from_raw_socket(Cursor::new(bytes), Role::Server, None);
        let read: Vec<Theirs> = expected.iter().map(|_| server.read().unwrap()).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn any_bytes_give_the_same_whatever_they_are_split_into(
        bytes in prop::collection::vec(any::<u8>(), 0..40),
        first in prop_oneof![Just(0x81u8), Just(0x01), Just(0x82), Just(0x88), Just(0x89), any::<u8>()],
        length in 0..12u8,
    ) {
        let bytes = [&[first, length], &bytes[..]].concat();
        let results = [bytes.len(), 1, 3].map(|step| {
            let (mut decoder, mut inbox, mut seen) = (Decoder::default(), vec![], vec![]);
            for part in bytes.chunks(step) {
                inbox.extend_from_slice(part);
                loop {
                    let length = match decoder.decode(&inbox) {
                        Ok(Some(frame)) => {
                            seen.push(format!("{frame:?}"));
                            frame.length
                        }
                        Ok(None) => break,
                        Err(failure) => return (seen, Some(failure)),
                    };
                    inbox.drain(..length);
                }
            }
            (seen, None)
        });
        prop_assert_eq!(&results[0], &results[1]);
        prop_assert_eq!(&results[0], &results[2]);
    }
}

#[test]
fn every_cut_gives_the_same() {
    let close = Theirs::Close(Some(CloseFrame { code: CloseCode::Away, reason: "bye".into() }));
    let bytes = written(&[
        fragment(Data::Text, "a€".as_bytes().get(..2).unwrap(), false),
        Theirs::Pong(Bytes::new()),
        fragment(Data::Continue, "a€".as_bytes().get(2..).unwrap(), true),
        Theirs::text("x".repeat(200)),
        close,
    ]);
    let whole = decode([&bytes[..]]).unwrap();
    let expected = [
        Seen::Pong,
        Seen::Text("a€".into()),
        Seen::Text("x".repeat(200).into()),
        Seen::Close(b"\x03\xe9bye".to_vec()),
    ];
    assert_eq!(whole, expected);
    for cut in 0..bytes.len() {
        assert_eq!(decode([&bytes[..cut], &bytes[cut..]]).as_ref(), Ok(&whole), "cut at {cut}");
    }
    assert_eq!(decode(bytes.chunks(1)), Ok(whole));
}

#[test]
fn sequences_that_the_rfc_forbids_are_refused() {
    use ProtocolError::{BadCloseCode, HalfCloseCode, Interleaved, NotUtf8, NothingToContinue};
    let refused: &[(&str, &[u8], ProtocolError)] = &[
        ("goes on with nothing", b"\x80\x01a", NothingToContinue),
        ("a message within a message", b"\x01\x01a\x81\x01b", Interleaved),
        ("text that is not UTF-8", b"\x81\x02\xc3\x28", NotUtf8),
        ("half a character", b"\x81\x01\xc3", NotUtf8),
        ("a surrogate", b"\x81\x03\xed\xa0\x80", NotUtf8),
        ("fragments that make no UTF-8", b"\x01\x01\xc3\x80\x01\x28", NotUtf8),
        ("a close of one byte", b"\x88\x01\x03", HalfCloseCode),
        ("close code 999", b"\x88\x02\x03\xe7", BadCloseCode(999)),
        ("close code 1005", b"\x88\x02\x03\xed", BadCloseCode(1005)),
        ("close code 1015", b"\x88\x02\x03\xf7", BadCloseCode(1015)),
        ("close code 2999", b"\x88\x02\x0b\xb7", BadCloseCode(2999)),
        ("close code 5000", b"\x88\x02\x13\x88", BadCloseCode(5000)),
        ("a reason that is not UTF-8", b"\x88\x03\x03\xe8\xff", NotUtf8),
    ];
    for (what, bytes, error) in refused {
        assert_eq!(decode([*bytes]), Err(*error), "{what}");
    }
    assert_eq!(decode([&b"\x82\x02\xc3\x28"[..]]), Ok(vec![Seen::Binary(vec![0xc3, 0x28])]));
    assert_eq!(decode([&b"\x88\x02\x0b\xb8"[..]]), Ok(vec![Seen::Close(vec![0x0b, 0xb8])]));
}

#[test]
fn fragments_together_have_a_limit() {
    let part = vec![0; 9 << 20];
    let begin = [&[0x02, 127, 0, 0, 0, 0, 0, 0x90, 0, 0], &part[..]].concat();
    let end = [&[0x80, 127, 0, 0, 0, 0, 0, 0x90, 0, 0], &part[..]].concat();
    let mut decoder = Decoder::default();
    assert_eq!(decoder.decode(&begin).unwrap().unwrap().brings, Brings::Fragment);
    assert_eq!(decoder.decode(&end), Err(ProtocolError::TooLong));
    assert_eq!((decoder.abandon(), decoder.abandon()), (part.len(), 0));
}

/// A client's context towards a server that `serve` is, and that server's end.
pub(super) async fn context<S: Future<Output = ()> + 'static>(
    serve: impl FnOnce(TcpStream) -> S + 'static,
) -> (ClientContext, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::task::spawn_local(async move { serve(listener.accept().await.unwrap().0).await });
    // A browser offers an extension.
    let shard = ShardContext::new(Headers::profile("browser").unwrap(), Clock::new().unwrap(), 1);
    let endpoint = Endpoint { expects: Expects::Foreign("/".into()), ..Endpoint::reference(address) };
    (ClientContext::first(endpoint, shard), server)
}

/// Nothing is made of a message that comes while one is sent.
fn nothing(_: Message<'_>) -> Result<(), Failure> {
    Ok(())
}

async fn open(context: &ClientContext) -> Connection {
    let asked = Upgrade { route: "/", cursor: 0, deflate: None };
    Connection::open(context, asked, Duration::from_secs(5)).await.unwrap()
}

/// The bytes of both directions that passed and those that are accounted for.
fn ledger(context: &ClientContext) -> [(u64, u64); 2] {
    let total = context.shard.meter.tally().traffic.total();
    [total.up, total.down].map(|flow| (flow.counted, flow.attributed()))
}

pub(super) fn closes(context: &ClientContext) {
    let ledger = ledger(context);
    assert!(ledger.iter().all(|(counted, attributed)| counted == attributed), "{ledger:?}");
}

/// What exactly went wrong.
fn reasons_of(context: &ClientContext) -> Vec<String> {
    let failures = context.shard.meter.tally().failures;
    failures.each_in_words().map(|(name, _)| name).collect()
}

pub(super) async fn local(test: impl Future<Output = ()>) {
    tokio::task::LocalSet::new().run_until(test).await;
}

async fn next(socket: &mut WebSocketStream<TcpStream>) -> Theirs {
    socket.next().await.unwrap().unwrap()
}

#[tokio::test]
async fn pings_are_answered_between_fragments_and_every_byte_is_accounted_for() {
    local(async {
        let (context, server) = context(|stream| async {
            let mut socket = accept_async(stream).await.unwrap();
            socket.send(fragment(Data::Text, b"one ", false)).await.unwrap();
            socket.send(Theirs::Ping(Bytes::from_static(b"p"))).await.unwrap();
            socket.send(fragment(Data::Continue, b"message", true)).await.unwrap();
            assert_eq!(next(&mut socket).await, Theirs::Pong(Bytes::from_static(b"p")));
            let echoed = next(&mut socket).await;
            assert_eq!(echoed.len(), 100_000);
            socket.send(echoed).await.unwrap();
            assert_eq!(next(&mut socket).await, Theirs::Close(None));
            assert!(socket.next().await.is_none());
        })
        .await;
        let mut connection = open(&context).await;
        let meter = Rc::clone(&context.shard.meter);
        let look = |message: Message<'_>| {
            meter.attribute(Direction::Down, Part::Payload, message.bytes.len());
            Some((message.text, message.bytes.to_vec()))
        };
        assert_eq!(connection.receive(look).await, Ok((true, b"one message".to_vec())));
        let large = vec![7; 100_000];
        connection
            .send(Opcode::Binary, &large, Content { envelope: 10, messages: 1 }, nothing)
            .await
            .unwrap();
        assert_eq!(connection.receive(look).await, Ok((false, large)));
        connection.close(|_| {}).await;
        server.await.unwrap();
        closes(&context);
        let total = context.shard.meter.tally().traffic.total();
        // Up: 10 bytes of envelope, header and mask of 14, a Pong of 7, a Close of 6.
        assert_eq!((total.up.payload, total.up.framing), (99_990, 10 + 14 + 7 + 6));
        // Down: headers of 2, 2 and 10, a Ping of 3, a Close of 2.
        assert_eq!((total.down.payload, total.down.framing), (100_011, 2 + 2 + 10 + 3 + 2));
    })
    .await;
}

#[tokio::test]
async fn a_close_is_answered_and_ends_the_connection() {
    local(async {
        let (context, server) = context(|stream| async {
            let mut socket = accept_async(stream).await.unwrap();
            let close = CloseFrame { code: CloseCode::Restart, reason: "again".into() };
            socket.close(Some(close.clone())).await.unwrap();
            assert_eq!(next(&mut socket).await, Theirs::Close(Some(close)));
        })
        .await;
        let mut connection = open(&context).await;
        assert_eq!(connection.receive(|_| Some(())).await, Err(Failure::Closed));
        assert_eq!(reasons_of(&context), ["closed with 1012 \"again\""]);
        assert_eq!(
            connection.send(Opcode::Text, b"late", Content::default(), nothing).await,
            Err(Failure::Closed)
        );
        server.await.unwrap();
        closes(&context);
    })
    .await;
}

#[tokio::test]
async fn what_breaks_in_the_middle_is_told_apart_and_accounted_for() {
    // A message begun, half a frame, and then the end; or what no server may send.
    for (bytes, failure, named, answered) in [
        (&b"\x01\x02ab\x80\x05cd"[..], Failure::Closed, reasons::NO_CLOSE_FRAME, None),
        (b"\x81\x01a\x83\x01b", Failure::Protocol, "unknown opcode 3", Some(CloseCode::Protocol)),
        (b"\x81\x01a\x81\x81mask\x00", Failure::Protocol, "masked frame", Some(CloseCode::Protocol)),
        (b"\xc1\x01a", Failure::Protocol, "reserved bit set (RSV1)", Some(CloseCode::Protocol)),
        (b"\x01\x01\xc3\x80\x01\x28", Failure::Protocol, "text that is not UTF-8", Some(CloseCode::Invalid)),
        (
            b"\x82\x7f\x00\x00\x00\x00\x01\x00\x00\x01a",
            Failure::TooLarge,
            reasons::LONG_MESSAGE,
            Some(CloseCode::Size),
        ),
    ] {
        local(async {
            let (context, server) = context(move |stream| async move {
                let mut socket = accept_async(stream).await.unwrap();
                socket.get_mut().write_all(bytes).await.unwrap();
                socket.get_mut().shutdown().await.unwrap();
                // The client says what was wrong, and is gone.
                let said = match socket.next().await {
                    Some(Ok(Theirs::Close(Some(close)))) => Some(close.code),
                    _ => None,
                };
                assert_eq!(said, answered);
            })
            .await;
            let mut connection = open(&context).await;
            let meter = Rc::clone(&context.shard.meter);
            let received = connection.receive(|message| {
                meter.attribute(Direction::Down, Part::Payload, message.bytes.len());
                None::<()>
            });
            assert_eq!(received.await, Err(failure));
            assert_eq!(reasons_of(&context), [named]);
            drop(connection);
            server.await.unwrap();
            closes(&context);
        })
        .await;
    }
}
