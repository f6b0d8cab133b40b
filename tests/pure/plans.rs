//! Plans: trials and their order, what is foreseen, noted and announced before a run.

use std::net::SocketAddr;
use std::time::Duration;

use crate::sample::planned::{GOOD, plan};
use wsbench::plan::{Plan, announcement, describe};

#[test]
fn percentiles_that_will_lack_their_samples_are_foreseen() {
    let push = "[load.push]\nevery = \"100ms\"";
    let echo = "[load.echo]\nrate = \"10/s\"";
    let (websocket, polling) = ("websocket = {}", "polling = { every = \"1s\", reply = \"since\" }");
    for (metric, clients, load, transport, most) in [
        // Ten seconds: 100 messages for each client.
        ("latency.p99", 10, push, websocket, None),
        ("latency.p99", 9, push, websocket, Some("at most 900")),
        ("latency.p99.9", 10, push, websocket, Some("at most 1,000")),
        ("latency.max", 1, push, websocket, None),
        ("latency.p99", 9, "[load.broadcast]\nevery = \"100ms\"", websocket, Some("at most 900")),
        ("latency.p99", 9, echo, websocket, Some("at most 900")),
        ("lateness.p99", 9, echo, websocket, Some("at most 900")),
        ("latency.p99", 1, "[load.echo]\npace = \"closed\"", websocket, None),
        ("lateness.p99", 50, "[load.echo]\npace = \"closed\"", polling, Some("at most 500")),
        ("connect.p50", 19, push, websocket, None),
        ("connect.p50", 10, push, websocket, Some("at most 10")),
        ("response.p99", 50, push, polling, Some("at most 500")),
        ("latency.p99", 10, push, "polling = { every = \"1s\" }", Some("at most 100")),
        ("lateness.p50", 1, "[load.connect]\nrate = \"1/s\"", websocket, Some("at most 10")),
        ("lost", 1, push, websocket, None),
    ] {
        let max = if metric == "lost" { "0" } else { "\"1s\"" };
        let text = format!(
            "name = \"x\"\nclients = [{clients}, 10_000]\n{load}\n[[transport]]\n{transport}\n\
             [[threshold]]\nmetric = \"{metric}\"\nmax = {max}\n"
        );
        let notes = plan(&text).notes.join("; ");
        let said =
            most.is_some_and(|most| notes.contains(most) && notes.contains(&format!("on {metric} needs")));
        assert_eq!(
            said || notes.contains("samples"),
            most.is_some(),
            "{metric} {clients} {load} {transport}: {notes}"
        );
        assert!(said || most.is_none(), "{metric} {clients} {load} {transport}: {notes}");
    }
}

/// A client pauses up to five seconds where its connection has broken, or as long as it is told.
#[test]
fn the_drain_is_as_long_as_a_client_may_pause_by_itself() {
    for (transport, seconds) in [
        ("websocket = {}", 7),
        ("sse = {}", 7),
        ("sse = { retry = \"20s\" }", 22),
        ("polling = { every = \"10s\", reply = \"since\" }", 17),
        // What is skipped by design never comes.
        ("polling = { every = \"10s\" }", 12),
    ] {
        let text = format!(
            "name = \"x\"\nclients = 1\nmeasure = \"1m\"\n[load.push]\nevery = \"20s\"\n[[transport]]\n{transport}\n"
        );
        assert_eq!(plan(&text).trials[0].drain, Duration::from_secs(seconds), "{transport}");
    }
}

/// Where a search stands behind something, its answer has the name that its trials have.
#[test]
fn a_search_is_called_as_its_trials_are() {
    let text = "name = \"x\"\nclients = 10\n[target]\nthird-party = \"ws\"\nbehind = \"nginx\"\n[search]\n\
                [load.echo]\nevery = \"1s\"\n[[transport]]\nwebsocket = {}\n";
    let plan = plan(text);
    let search = plan.search.as_ref().unwrap();
    let ways: Vec<String> = search.transports().iter().map(|transport| search.row_name(transport)).collect();
    assert_eq!(ways, ["websocket behind nginx"]);
    assert_eq!(ways[0], plan.trials[0].row_name());
    assert!(describe(&plan, 80).contains("websocket behind nginx: latency.p99"), "{}", describe(&plan, 80));
}

#[test]
fn a_pace_of_connecting_that_nobody_keeps_is_noted() {
    let text = GOOD
        .replace("[load.push]\nevery = \"1s\"", "connect-rate = \"7/s\"\n[load.connect]\nrate = \"100/s\"");
    assert!(plan(&text).notes[0].starts_with("connect-rate has no effect"), "{:?}", plan(&text).notes);
    assert_eq!(plan(&GOOD.replace("[load", "connect-rate = \"7/s\"\n[load")).notes, Vec::<String>::new());
}

#[test]
fn who_is_posted_to_is_named_before_it_is_done() {
    let text = "name = \"x\"\nclients = 10\n[load.publish]\nrate = \"50/s\"\n\
                post = \"http://[2001:db8::1]/publish?token=s3cret\"\n[target]\nurl = \"ws://127.0.0.1:9/\"\n\
                authorised = [\"2001:db8::1\"]\n[[transport]]\nwebsocket = {}\n";
    let plan = plan(text);
    let (_, url) = plan.by_url().unwrap();
    let said = announcement(&plan, url, &[SocketAddr::from(([127, 0, 0, 1], 9))]);
    let posts = "http://[2001:db8::1]/publish?token=[redacted]";
    assert!(said.contains(", 50 requests or messages/s"), "{said}");
    assert!(said.ends_with(&format!("posted to {posts}")), "{said}");
    assert!(describe(&plan, 80).contains(&format!("posts to {posts}")), "{}", describe(&plan, 80));
}

/// Who is loaded, and how much at the most: also where that is for the server alone to say.
#[test]
fn what_a_server_will_bear_is_announced() {
    let said = |transport: &str| {
        let text = format!(
            "name = \"x\"\nclients = 10\n[load.listen]\n[target]\nurl = \"http://127.0.0.1:9/\"\n[[transport]]\n{transport}\n"
        );
        let plan = plan(&text);
        let (_, url) = plan.by_url().unwrap();
        announcement(&plan, url, &[SocketAddr::from(([127, 0, 0, 1], 9))])
    };
    let own = "each over a connection of its own where none is kept";
    let polls = format!(", 20 requests or messages/s, {own}");
    assert!(said("polling = { every = \"500ms\" }").ends_with(&polls));
    let waiting = format!(", 10 requests waiting at a time, {own}");
    assert!(said("long-polling = {}").ends_with(&waiting), "{}", said("long-polling = {}"));
    assert!(said("sse = {}").ends_with("10 clients, 10 connections/s"), "{}", said("sse = {}"));
}

#[test]
fn the_same_seed_gives_the_same_order_and_repeats_stay_together() {
    let text = GOOD.replace("clients = 10", "clients = [1, 2, 3, 4]\nrepeat = 3");
    let (a, b) = (plan(&text), plan(&text));
    assert_eq!(a, b);
    let repeats: Vec<_> = a.trials.iter().map(|trial| trial.repeat).collect();
    assert!(repeats.is_sorted());
    assert!(a.trials.iter().all(|trial| trial.seed == 42 + u64::from(trial.repeat)));
    let mut numbers: Vec<_> = a.trials.iter().map(|trial| trial.number).collect();
    assert!(!numbers.is_sorted());
    numbers.sort_unstable();
    assert_eq!(numbers, (0..12).collect::<Vec<_>>());
    let other = plan(&text.replace("repeat = 3", "repeat = 3\nseed = 43"));
    let order = |plan: &Plan| plan.trials.iter().map(|t| t.number).collect::<Vec<_>>();
    assert_ne!(order(&a), order(&other));
}
