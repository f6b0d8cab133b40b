use super::super::response::MAX_HEAD;
use super::*;
use crate::drivers::scripted::{balanced, run, server};
use crate::meter::reasons;

/// Asks once and takes all up to the end of the answer; whatever comes, the ledger closes.
fn read(connections: Vec<Vec<&'static [u8]>>) -> (Result<Answer, Failure>, String, Option<Failure>) {
    run(async {
        let (context, _requests) = server(connections);
        let mut stream = Stream::new(context.clone(), Duration::from_secs(5));
        stream.ask(Request::new(&context, "GET", "/line/", &[], &[]));
        let (answer, mut text, mut failed) = (stream.answer().await, String::new(), None);
        while answer.is_ok() {
            match stream.more().await {
                Ok(true) => {}
                Ok(false) => break,
                Err(failure) => {
                    failed = Some(failure);
                    break;
                }
            }
            text += std::str::from_utf8(stream.body()).unwrap();
            stream.take(stream.body().len(), 0);
        }
        text += std::str::from_utf8(stream.body()).unwrap();
        stream.close().await;
        balanced(&context).await;
        (answer, text, failed)
    })
}

const HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream; x=y\r\n\r\n";

#[test]
fn chunks_come_as_they_are_sent() {
    let (answer, text, failed) = read(vec![vec![HEAD, b"5\r\nhel", b"lo\r", b"\n1\r\n!\r\n0\r\n\r\n"]]);
    assert_eq!(answer, Ok(Answer { status: 200, event_stream: true }));
    assert_eq!((text.as_str(), failed), ("hello!", None));
}

#[test]
fn head_and_body_may_come_together_or_in_parts() {
    for pieces in
        [vec![&b"HTTP/1.1 200 OK\r\n\r\nall of it"[..]], vec![b"HTTP/1.1 2", b"00 OK\r\n\r\nall ", b"of it"]]
    {
        let (answer, text, failed) = read(vec![pieces]);
        assert_eq!(answer, Ok(Answer { status: 200, event_stream: false }));
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
    assert_eq!((answer.map(|a| a.status), failed), (Ok(200), Some(Failure::Protocol)));
}

#[test]
fn a_refusal_is_counted_by_its_number() {
    let long: &'static [u8] =
        Vec::leak([b"HTTP/1.1 200 OK\r\nX: ", vec![b'x'; MAX_HEAD].as_slice()].concat());
    for (answer, name) in
        [(&b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"[..], "401"), (long, reasons::LONG_HEAD)]
    {
        run(async {
            let (context, _requests) = server(vec![vec![answer]]);
            let mut stream = Stream::new(context.clone(), Duration::from_secs(5));
            stream.ask(Request::new(&context, "GET", "/line/", &[], &[]));
            assert!(stream.answer().await.is_err());
            assert_eq!(context.shard.meter.tally().failures.reasons.each().collect::<Vec<_>>(), [(name, 1)]);
        });
    }
}

#[test]
fn what_nobody_takes_is_not_kept_for_ever() {
    let line: &'static [u8] = Vec::leak(vec![b'x'; MAX_UNTAKEN + 1]);
    let failed = run(async {
        let (context, _requests) = server(vec![vec![b"HTTP/1.1 200 OK\r\n\r\n", line]]);
        let mut stream = Stream::new(context.clone(), Duration::from_secs(5));
        stream.ask(Request::new(&context, "GET", "/line/", &[], &[]));
        stream.answer().await.unwrap();
        loop {
            if let Err(failure) = stream.more().await {
                return failure;
            }
        }
    });
    assert_eq!(failed, Failure::Protocol);
}
