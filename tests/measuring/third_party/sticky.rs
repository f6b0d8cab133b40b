//! Sessions behind a balancer: two nodes, and HAProxy's cookie says whose a client is.

use super::{ONE, SLOW, scenario};
use crate::support::{Scene, alone};

const SERVER: &str = "\"sticky\"";
const WAYS: [&str; 6] = [
    "socketio = { via = \"polling\" }",
    "socketio = { via = \"upgrade\" }",
    "socketio = { via = \"websocket\" }",
    "sockjs = { via = \"xhr\" }",
    "sockjs = { via = \"xhr-streaming\" }",
    "sockjs = { via = \"eventsource\" }",
];

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn every_session_stays_on_its_node() {
    for way in WAYS {
        for crowd in [ONE, SLOW] {
            let m = crowd.measure(SERVER, way).remove(0);
            // The node's name, once a session of Socket.IO.
            let greetings = if way.starts_with("socketio") { u64::from(m.trial.clients) } else { 0 };
            assert_eq!(m.tally.counts.unrecognised, greetings, "{}", m.label());
            // HAProxy, what starts it, and both nodes.
            assert_eq!(m.target.as_ref().unwrap().processes, 4, "{}", m.label());
        }
    }
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn without_cookies_sessions_are_lost() {
    let _turn = alone();
    let way = "socketio = { via = \"polling\", cookies = false }";
    let load = format!("[load.echo]\n{}", ONE.every);
    let scene = Scene::new(&scenario(SERVER, 20, ONE.times, &load, way));
    scene.begin(&[]).end();
    let reason = scene.report().failed.remove(0).reason;
    assert!(reason.contains("clients connected:") && reason.contains("Session ID unknown"), "{reason}");
}
