//! Polling: bytes of an answer, the latest value, everything since a cursor.

use std::time::Duration;

use wsbench_targets::wire::{Audience, Headers, Reply, TargetConfig, TrialKey, route};

use crate::support::{Target, local, message, polling, publication};

fn every(milliseconds: u64, reply: Reply) -> TargetConfig {
    let every = Duration::from_millis(milliseconds);
    TargetConfig { publication: Some(publication(every, Audience::Each)), ..polling(reply) }
}

#[test]
fn the_articles_answer_to_the_byte() {
    local(async {
        let mut target =
            Target::start(TargetConfig { headers: Headers::article(), ..every(1, Reply::Latest) }).await;
        let mut client = target.connect().await;
        let empty = client.get(route::POLL, 0, 0).await;
        assert!(empty.body.is_empty() && empty.head.contains("\r\nContent-Length: 0\r\n"), "{}", empty.head);
        target.begin().await;
        let full = loop {
            let answer = client.get(route::POLL, 0, 0).await;
            if !answer.body.is_empty() {
                break answer;
            }
        };
        assert_eq!((full.head.len(), full.body.len()), (193, 21), "{}", full.head);
        let date = full.head.lines().find_map(|l| l.strip_prefix("Date: ")).unwrap();
        let expected = format!(
            "HTTP/1.1 200 OK\r\nX-Powered-By: Servlet/2.5\r\nServer: Sun Java System Application Server 9.1_02\r\n\
             Content-Type: text/html;charset=UTF-8\r\nContent-Length: 21\r\nDate: {date}\r\n\r\n"
        );
        assert_eq!(full.head, expected);
    });
}

#[test]
fn minimal_headers_are_the_length_alone() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        let answer = target.connect().await.get(route::POLL, 0, 0).await;
        assert_eq!(answer.head, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
}

#[test]
fn latest_is_the_newest_every_time_whatever_the_cursor() {
    local(async {
        let mut target = Target::start(polling(Reply::Latest)).await;
        let mut client = target.connect().await;
        for seq in 0..3 {
            assert_eq!(client.post(1, &message(seq)).await.status(), 204);
        }
        for cursor in [0, 0, 2, 3, 99] {
            assert_eq!(client.get(route::POLL, 1, cursor).await.numbers(), [2]);
        }
        target.begin().await;
        assert_eq!(client.get(route::POLL, 0, 0).await.body, b"");
    });
}

#[test]
fn since_is_everything_from_the_cursor_once() {
    local(async {
        let mut target = Target::start(every(5, Reply::Since)).await;
        let start = target.begin().await;
        let mut client = target.connect().await;
        let mut numbers = Vec::new();
        while numbers.len() < 30 {
            tokio::time::sleep(Duration::from_millis(12)).await;
            numbers.extend(client.get(route::POLL, 2, numbers.len() as u64).await.numbers());
        }
        assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
        let (ended, published) = target.end().await;
        ended.unwrap();
        let published = published.unwrap();
        assert!(published.messages >= 4 * 29 && published.lateness.count() == published.messages);
        assert!(start.0 > 0);
    });
}

#[test]
fn the_stamps_are_the_schedule_that_the_harness_computes() {
    local(async {
        let config = every(5, Reply::Since);
        let mut target = Target::start(config.clone()).await;
        let start = target.begin().await;
        let key = TrialKey::new(config.seed, start);
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut client = target.connect().await;
        for number in config.clients.clone() {
            let mut pacer = config.publication.unwrap().stream(config.seed, number, start);
            let answer = client.get(route::POLL, number, 0).await;
            assert!(answer.body.len() >= 21);
            for message in answer.body.chunks(21) {
                assert_eq!(key.decode(message).unwrap().stamp.due, pacer.next_due(start));
            }
        }
    });
}

#[test]
fn a_posted_message_comes_back_through_the_poll() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        let mut client = target.connect().await;
        let posted = client.post(3, &message(0)).await;
        assert_eq!((posted.head.as_str(), posted.body.len()), ("HTTP/1.1 204 No Content\r\n\r\n", 0));
        client.post(3, &message(1)).await;
        assert_eq!(client.get(route::POLL, 3, 0).await.body, [message(0), message(1)].concat());
        assert_eq!(client.get(route::POLL, 3, 1).await.body, message(1));
        assert_eq!(client.get(route::POLL, 3, 2).await.body, b"");
        assert_eq!(client.get(route::POLL, 2, 0).await.body, b"");
    });
}

#[test]
fn a_connection_for_one_poll_ends_after_it() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        let mut client = target.connect().await;
        let path = route::path(route::POLL, 0, 0);
        client.write(format!("GET {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")).await;
        let all = String::from_utf8(client.rest().await).unwrap();
        assert_eq!(all, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    });
}

#[test]
fn a_client_that_closes_its_half_reads_the_end_at_once() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        let mut client = target.connect().await;
        client.get(route::POLL, 0, 0).await;
        tokio::io::AsyncWriteExt::shutdown(&mut client.stream).await.unwrap();
        assert_eq!(client.rest().await, b"");
    });
}
