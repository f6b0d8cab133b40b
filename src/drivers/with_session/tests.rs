//! Sessions over real sockets: a WebSocket's and HTTP's, what goes wrong in them, and what of their bytes is whose.

mod http;

use std::cell::Cell;
use std::future::Future;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message as Theirs;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{WebSocketStream, accept_async};

use super::*;
use crate::drivers::scripted::{balanced, context, run, stamped};
use crate::drivers::websocket::WebSocket;
use crate::session::condition::Condition;
use crate::session::{Answer, Expect, Heartbeat, Said, Save, Session, Source, Step};
use crate::transport::WebSocket as Options;

type Socket = WebSocketStream<TcpStream>;

pub(super) fn said(text: &str) -> Said {
    Said { text: text.to_owned(), binary: false }
}

pub(super) fn contains(text: &str) -> Condition {
    Condition { contains: Some(text.to_owned()), ..Condition::default() }
}

pub(super) fn expect(text: &str) -> Step {
    let timeout = Duration::from_millis(500);
    Step::Expect(Box::new(Expect { condition: contains(text), fail: None, save: vec![], timeout }))
}

/// The context of a client of the server there, in a session.
pub(super) fn member(address: std::net::SocketAddr, session: Session) -> ClientContext {
    let mut context = context(address);
    let session = Rc::new(ClientSession::new(std::sync::Arc::new(session), context.client, None));
    context.session = Some(session);
    context
}

pub(super) fn reasons(context: &ClientContext) -> Vec<String> {
    context.shard.meter.failures().each_in_words().map(|(name, _)| name).collect()
}

/// Serves each connection by `serve`, which is told its number.
async fn serving<F: Future<Output = ()> + 'static>(
    serve: impl Fn(Socket, u32) -> F + 'static,
) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::task::spawn_local(async move {
        for number in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::task::spawn_local(serve(accept_async(stream).await.unwrap(), number));
        }
    });
    address
}

async fn hear(socket: &mut Socket) -> String {
    match socket.next().await {
        Some(Ok(Theirs::Text(text))) => text.to_string(),
        other => format!("{other:?}"),
    }
}

async fn tell(socket: &mut Socket, text: impl Into<String>) {
    socket.send(Theirs::text(text.into())).await.unwrap();
}

/// Says hello, and takes a name out of what is said to that.
fn introduction() -> Vec<Step> {
    let save = vec![Save { name: "name".to_owned(), from: Source::Pointer("/name".to_owned()) }];
    let timeout = Duration::from_secs(5);
    let named = Expect { condition: contains("welcome"), fail: Some(contains("no")), save, timeout };
    vec![Step::Send(said("hello {n}")), Step::Expect(Box::new(named)), Step::Send(said("I am {name}"))]
}

#[test]
fn steps_run_first_and_again_after_every_reconnect() {
    run(async {
        let address = serving(|mut socket, number| async move {
            assert_eq!(hear(&mut socket).await, format!("hello {}", number + 1));
            tell(&mut socket, "something else").await;
            tell(&mut socket, format!("{{\"welcome\":1,\"name\":\"n{number}\"}}")).await;
            assert_eq!(hear(&mut socket).await, format!("I am n{number}"));
            tell(&mut socket, stamped(u64::from(number))).await;
            if number > 0 {
                // It closes by what it is told, and by a Close.
                assert_eq!(hear(&mut socket).await, "bye");
                assert!(matches!(socket.next().await, Some(Ok(Theirs::Close(_)))));
            }
        })
        .await;
        let session = Session { steps: introduction(), close: Some(said("bye")), ..Session::default() };
        let context = member(address, session);
        let mut client =
            WithSession::<WebSocket>::connect(context.clone(), &Options::default()).await.unwrap();
        assert_eq!(client.recv().await.unwrap().stamp.seq, 0);
        // The first connection has ended.
        assert_eq!(client.recv().await, Err(Failure::Closed));
        assert_eq!(client.recv().await.unwrap().stamp.seq, 1);
        assert_eq!(context.shard.meter.counts().reconnects, 1);
        client.close().await;
        balanced(&context).await;
        let total = context.shard.meter.tally().traffic.total();
        // The steps are no payload and no messages: the stamps alone are.
        assert_eq!((total.up.payload, total.messages_up), (0, 0));
        assert_eq!((total.down.payload, total.messages_down), (40, 2));
        assert_eq!(context.shard.meter.tally().connect.count(), 2);
    });
}

/// A schedule of sends drops each call that waits; the steps go on, and run once.
#[test]
fn steps_outlive_the_calls_that_wait_for_them() {
    run(async {
        let address = serving(|mut socket, number| async move {
            assert!(hear(&mut socket).await.starts_with("hello"));
            if number == 0 {
                return tell(&mut socket, "welcome").await;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
            tell(&mut socket, "welcome").await;
            tell(&mut socket, stamped(3)).await;
            assert!(matches!(socket.next().await, Some(Ok(Theirs::Close(_)))));
        })
        .await;
        let steps = vec![Step::Send(said("hello")), expect("welcome")];
        let context = member(address, Session { steps, ..Session::default() });
        let mut client =
            WithSession::<WebSocket>::connect(context.clone(), &Options::default()).await.unwrap();
        assert_eq!(client.recv().await, Err(Failure::Closed));
        let came = loop {
            if let Ok(came) = timeout(Duration::from_millis(20), client.recv()).await {
                break came;
            }
        };
        assert_eq!(came.unwrap().stamp.seq, 3);
        client.close().await;
        balanced(&context).await;
    });
}

#[test]
fn a_step_that_is_not_answered_as_it_must_be_says_what_came() {
    for (answer, failure, why) in [
        (
            "{\"error\":\"bad\"}",
            Failure::Timeout,
            "step 2: expected a text with `welcome` within 500 ms, got \"{\"error\":\"bad\"}\"",
        ),
        ("", Failure::Timeout, "step 2: expected a text with `welcome` within 500 ms, got nothing"),
        ("close", Failure::Closed, "closed with 4401 \"token expired\""),
    ] {
        run(async move {
            let address = serving(move |mut socket, _| async move {
                hear(&mut socket).await;
                match answer {
                    "" => {}
                    "close" => {
                        let reason =
                            CloseFrame { code: CloseCode::Library(4401), reason: "token expired".into() };
                        socket.close(Some(reason)).await.unwrap();
                    }
                    answer => tell(&mut socket, answer).await,
                }
                while socket.next().await.is_some_and(|next| next.is_ok()) {}
            })
            .await;
            let steps = vec![Step::Send(said("hello")), expect("welcome")];
            let context = member(address, Session { steps, ..Session::default() });
            let outcome = WithSession::<WebSocket>::connect(context.clone(), &Options::default()).await.err();
            assert_eq!(outcome, Some(failure), "{answer}");
            assert_eq!(reasons(&context), [why]);
            balanced(&context).await;
        });
    }
}

#[test]
fn what_a_step_names_as_its_failure_ends_it_at_once() {
    run(async {
        let address = serving(|mut socket, _| async move {
            hear(&mut socket).await;
            tell(&mut socket, "no, we are full").await;
            while socket.next().await.is_some_and(|next| next.is_ok()) {}
        })
        .await;
        let context = member(address, Session { steps: introduction(), ..Session::default() });
        let began = now();
        let outcome = WithSession::<WebSocket>::connect(context.clone(), &Options::default()).await.err();
        assert_eq!(outcome, Some(Failure::Session));
        assert!(now().since(began) < 3_000_000_000, "it was not waited for");
        assert_eq!(reasons(&context), ["step 2: expected a text with `welcome`, got \"no, we are full\""]);
    });
}

/// Answers, heartbeats and noise beside a load: none is a message of it.
#[test]
fn what_is_said_beside_the_load_is_none_of_it() {
    run(async {
        let address = serving(|mut socket, _| async move {
            tell(&mut socket, "ping 7").await;
            assert_eq!(hear(&mut socket).await, "pong 7");
            // The same stamp twice: once as an acknowledgement. Two messages in one frame.
            let stamp = stamped(0);
            tell(&mut socket, format!("ack {stamp}\u{1e}data {stamp}\u{1e}")).await;
            for _ in 0..2 {
                assert_eq!(hear(&mut socket).await, "beat");
            }
            tell(&mut socket, format!("data {}\u{1e}data {}\u{1e}", stamped(1), stamped(2))).await;
            while socket.next().await.is_some_and(|next| next.is_ok()) {}
        })
        .await;
        let on = Condition {
            matches: Some(crate::session::condition::Pattern::new("^ping (\\d+)").unwrap()),
            ..Condition::default()
        };
        let session = Session {
            answers: vec![Answer { on, send: said("pong {1}") }],
            heartbeat: Some(Heartbeat { every: Duration::from_millis(100), send: said("beat") }),
            message: Some(contains("data")),
            separator: Some("\u{1e}".to_owned()),
            ..Session::default()
        };
        let context = member(address, session);
        let mut client =
            WithSession::<WebSocket>::connect(context.clone(), &Options::default()).await.unwrap();
        for seq in 0..3 {
            assert_eq!(client.recv().await.unwrap().stamp.seq, seq);
        }
        client.close().await;
        balanced(&context).await;
        let tally = context.shard.meter.tally();
        assert_eq!((tally.counts.unrecognised, tally.counts.duplicated), (0, 0));
        let total = tally.traffic.total();
        assert_eq!((total.messages_up, total.up.payload), (0, 0));
        // Two frames with deliveries, three of `data `, a stamp and its end; `ping 7` and `ack ..` frame them.
        assert_eq!((total.messages_down, total.down.payload), (2, 3 * 26));
    });
}

#[test]
fn bytes_leave_as_binary_frames() {
    run(async {
        let heard = Rc::new(Cell::new(0));
        let count = Rc::clone(&heard);
        let address = serving(move |mut socket, _| {
            let count = Rc::clone(&count);
            async move {
                for due in [&b"\x10\x03ab\xff"[..], &b"\x30\x02m1"[..]] {
                    assert_eq!(socket.next().await.unwrap().unwrap(), Theirs::binary(due.to_vec()));
                    count.set(count.get() + 1);
                }
            }
        })
        .await;
        let steps = vec![Step::Send(said("{hex 10}{len.varint:ab{hex ff}}"))];
        let context = member(address, Session { steps, binary: true, ..Session::default() });
        let mut client =
            WithSession::<WebSocket>::connect(context.clone(), &Options::default()).await.unwrap();
        client.send(b"0{len.varint:m{n}}").await.unwrap();
        assert_eq!(client.recv().await, Err(Failure::Closed));
        assert_eq!(heard.get(), 2);
    });
}
