//! A client against a server made of the crate h2: what comes, what goes wrong by which name, and every byte of it.

use std::future::pending;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use h2::server::{Builder, Connection as Served, SendResponse};
use http::Response;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;
use wsbench_targets::clock::now;

use crate::drivers::ClientContext;
use crate::drivers::http::connection::{Connection, Purpose};
use crate::drivers::http::exchange::Taken;
use crate::drivers::http::request::Request;
use crate::drivers::http::two::pool::Pool;
use crate::drivers::scripted::{balanced, context, run, server as server_of_http_1};
use crate::meter::{Failure, reasons};
use crate::transport::Http;

mod bytes_on_the_wire;
mod hall;
mod hostile;
mod nghttpd;
mod node;
mod oracles;
mod sharing;
mod websocket;

/// What a request is met with.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// This body.
    Answer(&'static [u8]),
    /// The same, and no more requests on that connection.
    AnswerAndLeave(&'static [u8]),
    /// So many events, each in a frame of its own, and an end.
    Burst(usize),
    /// A body that does not end.
    Begin(&'static [u8]),
    /// RST_STREAM.
    Reset(Reason),
    /// The connection is closed in the middle of a body.
    Close,
}

/// A server that meets the requests of one connection after the other with these. The context of a client there, and
/// which connection each request came by.
fn server(connections: Vec<Vec<Act>>) -> (ClientContext, Receiver<usize>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let context = context_of_two(listener.local_addr().unwrap());
    let (asked, requests) = channel();
    thread::spawn(move || {
        run(async move {
            listener.set_nonblocking(true).unwrap();
            let listener = TcpListener::from_std(listener).unwrap();
            for (number, acts) in connections.into_iter().enumerate() {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                spawn_local(serve(stream, number, acts, asked.clone()));
            }
            drop(asked);
            pending::<()>().await;
        });
    });
    (context, requests)
}

fn context_of_two(address: std::net::SocketAddr) -> ClientContext {
    let mut context = context(address);
    Rc::get_mut(&mut context.endpoint).unwrap().connect.http = Http::Two;
    context.pool = Some(Rc::new(Pool::of(1)));
    context
}

async fn serve(stream: TcpStream, number: usize, acts: Vec<Act>, asked: Sender<usize>) {
    let Ok(mut connection) = Builder::new().handshake::<_, Bytes>(stream).await else { return };
    let mut kept = vec![];
    for act in acts {
        let Some(Ok((_, respond))) = connection.accept().await else { return };
        let _nobody_asks = asked.send(number);
        if matches!(act, Act::AnswerAndLeave(_)) {
            connection.graceful_shutdown();
        }
        if matches!(act, Act::Close) {
            return close(connection, respond).await;
        }
        kept.extend(answer(respond, act));
    }
    while let Some(Ok(_)) = connection.accept().await {}
}

/// What goes on, if anything does.
fn answer(mut respond: SendResponse<Bytes>, act: Act) -> Option<h2::SendStream<Bytes>> {
    let mut begin = || respond.send_response(Response::new(()), false).unwrap();
    match act {
        Act::Answer(body) | Act::AnswerAndLeave(body) => begin().send_data(body.into(), true).unwrap(),
        Act::Burst(events) => {
            let mut stream = begin();
            for number in 0..events {
                stream.send_data(format!("{number}\n").into(), number + 1 == events).unwrap();
            }
        }
        Act::Begin(body) => {
            let mut stream = begin();
            stream.send_data(body.into(), false).unwrap();
            return Some(stream);
        }
        Act::Reset(reason) => respond.send_reset(reason),
        Act::Close => {}
    }
    None
}

async fn close(mut connection: Served<TcpStream, Bytes>, mut respond: SendResponse<Bytes>) {
    let mut stream = respond.send_response(Response::new(()), false).unwrap();
    stream.send_data("half".into(), false).unwrap();
    let _leaves = tokio::time::timeout(Duration::from_millis(100), connection.accept()).await;
}

fn opened(context: &ClientContext) -> Connection {
    Connection::new(context.clone(), Purpose::Questions, Duration::from_secs(5), true)
}

fn get(context: &ClientContext) -> Request {
    Request::new(context, "GET", "", &[], &[])
}

/// What each of so many exchanges over one connection adds to `sums`.
async fn one_by_one(
    context: &ClientContext,
    number: usize,
    ask: impl Fn(&ClientContext) -> Request,
    sums: impl Fn(&ClientContext) -> [u64; 3],
) -> Vec<[u64; 3]> {
    let (mut connection, mut each, mut before) = (opened(context), vec![], [0; 3]);
    for _ in 0..number {
        exchange(&mut connection, &ask(context)).await.unwrap();
        let after = sums(context);
        each.push(std::array::from_fn(|part| after[part] - before[part]));
        before = after;
    }
    connection.close().await;
    balanced(context).await;
    each
}

/// Asks, and takes all of the answer as payload.
async fn exchange(connection: &mut Connection, request: &Request) -> Result<Vec<u8>, Failure> {
    connection.begin(now());
    connection.answer(request).await?;
    let body = connection.body().to_vec();
    connection.take(Taken { payload: body.len(), ..Taken::default() });
    Ok(body)
}

fn reasons_of(context: &ClientContext) -> Vec<(String, u64)> {
    context.shard.meter.tally().failures.each_in_words().collect()
}

#[test]
fn answers_come_over_one_connection_and_all_of_it_is_accounted_for() {
    run(async {
        let (context, requests) = server(vec![vec![Act::Answer(b"one"), Act::Answer(b"two")]]);
        let ask = get(&context);
        let mut connection = opened(&context);
        connection.open().await.unwrap();
        for body in [b"one", b"two"] {
            assert_eq!(exchange(&mut connection, &ask).await.unwrap(), body);
        }
        connection.close().await;
        balanced(&context).await;
        assert_eq!(requests.try_iter().collect::<Vec<_>>(), [0, 0]);
        let (tally, total) = (context.shard.meter.tally(), context.shard.meter.tally().traffic.total());
        assert_eq!((total.requests, total.responses, total.connections), (2, 2, 1));
        assert_eq!((total.down.payload, total.down.framing), (6, 4 * 9));
        assert!(total.up.control > 24 && total.down.control > 9, "{total:?}");
        assert_eq!((tally.failures.total(), tally.counts.reconnects), (0, 0));
    });
}

/// As many as a server pushes at once, each smaller than what the crate h2 takes for an attack by default.
#[test]
fn a_burst_of_small_frames_comes_whole_and_in_order() {
    const EVENTS: usize = 10_000;
    run(async {
        let (context, _requests) = server(vec![vec![Act::Burst(EVENTS)]]);
        let mut connection = Connection::new(context.clone(), Purpose::Stream, Duration::from_secs(5), true);
        connection.begin(now());
        connection.request(&get(&context)).await.unwrap();
        // A client that was busy elsewhere.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut text = Vec::new();
        while connection.piece().await.unwrap() {
            text.extend_from_slice(connection.body());
            connection.take(Taken { payload: connection.body().len(), ..Taken::default() });
        }
        let expected: String = (0..EVENTS).map(|number| format!("{number}\n")).collect();
        assert_eq!(String::from_utf8(text).unwrap(), expected);
        connection.close().await;
        balanced(&context).await;
        assert_eq!(context.shard.meter.tally().traffic.total().down.payload as usize, expected.len());
    });
}

#[test]
fn a_reset_is_named_by_its_code_and_costs_no_connection() {
    run(async {
        let (context, requests) = server(vec![vec![Act::Reset(Reason::CANCEL), Act::Answer(b"two")]]);
        let (ask, mut connection) = (get(&context), opened(&context));
        connection.open().await.unwrap();
        assert_eq!(exchange(&mut connection, &ask).await, Err(Failure::Reset));
        assert_eq!(exchange(&mut connection, &ask).await.unwrap(), b"two");
        connection.close().await;
        balanced(&context).await;
        assert_eq!(requests.try_iter().collect::<Vec<_>>(), [0, 0]);
        assert_eq!(reasons_of(&context), [("reset with CANCEL".to_owned(), 1)]);
    });
}

/// RFC 9113 §8.7: the server has done nothing, so that even a message may be sent again; but not for ever.
#[test]
fn what_a_server_has_refused_is_asked_again_once() {
    let refused = Act::Reset(Reason::REFUSED_STREAM);
    for (acts, outcome, asked) in [
        (vec![refused, Act::Answer(b"two")], Ok(b"two".to_vec()), 2),
        (vec![refused, refused, Act::Answer(b"three")], Err(Failure::Reset), 2),
    ] {
        run(async {
            let (context, requests) = server(vec![acts]);
            let mut tell = Request::new(&context, "POST", "", &[], &[]);
            tell.set_body(b"<message>", 2);
            let mut connection = opened(&context);
            assert_eq!(exchange(&mut connection, &tell).await, outcome);
            connection.close().await;
            balanced(&context).await;
            assert_eq!(requests.try_iter().count(), asked);
            let named = reasons_of(&context);
            let expected = vec![("reset with REFUSED_STREAM".to_owned(), 1)];
            assert_eq!(named, if outcome.is_ok() { vec![] } else { expected });
        });
    }
}

#[test]
fn who_is_asked_to_leave_finishes_and_connects_again() {
    run(async {
        let (context, requests) = server(vec![vec![Act::AnswerAndLeave(b"one")], vec![Act::Answer(b"two")]]);
        let tell = Request::new(&context, "POST", "", &[], &[]);
        let mut connection = opened(&context);
        for body in [b"one", b"two"] {
            assert_eq!(exchange(&mut connection, &tell).await.unwrap(), body);
        }
        connection.close().await;
        balanced(&context).await;
        assert_eq!(requests.try_iter().collect::<Vec<_>>(), [0, 1]);
        let tally = context.shard.meter.tally();
        assert_eq!((tally.failures.total(), tally.counts.reconnects), (0, 1));
    });
}

#[test]
fn an_end_in_the_middle_is_told_from_a_good_one() {
    run(async {
        let (context, _requests) = server(vec![vec![Act::Close]]);
        let (ask, mut connection) = (get(&context), opened(&context));
        assert_eq!(exchange(&mut connection, &ask).await, Err(Failure::Closed));
        drop(connection);
        balanced(&context).await;
    });
}

#[test]
fn a_server_of_http_1_is_named() {
    run(async {
        let (mut context, _requests) =
            server_of_http_1(vec![vec![b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"]]);
        Rc::get_mut(&mut context.endpoint).unwrap().connect.http = Http::Two;
        let mut connection = opened(&context);
        assert_eq!(exchange(&mut connection, &get(&context)).await, Err(Failure::Protocol));
        drop(connection);
        balanced(&context).await;
        assert_eq!(reasons_of(&context), [(reasons::NO_HTTP_2.to_owned(), 1)]);
    });
}

/// A client that goes away in the middle of an answer: whatever has passed is accounted for.
#[test]
fn an_exchange_that_is_dropped_closes_the_ledger() {
    for looks in 1..40 {
        run(async {
            let (context, _requests) = server(vec![vec![Act::Begin(b"half of it")]]);
            let (ask, mut connection) = (get(&context), opened(&context));
            connection.begin(now());
            let asking = connection.answer(&ask);
            let _dropped = tokio::time::timeout(Duration::from_micros(100 * looks), asking).await;
            drop(connection);
            balanced(&context).await;
        });
    }
}

#[test]
fn who_leaves_a_stream_says_so() {
    run(async {
        let (context, _requests) = server(vec![vec![Act::Begin(b"half of it")]]);
        let mut connection = Connection::new(context.clone(), Purpose::Stream, Duration::from_secs(5), true);
        connection.begin(now());
        connection.request(&get(&context)).await.unwrap();
        while connection.body().is_empty() {
            assert!(connection.piece().await.unwrap());
        }
        let began = now();
        connection.close().await;
        assert!(Duration::from_nanos(now().since(began)) < Duration::from_secs(1), "it waited");
        balanced(&context).await;
        // RST_STREAM and GOAWAY are control, as the preface and SETTINGS.
        let up = context.shard.meter.tally().traffic.total().up;
        assert!(up.control >= 24 + 9 + 13 + 17, "{up:?}");
    });
}
