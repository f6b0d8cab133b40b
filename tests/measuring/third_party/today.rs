//! The web as it is today: servers and proxies of others by TLS, HTTP/2, WebSocket over HTTP/2 and permessage-deflate.

use super::{MANY, ONE, SLOW, against, measure, recipe, scenario};
use wsbench::results::Measurement;

/// Of a TLS 1.3 record (RFC 8446 §5.2), and the head of a frame of HTTP/2 (RFC 9113 §4.1).
const RECORD: u64 = 22;
const HEAD: u64 = 9;
/// What a message of 20 bytes is through a WebSocket, up and down.
const ECHO: (u64, u64) = (26, 22);

/// A WebSocket by each of the four.
const WEBSOCKETS: [(&str, u64); 4] = [
    ("websocket = {}", 0),
    ("websocket = { tls = true }", RECORD),
    ("websocket = { http = 2 }", HEAD),
    ("websocket = { http = 2, tls = true }", HEAD + RECORD),
];

/// An echo is what it is without, and `more` in each direction.
fn costs_more(m: &Measurement, more: u64) {
    let window = m.window();
    let (up, down) = (window.up.counted, window.down.counted);
    let expected = (window.messages_up * (ECHO.0 + more), window.messages_down * (ECHO.1 + more));
    assert_eq!((up, down), expected, "{}: {window:?}", m.label());
}

/// A certificate that none but these clients trust was taken, once a connection.
fn spoke(m: &Measurement, way: &str) {
    let total = m.tally.traffic.total();
    let handshakes = if way.contains("tls") { total.connections } else { 0 };
    assert_eq!(m.tally.connect_tls.count(), handshakes, "{}", m.label());
    assert_eq!(total.down.tls > 0, way.contains("tls"), "{}", m.label());
    assert_eq!(total.up.control > 24, way.contains("http = 2"), "{}: HTTP/2 has a preface", m.label());
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn nghttpx_brings_websockets_to_ws_by_either_version() {
    for (way, more) in WEBSOCKETS {
        for crowd in [ONE, MANY] {
            let m = crowd.measure("\"ws\"\nbehind = \"nghttpx\"", way).remove(0);
            assert!(m.trial.row_name().ends_with(" behind nghttpx"), "{}", m.label());
            spoke(&m, way);
            costs_more(&m, more);
            // nghttpx is a master and a worker.
            assert_eq!(m.target.as_ref().unwrap().processes, 3, "{}", m.label());
        }
    }
}

/// RFC 8441 on both sides of it, and to a server that speaks nothing else.
#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn nghttpx_passes_websockets_on_over_http_2() {
    for (way, more) in WEBSOCKETS {
        for crowd in [ONE, MANY] {
            let m = crowd.measure("\"node-http2\"\nbehind = \"nghttpx-h2\"", way).remove(0);
            spoke(&m, way);
            costs_more(&m, more);
        }
    }
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn node_http2_echoes_over_extended_connect() {
    for (way, more) in &WEBSOCKETS[2..] {
        for crowd in [ONE, MANY] {
            let m = crowd.measure("\"node-http2\"", way).remove(0);
            spoke(&m, way);
            costs_more(&m, *more);
        }
    }
}

/// What one more client posts comes to all: by events at once, by polls as the newest there is.
#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn node_http2_publishes_by_events_and_by_polls() {
    let load = "[load.publish]\nrate = \"20/s\"\nvia = \"client\"";
    let ways = ["http = 2", "http = 2, tls = true"];
    for (options, proxy) in
        ways.iter().flat_map(|way| ["", "\nbehind = \"nghttpx-h2\""].map(|proxy| (way, proxy)))
    {
        let server = format!("\"node-http2\"{proxy}");
        let m = measure(&scenario(&server, 50, ONE.times, load, &format!("sse = {{ {options} }}"))).remove(0);
        let counts = &m.tally.counts;
        assert_eq!((counts.delivered, counts.lost), (counts.sent, 0), "{}: {counts:?}", m.label());
        assert!(counts.sent >= 50 * 19, "{}: {counts:?}", m.label());
        spoke(&m, options);
        let way = format!("polling = {{ every = \"20ms\", {options} }}");
        let m = measure(&scenario(&server, 20, ONE.times, load, &way)).remove(0);
        assert!(m.tally.counts.delivered > 0 && m.window().responses > 50, "{}: {:?}", m.label(), m.window());
        spoke(&m, options);
    }
}

/// Servers that speak TLS themselves, and nginx in front of the same.
#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn servers_speak_tls_themselves_or_behind_a_proxy() {
    let all = r#"["none", "nginx", "nginx-upstream", "nghttpx"]"#;
    // As it is configured here, nginx keeps the beginning of a streamed answer back over TLS: curl sees nothing of it either.
    let unbuffered = r#"["none", "nghttpx"]"#;
    let table = [
        ("ws", all, MANY, "websocket = { tls = true }"),
        ("websockets", all, SLOW, "websocket = { tls = true }"),
        ("socket.io", all, MANY, "socketio = { via = \"upgrade\", tls = true }"),
        ("sockjs-tornado", unbuffered, SLOW, "sockjs = { via = \"xhr-streaming\", tls = true }"),
        ("sockjs-tornado", all, SLOW, "sockjs = { via = \"xhr\", tls = true }"),
        ("sticky", all, SLOW, "socketio = { via = \"polling\", tls = true }"),
    ];
    for (server, proxies, crowd, way) in table {
        for m in crowd.measure(&format!("\"{server}\"\nbehind = {proxies}"), way) {
            spoke(&m, way);
        }
    }
}

/// nginx and HAProxy speak HTTP/2 to clients, and HTTP/1.1 to the servers behind them.
#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn sessions_go_through_nginx_nghttpx_and_haproxy_over_http_2() {
    let table = [
        ("socket.io", MANY, "socketio = { via = \"polling\", http = 2 }"),
        ("socket.io", MANY, "socketio = { via = \"polling\", http = 2, tls = true }"),
        ("sockjs-tornado", SLOW, "sockjs = { via = \"xhr-streaming\", http = 2, tls = true }"),
    ];
    for (server, crowd, way) in table {
        let proxies = "behind = [\"nginx\", \"nginx-upstream\", \"nghttpx\"]";
        for m in crowd.measure(&format!("\"{server}\"\n{proxies}"), way) {
            spoke(&m, way);
        }
    }
    // HAProxy takes WebSockets over HTTP/2, too.
    for way in
        ["socketio = { via = \"websocket\", http = 2, tls = true }", "sockjs = { via = \"xhr\", http = 2 }"]
    {
        let m = SLOW.measure("\"sticky\"", way).remove(0);
        spoke(&m, way);
    }
}

/// Each compresses as it does by itself. Where it keeps no context, ws sends what is shorter than 1,024 bytes as it is.
#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn servers_and_clients_compress_what_they_say() {
    const AFRESH: &str = "{ server-context-takeover = false, client-context-takeover = false }";
    let terms = ["true", AFRESH, "{ client-max-window-bits = 10 }"];
    let servers = [
        ("ws", "websocket = { "),
        ("websockets", "websocket = { "),
        ("socket.io", "socketio = { via = \"websocket\", "),
    ];
    for ((server, way), terms) in servers.iter().flat_map(|server| terms.map(|terms| (server, terms))) {
        for size in ["100B", "4kB"] {
            let way = format!("{way}deflate = {terms} }}");
            let load = format!("[load.echo]\n{}\npayload = \"{size}\"\ncontent = \"json\"", ONE.every);
            let m = measure(&scenario(&format!("\"{server}\""), 20, ONE.times, &load, &way)).remove(0);
            let (counts, window, label) =
                (&m.tally.counts, m.window(), format!("{server}, {size}: {}", m.label()));
            assert_eq!(
                (counts.delivered, counts.lost, counts.altered),
                (counts.sent, 0, 0),
                "{label}: {counts:?}"
            );
            let shrunk = [window.up, window.down].map(|way| way.payload < way.delivered() * 9 / 10);
            // A short message alone hardly shrinks.
            let alone = size == "100B" && terms == AFRESH;
            assert!(alone || shrunk == [true; 2], "{label}: {window:?}");
            if alone && *server == "ws" {
                assert_eq!(window.down.payload, window.down.delivered(), "{label}: {window:?}");
            }
        }
    }
}

#[test]
fn what_a_server_does_not_speak_is_refused_before_it_is_started() {
    let plain = recipe("target.toml", "[\"true\"]", "websocket");
    let speaks = format!("{plain}[speaks.http2]\n[speaks.http2-tls]\n");
    for (recipe, options, said) in [
        (&plain, "tls = true", "does not speak HTTP/1.1 over TLS; it speaks HTTP/1.1\n"),
        (&plain, "http = 2", "does not speak HTTP/2; it speaks HTTP/1.1\n"),
        (&speaks, "", "does not speak HTTP/1.1; it speaks HTTP/2, HTTP/2 over TLS\n"),
    ] {
        let ran = against(recipe, &format!("websocket = {{ {options} }}"));
        assert_eq!(ran.code, Some(2), "{ran:#?}");
        assert!(ran.stderr.contains(&format!("error: the third-party server `mine`: it {said}")), "{ran:#?}");
        assert!(ran.stderr.contains("= help: a proxy may: behind = \"nginx\""), "{ran:#?}");
    }
}
