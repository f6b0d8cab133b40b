//! Of the hub and its handles: who is woken, in which order, and what they find.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::*;
use crate::clock::Tick;
use crate::content::Content;
use crate::pacer::Arrivals;
use crate::stream_handle::Woken;
use crate::transport::WebSocket;
use crate::wire::{Headers, Reading, Served, Stamp, Start};

fn config(clients: u32, audience: Option<Audience>, every: Duration) -> TargetConfig {
    TargetConfig {
        transport: Served::WebSocket(WebSocket::default()),
        publication: audience.map(|audience| Publication {
            every,
            arrivals: Arrivals::Constant,
            payload: 25,
            audience,
        }),
        content: Content::default(),
        clients: 0..clients,
        seed: 42,
        headers: Headers::minimal(),
        tls: None,
        compress: false,
        bind: ([127, 0, 0, 1], 0).into(),
        start: Start::OnWord,
        ring: 4,
    }
}

fn hub(clients: u32, audience: Option<Audience>) -> Rc<Hub> {
    Hub::new(&config(clients, audience, Duration::from_millis(10)), 4)
}

/// Notes its number when woken.
struct Noting(usize, Arc<Mutex<Vec<usize>>>);

impl Wake for Noting {
    fn wake(self: Arc<Self>) {
        self.1.lock().unwrap().push(self.0);
    }
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_message_to_all_wakes_another_one_first_each_time() {
    let hub = hub(4, Some(Audience::All));
    let handles: Vec<StreamHandle> = (0..4).map(|c| hub.handle(c).unwrap()).collect();
    let woken = Arc::new(Mutex::new(Vec::new()));
    for round in 0..5 {
        let subscriptions: Vec<_> = handles.iter().map(StreamHandle::subscribe).collect();
        for (number, subscription) in subscriptions.iter().enumerate() {
            let waker = Arc::new(Noting(number, Arc::clone(&woken))).into();
            assert!(pin!(subscription.changed(round)).poll(&mut Context::from_waker(&waker)).is_pending());
        }
        hub.push(0, round, Bytes::from_static(b"m"));
        let first = round as usize % 4;
        let expected: Vec<usize> = (0..4).map(|n| (first + n) % 4).collect();
        assert_eq!(std::mem::take(&mut *woken.lock().unwrap()), expected);
    }
}

#[test]
fn a_stream_of_ones_own_wakes_nobody_else() {
    let hub = hub(2, Some(Audience::Each));
    let (zero, one) = (hub.handle(0).unwrap(), hub.handle(1).unwrap());
    let (first, second) = (zero.subscribe(), one.subscribe());
    let (mut wait0, mut wait1) = (pin!(first.changed(0)), pin!(second.changed(0)));
    assert!(poll(wait0.as_mut()).is_pending() && poll(wait1.as_mut()).is_pending());
    hub.push(1, 0, Bytes::from_static(b"m"));
    assert_eq!((poll(wait0), poll(wait1)), (Poll::Pending, Poll::Ready(Woken::Message)));
    assert_eq!((zero.since(0), one.since(0)), (Bytes::new(), Bytes::from_static(b"m")));
    assert!(hub.handle(2).is_none());
}

#[test]
fn who_subscribes_last_holds_the_subscription() {
    let hub = hub(1, None);
    let handle = hub.handle(0).unwrap();
    let old = handle.subscribe();
    let mut waits = pin!(old.changed(0));
    assert!(poll(waits.as_mut()).is_pending());
    let new = handle.subscribe();
    assert_eq!(poll(waits), Poll::Ready(Woken::Superseded));
    let mut waits = pin!(new.changed(0));
    assert!(poll(waits.as_mut()).is_pending());
    // The old one leaves late and must not take the new one's waker with it.
    drop(old);
    let woken = Arc::new(Mutex::new(Vec::new()));
    let waker = Arc::new(Noting(7, Arc::clone(&woken))).into();
    assert!(waits.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    handle.push(0, Bytes::from_static(b"m"));
    assert_eq!(*woken.lock().unwrap(), [7]);
}

#[test]
fn a_reader_that_fell_off_the_ring_sees_the_gap() {
    let hub = hub(1, None);
    let handle = hub.handle(0).unwrap();
    (0..10).for_each(|n| handle.push(n, Bytes::from(n.to_string())));
    assert_eq!(handle.since(2), "6789");
    assert_eq!(handle.next(2).unwrap().0, 6);
    handle.acknowledge(9);
    assert_eq!((handle.since(0), handle.latest().unwrap()), ("9".into(), "9".into()));
}

#[test]
fn one_clients_word_takes_nothing_from_the_others() {
    let hub = hub(2, Some(Audience::All));
    let (zero, one) = (hub.handle(0).unwrap(), hub.handle(1).unwrap());
    hub.push(0, 0, Bytes::from_static(b"m"));
    zero.acknowledge(1);
    assert_eq!(one.since(0), "m");
}

#[test]
fn an_idle_client_costs_little() {
    let a_client =
        size_of::<RefCell<Ring>>() + size_of::<Waiter>() + size_of::<crate::pacer::Pacer>() + 8 + 16;
    assert!(a_client <= 136, "{a_client} bytes");
}

/// Runs the publisher for `long` and tells what the first client found.
async fn published_in(long: Duration, config: &TargetConfig, start: Tick) -> (Published, Bytes) {
    let hub = Hub::new(config, 1000);
    let clock = Clock::new().unwrap();
    tokio::select! {
        ended = clock.clone().run() => panic!("{ended:?}"),
        () = Rc::clone(&hub).publish(clock.clone(), Span::whole(start)) => panic!("the schedule has no end"),
        () = tokio::time::sleep(long) => {}
    }
    (hub.published(), hub.handle(0).unwrap().since(0))
}

#[tokio::test]
async fn publishes_the_stream_that_the_harness_computes() {
    let config = config(3, Some(Audience::Each), Duration::from_millis(10));
    let start = now() + Duration::from_millis(20);
    let (published, heard) = published_in(Duration::from_millis(300), &config, start).await;
    let (mut pacer, key) = (config.publication.unwrap().stream(42, 0, start), TrialKey::new(42, start));
    let messages: Vec<&[u8]> = heard.chunks(25).collect();
    assert!(messages.len() >= 5, "{}", messages.len());
    for (seq, message) in (0..).zip(&messages) {
        let stamp = Stamp { stream: 0, seq, due: pacer.next_due(Tick(0)) };
        assert_eq!(key.decode(message), Some(Reading { stamp, genuine: true }));
        assert_eq!(message.last(), Some(&b'\n'));
    }
    assert!(published.messages >= messages.len() as u64 * 2);
    assert_eq!(published.lateness.count(), published.messages);
}

#[tokio::test]
async fn a_start_in_the_past_is_lateness_and_missed_ticks_and_no_message_is_skipped() {
    let config = config(1, Some(Audience::All), Duration::from_millis(10));
    let start = now() - Duration::from_secs(1);
    let (published, heard) = published_in(Duration::from_millis(50), &config, start).await;
    assert!(published.missed_ticks >= 99, "{}", published.missed_ticks);
    assert!(published.lateness.max().unwrap() >= 1_000_000_000);
    let numbers: Vec<u64> = heard.chunks(25).map(|m| Stamp::number(m).unwrap()).collect();
    assert_eq!(numbers, (0..published.messages).collect::<Vec<_>>());
}

#[tokio::test]
async fn without_a_publication_nothing_is_put_out() {
    let hub = hub(1, None);
    Rc::clone(&hub).publish(Clock::new().unwrap(), Span::whole(now())).await;
    assert_eq!(hub.published(), Published::default());
}
