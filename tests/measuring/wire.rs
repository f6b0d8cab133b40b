//! The web as it is today, over every reference target: TLS, IPv6, compression. What is sent arrives once and in order, the
//! bytes add up, and each costs what its specification says, to the byte.

use wsbench::results::Measurement;

use crate::conformance::{all, sound};
use crate::support::{Scene, scenario};

/// Of a TLS 1.3 record: five bytes of header, one of type, 16 of AEAD (RFC 8446 §5.2).
const RECORD: u64 = 22;
/// IP and TCP header of a segment with timestamps.
const OVER_IPV4: u64 = 20 + 20 + 12;
const OVER_IPV6: u64 = 40 + 20 + 12;

const PUSH: &str = "[load.push]\nevery = \"100ms\"\npayload = \"64B\"";
const ECHO: &str = "[load.echo]\nevery = \"200ms\"\npayload = \"64B\"";

/// The same transports with one more option each.
fn with(option: &str) -> Vec<String> {
    all().iter().map(|table| table.replace(" }", &format!(", {option} }}")).replace("{ ,", "{")).collect()
}

fn measure(load: &str, more: &str, transports: &[String]) -> Vec<Measurement> {
    let text = scenario(20, ("300ms", "1s"), load, transports) + more;
    let measurements = Scene::new(&text).measure();
    assert_eq!(measurements.len(), transports.len());
    measurements.iter().for_each(sound);
    measurements
}

#[test]
fn push_over_tls() {
    for m in measure(PUSH, "[target]\ntls = true\n", &all()) {
        let (window, total) = (m.window(), m.tally.traffic.total());
        assert_eq!(m.tally.counts.resumed, 0, "{}", m.label());
        assert_eq!(m.tally.connect_tls.count(), total.connections, "{}", m.label());
        assert!(total.down.tls > 1_000 * total.connections / 2, "{}: certificates", m.label());
        // A message, or an answer with it, is one record, and so is a request; what the kernel splits is none of TLS.
        if !m.label().contains("polling") {
            assert_eq!(window.down.tls, RECORD * window.messages_down, "{}", m.label());
        } else {
            assert_eq!(window.up.tls, RECORD * window.requests, "{}", m.label());
        }
    }
}

#[test]
fn echo_over_tls_of_both_versions() {
    for version in ["1.2", "1.3"] {
        for m in measure(ECHO, "", &with(&format!("tls = {{ version = \"{version}\" }}"))) {
            assert!(m.window().up.tls > 0 && m.window().down.tls > 0, "{}", m.label());
            assert!(m.label().contains(&format!("tls {version}")), "{}", m.label());
        }
    }
}

/// Each client resumes its own session, and no other's: the first handshake of each is a whole one.
#[test]
fn who_comes_back_resumes() {
    for version in ["1.2", "1.3"] {
        let option = format!("tls = {{ resumption = true, version = \"{version}\" }}");
        for m in measure("[load.connect]\nrate = \"80/s\"", "", &with(&option)) {
            let (connections, clients) = (m.tally.traffic.total().connections, 20);
            assert!(connections > 2 * clients, "{}: {connections}", m.label());
            assert_eq!(m.tally.counts.resumed, connections - clients, "{}", m.label());
        }
    }
}

#[test]
fn headers_of_ip_are_those_of_the_family() {
    for (more, each) in [("", OVER_IPV4), ("[target]\nipv6 = true\n", OVER_IPV6)] {
        for m in measure(PUSH, more, &all()) {
            let window = m.window();
            assert_eq!(window.down.tcp_ip, each * window.down.segments, "{}", m.label());
            assert_eq!(window.up.tcp_ip, each * window.up.segments, "{}", m.label());
        }
    }
}

#[test]
fn a_crowd_comes_by_ipv6_and_tls() {
    let transports = with("tls = true");
    for m in measure("[load.broadcast]\nevery = \"100ms\"", "[target]\nipv6 = true\n", &transports) {
        assert!(m.window().down.tls > 0, "{}", m.label());
    }
}

/// Payload delivered and payload on the wire are two numbers, and what compresses is measured as such.
#[test]
fn compressed_messages_have_two_sizes() {
    for (content, least, most) in [("json", 3.0, 20.0), ("random", 1.05, 1.4), ("dots", 5.0, 40.0)] {
        for load in ["push", "echo"] {
            let load = format!("[load.{load}]\nevery = \"50ms\"\npayload = \"1kB\"\ncontent = \"{content}\"");
            let transports = ["websocket = { deflate = true }".to_owned(), "websocket = {}".to_owned()];
            for m in measure(&load, "", &transports) {
                let total = m.tally.traffic.total();
                assert_eq!(m.tally.counts.altered, 0, "{}", m.label());
                assert_eq!(total.down.delivered(), 1_000 * total.messages_down, "{}", m.label());
                assert_eq!(total.up.delivered(), 1_000 * total.messages_up, "{}", m.label());
                let ratio = total.down.delivered() as f64 / total.down.payload as f64;
                let expected = if m.label().contains("deflate") { least..most } else { 1.0..1.000_1 };
                assert!(expected.contains(&ratio), "{} {content}: {ratio}", m.label());
            }
        }
    }
}

#[test]
fn terms_of_deflate_are_kept() {
    let terms = [
        "{ server-context-takeover = false, client-context-takeover = false }",
        "{ server-max-window-bits = 9, client-max-window-bits = 9 }",
        "{ threshold = \"2kB\" }",
    ];
    let transports = terms.map(|terms| format!("websocket = {{ deflate = {terms} }}"));
    let load = "[load.echo]\nevery = \"50ms\"\npayload = \"1kB\"\ncontent = \"json\"";
    let measured = measure(load, "", &transports);
    let ratio = |label: &str| {
        let m = measured.iter().find(|m| m.label().contains(label)).unwrap();
        m.window().down.delivered() as f64 / m.window().down.payload as f64
    };
    // A record says again what those before it have said: without context or window less of it is known.
    assert!((2.0..6.0).contains(&ratio("no-takeover")), "{}", ratio("no-takeover"));
    assert!((2.0..6.0).contains(&ratio("bits 9")), "{}", ratio("bits 9"));
    assert!((ratio("from 2000 B") - 1.0).abs() < 1e-9);
}

/// A compressed answer is read as it is sent, whole or as a stream, and both sizes are known.
#[test]
fn compressed_answers_have_two_sizes() {
    let answers: Vec<String> =
        with("compress = \"gzip\"").into_iter().filter(|t| !t.contains("websocket")).collect();
    for load in ["push", "echo"] {
        let load = format!("[load.{load}]\nevery = \"100ms\"\npayload = \"1kB\"\ncontent = \"json\"");
        for m in measure(&load, "", &answers) {
            let down = m.tally.traffic.total().down;
            let received = 1_000 * m.tally.traffic.total().messages_down;
            assert_eq!((m.tally.counts.altered, down.delivered()), (0, received), "{}", m.label());
            let ratio = down.delivered() as f64 / down.payload as f64;
            assert!((1.9..20.0).contains(&ratio), "{}: {ratio}", m.label());
        }
    }
}
