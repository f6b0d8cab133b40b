//! Good scenarios: the built-in ones are read and planned, the schema knows their keys, plans are the same
//! every time; and whatever a file holds, reading it does not panic.

use std::time::Duration;

use crate::sample::planned::{GOOD, MACHINE, plan, scenario};
use proptest::prelude::*;
use serde_json::Value as Json;
use wsbench::plan::{Needs, Plan, describe};
use wsbench::scenario::builtin::load_with;
use wsbench::scenario::flags::FLAGS;
use wsbench::scenario::{Load, Metric, Overrides, Scenario, Threshold, builtin, load, schema};
use wsbench::text::{self, Unit};

#[test]
fn every_built_in_scenario_is_read_planned_and_described() {
    for builtin in builtin::ALL {
        let loaded = load(builtin.name).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(loaded.scenario.name, builtin.name);
        assert!(builtin.text.starts_with("# "), "{} begins with its question", builtin.name);
        assert!(!loaded.scenario.about.is_empty());
        let lines = builtin.text.lines().count();
        assert!((20..=40).contains(&lines), "{}: {lines} lines", builtin.name);
        let plan =
            Plan::of(&loaded.scenario, MACHINE).unwrap_or_else(|errors| panic!("{}: {errors}", builtin.name));
        // The ticker is about what is left out by design.
        assert_eq!(plan.notes.len(), usize::from(builtin.name == "ticker"), "{:?}", plan.notes);
        for columns in [60, 80, 120] {
            for line in describe(&plan, columns).lines() {
                assert!(line.chars().count() <= columns.max(79), "{line}");
            }
        }
    }
}

#[test]
fn overhead_takes_less_than_two_minutes_and_a_half() {
    let plan = Plan::of(&load("overhead").unwrap().scenario, MACHINE).unwrap();
    assert_eq!(plan.trials.len(), 6);
    assert!(Needs::of_run(&plan).time < Duration::from_secs(150), "{:?}", Needs::of_run(&plan).time);
}

#[test]
fn the_schema_knows_every_key_of_the_built_in_scenarios() {
    let schema = schema();
    for builtin in builtin::ALL {
        let value: Json = serde_json::to_value(builtin.text.parse::<toml::Table>().unwrap()).unwrap();
        known(&value, &schema, builtin.name);
    }
    assert_eq!(schema["properties"]["measure"]["default"], "10s");
    assert_eq!(schema["required"], serde_json::json!(["name", "clients", "load", "transport"]));
    let polling = &schema["properties"]["transport"]["items"]["properties"]["polling"];
    assert_eq!(polling["properties"]["pace"]["default"], "fixed-rate");
    assert_eq!(polling["additionalProperties"], false);
}

fn known(value: &Json, schema: &Json, path: &str) {
    // `tls = true`, or a table: the table's alternative says what is in it.
    let tables = schema["anyOf"].as_array().into_iter().flatten();
    let schema = tables.filter(|_| value.is_object()).find(|one| one["type"] == "object").unwrap_or(schema);
    match value {
        Json::Object(table) => {
            for (key, value) in table {
                let path = format!("{path}.{key}");
                let schema =
                    schema["properties"].get(key).unwrap_or_else(|| panic!("{path}: not in the schema"));
                known(value, schema, &path);
            }
        }
        Json::Array(items) if schema["items"].is_object() => {
            items.iter().for_each(|item| known(item, &schema["items"], path));
        }
        _ => assert!(schema["properties"].is_null(), "{path}: the schema has a table"),
    }
}

fn overrides(flags: &[(&str, &[&str])]) -> Overrides {
    let mut overrides = Overrides::default();
    for (name, values) in flags {
        let flag = FLAGS.iter().find(|flag| flag.name == *name).unwrap();
        let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
        overrides.add(flag, &format!("--{name}"), &values).unwrap();
    }
    overrides
}

#[test]
fn flags_override_the_file_and_dropped_transports_take_their_thresholds_along() {
    let rules = ["latency.p99 <= 50ms", "lost of polling<=0"];
    let mut flags = overrides(&[("clients", &["7"]), ("duration", &["2s"]), ("threshold", &rules)]);
    flags.keep(&["polling".to_owned()]);
    let (loaded, notes) = load_with("smoke", &flags).unwrap();
    let scenario = loaded.scenario;
    assert_eq!(
        notes,
        ["the threshold on latency.p50 of websocket is left out: --transport leaves websocket out"]
    );
    assert_eq!((scenario.transports.len(), scenario.thresholds.len()), (1, 4));
    let seen = |t: &Threshold| (t.metric.name(), t.transport.clone(), t.max, t.min);
    let more: Vec<_> = scenario.thresholds[2..].iter().map(seen).collect();
    let polling = Some("polling".to_owned());
    assert_eq!(more, [("latency.p99", None, Some(5e7), None), ("lost", polling, Some(0.0), None)]);
    assert_eq!((scenario.clients, scenario.measure), (vec![7], Duration::from_secs(2)));
    let rules = ["--threshold 'latency.p99 <= 50ms'", "--threshold 'lost of polling<=0'"];
    let written = ["--clients 7", "--duration 2s", rules[0], rules[1], "--transport polling"];
    assert_eq!(flags.written(), written);
}

#[test]
fn a_rule_on_a_transport_that_another_flag_leaves_out_is_wrong() {
    let mut flags = overrides(&[("threshold", &["latency.p99 of polling <= 50ms"])]);
    flags.keep(&["websocket".to_owned()]);
    let wrong = load_with("smoke", &flags).unwrap_err().to_string();
    assert!(wrong.ends_with("polling is not a transport of this run; it has websocket"), "{wrong}");
}

/// Connecting has a latency, and Socket.IO by polling alone has answers to requests.
#[test]
fn thresholds_on_what_is_measured_are_taken() {
    let of = |load: &str, transport: &str, metric: &str| {
        let text = format!(
            "name = \"x\"\nclients = 10\nmeasure = \"100s\"\n[target]\nurl = \"http://127.0.0.1:1/\"\n[load.{load}]\n\
             [[transport]]\n{transport}\n[[threshold]]\nmetric = \"{metric}\"\nmax = \"1s\"\n"
        );
        Plan::of(&scenario(&text), MACHINE).map(|plan| plan.notes)
    };
    assert_eq!(
        of("connect]\nrate = \"100/s\"\n#", "polling = {}", "latency.p99").unwrap(),
        Vec::<String>::new()
    );
    let socketio = |via| format!("socketio = {{ via = \"{via}\" }}");
    assert!(of("listen", &socketio("polling"), "response.p99").is_ok());
    let never = of("listen", &socketio("upgrade"), "response.p99").unwrap_err().to_string();
    assert!(never.contains("could never pass"), "{never}");
}

#[test]
fn limits_are_in_the_unit_of_their_metric() {
    let limits = [
        ("latency.p99", "\"5ms\""),
        ("lost.ratio", "\"1 %\""),
        ("lost", "10"),
        ("target.cpu.per-1000", "\"2ms\""),
    ];
    let text: String = limits
        .iter()
        .map(|(name, max)| format!("[[threshold]]\nmetric = \"{name}\"\nmax = {max}\n"))
        .collect();
    let thresholds = scenario(&(GOOD.to_owned() + &text)).thresholds;
    let read: Vec<_> = thresholds.iter().map(|t| t.max.unwrap()).collect();
    assert_eq!(read, [5e6, 0.01, 10.0, 0.002]);
    assert_eq!(text::exact(Metric::LatencyP99.unit(), 5e6), "5 ms");
    assert_eq!(text::exact(Unit::Ratio, 0.01), "1 %");
}

#[test]
fn headers_of_ones_own_replace_a_profiles() {
    let text = GOOD.to_owned() + "[headers]\nprofile = \"article\"\nrequest = [\"Accept:  */* \"]\n";
    let headers = scenario(&text).headers;
    assert_eq!(headers.profile, "own");
    assert_eq!((headers.request.len(), headers.response.len()), (1, 3));
    assert_eq!((headers.request[0].0.as_str(), headers.request[0].1.as_str()), ("Accept", "*/*"));
}

#[test]
fn a_byte_order_mark_and_crlf_are_harmless() {
    let text = format!("\u{feff}{}", GOOD.replace('\n', "\r\n"));
    assert_eq!(scenario(&text), scenario(GOOD));
    assert!(matches!(scenario(GOOD).load, Load::Push(_)));
}

#[test]
fn files_that_are_too_large_missing_or_folders_are_named() {
    let large = Scenario::parse("x", &vec![b'#'; (1 << 20) + 1]).unwrap_err().to_string();
    assert!(large.starts_with("error: x: the file is larger than 1 MiB"), "{large}");
    let missing = load("overhaed").unwrap_err().to_string();
    assert_eq!(
        missing,
        "error: overhaed: no such file, and no built-in scenario of that name\n  = help: did you mean `overhead`? \
         built-in: overhead, overhead-browser, overhead-c, overhead-today, latency, comet, fanout, ticker, echo, idle, connect, connect-tls, compression, capacity, smoke, deployed"
    );
    assert!(load("src").unwrap_err().to_string().contains("it is a folder"));
    assert!(load("/dev/zero").unwrap_err().to_string().contains("it is a device, not a file"));
}

/// Cut, doubled or overwritten somewhere: files as typing errors make them.
fn broken() -> impl Strategy<Value = String> {
    let text = builtin::ALL.iter().map(|builtin| builtin.text).collect::<Vec<_>>();
    (0..text.len(), any::<(prop::sample::Index, prop::sample::Index)>(), "\\PC{0,8}").prop_map(
        move |(which, (from, to), put)| {
            let mut chars: Vec<char> = text[which].chars().collect();
            let (from, to) = (from.index(chars.len()), to.index(chars.len()));
            let (from, to) = (from.min(to), from.max(to).min(from.min(to) + 12));
            chars.splice(from..to, put.chars());
            chars.into_iter().collect()
        },
    )
}

fn survive(text: &[u8]) {
    match Scenario::parse("any.toml", text) {
        Ok(scenario) => {
            if let Ok(plan) = Plan::of(&scenario, MACHINE) {
                describe(&plan, 80);
            }
        }
        Err(errors) => {
            let message = errors.to_string();
            assert!(message.starts_with("error: any.toml: "));
            assert!(
                !message.contains("it could not be read"),
                "without a place: {}",
                String::from_utf8_lossy(text)
            );
            assert!(!message.chars().any(|c| c.is_control() && c != '\n'), "{message:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        survive(&bytes);
    }

    #[test]
    fn any_text_is_read_or_refused(text: String) {
        survive(text.as_bytes());
    }

    #[test]
    fn any_slip_is_read_or_refused(text in broken()) {
        survive(text.as_bytes());
    }

    #[test]
    fn any_value_is_read_or_refused(
        key in prop::sample::select(vec!["name", "clients", "measure", "seed", "connect-rate", "load", "transport",
            "headers", "target", "threshold", "shards", "pin", "about"]),
        value in prop::sample::select(vec!["nan", "-inf", "0", "-1", "1e999", "\"\"", "[]", "{}", "[[[]]]", "true",
            "1979-05-27", "99999999999999999999", "\"1e5s\"", "[{}]", "{ url = 1 }", "[1, 1]", "0xffffffffffffffffff"]),
    ) {
        survive(format!("{key} = {value}\n{GOOD}").as_bytes());
        survive(format!("{key} = {value}\n").as_bytes());
    }
}

#[test]
fn no_scenario_commands_the_terminal_of_who_checks_it() {
    let text = GOOD.replace("name = \"x\"", "name = \"x\"\nabout = \"\"\"a\u{202e}b\u{61c}\nc\"\"\"");
    let said = describe(&plan(&text), 80);
    assert!(said.contains("a\\u{202e}b\\u{61c} c"), "{said}");
}

#[test]
fn a_search_from_the_flags_keeps_the_end_of_the_file() {
    let of = |clients: &str, rest: &str, flag: &[u32]| {
        let text = GOOD.replace("clients = 10", &format!("clients = {clients}")) + rest;
        let clients: Vec<String> = flag.iter().map(u32::to_string).collect();
        let clients: Vec<&str> = clients.iter().map(String::as_str).collect();
        let flags = overrides(&[("clients", &clients), ("search", &["true"])]);
        let (scenario, _) = flags.read("x", text.as_bytes()).unwrap();
        let range = Plan::of(&scenario, MACHINE).unwrap().search.unwrap().range;
        (range.from, range.to)
    };
    assert_eq!(of("[100, 2_000]", "", &[500]), (500.0, 2_000.0));
    assert_eq!(of("10", "[search]\nto = 3_000\n", &[500]), (500.0, 3_000.0));
    assert_eq!(of("2_000", "[search]\nfrom = 10\n", &[500]), (500.0, 2_000.0));
    assert_eq!(of("[100, 2_000]", "", &[500, 700]), (500.0, 700.0));
    // One size is where a search begins, and no end.
    assert_eq!(of("2_000", "", &[500]), (500.0, 50_000.0));
    assert_eq!(of("[100, 300]", "", &[500]), (500.0, 50_000.0));
}

#[test]
fn a_share_is_shown_as_it_was_written() {
    for (share, shown) in [(0.07, "7 %"), (0.29, "29 %"), (1e-6, "0.0001 %"), (0.0, "0 %"), (1.5, "150 %")] {
        assert_eq!(text::exact(Unit::Ratio, share), shown);
    }
}

/// Of a load that only connects, connections are what messages are elsewhere.
#[test]
fn thresholds_on_connections_are_taken() {
    for (metric, max) in [
        ("lost", "0"),
        ("lost.ratio", "\"1 %\""),
        ("bytes.per-message", "\"1KiB\""),
        ("target.cpu.per-1000", "\"1s\""),
        ("received.rate", "\"100/s\""),
    ] {
        let text = GOOD.replace("[load.push]\nevery = \"1s\"", "[load.connect]\nrate = \"100/s\"")
            + &format!("[[threshold]]\nmetric = \"{metric}\"\nmax = {max}\n");
        assert_eq!(plan(&text).notes, Vec::<String>::new(), "{metric}");
    }
}
