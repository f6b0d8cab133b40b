//! Long-polling: held until something comes, the hold passes, or another asks.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use wsbench_targets::clock::now;
use wsbench_targets::wire::{Audience, TargetConfig, route};

use crate::support::{PATIENCE, Target, local, long_polling, message, publication};

const SHORT: Duration = Duration::from_millis(150);

#[test]
fn holds_until_a_message_comes() {
    local(async {
        let target = Target::start(long_polling(PATIENCE)).await;
        let (mut held, mut other) = (target.connect().await, target.connect().await);
        held.ask(route::WAIT, 0, 0).await;
        assert!(held.is_silent(SHORT).await);
        // Somebody else's message is none of this client's.
        other.post(1, &message(0)).await;
        assert!(held.is_silent(SHORT).await);
        other.post(0, &message(0)).await;
        assert_eq!(held.answer().await.body, message(0));
    });
}

#[test]
fn answers_at_once_who_is_behind_and_loses_nothing() {
    local(async {
        let target = Target::start(long_polling(PATIENCE)).await;
        let mut client = target.connect().await;
        for seq in 0..3 {
            client.post(0, &message(seq)).await;
        }
        assert_eq!(client.get(route::WAIT, 0, 0).await.numbers(), [0, 1, 2]);
        assert_eq!(client.get(route::WAIT, 0, 1).await.numbers(), [1, 2]);
        client.ask(route::WAIT, 0, 3).await;
        assert!(client.is_silent(SHORT).await);
    });
}

#[test]
fn a_hold_that_passes_is_answered_with_nothing() {
    local(async {
        let target = Target::start(long_polling(SHORT)).await;
        let mut client = target.connect().await;
        let asked = now();
        let answer = client.get(route::WAIT, 0, 0).await;
        assert_eq!((answer.status(), answer.body.len()), (200, 0));
        assert!(now().since(asked) >= 150_000_000);
    });
}

#[test]
fn who_asks_again_frees_the_first() {
    local(async {
        let target = Target::start(long_polling(PATIENCE)).await;
        let (mut first, mut second) = (target.connect().await, target.connect().await);
        first.ask(route::WAIT, 0, 0).await;
        assert!(first.is_silent(SHORT).await);
        second.ask(route::WAIT, 0, 0).await;
        assert_eq!(first.answer().await.body, b"");
        assert!(second.is_silent(SHORT).await);
        first.post(0, &message(0)).await;
        assert_eq!(second.answer().await.body, message(0));
    });
}

#[test]
fn a_held_client_that_hangs_up_is_dropped_and_reads_the_end() {
    local(async {
        let target = Target::start(long_polling(PATIENCE * 10)).await;
        let mut client = target.connect().await;
        client.ask(route::WAIT, 0, 0).await;
        assert!(client.is_silent(SHORT).await);
        client.stream.shutdown().await.unwrap();
        assert_eq!(client.rest().await, b"", "neither an answer nor a wait for the hold");
        // The message that comes now is still there for the next connection.
        let mut again = target.connect().await;
        again.post(0, &message(0)).await;
        assert_eq!(again.get(route::WAIT, 0, 0).await.body, message(0));
        let (ended, _) = target.end().await;
        ended.unwrap();
    });
}

#[test]
fn a_broadcast_reaches_all_with_the_same_bytes() {
    local(async {
        let all = Some(publication(Duration::from_millis(200), Audience::All));
        let mut target = Target::start(TargetConfig { publication: all, ..long_polling(PATIENCE) }).await;
        let mut clients = Vec::new();
        for number in 0..4 {
            let mut client = target.connect().await;
            client.ask(route::WAIT, number, 0).await;
            clients.push(client);
        }
        target.begin().await;
        let mut bodies = Vec::new();
        for client in &mut clients {
            bodies.push(client.answer().await.body);
        }
        assert!(bodies.iter().all(|b| b.len() >= 21 && b[..21] == bodies[0][..21]), "{bodies:?}");
    });
}
