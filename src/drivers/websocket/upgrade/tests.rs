use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::drivers::websocket::connection::Connection;
use crate::drivers::websocket::tests::{closes, context, local};

/// What answers an upgrade and is none.
#[tokio::test]
async fn a_wrong_answer_is_named_and_accounted_for() {
    const PLAIN: &str = "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n\r\nahead";
    const OTHER: &str = "HTTP/1.1 101 S\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n";
    const OLD: &str = "HTTP/1.0 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    for (answer, failure, named) in [
        (
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno!!more",
            Failure::Status,
            Some("403 \"no!!\""),
        ),
        ("HTTP/1.1 403 Forb", Failure::Closed, None),
        (PLAIN, Failure::Protocol, Some(reasons::NO_UPGRADE)),
        (OTHER, Failure::Protocol, Some(reasons::NO_UPGRADE)),
        (OLD, Failure::Protocol, Some(reasons::OLD_HTTP)),
    ] {
        let (outcome, context) = asked(answer.to_owned()).await;
        assert_eq!(outcome, Some(failure), "{answer}");
        let failures = context.shard.meter.tally().failures;
        assert_eq!(failures.each_in_words().map(|(name, _)| name).next().as_deref(), named, "{answer}");
    }
    let key = "%KEY%";
    let chosen = format!(
        "HTTP/1.1 101 S\r\nupgrade: WebSocket\r\nconnection: keep-alive, upgrade\r\nSec-WebSocket-Accept: {key}\r\n"
    );
    // One that is empty does not hide another.
    for line in ["", "Sec-WebSocket-Extensions:\r\n"] {
        let deflates = format!("{chosen}{line}Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
        let (outcome, context) = asked(deflates).await;
        assert_eq!(outcome, Some(Failure::Protocol));
        let failures = context.shard.meter.tally().failures;
        assert_eq!(failures.reasons.each().collect::<Vec<_>>(), [(reasons::EXTENSION, 1)]);
    }
    // Lines of one name are one list (RFC 9110 §5.3): a proxy may put its own before the server's.
    for lines in ["", "Connection: foo\r\nSec-WebSocket-Extensions: \r\n"] {
        let answer = chosen.replace("upgrade: WebSocket\r\n", &format!("upgrade: WebSocket\r\n{lines}"));
        assert_eq!(asked(answer + "\r\n").await.0, None, "{lines}");
    }
}

/// The answer that websocket.org's article shows: with the lines of a draft, and the arithmetic of the final standard.
#[tokio::test]
async fn the_articles_own_answer_is_taken() {
    assert_eq!(derive_accept_key(b"sN9cRrP/n9NdMgdcy2VJFQ=="), "fFBooB7FAkLlXgRSz0BT3v4hq5s=");
    let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\
                  Sec-WebSocket-Accept: %KEY%\r\nSec-WebSocket-Origin: null\r\n\
                  Sec-WebSocket-Location: ws://example.com/demo\r\n\r\n";
    assert_eq!(asked(answer.to_owned()).await.0, None);
}

/// An upgrade that is given up at any point has passed all the same: before an answer, within its head.
#[tokio::test]
async fn an_upgrade_that_is_dropped_is_accounted_for() {
    for answer in ["", "HTTP/1.1 101 Switching Proto"] {
        local(async {
            let (context, server) = context(move |mut stream| async move {
                let mut request = [0; 2048];
                assert!(stream.read(&mut request).await.unwrap() > 100);
                stream.write_all(answer.as_bytes()).await.unwrap();
                // The client gives up.
                assert_eq!(stream.read(&mut request).await.unwrap_or_default(), 0);
            })
            .await;
            let asked = Upgrade { route: "/", cursor: 0, deflate: None };
            let open = Connection::open(&context, asked, Duration::from_secs(60));
            assert!(tokio::time::timeout(Duration::from_millis(200), open).await.is_err());
            server.await.unwrap();
            closes(&context);
            let total = context.shard.meter.tally().traffic.total();
            assert!(total.up.headers > 100, "the request has left");
            assert_eq!(total.down.headers, answer.len() as u64);
        })
        .await;
    }
}

/// What a client makes of `answer`, with the right accept key in it where one is wanted; the ledger closes.
async fn asked(answer: String) -> (Option<Failure>, ClientContext) {
    let mut outcome = None;
    local(async {
        let (context, server) = context(|mut stream| async move {
            let mut request = [0; 2048];
            let length = stream.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            assert!(!request.to_lowercase().contains("sec-websocket-extensions"), "{request}");
            let key = request
                .split("Sec-WebSocket-Key: ")
                .nth(1)
                .and_then(|rest| rest.split("\r\n").next())
                .unwrap();
            let answer = answer.replace("%KEY%", &derive_accept_key(key.as_bytes()));
            stream.write_all(answer.as_bytes()).await.unwrap();
        })
        .await;
        let asked = Upgrade { route: "/", cursor: 0, deflate: None };
        let failure = Connection::open(&context, asked, Duration::from_secs(5)).await.err();
        server.await.unwrap();
        closes(&context);
        outcome = Some((failure, context));
    })
    .await;
    outcome.unwrap()
}
