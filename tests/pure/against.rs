//! Two plans whose trials alternate.

use wsbench::plan::{BASE, Machine, NEW, Plan, Turn, turns};
use wsbench::scenario::Scenario;

fn plan(more: &str, transports: &[&str]) -> Plan {
    let mut text =
        format!("name = \"test\"\nclients = [5, 10]\nrepeat = 12\n{more}\n[load.push]\nevery = \"1s\"\n");
    transports.iter().for_each(|transport| text += &format!("[[transport]]\n{transport} = {{}}\n"));
    let scenario = Scenario::parse("test.toml", text.as_bytes()).unwrap();
    Plan::of(&scenario, Machine { cores: 2, files: 10_000 }).unwrap()
}

#[test]
fn each_trial_stands_beside_its_counterpart_and_either_begins() {
    let both = ["websocket", "polling"];
    // The other one may have another order, and other conditions.
    let (base, new) = (plan("seed = 7", &["polling", "websocket"]), plan("", &both));
    let turns = turns(&base, &new).unwrap();
    assert_eq!(turns.len(), 2 * 2 * 2 * 12);
    for pair in turns.chunks(2) {
        let [a, b] = pair else { panic!() };
        assert!(a.arm != b.arm && a.trial.compares(&b.trial) && a.trial.repeat == b.trial.repeat, "{pair:?}");
    }
    let begins = |arm: usize| turns.chunks(2).filter(|pair| pair[0].arm == arm).count();
    assert!(begins(BASE) > 12 && begins(NEW) > 12, "{} {}", begins(BASE), begins(NEW));
    let repeats: Vec<u32> = turns.iter().map(|turn: &Turn| turn.trial.repeat).collect();
    assert!(repeats.is_sorted(), "whole repeats, should the run be cut short");
    assert_eq!(turns, wsbench::plan::turns(&base, &new).unwrap(), "one seed, one order");
}

#[test]
fn what_has_no_counterpart_is_refused() {
    let (one, two) = (plan("", &["websocket"]), plan("", &["websocket", "polling"]));
    for (base, new) in [(&one, &two), (&two, &one)] {
        let why = turns(base, new).unwrap_err();
        assert!(why.contains("polling") && why.contains("only one of both"), "{why}");
    }
}
