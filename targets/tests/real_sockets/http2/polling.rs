//! Polling and long-polling over HTTP/2.

use std::collections::BTreeSet;
use std::time::Duration;

use hyper::Method;
use hyper::header::HeaderMap;
use tokio::time::timeout;
use wsbench_targets::limits::MAX_MESSAGE;
use wsbench_targets::wire::{Audience, Headers, Reply, Stamp, TargetConfig, TrialKey, route, write_message};

use super::client::{Client, DATA, Frame, HEADERS, request, whole};
use crate::support::{PATIENCE, Target, local, long_polling, message, polling, publication};

fn article(reply: Reply) -> TargetConfig {
    TargetConfig { headers: Headers::article(), ..polling(reply) }
}

#[test]
fn since_is_everything_from_the_cursor_once() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        let mut client = Client::connect(target.at).await;
        for seq in 0..3 {
            let posted = client.post(2, &message(seq)).await;
            assert_eq!((posted.status, posted.fields, posted.body.len()), (204, HeaderMap::new(), 0));
        }
        let all = [message(0), message(1), message(2)].concat();
        assert_eq!(client.get(route::POLL, 2, 0).await.body, all);
        assert_eq!(client.get(route::POLL, 2, 2).await.body, message(2));
        let nothing = client.get(route::POLL, 2, 3).await;
        assert_eq!((nothing.status, nothing.body.len()), (200, 0));
        assert_eq!(client.get(route::POLL, 1, 0).await.body, b"".as_slice());
    });
}

#[test]
fn the_profile_is_the_same_but_for_what_http_2_has_not() {
    local(async {
        let mut headers = Headers::article();
        let line = |name: &str, value: &str| wsbench_targets::wire::Header(name.to_owned(), value.to_owned());
        headers.response.extend([line("Connection", "Keep-Alive"), line("Keep-Alive", "timeout=5")]);
        let target = Target::start(TargetConfig { headers, ..polling(Reply::Latest) }).await;
        let mut client = Client::connect(target.at).await;
        client.post(0, &message(7)).await;
        let answer = client.get(route::POLL, 0, 0).await;
        assert_eq!(answer.body, message(7));
        let names: BTreeSet<&str> = answer.fields.keys().map(|name| name.as_str()).collect();
        let expected = ["x-powered-by", "server", "content-type", "date", "content-length"];
        assert_eq!(names, BTreeSet::from(expected));
        assert_eq!(answer.field("server"), "Sun Java System Application Server 9.1_02");
        assert_eq!(answer.field("content-length"), "21");
        assert!(answer.field("date").ends_with(" GMT"), "{answer:?}");
    });
}

/// The answer of the article over a connection whose header table is warm. Of its six fields five are in the table then, a
/// byte each, or `date` in a new second 24. h2 never indexes `content-length` (as nghttp2, from which it has its list):
/// a literal of 5 bytes where an encoder that indexes it, as Go's, has 1: 68 and 45 there.
#[test]
fn the_articles_answer_is_72_bytes_with_a_new_date_and_49_without() {
    local(async {
        let target = Target::start(article(Reply::Latest)).await;
        let mut client = Client::connect(target.at).await;
        client.post(0, &message(7)).await;
        client.get(route::POLL, 0, 0).await;
        let (mut date, mut seen) = (String::new(), [0, 0]);
        while seen.contains(&0) {
            client.said.frames();
            let answer = client.get(route::POLL, 0, 0).await;
            let frames = client.said.frames();
            let kinds: Vec<u8> = frames.iter().map(|frame| frame.kind).collect();
            assert_eq!(kinds, [HEADERS, DATA]);
            let down: usize = frames.iter().map(Frame::bytes).sum();
            let known = answer.field("date") == date;
            if !date.is_empty() {
                let (date, content_length) = (if known { 1 } else { 24 }, 5);
                assert_eq!(down, 9 + 4 + date + content_length + 9 + 21, "{frames:?}");
                assert_eq!(down, if known { 49 } else { 72 });
                seen[usize::from(known)] += 1;
            }
            answer.field("date").clone_into(&mut date);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
}

/// One segment: the two frames of an answer are one write.
#[test]
fn minimal_headers_are_the_status_and_the_length() {
    local(async {
        let target = Target::start(polling(Reply::Latest)).await;
        let mut client = Client::connect(target.at).await;
        client.post(0, &message(7)).await;
        client.said.frames();
        client.get(route::POLL, 0, 0).await;
        let frames = client.said.frames();
        assert_eq!(frames.iter().map(Frame::bytes).collect::<Vec<_>>(), [9 + 1 + 5, 9 + 21]);
        assert_eq!(frames[1].payload, message(7));
    });
}

#[test]
fn long_polls_wait_each_on_a_stream_of_its_own() {
    local(async {
        let target = Target::start(long_polling(PATIENCE * 10)).await;
        let client = Client::connect(target.at).await;
        let waiting = |number| {
            let mut client = client.clone();
            tokio::task::spawn_local(async move { client.get(route::WAIT, number, 0).await.body })
        };
        let mut waiting = [waiting(0), waiting(1), waiting(2)];
        assert!(timeout(Duration::from_millis(100), &mut waiting[0]).await.is_err());
        // The one posted for comes first, though it was asked for last.
        for number in [2, 0, 1] {
            client.clone().post(number, &message(0)).await;
            let body = timeout(PATIENCE, &mut waiting[number as usize]).await.unwrap().unwrap();
            assert_eq!(body, message(0));
        }
    });
}

#[test]
fn a_hold_that_has_passed_is_answered_with_nothing() {
    local(async {
        let target = Target::start(long_polling(Duration::from_millis(20))).await;
        let answer = Client::connect(target.at).await.get(route::WAIT, 0, 0).await;
        assert_eq!((answer.status, answer.body.len()), (200, 0));
    });
}

#[test]
fn what_is_refused_over_http_1_is_refused_over_http_2() {
    local(async {
        let target = Target::start(polling(Reply::Since)).await;
        let mut client = Client::connect(target.at).await;
        let other = whole(client.ask(request(Method::GET, "/other")).await).await;
        assert_eq!((other.status, other.field("content-type")), (404, "text/plain"));
        assert!(other.text().contains("/poll/") && other.text().contains("/send/"), "{}", other.text());
        assert_eq!(client.get(route::POLL, 4, 0).await.status, 404);
        let refused = client.get(route::SEND, 0, 0).await;
        assert_eq!((refused.status, refused.field("allow")), (405, "POST"));
        assert_eq!(client.post(0, b"no stamp, but long enough\n").await.status, 400);
        let mut largest = Vec::new();
        write_message(&TrialKey::default(), Stamp::default(), MAX_MESSAGE, &mut largest);
        assert_eq!(client.post(0, &largest).await.status, 204);
        assert_eq!(client.get(route::POLL, 0, 0).await.body, largest);
        largest.push(b'\n');
        assert_eq!(client.post(0, &largest).await.status, 413);
        let publishing = TargetConfig {
            publication: Some(publication(PATIENCE, Audience::Each)),
            ..polling(Reply::Since)
        };
        let target = Target::start(publishing).await;
        assert_eq!(Client::connect(target.at).await.post(0, &message(0)).await.status, 409);
    });
}

#[test]
fn answers_are_compressed_for_those_that_accept_it() {
    local(async {
        let target = Target::start(TargetConfig { compress: true, ..polling(Reply::Latest) }).await;
        let mut client = Client::connect(target.at).await;
        client.post(0, &message(0)).await;
        let mut asked = request(Method::GET, &route::path(route::POLL, 0, 0));
        asked.headers_mut().insert("accept-encoding", "gzip".parse().unwrap());
        let answer = whole(client.ask(asked).await).await;
        assert_eq!((answer.field("content-encoding"), &answer.body[..2]), ("gzip", &[0x1F, 0x8B][..]));
        assert_eq!(client.get(route::POLL, 0, 0).await.body, message(0));
    });
}
