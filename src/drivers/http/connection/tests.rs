use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::time::sleep;
use wsbench_targets::headers::RequestKind;
use wsbench_targets::wire::Headers;

use super::*;
use crate::drivers::http::profile::profile;
use crate::drivers::limits::MAX_HEAD_BYTES;
use crate::drivers::scripted::{balanced, context, run, server};
use crate::meter::reasons;

const NOTHING: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

async fn exchange(connection: &mut Connection, request: &Request) -> Result<(), Failure> {
    connection.begin(now());
    connection.answer(request).await?;
    connection.drop_body();
    Ok(())
}

fn closed(context: &ClientContext) -> Connection {
    Connection::new(context.clone(), Purpose::Questions, Duration::from_secs(5), true)
}

/// The next answer must not be read out of it.
#[test]
fn what_comes_behind_an_answer_is_accounted_for_and_ends_the_connection() {
    run(async {
        let (context, requests) =
            server(vec![vec![b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 500 E"], vec![NOTHING]]);
        let ask = Request::new(&context, "GET", "", &[], &[]);
        let mut connection = closed(&context);
        for _ in 0..2 {
            assert_eq!(exchange(&mut connection, &ask).await, Ok(()));
        }
        connection.close().await;
        balanced(&context).await;
        assert_eq!(requests.iter().count(), 2);
        let meter = &context.shard.meter;
        assert_eq!((meter.counts().reconnects, meter.tally().traffic.total().connections), (1, 2));
        let failures = meter.failures();
        assert_eq!((failures.total(), failures.reasons.each().collect()), (0, vec![(reasons::UNASKED, 1)]));
    });
}

/// A server that reads so many requests from each connection, if they come, and answers all but the first one's last,
/// which it leaves with.
fn impatient(each: Vec<usize>, answer: &'static [u8]) -> (ClientContext, Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let context = context(listener.local_addr().unwrap());
    let (asked, requests) = channel();
    thread::spawn(move || {
        for (number, many) in each.into_iter().enumerate() {
            let (mut stream, _) = listener.accept().unwrap();
            for answered in 1..=many {
                if stream.read(&mut [0; 4096]).unwrap() == 0 {
                    break;
                }
                asked.send(number).unwrap();
                if answered < many || number > 0 {
                    stream.write_all(answer).unwrap();
                }
            }
        }
    });
    (context, requests)
}

/// What the server has done with a message nobody knows; what it has done with a question does not matter (RFC 9112
/// section 9.3.1).
#[test]
fn a_question_is_asked_again_and_a_message_is_not() {
    for (method, outcome, seen) in [("GET", Ok(()), vec![0, 0, 1]), ("POST", Err(()), vec![0, 0])] {
        run(async {
            let (context, requests) = impatient(vec![2, 1], NOTHING);
            let ask = Request::new(&context, method, "", &[], &[]);
            let mut connection = closed(&context);
            connection.open().await.unwrap();
            assert_eq!(exchange(&mut connection, &ask).await, Ok(()));
            assert_eq!(exchange(&mut connection, &ask).await.map_err(|_| ()), outcome, "{method}");
            assert_eq!(requests.try_iter().collect::<Vec<_>>(), seen, "{method}");
        });
    }
}

/// Node's servers close a connection that has rested as long as they say; with a message that has just come unread, they
/// reset it. A question can be asked again, and goes where clients would send it.
#[test]
fn a_message_is_not_sent_when_a_connection_has_rested_about_as_long_as_the_server_keeps_it() {
    let keeps = b"HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\nKeep-Alive: max=9, timeout=1\r\n\r\n";
    for (method, rests, seen) in [("POST", 0, [0, 0]), ("POST", 850, [0, 1]), ("GET", 850, [0, 0])] {
        run(async {
            let (context, requests) = impatient(vec![3, 1], keeps);
            let ask = Request::new(&context, method, "", &[], &[]);
            let mut connection = closed(&context);
            assert_eq!(exchange(&mut connection, &ask).await, Ok(()));
            sleep(Duration::from_millis(rests)).await;
            assert_eq!(exchange(&mut connection, &ask).await, Ok(()));
            connection.close().await;
            balanced(&context).await;
            assert_eq!(requests.try_iter().collect::<Vec<_>>(), seen, "{method} {rests}");
            let tally = context.shard.meter.tally();
            let counted = (tally.counts.reconnects, tally.failures.total());
            assert_eq!(counted, (seen[1] as u64, 0), "{method} {rests}");
        });
    }
}

/// A server that keeps connections for a while only; and a runtime that had the time to hear of their end, or had not.
#[test]
fn a_message_is_not_sent_into_a_connection_that_has_ended() {
    let heard = async || sleep(Duration::from_millis(500)).await;
    let unheard = async || thread::sleep(Duration::from_millis(500));
    run(not_sent_into_what_has_ended(heard));
    run(not_sent_into_what_has_ended(unheard));
}

async fn not_sent_into_what_has_ended(long_after: impl AsyncFnOnce()) {
    let (context, requests) = server(vec![vec![NOTHING], vec![NOTHING]]);
    let tell = Request::new(&context, "POST", "", &[], &[]);
    let mut connection = closed(&context);
    assert_eq!(exchange(&mut connection, &tell).await, Ok(()));
    // Much longer than the server keeps it.
    long_after().await;
    assert_eq!(exchange(&mut connection, &tell).await, Ok(()));
    connection.close().await;
    balanced(&context).await;
    assert_eq!((requests.iter().count(), context.shard.meter.counts().reconnects), (2, 1));
}

/// Asks once and takes all up to the end of the answer; whatever comes, the ledger closes.
fn read(connections: Vec<Vec<&'static [u8]>>) -> (Result<u16, Failure>, String, Option<Failure>) {
    run(async {
        let (context, _requests) = server(connections);
        let mut connection = stream(&context);
        let ask = Request::new(&context, "GET", "/line/", &[], &[]);
        connection.begin(now());
        let (status, mut text, mut failed) =
            (connection.request(&ask).await.map(|head| head.status), String::new(), None);
        while status.is_ok() {
            match connection.piece().await {
                Ok(true) => {}
                Ok(false) => break,
                Err(failure) => {
                    failed = Some(failure);
                    break;
                }
            }
            text += std::str::from_utf8(connection.body()).unwrap();
            connection.take(Taken { payload: connection.body().len(), ..Taken::default() });
        }
        connection.close().await;
        balanced(&context).await;
        (status, text, failed)
    })
}

fn stream(context: &ClientContext) -> Connection {
    Connection::new(context.clone(), Purpose::Stream, Duration::from_secs(5), true)
}

const HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream; x=y\r\n\r\n";

#[test]
fn chunks_come_as_they_are_sent() {
    let (answer, text, failed) = read(vec![vec![HEAD, b"5\r\nhel", b"lo\r", b"\n1\r\n!\r\n0\r\n\r\n"]]);
    assert_eq!(answer, Ok(200));
    assert_eq!((text.as_str(), failed), ("hello!", None));
}

#[test]
fn head_and_body_may_come_together_or_in_parts() {
    for pieces in
        [vec![&b"HTTP/1.1 200 OK\r\n\r\nall of it"[..]], vec![b"HTTP/1.1 2", b"00 OK\r\n\r\nall ", b"of it"]]
    {
        let (answer, text, failed) = read(vec![pieces]);
        assert_eq!(answer, Ok(200));
        assert_eq!((text.as_str(), failed), ("all of it", None));
    }
}

#[test]
fn an_end_in_the_middle_is_told_from_a_good_one() {
    let (_, text, failed) = read(vec![vec![HEAD, b"5\r\nhel"]]);
    assert_eq!((text.as_str(), failed), ("hel", Some(Failure::Closed)));
    let (_, text, failed) = read(vec![vec![b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", b"abc"]]);
    assert_eq!((text.as_str(), failed), ("abc", None));
    let (answer, ..) = read(vec![vec![]]);
    assert_eq!(answer, Err(Failure::Closed));
}

#[test]
fn what_is_no_answer_fails() {
    let answer = |piece| read(vec![vec![piece]]).0;
    assert_eq!(answer(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone"), Err(Failure::Status));
    assert_eq!(answer(b"SSH-2.0-OpenSSH\r\n\r\n"), Err(Failure::Protocol));
    let (answer, _, failed) = read(vec![vec![HEAD, b"nonsense"]]);
    assert_eq!((answer, failed), (Ok(200), Some(Failure::Protocol)));
}

#[test]
fn a_refusal_is_counted_by_its_number() {
    let long: &'static [u8] =
        Vec::leak([b"HTTP/1.1 200 OK\r\nX: ", vec![b'x'; MAX_HEAD_BYTES].as_slice()].concat());
    for (answer, name) in
        [(&b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"[..], "401"), (long, reasons::LONG_HEAD)]
    {
        run(async {
            let (context, _requests) = server(vec![vec![answer]]);
            let mut connection = stream(&context);
            connection.begin(now());
            let ask = Request::new(&context, "GET", "/line/", &[], &[]);
            assert!(connection.request(&ask).await.is_err());
            assert_eq!(context.shard.meter.tally().failures.reasons.each().collect::<Vec<_>>(), [(name, 1)]);
        });
    }
}

/// The memory is that of all transports alike, and the reason says which limit it was.
#[test]
fn what_is_not_taken_is_not_kept_for_ever() {
    let piece: &'static [u8] = Vec::leak(vec![b'x'; 1 << 20]);
    let mut pieces: Vec<&[u8]> = vec![b"HTTP/1.1 200 OK\r\n\r\n"];
    pieces.extend([piece; 17]);
    run(async {
        let (context, _requests) = server(vec![pieces]);
        let mut connection = stream(&context);
        connection.begin(now());
        connection.request(&Request::new(&context, "GET", "/line/", &[], &[])).await.unwrap();
        let failed = loop {
            if let Err(failure) = connection.piece().await {
                break failure;
            }
        };
        assert_eq!(failed, Failure::TooLarge);
        let reasons = context.shard.meter.tally().failures.reasons;
        assert_eq!(reasons.each().collect::<Vec<_>>(), [(reasons::LONG_BODY, 1)]);
    });
}

/// The server's own words, whatever its status; and the connection is kept.
#[test]
fn a_refusal_says_why_and_keeps_the_connection() {
    let refusal: &[u8] = b"HTTP/1.1 400 Bad\r\nContent-Length: 29\r\n\r\n{\"message\":\"Session unknown\"}";
    run(async {
        let (context, requests) = impatient(vec![3], refusal);
        let ask = Request::new(&context, "GET", "", &[], &[]);
        let mut connection = closed(&context);
        for _ in 0..2 {
            assert_eq!(exchange(&mut connection, &ask).await, Err(Failure::Status));
        }
        assert_eq!(requests.try_iter().count(), 2);
        let tally = context.shard.meter.tally();
        assert_eq!(tally.traffic.total().connections, 1);
        let reasons: Vec<_> = tally.failures.each_in_words().collect();
        assert_eq!(reasons, [("400 \"{\"message\":\"Session unknown\"}\"".to_owned(), 2)]);
    });
}

/// An answer to nothing: a server gives up waiting for a request (RFC 9110 §15.5.9), or answers one twice.
#[test]
fn what_comes_unasked_is_never_taken_for_an_answer() {
    let unasked: Vec<&[u8]> = vec![NOTHING, b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"];
    for method in ["GET", "POST"] {
        run(async {
            let (context, requests) = server(vec![unasked.clone(), vec![NOTHING]]);
            let ask = Request::new(&context, method, "", &[], &[]);
            let mut connection = closed(&context);
            assert_eq!(exchange(&mut connection, &ask).await, Ok(()));
            sleep(Duration::from_millis(300)).await;
            assert_eq!(exchange(&mut connection, &ask).await, Ok(()), "{method}");
            connection.close().await;
            balanced(&context).await;
            assert_eq!(
                (requests.iter().count(), context.shard.meter.counts().reconnects),
                (2, 1),
                "{method}"
            );
            assert!(context.shard.meter.failures().reasons.knows(reasons::UNASKED), "{method}");
        });
    }
}

/// As a browser asks for it, and by its name where nothing here reads it, or where it is torn.
#[test]
fn a_compressed_answer_is_asked_for_and_what_cannot_be_read_is_named() {
    for (coding, named) in [("gzip", reasons::CORRUPT_BODY), ("compress", reasons::ENCODED)] {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: 3\r\n\r\n");
        let zipped: &'static [u8] = Vec::leak([head.as_bytes(), b"\x1f\x8b\x08"].concat());
        run(async move {
            let (mut context, requests) = server(vec![vec![zipped]]);
            Rc::get_mut(&mut context.shard).unwrap().headers = Headers::browser();
            let ask = Request::new(&context, "GET", "", &profile(&context, RequestKind::Fetch), &[]);
            let mut connection = closed(&context);
            assert_eq!(exchange(&mut connection, &ask).await, Err(Failure::Protocol), "{coding}");
            let asked = requests.recv().unwrap().to_lowercase();
            assert!(asked.contains("accept-encoding: gzip, deflate, br, zstd"), "{asked}");
            let reasons = context.shard.meter.tally().failures.reasons;
            assert_eq!(reasons.each().collect::<Vec<_>>(), [(named, 1)]);
            drop(connection);
            balanced(&context).await;
        });
    }
}

/// In two chunks and three reads; then one that is not compressed over the same connection.
#[test]
fn a_compressed_answer_is_read_and_both_its_sizes_are_known() {
    const PLAIN: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain";
    let text = b"a message, a message, a message, a message\n".repeat(20);
    let mut encoder = GzEncoder::new(vec![], Compression::default());
    encoder.write_all(&text).unwrap();
    let zipped = encoder.finish().unwrap();
    let (first, last) = zipped.split_at(30);
    let chunks = [
        format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n",
            30
        )
        .into_bytes(),
        [first, format!("\r\n{:x}\r\n", last.len()).as_bytes()].concat(),
        [last, b"\r\n0\r\n\r\n"].concat(),
    ];
    let pieces: Vec<&'static [u8]> = chunks.into_iter().map(|chunk| &*Vec::leak(chunk)).collect();
    run(async move {
        let (context, _requests) = server(vec![pieces, vec![PLAIN]]);
        let ask = Request::new(&context, "GET", "", &[], &[]);
        let mut connection = closed(&context);
        connection.begin(now());
        connection.answer(&ask).await.unwrap();
        assert_eq!(connection.body(), text);
        connection.take(Taken { framing: 10, payload: text.len() - 20, ..Taken::default() });
        assert_eq!(connection.body(), &text[text.len() - 10..]);
        exchange(&mut connection, &ask).await.unwrap();
        connection.close().await;
        balanced(&context).await;
        let down = context.shard.meter.tally().traffic.total().down;
        assert_eq!(down.delivered() as usize, text.len() - 20);
        assert!(
            down.payload > 0 && (down.payload as usize) < zipped.len(),
            "{} of {}",
            down.payload,
            zipped.len()
        );
    });
}

/// However often a caller looks while a connection is being opened.
#[test]
fn a_reconnect_is_counted_once_and_the_first_connection_is_none() {
    let ends: Vec<&[u8]> = vec![b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"];
    run(async {
        let (context, _requests) = server(vec![ends.clone(), ends.clone(), ends]);
        let ask = Request::new(&context, "POST", "", &[], &[]);
        let mut connection = closed(&context);
        for _ in 0..3 {
            connection.begin(now());
            while poll_fn(|cx| Poll::Ready(pin!(connection.answer(&ask)).poll(cx).is_pending())).await {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(context.shard.meter.counts().reconnects, 2);
    });
}

/// A client that goes away in the middle of an answer: whatever has passed is accounted for.
#[test]
fn an_exchange_that_is_dropped_closes_the_ledger() {
    let pieces: Vec<&[u8]> = vec![b"HTTP/1.1 200 OK\r\nContent-Le", b"ngth: 9\r\n\r\nhal", b"f", b"more"];
    for looks in 1..60 {
        run(async {
            let (context, _requests) = server(vec![pieces.clone()]);
            let ask = Request::new(&context, "GET", "", &[], &[]);
            let mut connection = closed(&context);
            connection.begin(now());
            let _dropped = tokio::time::timeout(Duration::from_millis(looks), connection.answer(&ask)).await;
            drop(connection);
            balanced(&context).await;
        });
    }
}
