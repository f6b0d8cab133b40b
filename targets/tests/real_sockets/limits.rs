//! What the HTTP targets refuse, and how they say it.

use wsbench_targets::limits::{MAX_HEAD, MAX_MESSAGE};
use wsbench_targets::wire::{Audience, Reply, Stamp, TargetConfig, TrialKey, route, write_message};

use crate::support::{PATIENCE, Target, local, long_polling, message, polling, publication};

#[test]
fn no_such_route_names_those_there_are() {
    local(async {
        for (config, route) in [(polling(Reply::Since), "/poll/"), (long_polling(PATIENCE), "/wait/")] {
            let target = Target::start(config).await;
            let mut client = target.connect().await;
            client.write("GET /other HTTP/1.1\r\nHost: t\r\n\r\n").await;
            let answer = client.answer().await;
            assert_eq!(answer.status(), 404);
            assert!(answer.text().contains(route) && answer.text().contains("/send/"), "{}", answer.text());
            assert_eq!(client.get("/push/", 0, 0).await.status(), 404);
        }
    });
}

#[test]
fn no_such_client_wrong_method_bad_message() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        let mut client = target.connect().await;
        assert_eq!(client.get(route::POLL, 4, 0).await.status(), 404);
        assert_eq!(client.post(4, &message(0)).await.status(), 404);
        let refused = client.get(route::SEND, 0, 0).await;
        assert!(refused.status() == 405 && refused.head.contains("\r\nAllow: POST\r\n"), "{}", refused.head);
        assert_eq!(client.post(0, b"no stamp, but long enough\n").await.status(), 400);
        assert_eq!(client.post(0, &[message(0), message(1)].concat()).await.status(), 400);
        assert_eq!(client.get(route::POLL, 0, 0).await.body, b"");
    });
}

#[test]
fn a_message_over_the_limit_is_413() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        let mut client = target.connect().await;
        let mut largest = Vec::new();
        write_message(&TrialKey::default(), Stamp::default(), MAX_MESSAGE, &mut largest);
        assert_eq!(client.post(0, &largest).await.status(), 204);
        assert_eq!(client.get(route::POLL, 0, 0).await.body, largest);
        let path = route::path(route::SEND, 0, 0);
        let length = MAX_MESSAGE + 1;
        client.write(format!("POST {path} HTTP/1.1\r\nHost: t\r\nContent-Length: {length}\r\n\r\n")).await;
        assert_eq!(client.answer().await.status(), 413);
        let mut client = target.connect().await;
        client.write(format!("POST {path} HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")).await;
        client.write(format!("{length:x}\r\n{}", "0".repeat(length))).await;
        assert_eq!(client.answer().await.status(), 413);
    });
}

#[test]
fn a_transfer_coding_besides_chunked_is_501() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        let path = route::path(route::SEND, 0, 0);
        for coding in ["gzip, chunked", "gzip\r\nTransfer-Encoding: chunked"] {
            let mut client = target.connect().await;
            let head = format!("POST {path} HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: {coding}\r\n\r\n");
            client.write(head).await;
            client.write("0\r\n\r\n").await;
            assert_eq!(client.answer().await.status(), 501, "{coding}");
        }
    });
}

#[test]
fn a_head_over_the_limit_is_431() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        let mut client = target.connect().await;
        let path = route::path(route::POLL, 0, 0);
        let filler = "x".repeat(MAX_HEAD);
        client.write(format!("GET {path} HTTP/1.1\r\nHost: t\r\nX: {filler}\r\n")).await;
        assert_eq!(client.answer().await.status(), 431);
    });
}

#[test]
fn a_target_that_publishes_takes_no_messages() {
    local(async {
        let every = PATIENCE;
        let publication = Some(publication(every, Audience::Each));
        let target = Target::start(TargetConfig { publication, ..polling(Reply::Since) }).await;
        assert_eq!(target.connect().await.post(0, &message(0)).await.status(), 409);
    });
}
