use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use wsbench_targets::clock::{Clock, Tick, now};
use wsbench_targets::wire::Headers;

use super::clients::spawn;
use super::run::Shard;
use super::{Assignment, TargetSlice};
use crate::drivers::Endpoint;
use crate::load::scripted::{Script, Scripted, run};
use crate::plan::{Trial, Where};
use wsbench_targets::content::Content;

use crate::scenario::Load;
use crate::transport::{Transport, WebSocket};

/// A small trial of `load`.
pub(super) fn trial(load: Load) -> Trial {
    Trial {
        number: 0,
        transport: Transport::WebSocket(WebSocket::default()),
        load,
        content: Content::default(),
        clients: 3,
        groups: None,
        repeat: 0,
        seed: 1,
        warmup: Duration::from_millis(70),
        measure: Duration::from_secs(1),
        drain: Duration::from_secs(2),
        headers: Headers::minimal(),
        target: Where::Reference,
        targets: 1,
        shards: 1,
        pin: false,
        addresses: 1,
        ipv6: false,
        values: None,
        session: None,
        shared_machine: false,
        connect_rate: 1_000.0,
    }
}

/// A shard of three clients that follow a script, all connected.
async fn connected(script: &Script) -> Shard {
    let endpoint = Endpoint::reference(([127, 0, 0, 1], 1).into());
    let assignment = Assignment {
        trial: trial(Load::Idle),
        slice: 0..3,
        targets: vec![TargetSlice { clients: 0..3, endpoint }],
        headers: Headers::minimal(),
        values: None,
        session: None,
        post: None,
    };
    let clock = Clock::new().unwrap();
    tokio::task::spawn_local(clock.clone().run());
    let shard = Shard::new(assignment, clock, watch::channel(None).1).unwrap();
    spawn::<Scripted>(&shard.pool, script);
    while shard.pool.settled.get() < 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    shard
}

/// What `shard` does while its tasks are watched, as in a shard's process.
async fn watched(shard: &Shard, what: impl Future<Output = ()>) {
    tokio::select! {
        panicked = shard.pool.tasks.watch() => panicked.unwrap(),
        () = what => {}
    }
}

#[test]
fn a_client_that_panics_under_load_is_named() {
    run(async {
        let shard = connected(&Script { panics: Some(1), ..Script::default() }).await;
        shard.load(Tick(0));
        let panicked = timeout(Duration::from_secs(10), shard.pool.tasks.watch()).await.unwrap();
        let text = panicked.unwrap_err().to_string();
        assert!(text.starts_with("client 1 panicked: ") && text.contains("as the script wants"), "{text}");
    });
}

#[test]
fn clients_that_close_end_a_trial_at_once() {
    run(async {
        let shard = connected(&Script::default()).await;
        let began = now();
        watched(&shard, shard.close(Duration::from_secs(60))).await;
        assert!(Duration::from_nanos(now().since(began)) < Duration::from_secs(10));
        assert!(shard.pool.tasks.is_empty());
    });
}

#[test]
fn a_client_that_does_not_close_is_cut_off_at_the_deadline_and_is_no_failure() {
    run(async {
        let shard = connected(&Script { stays_open: true, ..Script::default() }).await;
        let (began, within) = (now(), Duration::from_millis(200));
        watched(&shard, shard.close(within)).await;
        let took = Duration::from_nanos(now().since(began));
        assert!((within..within * 10).contains(&took), "{took:?}");
        assert!(shard.pool.tasks.is_empty());
        assert_eq!(shard.pool.shard.meter.tally().failures.total(), 0);
    });
}

#[test]
fn first_requests_are_spread_over_the_warm_up() {
    run(async {
        let shard = connected(&Script::default()).await;
        assert_eq!(shard.pool.shard.spread, Duration::from_millis(70));
        assert_eq!(shard.pool.shard.apart().spread, Duration::from_millis(70));
    });
}
