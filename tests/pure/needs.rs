//! What `wsbench check` says a run needs, and whether that fits.

use wsbench::plan::{Limits, Machine, Needs, Plan};
use wsbench::scenario::{Scenario, builtin};

/// Two cores, and files for 10,000 clients a process.
const MACHINE: Machine = Machine { cores: 2, files: 20_000 };

const GOOD: &str = "name = \"x\"\nclients = 10\n[load.push]\nevery = \"1s\"\n[[transport]]\nwebsocket = {}\n";

/// Of the first trial of this scenario.
fn of(text: &str) -> Needs {
    let scenario = Scenario::parse("test.toml", text.as_bytes()).unwrap_or_else(|errors| panic!("{errors}"));
    Needs::of(&Plan::of(&scenario, MACHINE).unwrap().trials[0])
}

#[test]
fn needs_follow_from_the_articles_bytes() {
    let text = GOOD.replace("websocket = {}", "polling = { every = \"1s\" }");
    let text = text
        .replace("clients = 10\n", "clients = 25_000\nwarmup = \"0s\"\nmeasure = \"1s\"\nshards = 2\n")
        + "[headers]\nprofile = \"article\"\n";
    let needs = of(&text);
    // Polling warms up for an interval even where the file says 0 s.
    assert_eq!(needs.traffic, Some(2 * 25_000 * (716 + 193 + 21)));
    assert_eq!(needs.wire, Some(2 * 25_000 * (716 + 193 + 21 + 3 * 52)));
    assert_eq!((needs.shard_files, needs.target_files), (12_500 + 64, 12_500 + 64));
    assert_eq!((needs.addresses, needs.ports), (3, 8_334));
    // Who sends over HTTP does so from a port of its own.
    let echo = text.replace("[load.push]", "[load.echo]").replace("\"1s\" }", "\"1s\", reply = \"since\" }");
    let needs = of(&echo);
    assert_eq!((needs.addresses, needs.ports), (3, 16_667));
}

/// Above TCP a poll a second moves more than five frames do, with TCP/IP less: `check` must foresee what the report says.
#[test]
fn of_the_ticker_the_totals_are_foreseen_in_the_order_in_which_they_are_measured() {
    let ticker = builtin::load("ticker").unwrap().scenario;
    let plan = Plan::of(&ticker, MACHINE).unwrap();
    let needs = |name| Needs::of(plan.trials.iter().find(|trial| trial.transport.name() == name).unwrap());
    let (polling, websocket) = (needs("polling"), needs("websocket"));
    assert!(polling.traffic > websocket.traffic, "{polling:?} {websocket:?}");
    assert!(polling.wire < websocket.wire, "{polling:?} {websocket:?}");
}

#[test]
fn what_does_not_fit_is_said_with_the_line_that_lifts_it() {
    let needs =
        Needs { shard_files: 1_100, target_files: 10, ports: 28_242, memory: 2_000, ..Needs::default() };
    let all = Limits { files_hard: 2_000, ports: 30_000, memory: 2_000, of_group: false };
    assert_eq!(needs.complaints(&all), Vec::<String>::new());
    let few = Limits { files_hard: 1_024, ports: 28_232, memory: 1_000, of_group: false };
    assert_eq!(
        needs.complaints(&few),
        [
            "76 more files than a shard may open (RLIMIT_NOFILE 1,024). 2 times as many shards (shards = N in the scenario), or \
             `ulimit -Hn 1100` as root",
            "10 more connections than this machine has ports for from one address (28,232). \
             `sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"` gives 64,512",
            "about 2 kB of memory, and 1 kB are free. Fewer clients or a smaller payload",
        ]
    );
    let said = needs.complaints(&Limits { memory: 1_000, of_group: true, ..all });
    assert!(said.len() == 1 && said[0].contains("1 kB are left by the cgroup's limit"), "{said:?}");
}

/// A process takes 64 for itself: of so many no number of shards is enough.
#[test]
fn no_shards_are_advised_where_they_do_not_help() {
    let needs = Needs { shard_files: 129, memory: 2_000, ..Needs::default() };
    for (files_hard, help) in [(64, "129` as root"), (66, "129` as root"), (100, "4 times as many shards")] {
        // Without /proc nobody knows how much memory there is.
        let complaints = needs.complaints(&Limits { files_hard, ports: 30_000, memory: 0, of_group: false });
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].contains(help), "{complaints:?}");
        assert_eq!(complaints[0].contains("shards"), files_hard == 100, "{complaints:?}");
    }
}

#[test]
fn ports_of_closed_connections_rest_longer_beyond_this_machine() {
    let ports = |host: &str| {
        let target = format!("[target]\nurl = \"ws://{host}:9/\"\nauthorised = [\"{host}\"]");
        let load = format!("[load.connect]\nrate = \"500/s\"\n{target}");
        of(&GOOD.replace("[load.push]\nevery = \"1s\"", &load)).ports
    };
    assert_eq!(ports("localhost") + 58 * 500, ports("192.0.2.1"));
}

/// One connection for what a client asks over HTTP/2, and one for all who share it; who shares one is in one process.
#[test]
fn shared_connections_need_fewer_files_and_ports() {
    let text = GOOD.replace("websocket = {}", "sse = { http = 2 }").replace("[load.push]", "[load.echo]");
    let text = text.replace("clients = 10\n", "clients = 25_000\nshards = 2\n");
    let own = of(&text);
    assert_eq!((own.shard_files, own.target_files), (12_500 + 64, 25_000 / 2 + 64));
    assert_eq!((own.addresses, own.ports), (3, 8_334));
    let share =
        |each: &str| of(&text.replace("http = 2", &format!("http = 2, clients-per-connection = {each}")));
    let shared = share("50");
    // Of each shard 250, and one more where a group is cut.
    assert_eq!((shared.shard_files, shared.target_files), (251 + 64, 501 + 64));
    assert_eq!((shared.addresses, shared.ports), (1, 501));
    assert!(shared.memory < own.memory - 24_000 * 8_000, "{shared:?} {own:?}");
    // A client that sends has two streams, and the reference target allows 256 on a connection.
    assert_eq!(share("1000").ports, 25_000_u64.div_ceil(128) + 1);
    // By HTTP/1.1 a client that sends has a second connection: so many files are those of three processes.
    let old = of(&text.replace("http = 2", ""));
    assert_eq!(old.shard_files, 2 * 8_334 + 64);
}
