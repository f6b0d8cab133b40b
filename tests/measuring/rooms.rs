//! Rooms: `groups` and `[load.publish]` against a real chat server, whose members and faults are known to the message.

use std::fs;

use wsbench::results::{Measurement, Server};
use wsbench::scenario::Metric;

use crate::support::rooms::{Chat, Slip};
use crate::support::{Ran, Scene, alone, ledger_closes, outputs, scenario, server_failed};

const WEBSOCKET: &str = "websocket = {}";
const SSE: &str = "sse = {}";

/// 200 messages a second for two seconds, to rooms by URL.
const SENT: u64 = 400;

fn scheme(transport: &str) -> &str {
    if transport == WEBSOCKET { "ws" } else { "http" }
}

/// Clients in groups whose room stands in the URL; `load` says how is published there.
fn scene(chat: &Chat, clients: u32, groups: &str, load: &str, transport: &str) -> Scene {
    let (address, scheme) = (chat.address, scheme(transport));
    let load = format!(
        "groups = {groups}\n[load.publish]\nrate = \"200/s\"\n{load}\n[target]\nurl = \"{scheme}://{address}/rooms/{{group}}\""
    );
    Scene::new(&scenario(clients, ("1s", "2s"), &load, &[transport.to_owned()]))
}

fn measured(scene: &Scene, flags: &[&str]) -> (Measurement, Ran) {
    let ran = scene.begin(flags).end();
    let m = scene.report().measurements.remove(0);
    ledger_closes(&m);
    (m, ran)
}

fn by_post(chat: &Chat) -> String {
    format!("post = \"http://{}/rooms/{{group}}\"", chat.address)
}

/// Every message came to each member of its group, and to nobody else.
fn all_heard(m: &Measurement, each: u64, label: &str) {
    let (counts, published) = (m.tally.counts, m.published.clone().unwrap());
    assert_eq!((published.messages, published.failed), (SENT, 0), "{label}: {counts:?}");
    assert_eq!(published.arrivals, Some(SENT * each), "{label}");
    assert_eq!(
        (counts.sent, counts.delivered, counts.lost),
        (SENT * each, SENT * each, 0),
        "{label}: {counts:?}"
    );
    assert_eq!((counts.leaked, counts.strangers, counts.invented), (0, 0, 0), "{label}: {counts:?}");
    assert_eq!((counts.duplicated, counts.altered, counts.unrecognised), (0, 0, 0), "{label}: {counts:?}");
    assert_eq!(m.tally.failures.total(), 0, "{label}: {:?}", m.tally.failures);
    assert_eq!(m.value(Metric::Leaked), Some(0.0), "{label}");
}

/// A thousand clients in fifty rooms, 200 messages a second: each is expected by the twenty of its room.
#[test]
fn a_thousand_clients_in_fifty_rooms_hear_their_own_room_and_no_other() {
    let _alone = alone();
    for transport in [WEBSOCKET, SSE] {
        for way in ["post", "client"] {
            let chat = Chat::new(Slip::default());
            let load = if way == "post" { by_post(&chat) } else { "via = \"client\"".to_owned() };
            let label = format!("{transport} by {way}");
            let (m, ran) = measured(&scene(&chat, 1_000, "50", &load, transport), &[]);
            all_heard(&m, 20, &label);
            assert_ne!(m.verdict.server(), Server::Failed, "{label}: {:#?}", m.verdict);
            assert!(matches!(ran.code, Some(0 | 4)), "{label}: {ran:?}");
            // A client publishes in each room, beside the twenty.
            let each = if way == "post" { 20 } else { 21 };
            assert_eq!(chat.joined().into_values().collect::<Vec<_>>(), [each; 50], "{label}");
        }
    }
}

#[test]
fn one_message_that_leaks_is_caught_and_fails_the_server() {
    for (transport, leaks) in [(WEBSOCKET, 250), (SSE, 20)] {
        let chat = Chat::new(Slip { leaks: Some(leaks), ..Slip::default() });
        let (m, ran) = measured(&scene(&chat, 20, "5", &by_post(&chat), transport), &[]);
        let counts = m.tally.counts;
        assert_eq!((counts.leaked, counts.lost, counts.strangers), (1, 0, 0), "{counts:?}");
        assert_eq!((counts.sent, counts.delivered), (SENT * 4, SENT * 4), "{counts:?}");
        server_failed(&ran);
        assert!(ran.stdout.contains("leaked") && ran.stdout.contains("clients of another group"), "{ran:?}");
        // A user may allow it.
        let chat = Chat::new(Slip { leaks: Some(leaks), ..Slip::default() });
        let scene = scene(&chat, 20, "5", &by_post(&chat), transport);
        let (m, ran) = measured(&scene, &["--threshold", "leaked <= 1"]);
        assert_eq!(
            (m.value(Metric::Leaked), m.verdict.server()),
            (Some(1.0), Server::Ok),
            "{:#?}",
            m.verdict
        );
        assert!(matches!(ran.code, Some(0 | 4)), "{ran:?}");
    }
}

#[test]
fn a_message_that_a_room_never_hears_is_lost_to_its_members_alone() {
    let chat = Chat::new(Slip { drops: Some(250), ..Slip::default() });
    let (m, ran) = measured(&scene(&chat, 20, "5", &by_post(&chat), WEBSOCKET), &[]);
    let counts = m.tally.counts;
    assert_eq!((counts.sent, counts.lost, counts.leaked), (SENT * 4, 4, 0), "{counts:?}");
    server_failed(&ran);
}

/// Rooms by a column, not all of one size; two publishers a room; shards that have a part of the rows each; a publisher writes as
/// a member of its room.
#[test]
fn rooms_of_a_column_have_their_own_sizes_and_publishers_of_their_own() {
    let chat = Chat::new(Slip::default());
    let load = "via = \"client\"\npublishers = 4\nmessage = '{stamp} {group} {user.name} {client}'\n[values]\nfile = \"users.csv\"";
    let scene = scene(&chat, 9, "\"{user.room}\"", load, WEBSOCKET);
    // Seven in one room, two in the other.
    let row = |n: u32| format!("{},ann-{n}\n", if n % 4 == 1 && n < 8 { "a quiet one" } else { "loud" });
    fs::write(scene.path("users.csv"), (0..9).fold("room,name\n".to_owned(), |text, n| text + &row(n)))
        .unwrap();
    let ran = scene.begin(&["--shards", "2", "--threshold", "leaked <= 0"]).end();
    let m = scene.report().measurements.remove(0);
    let (counts, published) = (m.tally.counts, m.published.clone().unwrap());
    assert_eq!((published.messages, published.arrivals), (SENT, Some(SENT / 2 * (7 + 2))), "{counts:?}");
    assert_eq!((counts.sent, counts.delivered, counts.lost), (SENT / 2 * 9, SENT / 2 * 9, 0), "{counts:?}");
    assert_eq!((counts.leaked, counts.altered, counts.duplicated), (0, 0, 0), "{counts:?}");
    let joined: Vec<(String, usize)> = chat.joined().into_iter().collect();
    assert_eq!(joined, [("a%20quiet%20one".to_owned(), 4), ("loud".to_owned(), 9)]);
    for (place, text) in outputs(&ran, &scene.path("out")) {
        assert!(!text.contains("ann-") && !text.contains("a quiet one"), "a value in {place}");
    }
}

/// One publisher for all rooms: what it says names the room. Whose room is which stands in a column that the URL does not name.
#[test]
fn one_publisher_serves_all_rooms_where_the_message_says_which() {
    for way in ["via = \"client\"\npublishers = 1", "post = \"http://ADDRESS/rooms/nobody\""] {
        let chat = Chat::new(Slip::default());
        let load = format!(
            "groups = \"{{user.room}}\"\n[load.publish]\nrate = \"200/s\"\n{way}\nmessage = '@{{group}} {{stamp}}'\n\
             arrivals = \"poisson\"\n[values]\nfile = \"users.csv\"\n[target]\nurl = \"ws://ADDRESS/rooms/{{user.key}}\""
        );
        let load = load.replace("ADDRESS", &chat.address.to_string());
        let scene = Scene::new(&scenario(10, ("500ms", "1s"), &load, &[WEBSOCKET.to_owned()]));
        let rows = (0..10).fold("room,key\n".to_owned(), |text, n| text + &format!("r{0},r{0}\n", n % 5));
        fs::write(scene.path("users.csv"), rows).unwrap();
        let (m, _) = measured(&scene, &["--shards", "2"]);
        let (counts, published) = (m.tally.counts, m.published.clone().unwrap());
        assert!((100..300).contains(&published.messages), "{way}: {published:?}");
        let all = published.messages * 2;
        assert_eq!((counts.sent, counts.delivered, counts.lost), (all, all, 0), "{way}: {counts:?}");
        assert_eq!((counts.leaked, counts.altered), (0, 0), "{way}: {counts:?}");
        let first = if way.contains("post") { 2 } else { 3 };
        assert_eq!(chat.joined().into_values().collect::<Vec<_>>(), [first, 2, 2, 2, 2], "{way}");
    }
}

/// A step of the session joins the room, as most servers want it; one more client, who has joined one room, publishes to all.
#[test]
fn rooms_may_be_joined_by_a_step() {
    let chat = Chat::new(Slip { leaks: Some(150), ..Slip::default() });
    let load = format!(
        "groups = 5\n[load.publish]\nrate = \"200/s\"\nvia = \"client\"\npublishers = 1\nmessage = '@{{group}} {{stamp}}'\n\
         [[session.step]]\nsend = 'join {{group}}'\n[target]\nurl = \"ws://{}/rooms/lobby\"",
        chat.address
    );
    let scene = Scene::new(&scenario(20, ("1s", "1s"), &load, &[WEBSOCKET.to_owned()]));
    let (m, ran) = measured(&scene, &[]);
    let (counts, messages) = (m.tally.counts, SENT / 2);
    assert_eq!((counts.sent, counts.delivered, counts.lost), (messages * 4, messages * 4, 0), "{counts:?}");
    assert_eq!((counts.leaked, counts.strangers), (1, 0), "{counts:?}");
    server_failed(&ran);
    let joined: Vec<usize> = chat.joined().into_values().collect();
    assert_eq!(joined, [5, 4, 4, 4, 4, 21]);
}

#[test]
fn check_says_what_is_expected_of_the_rooms_and_a_flag_makes_them() {
    let chat = Chat::new(Slip::default());
    let scene = scene(&chat, 1_000, "7", "via = \"client\"", WEBSOCKET);
    let said = |flags: &[&str]| {
        let ran = scene.say(&[&["check", "scenario.toml"], flags].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let seven = said(&[]);
    for part in [
        "to 7 groups in turn",
        "7 groups of 142 to 143 clients",
        "7 publishers",
        "28,571 messages per second",
    ] {
        assert!(seven.contains(part), "{part}: {seven}");
    }
    assert!(seven.contains("client 999 /rooms/5"), "{seven}");
    let fifty = said(&["--groups", "50"]);
    assert!(
        fifty.contains("50 groups of 20 clients each; 50 publishers; 4,000 messages per second"),
        "{fifty}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&said(&["--groups", "50", "--format", "json"])).unwrap();
    assert_eq!(json["trials"][0]["groups"]["members_max"], 20);
    assert_eq!(json["trials"][0]["groups"]["expected_per_second"], 4_000.0);
}
