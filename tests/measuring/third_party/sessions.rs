//! A server that wants a token of each client, a subscription and a heartbeat, by four transports from one scenario.

use super::{NEVER, measure};
use crate::support::{Scene, alone};

/// As it is shipped, with fewer clients for less time.
fn shipped(clients: u32, message: &str) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    let shipped = std::fs::read_to_string(format!("{root}/scenarios/sessions.toml")).unwrap();
    assert!(shipped.lines().filter(|line| !line.trim().is_empty()).count() <= 40);
    let edits = [
        ("clients = 5_000", format!("shared-machine = true\nclients = {clients}")),
        ("warmup = \"10s\"", "warmup = \"1s\"".to_owned()),
        ("measure = \"20s\"", "measure = \"18s\"".to_owned()),
        ("../targets", format!("{root}/targets")),
        ("{user.token}", message.to_owned()),
    ];
    edits.iter().fold(shipped, |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

/// Longer than the server bears without a heartbeat.
#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn clients_with_tokens_are_let_in_and_stay_by_four_transports() {
    let all = measure(&shipped(200, "{user.token}"));
    assert_eq!(all.len(), 4);
    for m in all {
        let (counts, label) = (&m.tally.counts, m.label());
        assert_eq!((counts.connected, counts.lost, counts.duplicated), (200, 0, 0), "{label}: {counts:?}");
        assert_eq!((counts.unrecognised, counts.delivered), (0, counts.sent), "{label}: {counts:?}");
        assert!(m.verdict.warnings.iter().all(|warning| !NEVER.contains(&warning.check.name())), "{label}");
    }
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn a_wrong_token_is_told_in_the_servers_words() {
    let _turn = alone();
    let scene = Scene::new(&shipped(10, "expired"));
    scene.begin(&[]).end();
    let reasons: Vec<String> = scene.report().failed.into_iter().map(|failed| failed.reason).collect();
    assert!(
        reasons.len() == 4 && reasons.iter().all(|why| why.contains("401 \"token expired\"")),
        "{reasons:?}"
    );

    let by_message =
        "step = [ { send = '{\"type\":\"auth\",\"token\":\"x{client}\"}' }, { expect = 'ready' } ]";
    let text = format!(
        "name = \"test\"\nclients = 10\nmeasure = \"1s\"\n[target]\nthird-party = \"sessions\"\n[session]\n{by_message}\n\
         [load.idle]\n[[transport]]\nwebsocket = {{}}\n"
    );
    let scene = Scene::new(&text);
    scene.begin(&[]).end();
    let reason = scene.report().failed.remove(0).reason;
    assert!(reason.contains("closed with 4401 \"token expired\""), "{reason}");
}
