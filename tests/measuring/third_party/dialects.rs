//! Every dialect against a server of its protocol: by 1 and by 500 clients, none lost, and what moves to the byte.

use super::{MANY, NEVER, ONE, measure, scenario};
use wsbench::results::Measurement;

/// A dialect at a server.
struct Spoken {
    dialect: &'static str,
    server: &'static str,
    /// Bytes of a delivery of [load.publish], where they are always the same, and of its frame's head.
    publish: Option<(u64, u64)>,
    /// It has an echo.
    echoes: bool,
}

/// From a test's folder.
const MQTT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/dialects/mqtt.toml");

#[rustfmt::skip]
const ALL: &[Spoken] = &[
    // {"id":"sub","type":"next","payload":{"data":{"said":".."}}}
    Spoken { dialect: "graphql-transport-ws", server: "graphql-ws", publish: Some((57 + 20, 2)), echoes: true },
    // {"identifier":"{\"channel\":\"ChatChannel\"}","message":{"body":".."}}
    Spoken { dialect: "action-cable", server: "action-cable", publish: Some((68 + 20, 2)), echoes: true },
    // {"type":1,"target":"msg","arguments":[".."]} and 0x1e
    Spoken { dialect: "signalr", server: "signalr", publish: Some((43 + 20, 2)), echoes: true },
    // [null,null,"room:lobby","new_msg",{"body":".."}]
    Spoken { dialect: "phoenix", server: "phoenix", publish: Some((46 + 20, 2)), echoes: true },
    // {"push":{"channel":"wsbench","pub":{"data":"..","info":{"user":"","client":"UUID"}}}}
    Spoken { dialect: "centrifugo", server: "centrifugo", publish: Some((79 + 36 + 20, 4)), echoes: true },
    // {"event":"client-message","channel":"private-wsbench","data":{"body":".."}}
    Spoken { dialect: "pusher", server: "pusher", publish: Some((73 + 20, 2)), echoes: false },
    // Each message has an id, whose digits grow.
    Spoken { dialect: "stomp", server: "rabbitmq", publish: None, echoes: false },
    // 0x30, the length, the topic with its length, ..
    Spoken { dialect: MQTT, server: "mosquitto", publish: Some((2 + 2 + 7 + 20, 2)), echoes: false },
    Spoken { dialect: MQTT, server: "rabbitmq-mqtt", publish: Some((2 + 2 + 7 + 20, 2)), echoes: false },
];

impl Spoken {
    fn measure(&self, clients: u32, times: &str, load: &str) -> Measurement {
        let way = "websocket = {}";
        let scenario = scenario(&format!("\"{}\"", self.server), clients, times, load, way);
        let m = measure(&format!("dialect = \"{}\"\n{scenario}", self.dialect)).remove(0);
        let (counts, label) =
            (&m.tally.counts, format!("{} at {}: {}", self.dialect, self.server, m.label()));
        assert_eq!(counts.connected, u64::from(clients), "{label}");
        let wrong =
            (counts.lost, counts.duplicated, counts.reordered, counts.unrecognised, counts.reconnects);
        assert_eq!(wrong, (0, 0, 0, 0, 0), "{label}: {counts:?}");
        assert!(counts.sent > 0 && counts.delivered == counts.sent, "{label}: {counts:?}");
        assert!(m.verdict.warnings.iter().all(|warning| !NEVER.contains(&warning.check.name())), "{label}");
        m
    }

    fn publishes(&self, clients: u32, times: &str, every: &str) {
        let m = self.measure(clients, times, &format!("[load.publish]\nvia = \"client\"\n{every}"));
        let (window, label) = (m.window(), m.label());
        let messages = window.messages_down;
        // Only the publisher says something of the load, and it is no client of the trial's.
        assert_eq!((window.up.payload, window.messages_up), (0, 0), "{label}: {window:?}");
        if let Some((payload, head)) = self.publish {
            assert_eq!(window.down.payload, payload * messages, "{label}: {window:?}");
            // Keep-alives are framing, too.
            assert!(window.down.framing >= head * messages, "{label}: {window:?}");
        }
        assert!(m.tally.traffic.connect.up.payload == 0, "{label}: the set-up is no payload");
    }
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn dialects_publish_to_one_and_to_many() {
    for spoken in ALL {
        spoken.publishes(1, ONE.times, ONE.every);
        spoken.publishes(MANY.clients, MANY.times, MANY.every);
    }
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn dialects_echo_to_one_and_to_many() {
    for spoken in ALL.iter().filter(|spoken| spoken.echoes) {
        spoken.measure(1, ONE.times, &format!("[load.echo]\n{}", ONE.every));
        spoken.measure(
            MANY.clients,
            "warmup = \"1s\"\nmeasure = \"8s\"\nconnect-rate = \"200/s\"",
            "[load.echo]\nevery = \"4s\"",
        );
    }
}
