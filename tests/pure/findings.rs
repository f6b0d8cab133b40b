//! What a report claims of its numbers: medians, thresholds, warnings and the finding, on reports made by arithmetic.

use crate::sample::{self, cases, measurement, report, search};
use wsbench::meter::reasons;
use wsbench::report::View;
use wsbench::report::view::troubles;
use wsbench::report::view::warnings::warnings;
use wsbench::results::{Check, Severity, Status, Why, cells, outcomes};
use wsbench::scenario::{Load, Metric, Threshold};
use wsbench::transport::Transport;
use wsbench_targets::hist::Hist;

fn finding(reports: &[wsbench::results::Report]) -> String {
    View::of(reports, None).finding()
}

/// So many as there are: one trial is not several.
#[test]
fn suspect_rows_are_counted() {
    let suspect = |rows: usize| {
        let mut report = report();
        let of = report.measurements.iter_mut().filter(|m| m.trial.clients == 10_000);
        of.take(rows)
            .for_each(|m| m.verdict.warn(Severity::Suspect, Check::GeneratorCpu, "97 % of its core"));
        finding(&[report])
    };
    assert!(suspect(1).contains(" 1 row of this is suspect."), "{}", suspect(1));
    assert!(suspect(2).contains(" 2 rows of this are suspect."), "{}", suspect(2));
    assert!(!suspect(0).contains("suspect"), "{}", suspect(0));
}

/// The kernel counts its memory for sockets in steps: what is within them is not told, and what is little more, with them.
#[test]
fn memory_of_few_sockets_is_told_as_well_as_it_is_known() {
    let remark = |clients: u32, bytes: u64| {
        let mut report = cases::one_transport();
        report.measurements.truncate(1);
        report.measurements[0].trial.clients = clients;
        report.measurements[0].socket_memory = Some(bytes);
        let remarks = View::of(&[report], None).remarks;
        remarks.into_iter().find(|remark| remark.starts_with("Kernel memory"))
    };
    // Two cores: 2 MiB may be off.
    assert_eq!(remark(10, 1 << 20), None);
    let few = remark(100, 4_000_000).unwrap();
    assert!(few.ends_with("websocket 40 kB ± 21.0 kB."), "{few}");
    let many = remark(100_000, 2_000_000_000).unwrap();
    assert!(many.ends_with("websocket 20 kB."), "{many}");
}

#[test]
fn repeats_are_one_longer_trial() {
    let reports = [cases::repeats()];
    let cells = cells(&reports);
    assert_eq!(cells.iter().map(|c| c.repeats.len()).collect::<Vec<_>>(), [3, 3, 3]);
    let websocket = &cells[2];
    // 10,000 + 11,000 + 12,000 samples, the upper 3,000 of them at one second: p99 is of the union.
    assert_eq!(websocket.tally().latency.count(), 33_000);
    let p99 = websocket.value(Metric::LatencyP99).unwrap();
    assert!((p99 / 1e9 - 1.0).abs() < 0.01, "{p99}");
    let received = |m: &wsbench::results::Measurement| m.value(Metric::Received);
    // 3 x 10,000 messages in 10.0 + 10.1 + 10.2 s.
    assert!((websocket.value(Metric::Received).unwrap() - 30_000.0 / 30.3).abs() < 1e-6);
    assert_eq!(websocket.spread(received).unwrap().1, 1_000.0);
}

/// What a third of the trials lost is lost, and a percentile rests on the samples of all of them.
#[test]
fn repeats_are_judged_together_as_they_are_shown() {
    let mut report = cases::repeats();
    for m in report.measurements.iter_mut().filter(|m| m.trial.transport.name() == "websocket") {
        (m.tally.latency, m.tally.counts.sent) = (Hist::default(), 500);
        (0..500).for_each(|_| m.tally.latency.record(1_000_000));
        (m.tally.counts.delivered, m.tally.counts.lost) =
            if m.trial.repeat == 2 { (350, 150) } else { (500, 0) };
    }
    let at_most =
        |metric, max| Threshold { metric, transport: Some("websocket".into()), max: Some(max), min: None };
    let found = outcomes(&report, &[at_most(Metric::LatencyP99, 2e6), at_most(Metric::LostRatio, 0.05)]);
    assert_eq!(found.len(), 2, "one for all repeats: {found:?}");
    assert_eq!(found[0].trial, "websocket, 1,000 clients");
    assert!(found[0].holds && found[0].value.is_some(), "1,500 samples carry a p99: {found:?}");
    assert!(!found[1].holds && (found[1].value.unwrap() - 0.1).abs() < 1e-9, "{found:?}");
    report.thresholds = found;
    assert_eq!(report.server(), wsbench::results::Server::Failed);
}

/// A part of a sum is a part of what the whole is a sum of.
#[test]
fn a_ratio_of_repeats_is_a_ratio_of_sums() {
    let mut report = cases::repeats();
    let parts = [(1, 1), (5, 9), (9, 5)];
    let of = report.measurements.iter_mut().filter(|m| m.trial.transport.name() == "websocket");
    for (m, (headers, tcp)) in of.zip(parts) {
        let received = m.tally.counts.received;
        let window = &mut m.tally.traffic.window;
        (window.up, window.down) = <_>::default();
        (window.up.headers, window.down.tcp_ip) = (headers * received, tcp * received);
    }
    let reports = [report];
    let cells = cells(&reports);
    let value = |metric| cells[2].value(metric).unwrap();
    assert!((value(Metric::WireBytesPerMessage) - 10.0).abs() < 1e-9);
    assert!((value(Metric::OverheadPerMessage) - 5.0).abs() < 1e-9);
}

#[test]
fn thresholds_hold_only_by_what_was_measured() {
    let mut report = cases::all_failed();
    report.measurements = vec![measurement(9, wsbench::transport::Transport::all().remove(2), 1_000)];
    report.failed.truncate(1);
    let ask = |metric, transport: Option<&str>, max, min| {
        let transport = transport.map(str::to_owned);
        let found = outcomes(&report, &[Threshold { metric, transport, max, min }]);
        found.iter().map(|o| (o.value.is_some(), o.holds)).collect::<Vec<_>>()
    };
    let p50 = Metric::LatencyP50;
    assert_eq!(ask(p50, None, Some(5e6), None), [(true, true), (false, false)]);
    assert_eq!(ask(p50, Some("websocket"), Some(5.0), None), [(true, false)]);
    assert_eq!(ask(p50, Some("websocket"), None, Some(5.0)), [(true, true)]);
    assert_eq!(ask(p50, Some("polling 1s"), Some(5e6), None), [(false, false)]);
    assert_eq!(ask(p50, Some("polling"), Some(5e6), None), [(false, false)]);
    assert_eq!(ask(Metric::ResponseP50, Some("websocket"), Some(5e6), None), [(false, false)]);
    assert_eq!(ask(p50, Some("sse"), Some(5e6), None), [(false, false)]);
}

#[test]
fn the_finding_claims_nothing_of_invalid_trials() {
    let mut all = report();
    for m in &mut all.measurements {
        m.verdict.warn(wsbench::results::Severity::Invalid, Check::GeneratorLag, "x");
    }
    assert_eq!(all.status(), Status::Invalid);
    assert_eq!(finding(&[all]), "Nothing is claimed: every trial is invalid.");
    assert_eq!(finding(&[cases::empty()]), "");
    assert!(finding(&[cases::invalid()]).contains("Left out as invalid: 1 row"));
    assert!(!finding(&[cases::misses_by_design()]).contains("Nothing was lost"));
}

/// Per message polling costs 6.8 times as much, and in all it moves less: 976 bytes a second and client to 1,130.
#[test]
fn of_a_ticker_totals_and_ages_are_told_and_no_bytes_per_message() {
    let told = finding(&[cases::ticker()]);
    let in_all = "With 3,000 clients polling 1s moved least in all: 23.4 Mbit/s with TCP/IP; websocket 27.1 Mbit/s (1.2x \
                  that), long-polling 117 Mbit/s (5.0x that).";
    let ages = "displays: 600 ms by polling 1s (99 % of the time at most 1.14 s), 100 ms by websocket";
    let choice = "In all websocket takes 1.2x the traffic of polling 1s, and what polling 1s shows is 6.0x as old: on \
                  average 600 ms by polling 1s, 100 ms by websocket.";
    let down = "From the server came 10.2 Mbit/s by polling 1s, 20.9 Mbit/s by websocket, 50.9 Mbit/s by";
    let never = "By polling 1s 80 % of what each client could have got was never sent to it";
    let best = "were every message there at once, it would be 100 ms";
    for said in [in_all, down, never, ages, best, choice] {
        assert!(told.contains(said), "{said}\nis not in\n{told}");
    }
    for misleading in ["fewer bytes", "a message that arrived", "half of what arrived"] {
        assert!(!told.contains(misleading), "{told}");
    }
    // Nor between two runs.
    let beside = finding(&[cases::ticker(), cases::ticker()]);
    assert!(
        beside.contains("polling 1s, 3,000 clients, [2] against [1]: in all 23.4 Mbit/s against"),
        "{beside}"
    );
}

/// Of a server that says nothing at all no newer message has overwritten others.
#[test]
fn what_never_came_was_not_overwritten() {
    let mut silent = cases::ticker();
    for m in &mut silent.measurements {
        (m.tally.counts.delivered, m.tally.counts.received) = (0, 0);
        m.tally.counts.lost = m.tally.counts.sent;
    }
    assert!(!finding(&[silent]).contains("overwritten"));
}

/// Whoever writes results by hand, or an earlier version: an age that is not there is not claimed.
#[test]
fn of_results_without_ages_totals_alone_are_told() {
    let mut old = cases::ticker();
    old.measurements.iter_mut().for_each(|m| m.tally.age = wsbench::meter::Age::default());
    let text = serde_json::to_string(&old).unwrap();
    assert!(!text.contains("\"age\""), "it is written as it was");
    let told = finding(&[serde_json::from_str(&text).unwrap()]);
    assert!(
        told.contains("(1.2x that)") && !told.contains("verage") && !told.contains("fewer bytes"),
        "{told}"
    );
    assert_eq!(old.measurements[0].value(Metric::AgeMean), None);
}

/// Whichever is cheaper, the sentence says so.
#[test]
fn a_ticker_whose_polls_cost_more_says_so() {
    let mut dear = cases::ticker();
    dear.measurements[0].tally.traffic.window.up.headers *= 3;
    let told = finding(&[dear]);
    assert!(told.contains("With 3,000 clients websocket moved least in all"), "{told}");
    assert!(
        told.contains("In all polling 1s takes 1.7x the traffic of websocket, and what polling 1s shows is"),
        "{told}"
    );
}

/// Nothing held, but something was measured: what speaks against the best of it is the reason.
#[test]
fn a_search_in_which_nothing_held_says_why() {
    let mut report = search::search();
    for capacity in &mut report.capacity {
        capacity.passed = None;
    }
    for m in &mut report.measurements {
        m.verdict.warn(Severity::Invalid, Check::GeneratorLag, "the generator came 90 ms late");
    }
    assert_eq!(report.status(), Status::Invalid);
    assert!(warnings(&report).iter().any(|said| said.text.contains("90 ms late")));
    // One step was valid, and crossed what was asked for: that alone is judged.
    report.measurements[3].verdict = sample::report().measurements[0].verdict.clone();
    assert_eq!(report.status(), Status::Valid);
    assert!(warnings(&report).iter().all(|said| said.severity == Severity::Note));
    assert_eq!(report.judged().len(), 1);
}

/// `limits` looks at files, ports and memory, `ledger` at both ways.
#[test]
fn every_warning_of_a_code_is_said() {
    let mut report = report();
    for m in &mut report.measurements[..2] {
        m.verdict.warn(Severity::Suspect, Check::Limits, "files");
        m.verdict.warn(Severity::Suspect, Check::Limits, "memory");
    }
    let said: Vec<String> = warnings(&report).into_iter().map(|said| said.text).collect();
    assert!(said[0].starts_with("limits: files ("), "{said:?}");
    assert!(said[1].starts_with("limits: memory ("), "{said:?}");
    assert_eq!(said.len(), 3, "{said:?}");
}

/// Where a percentile lacks its samples, a condition of a search holds by the largest.
#[test]
fn conditions_on_any_percentile_hold_by_the_largest_of_few() {
    let mut m = report().measurements.remove(0);
    m.tally.gap.record(2_000_000);
    m.tally.lateness.record(2_000_000);
    for metric in [Metric::GapP50, Metric::GapP99, Metric::LatenessP50, Metric::LatenessP99] {
        assert_eq!(m.value(metric), None);
        let at_most = |max| [Threshold { metric, transport: None, max: Some(max), min: None }];
        assert_eq!(m.why_not(&at_most(3e6)), None, "{}", metric.name());
        assert!(m.why_not(&at_most(1e6)).is_some(), "{}", metric.name());
    }
}

/// Of what was never sent nothing was lost, and nothing was kept either.
#[test]
fn nothing_is_said_of_what_was_not_sent() {
    let idle = [cases::idle()];
    for metric in [
        Metric::Lost,
        Metric::LostRatio,
        Metric::Duplicated,
        Metric::Reordered,
        Metric::Altered,
        Metric::Strangers,
        Metric::Invented,
    ] {
        assert_eq!(cells(&idle)[0].value(metric), None, "{}", metric.name());
        assert!(report().measurements[0].value(metric).is_some(), "{}", metric.name());
    }
    assert_eq!(cells(&idle)[0].value(Metric::Failures), Some(0.0));
}

#[test]
fn two_runs_without_a_number_in_common_give_no_sentence() {
    let mut runs = [cases::idle(), cases::idle()];
    for m in &mut runs[1].measurements {
        (m.target, m.window_s) = (None, 0.0);
    }
    let said = finding(&runs);
    assert!(!said.contains(": ."), "{said}");
}

/// What is done with 21 bytes and with 10 kB is not the same work: no number of the one is set against one of the other.
#[test]
fn runs_of_other_loads_are_not_compared() {
    let mut heavy = report();
    for m in &mut heavy.measurements {
        let Load::Push(publication) = &mut m.trial.load else { panic!("{:?}", m.trial.load) };
        publication.payload = 10_000;
    }
    assert!(finding(&[report(), report()]).contains("[2] against [1]"));
    let said = finding(&[report(), heavy]);
    assert!(!said.contains("[2] against [1]"), "{said}");
}

/// Two identical runs differ by a tick of the scheduler, where the server's CPU is read by somebody else, and that is no
/// change of the server.
#[test]
fn cpu_within_its_error_is_no_ratio() {
    let runs_by = |ticks: f64, error: f64| {
        let mut runs = [report(), report()];
        for (run, ticks) in runs.iter_mut().zip([5.0, ticks]) {
            for target in run.measurements.iter_mut().filter_map(|m| m.target.as_mut()) {
                (target.user_s, target.system_s, target.cpu_error_s) = (0.0, ticks / 100.0, error);
            }
        }
        finding(&runs)
    };
    let runs = |ticks: f64| runs_by(ticks, 0.02);
    assert!(runs(8.0).contains("(no further apart than its error)"), "{}", runs(8.0));
    assert!(runs_by(8.0, 0.0).contains("(1.60x)"), "{}", runs_by(8.0, 0.0));
    assert!(runs(50.0).contains("(10x)"), "{}", runs(50.0));
    assert!(runs(5.0).contains("(1.00x)"), "{}", runs(5.0));
}

/// A search holds by the largest of few, and does not call that a percentile.
#[test]
fn the_largest_of_few_is_not_called_a_percentile() {
    let mut report = search::search();
    let limit = Threshold { metric: Metric::LatencyP99, transport: None, max: Some(1e6), min: None };
    let mut m = measurement(0, Transport::all().remove(0), 10);
    m.tally.latency = Hist::default();
    (0..30).for_each(|_| m.tally.latency.record(2_000_000));
    let why = m.why_not(std::slice::from_ref(&limit));
    assert!(matches!(&why, Some(Why::Crossed(outcome)) if outcome.largest), "{why:?}");
    report.capacity.truncate(1);
    report.capacity[0].why = why;
    report.measurements.push(m);
    let said = finding(&[report.clone()]);
    assert!(said.contains("latency.max was 2.00 ms (too few samples for latency.p99)"), "{said}");
    let reports = [report];
    let legend = View::of(&reports, None).searches[0].legend.join(" ");
    assert!(legend.contains("-: too few samples; p99 needs 1,000 messages"), "{legend}");
}

/// Whatever else did not hold: how much more the server sustains, nobody knows.
#[test]
fn a_generator_that_has_had_enough_is_no_limit_of_the_server() {
    let mut report = search::search();
    let limit = Threshold { metric: Metric::LatencyP99, transport: None, max: Some(1.0), min: None };
    let mut m = measurement(0, Transport::all().remove(0), 10);
    m.verdict.warn(Severity::Invalid, Check::Loss, "7 of 10 messages were lost");
    assert!(matches!(m.why_not(std::slice::from_ref(&limit)), Some(Why::Crossed(_))));
    m.verdict.warn(Severity::Invalid, Check::GeneratorCpu, "97 % of a core");
    report.capacity.truncate(1);
    let capacity = &mut report.capacity[0];
    capacity.why = m.why_not(std::slice::from_ref(&limit));
    (capacity.passed, capacity.failed_at, capacity.finished) = (Some(100.0), Some(110.0), true);
    assert!(capacity.at_least());
    let said = finding(&[report.clone()]);
    let words = [
        "sustains at least 100 clients",
        "at 110 (0 of 0) the load generator, or the machine under it, was at its limit (generator-cpu: 97",
    ];
    assert!(words.iter().all(|words| said.contains(words)), "{said}");
    report.capacity[0].passed = None;
    let said = finding(&[report]);
    assert!(
        said.contains("nothing is known of this server: at 110 (0 of 0) the load generator, or"),
        "{said}"
    );
}

/// An upgrade takes its connection along; a request need not.
#[test]
fn connections_that_are_not_kept_are_a_matter_of_requests() {
    let mut report = report();
    for m in &mut report.measurements {
        m.tally.traffic.window.connections = 100;
        m.tally.traffic.window.requests = 100;
    }
    let reports = [report];
    let said = |n: usize| troubles(&cells(&reports)[n]).join("; ");
    assert!(
        said(0).contains("none was kept alive") && said(1).contains("none was kept alive"),
        "{}",
        said(0)
    );
    assert!(!said(cells(&reports).len() - 1).contains("kept alive"));
    let mut reports = reports;
    reports[0].measurements[0].tally.failures.reasons.add(reasons::UNASKED);
    let said = troubles(&cells(&reports)[0]).join("; ");
    assert!(said.contains("none was kept alive: behind an answer came what was not asked for"), "{said}");
}
