//! The SockJS driver against servers that do what real ones do seldom: each edge of the protocol with its result.

mod client;
mod real;
mod server;

use std::net::TcpStream;
use std::rc::Rc;
use std::thread::sleep;
use std::time::Duration;

use crate::support::nghttpx::Nghttpx;
use client::{message, options, receive, run};
use server::{Asked, Server, begin, chunk, end, whole};
use wsbench::drivers::Driver;
use wsbench::drivers::http::two::pool::Pool;
use wsbench::drivers::sockjs::SockJs;
use wsbench::meter::Failure;
use wsbench::transport::{Http, SockJs as Options, Via};

const PRELUDE: usize = 2048;

/// Opens a session by xhr, and leaves later polls to `answer`.
fn polls(answer: impl Fn(&Asked, &mut TcpStream) + Clone + Send + 'static) -> Server {
    Server::new(move |asked, stream| match (asked.word.as_str(), asked.nth) {
        ("xhr", 0) => whole(stream, "200 OK", "o\n"),
        _ => answer(asked, stream),
    })
}

/// A poll that nobody answers for the length of a test.
fn park() {
    sleep(client::PATIENCE);
}

fn array(numbers: std::ops::Range<u64>) -> String {
    format!("a[{}]\n", numbers.map(|n| format!("\"{}\"", message(n))).collect::<Vec<_>>().join(","))
}

#[test]
fn several_frames_and_messages_in_one_answer_come_one_by_one() {
    let server = polls(|asked, stream| match asked.nth {
        1 => whole(stream, "200 OK", &(array(0..3) + "h\n" + "a[]\n" + "a[\"foreign\"]\n" + &array(3..5))),
        2 => whole(stream, "200 OK", &array(5..6)),
        _ => park(),
    });
    let tally = run(server.address, |context| async {
        let mut client =
            SockJs::connect(context, &Options { info: true, ..options(Via::Xhr) }).await.unwrap();
        assert_eq!(receive(&mut client, 6).await, Ok((0..6).collect()));
        client.close().await;
    });
    assert_eq!(
        (server.words(), server.sessions().len()),
        (["info", "xhr", "xhr", "xhr"].map(String::from).to_vec(), 1)
    );
    let total = tally.traffic.total();
    assert_eq!((total.messages_down, total.down.payload), (7, 6 * 20 + 7));
    assert_eq!((tally.counts.heartbeats, tally.counts.reconnects), (1, 0));
    // `o`, then 3, 0, 1, 2 and 1 messages in quotes with their commas, and the heartbeat; line ends.
    let wraps = |messages: usize| "a[]\n".len() + 2 * messages + messages.saturating_sub(1);
    let framing = 2 + [3, 0, 1, 2, 1].map(wraps).iter().sum::<usize>() + 2;
    assert_eq!(total.down.framing, framing as u64);
}

#[test]
fn a_close_frame_is_a_failure_and_the_next_call_opens_a_new_session() {
    for close in ["c[3000,\"Go away!\"]\n", "c[2010,\"Another connection still open\"]\n"] {
        let server = Server::new(move |asked, stream| match asked.nth {
            0 | 2 => whole(stream, "200 OK", "o\n"),
            // What came before it counts.
            1 => whole(stream, "200 OK", &(array(0..2) + close)),
            3 => whole(stream, "200 OK", &array(2..3)),
            _ => park(),
        });
        let tally = run(server.address, |context| async {
            let mut client = SockJs::connect(context, &options(Via::Xhr)).await.unwrap();
            assert_eq!(receive(&mut client, 2).await, Ok(vec![0, 1]));
            assert_eq!(client.recv().await, Err(Failure::Closed), "{close}");
            assert_eq!(receive(&mut client, 1).await, Ok(vec![2]));
            client.close().await;
        });
        assert_eq!((server.sessions().len(), tally.counts.reconnects), (2, 1), "{close}");
    }
}

/// Over HTTP/2, through a proxy of another make.
#[test]
#[ignore = "needs nghttpx (Debian: nghttp2-proxy)"]
fn polls_over_http_2() {
    let server = Server::new(move |asked, stream| match asked.nth {
        0 => whole(stream, "200 OK", "o\n"),
        1 => whole(stream, "200 OK", &array(0..1)),
        2 => whole(stream, "200 OK", &array(1..2)),
        _ => park(),
    });
    let proxy = Nghttpx::before(server.address);
    let tally = run(proxy.address, |mut context| async {
        Rc::get_mut(&mut context.endpoint).unwrap().connect.http = Http::Two;
        context.pool = Some(Rc::new(Pool::of(1)));
        let mut client = SockJs::connect(context, &options(Via::Xhr)).await.unwrap();
        assert_eq!(receive(&mut client, 2).await, Ok(vec![0, 1]));
        client.close().await;
    });
    assert_eq!((tally.failures.total(), tally.counts.reconnects), (0, 0));
    assert!(tally.traffic.total().up.control > 24, "HTTP/2 has a preface");
}

#[test]
fn a_session_that_the_server_has_forgotten_is_a_failure() {
    let server = polls(|asked, stream| match asked.nth {
        1 | 2 => whole(stream, "200 OK", "o\n"),
        3 => whole(stream, "200 OK", &array(0..1)),
        _ => park(),
    });
    run(server.address, |context| async {
        let mut client = SockJs::connect(context, &options(Via::Xhr)).await.unwrap();
        assert_eq!(client.recv().await, Err(Failure::Closed));
        assert_eq!(receive(&mut client, 1).await, Ok(vec![0]));
        client.close().await;
    });
    assert_eq!(server.sessions().len(), 2);
}

#[test]
fn statuses_are_failures_and_end_the_session() {
    for status in ["404 Not Found", "500 Internal Server Error"] {
        let server = Server::new(move |asked, stream| match (asked.word.as_str(), asked.nth) {
            ("xhr", 0 | 2) => whole(stream, "200 OK", "o\n"),
            ("xhr", _) => park(),
            (_, 0) => whole(stream, status, "no such session"),
            _ => whole(stream, "204 No Content", ""),
        });
        let tally = run(server.address, |context| async {
            let mut client = SockJs::connect(context, &options(Via::Xhr)).await.unwrap();
            client.send(message(0).as_bytes()).await.unwrap();
            assert_eq!(client.taken().await, Err(Failure::Status), "{status}");
            client.send(message(1).as_bytes()).await.unwrap();
            assert_eq!(client.taken().await, Ok(()), "{status}");
            client.close().await;
        });
        assert_eq!((server.sessions().len(), tally.traffic.total().messages_up), (2, 1), "{status}");
        let refuses = Server::new(move |_, stream| whole(stream, status, "x"));
        for via in [Via::Xhr, Via::XhrStreaming, Via::EventSource, Via::WebSocket, Via::Raw] {
            run(refuses.address, |context| async move {
                let refused = SockJs::connect(context, &options(via)).await.err();
                assert_eq!(refused, Some(Failure::Status), "{status} {via:?}");
            });
        }
    }
}

#[test]
fn a_session_has_its_receiver_also_while_something_is_sent() {
    // The 204 comes once the poll behind the answered one has been asked.
    let polled = std::sync::Arc::new(std::sync::Barrier::new(2));
    let server = polls(move |asked, stream| match (asked.word.as_str(), asked.nth) {
        ("xhr", 1) => whole(stream, "200 OK", &array(0..1)),
        ("xhr", 2) => {
            polled.wait();
            whole(stream, "200 OK", &array(1..2));
        }
        ("xhr", _) => park(),
        _ => {
            polled.wait();
            whole(stream, "204 No Content", "");
        }
    });
    run(server.address, |context| async {
        let mut client = SockJs::connect(context, &options(Via::Xhr)).await.unwrap();
        assert_eq!(client.send(message(0).as_bytes()).await, Ok(()));
        assert_eq!(receive(&mut client, 2).await, Ok(vec![0, 1]));
        client.close().await;
    });
}

#[test]
fn behind_a_heartbeat_the_next_poll_is_asked() {
    let server = polls(|asked, stream| match asked.nth {
        1..=3 => whole(stream, "200 OK", "h\n"),
        4 => whole(stream, "200 OK", &array(0..1)),
        _ => park(),
    });
    let tally = run(server.address, |context| async {
        let mut client = SockJs::connect(context, &options(Via::Xhr)).await.unwrap();
        // Each of them ends a poll, and the next is asked at once.
        assert_eq!(receive(&mut client, 1).await, Ok(vec![0]));
        client.close().await;
    });
    assert_eq!(tally.counts.heartbeats, 3);
}

/// How a way writes a frame.
type Framed = fn(&str) -> String;

/// The two streaming ways: how each begins, and how it writes a frame.
fn streams() -> [(Via, String, Framed); 2] {
    [
        (Via::XhrStreaming, "h".repeat(PRELUDE) + "\n", |frame| format!("{frame}\n")),
        (Via::EventSource, "\r\n".to_owned(), |frame| format!("data: {frame}\r\n\r\n")),
    ]
}

#[test]
fn a_stream_that_ends_at_its_limit_goes_on_in_the_same_session() {
    for (via, prelude, event) in streams() {
        let server = Server::new(move |asked, stream| {
            let from = 10 * asked.nth as u64;
            begin(stream);
            chunk(stream, &prelude);
            if asked.nth == 0 {
                chunk(stream, &event("o"));
            }
            (from..from + 10).for_each(|n| chunk(stream, &event(array(n..n + 1).trim_end())));
            if asked.nth < 5 { end(stream) } else { park() }
        });
        let tally = run(server.address, |context| async {
            let mut client = SockJs::connect(context, &options(via)).await.unwrap();
            assert_eq!(receive(&mut client, 60).await, Ok((0..60).collect()), "{via:?}");
            client.close().await;
        });
        assert_eq!((server.sessions().len(), server.words().len()), (1, 6), "{via:?}");
        let total = tally.traffic.total();
        assert_eq!((tally.counts.reconnects, total.connections, total.requests), (0, 1, 6), "{via:?}");
        assert_eq!(total.down.payload, 60 * 20, "{via:?}");
    }
}

#[test]
fn frames_in_pieces_with_heartbeats_between_and_a_receiver_that_is_dropped_lose_nothing() {
    for (via, prelude, event) in streams() {
        let server = Server::new(move |asked, stream| {
            if asked.nth > 0 {
                park();
            }
            begin(stream);
            chunk(stream, &prelude);
            let text =
                event("o") + &event(array(0..2).trim_end()) + &event("h") + &event(array(2..4).trim_end());
            // A chunk for each byte, and a pause now and then.
            for (n, byte) in text.chars().enumerate() {
                chunk(stream, &byte.to_string());
                if n % 16 == 0 {
                    sleep(Duration::from_millis(2));
                }
            }
            park();
        });
        let tally = run(server.address, |context| async {
            let mut client = SockJs::connect(context, &options(via)).await.unwrap();
            let mut numbers = Vec::new();
            while numbers.len() < 4 {
                // Dropped again and again, as loads do.
                if let Ok(received) = tokio::time::timeout(Duration::from_millis(1), client.recv()).await {
                    numbers.push(received.unwrap().stamp.seq);
                }
            }
            assert_eq!(numbers, [0, 1, 2, 3], "{via:?}");
            client.close().await;
        });
        assert_eq!(tally.counts.heartbeats, 1, "{via:?}");
    }
}

#[test]
fn a_stream_that_ends_within_a_frame_or_without_one_is_a_failure() {
    for rest in ["a[\"000", ""] {
        for (via, prelude, event) in streams() {
            let server = Server::new(move |asked, stream| {
                begin(stream);
                chunk(stream, &prelude);
                if asked.nth % 2 == 0 {
                    chunk(stream, &event("o"));
                    chunk(stream, &event(array(0..1).trim_end()));
                } else {
                    chunk(stream, event(rest).trim_end());
                }
                end(stream);
            });
            run(server.address, |context| async {
                let mut client = SockJs::connect(context, &options(via)).await.unwrap();
                assert_eq!(receive(&mut client, 1).await, Ok(vec![0]), "{via:?}");
                assert_eq!(client.recv().await, Err(Failure::Closed), "{via:?} {rest:?}");
                assert_eq!(receive(&mut client, 1).await, Ok(vec![0]), "{via:?}");
                client.close().await;
            });
            assert_eq!(server.sessions().len(), 2, "{via:?} {rest:?}");
        }
    }
}

#[test]
fn what_is_no_frame_is_a_protocol_failure() {
    let server = polls(|_, stream| whole(stream, "200 OK", "<html>\n"));
    run(server.address, |context| async {
        let mut client = SockJs::connect(context, &options(Via::Xhr)).await.unwrap();
        assert_eq!(client.recv().await, Err(Failure::Protocol));
        client.close().await;
    });
    let early = Server::new(|_, stream| whole(stream, "200 OK", &array(0..1)));
    run(early.address, |context| async {
        let refused = SockJs::connect(context, &options(Via::Xhr)).await.err();
        assert_eq!(refused, Some(Failure::Protocol), "a message before `o`");
    });
}

#[test]
fn xhr_moves_the_bytes_that_arithmetic_gives() {
    for keep_alive in [true, false] {
        let server = Server::new(|asked, stream| match (asked.word.as_str(), asked.nth) {
            ("xhr", 0) => whole(stream, "200 OK", "o\n"),
            ("xhr", 1) => whole(stream, "200 OK", &array(0..1)),
            ("xhr", _) => park(),
            _ => whole(stream, "204 No Content", ""),
        });
        let address = server.address;
        let tally = run(address, |context| async {
            let mut client =
                SockJs::connect(context, &Options { keep_alive, ..options(Via::Xhr) }).await.unwrap();
            client.send(message(0).as_bytes()).await.unwrap();
            receive(&mut client, 1).await.unwrap();
            client.taken().await.unwrap();
            client.close().await;
        });
        let total = tally.traffic.total();
        let host = format!("Host: {address}\r\n").len();
        let close = if keep_alive { 0 } else { "Connection: close\r\n".len() };
        let poll = "POST /echo/000/01234567/xhr HTTP/1.1\r\nContent-Length: 0\r\n\r\n".len() + host + close;
        let send = "POST /echo/000/01234567/xhr_send HTTP/1.1\r\nContent-Type: text/plain\r\n\
                    Content-Length: 24\r\n\r\n";
        // The next poll may have left before the client closed.
        assert!((3..=4).contains(&total.requests), "{total:?}");
        let polls = usize::try_from(total.requests).unwrap() - 1;
        assert_eq!(
            total.up.headers as usize,
            polls * poll + send.len() + host + close,
            "keep-alive {keep_alive}"
        );
        assert_eq!((total.up.payload, total.up.framing), (20, 4));
        assert_eq!((total.down.payload, total.down.framing), (20, 2 + 6));
    }
}
