use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use super::*;
use crate::drivers::scripted::{balanced, context, run, server};

const NOTHING: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

async fn exchange(line: &mut Line, request: &Request) -> Result<(), Failure> {
    line.begin(now());
    let outcome = line.answer(request).await;
    line.let_go();
    outcome.map(|_| ())
}

/// The next answer must not be read out of it.
#[test]
fn what_comes_behind_an_answer_is_accounted_for_and_ends_the_connection() {
    run(async {
        let (context, requests) =
            server(vec![vec![b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 500 E"], vec![NOTHING]]);
        let ask = Request::new(&context, "GET", "", &[], &[]);
        let mut line = Line::closed(context.clone(), Duration::from_secs(5), true);
        for _ in 0..2 {
            assert_eq!(exchange(&mut line, &ask).await, Ok(()));
        }
        line.close().await;
        balanced(&context).await;
        assert_eq!(requests.iter().count(), 2);
        let meter = &context.shard.meter;
        assert_eq!((meter.counts().reconnects, meter.tally().traffic.total().connections), (0, 2));
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
            let mut line = Line::open(context.clone(), Duration::from_secs(5), true).await.unwrap();
            assert_eq!(exchange(&mut line, &ask).await, Ok(()));
            assert_eq!(exchange(&mut line, &ask).await.map_err(|_| ()), outcome, "{method}");
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
            let mut line = Line::closed(context.clone(), Duration::from_secs(5), true);
            assert_eq!(exchange(&mut line, &ask).await, Ok(()));
            sleep(Duration::from_millis(rests)).await;
            assert_eq!(exchange(&mut line, &ask).await, Ok(()));
            line.close().await;
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
    let mut line = Line::closed(context.clone(), Duration::from_secs(5), true);
    assert_eq!(exchange(&mut line, &tell).await, Ok(()));
    // Much longer than the server keeps it.
    long_after().await;
    assert_eq!(exchange(&mut line, &tell).await, Ok(()));
    line.close().await;
    balanced(&context).await;
    assert_eq!((requests.iter().count(), context.shard.meter.counts().reconnects), (2, 1));
}
