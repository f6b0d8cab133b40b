//! Streaming and Server-Sent Events over HTTP/2: a DATA frame a message, many clients on one connection.

use std::time::Duration;

use wsbench_targets::transport::{Sse, Streaming};
use wsbench_targets::wire::{Audience, Delimiting, Served, Stamp, TargetConfig, event, route};

use super::client::{Client, DATA, Frame, at_least, piece, request};
use crate::support::{Target, config, local, message, publication};

fn streaming(body: Delimiting) -> TargetConfig {
    config(Served::Streaming(Streaming { body }))
}

fn sse() -> TargetConfig {
    config(Served::Sse(Sse::default()))
}

/// The bytes of each DATA frame that has come.
fn data(client: &Client) -> Vec<usize> {
    let frames = client.said.frames().into_iter();
    frames.filter(|frame| frame.kind == DATA).map(|frame| Frame::bytes(&frame)).collect()
}

#[test]
fn each_message_is_a_frame_of_30_bytes_however_the_answer_is_delimited() {
    local(async {
        for body in [Delimiting::Chunked, Delimiting::Close] {
            let target = Target::start(streaming(body)).await;
            let mut client = Client::connect(target.at).await;
            let mut poster = Client::connect(target.at).await;
            let mut answer = client.open(route::LINE, 0, 0).await;
            assert_eq!((answer.status().as_u16(), answer.headers().len()), (200, 0));
            client.said.frames();
            for seq in 0..3 {
                poster.post(0, &message(seq)).await;
                assert_eq!(piece(answer.body_mut()).await.unwrap(), message(seq));
            }
            assert_eq!(data(&client), [9 + 21; 3]);
        }
    });
}

/// 9 bytes of head, as 6 of a chunk in HTTP/1.1; the event is the same: `id` and `data` are 19 around the message.
#[test]
fn each_event_is_a_frame() {
    local(async {
        let target = Target::start(sse()).await;
        let mut client = Client::connect(target.at).await;
        let mut answer = client.open(route::EVENT, 0, 0).await;
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        client.said.frames();
        for seq in 0..3 {
            client.post(0, &message(seq)).await;
            assert_eq!(piece(answer.body_mut()).await.unwrap(), event::encode(seq, &message(seq)));
        }
        assert_eq!(data(&client), [9 + event::FRAMING + 21; 3]);
    });
}

#[test]
fn a_client_goes_on_behind_its_last_event() {
    local(async {
        let target = Target::start(sse()).await;
        let mut client = Client::connect(target.at).await;
        for seq in 0..3 {
            client.post(0, &message(seq)).await;
        }
        let mut again = request(hyper::Method::GET, &route::path(route::EVENT, 0, 0));
        again.headers_mut().insert("last-event-id", "0000001".parse().unwrap());
        let mut answer = client.ask(again).await;
        assert_eq!(piece(answer.body_mut()).await.unwrap(), event::encode(2, &message(2)));
    });
}

#[test]
fn clients_of_one_connection_hear_each_their_own() {
    local(async {
        let publication = Some(publication(Duration::from_millis(5), Audience::Each));
        let mut target = Target::start(TargetConfig { publication, ..streaming(Delimiting::Chunked) }).await;
        let mut client = Client::connect(target.at).await;
        let mut answers = Vec::new();
        for number in 0..4 {
            answers.push(client.open(route::LINE, number, 0).await.into_body());
        }
        target.begin().await;
        for answer in &mut answers {
            let came = at_least(answer, 20 * 21).await;
            let numbers: Vec<u64> = came.chunks(21).take(20).map(|m| Stamp::number(m).unwrap()).collect();
            assert_eq!(numbers, (0..20).collect::<Vec<u64>>());
        }
    });
}

#[test]
fn who_asks_again_ends_the_first_answer() {
    local(async {
        let target = Target::start(streaming(Delimiting::Chunked)).await;
        let mut client = Client::connect(target.at).await;
        let mut first = client.open(route::LINE, 0, 0).await;
        let _second = client.open(route::LINE, 0, 0).await;
        assert_eq!(piece(first.body_mut()).await, None);
    });
}

#[test]
fn ten_thousand_events_in_a_burst_come_whole_and_in_order() {
    local(async {
        const MESSAGES: usize = 10_000;
        let publication = Some(publication(Duration::from_micros(50), Audience::Each));
        let burst = TargetConfig { publication, clients: 0..1, ring: 100_000, ..sse() };
        let mut target = Target::start(burst).await;
        target.begin().await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        let mut client = Client::connect(target.at).await;
        let mut answer = client.open(route::EVENT, 0, 0).await.into_body();
        let each = event::FRAMING + 21;
        let came = at_least(&mut answer, MESSAGES * each).await;
        for (seq, event) in came.chunks(each).take(MESSAGES).enumerate() {
            assert_eq!(event[..4 + 7], *format!("id: {seq:07}").as_bytes());
            assert_eq!(Stamp::number(&event[event.len() - 22..]), Some(seq as u64));
        }
    });
}
