//! Formats, on reports made by arithmetic. Text is compared with `tests/snapshots/`; `WSBENCH_BLESS=1 cargo
//! test --test pure formats` writes what is rendered now, to be read before it is committed.

use std::fmt::Write as _;
use std::path::Path;

use crate::sample::every::every;
use crate::sample::{self, cases, report, search};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use wsbench::report::terminal::{self, Style};
use wsbench::report::view::Asked;
use wsbench::report::{Artifact, FORMATS, View, json, write};
use wsbench::results::{Check, Report, Severity, VERSION, Why};

fn render(format: &str, reports: &[Report]) -> Vec<Artifact> {
    FORMATS.iter().find(|f| f.name() == format).unwrap().render(&View::of(reports, None)).unwrap()
}

fn text(format: &str, file: &str, reports: &[Report]) -> String {
    let artifacts = render(format, reports);
    let artifact = artifacts.into_iter().find(|a| a.name == file).unwrap();
    String::from_utf8(artifact.bytes).unwrap()
}

pub fn snapshot(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("WSBENCH_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        return;
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    if wanted == text {
        return;
    }
    let (wanted, text): (Vec<&str>, Vec<&str>) = (wanted.lines().collect(), text.lines().collect());
    let mut diff = String::new();
    for n in 0..wanted.len().max(text.len()) {
        let (old, new) = (wanted.get(n), text.get(n));
        if old != new {
            writeln!(diff, "{:4} - {}\n     + {}", n + 1, old.unwrap_or(&""), new.unwrap_or(&"")).unwrap();
        }
    }
    panic!("{} differs (WSBENCH_BLESS=1 accepts):\n{diff}", path.display());
}

#[test]
fn results_travel_through_json_unharmed() {
    let report = report();
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    // Machines find both outcomes in a word; they are optional when read, and the warnings decide.
    assert!(text.contains(r#""verdict":{"status":"valid","server":"ok","warnings":"#));
    let older =
        text.replace(r#""status":"valid","server":"ok","#, "").replace(r#""blames":"measurement","#, "");
    assert!(older.len() < text.len() - 200);
    assert_eq!(serde_json::from_str::<Report>(&older).unwrap(), report);
}

/// What a report says can be told to a machine: the same rows, numbers and findings, without a sentence to take apart.
#[test]
fn a_view_is_data() {
    let reports = [report()];
    let data = serde_json::to_value(View::of(&reports, Some("websocket"))).unwrap();
    assert_eq!(data["findings"][0]["take"]["rows"][0], "websocket");
    let cheaper = &data["findings"][1]["cost"]["cheaper"];
    assert_eq!((cheaper["row"].as_str(), cheaper["base"].as_str()), (Some("websocket"), Some("polling 1s")));
    assert_eq!((cheaper["bytes"].as_f64(), cheaper["base_bytes"].as_f64()), (Some(23.0), Some(930.0)));
    let table = &data["sections"][0]["blocks"][0]["tables"][0];
    assert_eq!(table["heads"][2][1], "ratio");
    let ratios: Vec<&str> = table["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["cells"][2]["number"].as_str().unwrap())
        .collect();
    assert_eq!(ratios, ["40", "40", "1"], "against the row that was named");
    assert_eq!(data["sections"][0]["legend"][0], "ratio: to that of websocket.");
    for (name, reports) in every() {
        serde_json::to_value(View::of(&reports, None)).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

/// Results of version 1 have other names for some fields, and checks that are no more.
#[test]
fn results_of_version_1_are_read() {
    let mut now = search::search();
    now.measurements[0].verdict.warn(Severity::Suspect, Check::Unknown, "x");
    now.measurements[0].tally.counts.unrecognised = 3;
    let text = serde_json::to_string(&now).unwrap();
    let mut old = text.clone();
    for (new, name) in [("warnings", "doubts"), ("unrecognised", "foreign"), ("passed", "held")] {
        let (new, name) = (format!("\"{new}\":"), format!("\"{name}\":"));
        assert!(old.contains(&new), "{new}");
        old = old.replace(&new, &name);
    }
    old = old.replace("\"unknown\"", "\"word-of-old\"").replacen("\"version\":2", "\"version\":1", 1);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("results.json"), old).unwrap();
    let read = json::read(folder.path()).unwrap();
    assert_eq!(Report { version: VERSION, ..read }, now);
}

/// Only what is known by name is cleared away before the next run.
#[test]
fn every_rendering_is_known_by_its_name() {
    for format in FORMATS {
        let mut written: Vec<String> = format
            .render(&View::of(&[search::search()], None))
            .unwrap()
            .into_iter()
            .map(|a| a.name)
            .collect();
        let both = [report(), report()];
        let compared = format.render(&View::compare(&both, 1, Asked::default())).unwrap();
        let trend = format.render(&View::trend(&both, &[])).unwrap();
        written.extend(compared.into_iter().chain(trend).map(|artifact| artifact.name));
        written.sort();
        written.dedup();
        written.retain(|name| !json::is_results(name));
        assert!(written.iter().all(|name| format.renderings().contains(name)), "{written:?}");
        // A search has all files but the charts of what its trials did not measure.
        assert!(format.name() == "chart" || written.len() == format.renderings().len(), "{written:?}");
    }
}

#[test]
fn a_missing_percentile_is_explained() {
    let mut report = report();
    for m in &mut report.measurements {
        m.tally.latency.clear();
        (1..=500).for_each(|n| m.tally.latency.record(n * 1_000));
    }
    let said = "too few samples; p99 needs 1,000 messages (2.0x as many).";
    for (format, file) in [("text", "report.txt"), ("md", "report.md")] {
        let text = text(format, file, std::slice::from_ref(&report));
        assert!(text.contains(said), "{text}");
    }
    assert!(!text("text", "report.txt", &[sample::report()]).contains("too few"));
}

#[test]
fn a_cut_trial_is_said_to_be_cut() {
    let mut report = cases::interrupted();
    report.planned = 2;
    report.measurements[1].window_s = 0.7;
    report.measurements[1].window_began = "2026-11-22T10:42:30Z".to_owned();
    let text = text("text", "report.txt", &[report]);
    assert!(
        text.contains("stopped early: 2 of 2 trials were measured, the last one cut to 700 ms"),
        "{text}"
    );
}

#[test]
fn the_end_of_a_run() {
    for (name, reports) in every() {
        let text = text("text", "report.txt", &reports);
        snapshot(&format!("{name}.txt"), &text);
        for line in text.lines() {
            let long_word = !line.trim().contains(' ');
            assert!(unicode_width::UnicodeWidthStr::width(line) <= 80 || long_word, "{name}: {line}");
            assert!(!line.chars().any(char::is_control), "{name}: {line:?}");
            assert_eq!(line.trim_end(), line, "{name}");
        }
    }
}

#[test]
fn colour_underlines_what_the_words_say() {
    let colour = Style { color: true, ..Style::default() };
    for (name, reports) in every() {
        let coloured = terminal::render(&View::of(&reports, None), colour);
        let mut plain = coloured.clone();
        for code in ["1;31", "0", "1", "2", "31", "32", "33"] {
            plain = plain.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_eq!(plain, terminal::render(&View::of(&reports, None), Style::default()), "{name}");
    }
    assert!(
        terminal::render(&View::of(&[cases::invalid()], None), colour)
            .starts_with("\u{1b}[1;31mINVALID\u{1b}[0m")
    );
}

#[test]
fn every_format_takes_every_report() {
    for (name, reports) in every() {
        for format in FORMATS {
            let artifacts = format.render(&View::of(&reports, None)).unwrap();
            // A chart without data is left out, so that there may be none.
            assert!(!artifacts.is_empty() || format.name() == "chart", "{name} {}", format.name());
        }
    }
    for format in FORMATS {
        format.render(&View::of(&[], None)).unwrap();
    }
}

#[test]
fn tables_for_machines() {
    let mut small = cases::invalid();
    small.measurements.truncate(3);
    small.measurements.iter_mut().for_each(|m| m.tally.timeline.truncate(2));
    for file in ["summary.csv", "timeline.csv", "latency.csv"] {
        snapshot(file, &text("csv", file, std::slice::from_ref(&small)));
    }
    snapshot("capacity.csv", &text("csv", "capacity.csv", &[search::search()]));
    snapshot("results.ndjson", &text("ndjson", "results.ndjson", std::slice::from_ref(&small)));
}

#[test]
fn markdown() {
    for (name, reports) in every() {
        if ["overhead", "invalid", "server-failed", "repeats", "hostile", "two-runs", "search"]
            .contains(&name)
        {
            let text = text("md", "report.md", &reports);
            assert!(
                !text.contains("<script") && !text.contains("<img") && !text.contains('\u{1b}'),
                "{name}"
            );
            snapshot(&format!("{name}.md"), &text);
        }
    }
}

#[test]
fn no_spreadsheet_runs_a_cell() {
    let mut found = search::search();
    let capacity = &mut found.capacity[0];
    capacity.transport = "=1+1\u{1b}[2J".to_owned();
    capacity.why = Some(Why::FailedToRun("@cmd\u{202e}|\n-2".to_owned()));
    for file in ["summary.csv", "timeline.csv", "latency.csv", "capacity.csv"] {
        let report = if file == "capacity.csv" { found.clone() } else { cases::hostile() };
        let text = text("csv", file, &[report]);
        // A mark before it makes it text.
        assert!(text.contains(if file == "capacity.csv" { "'=1+1" } else { "'=cmd|" }), "{text}");
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        for row in rows.records() {
            for cell in &row.unwrap() {
                let number = cell.parse::<f64>().is_ok();
                assert!(number || !cell.starts_with(['=', '+', '-', '@']), "{file}: {cell}");
                assert!(!cell.chars().any(char::is_control), "{file}: {cell:?}");
            }
        }
    }
}

#[test]
fn latency_csv_ends_where_the_samples_end() {
    let text = text("csv", "latency.csv", &[cases::one_transport()]);
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect();
    let of = |clients: &str| -> Vec<_> { rows.iter().filter(|r| &r[3] == clients).collect() };
    // 10,000 samples carry p99.9 (1/(1-p) = 1,000), 100,000 carry p99.99.
    for (clients, furthest) in [("1000", 1_000.0), ("10000", 10_000.0)] {
        let rows = of(clients);
        let percentiles = rows.iter().filter(|r| &r[5] == "percentile");
        let most = percentiles.map(|r| r[7].parse::<f64>().unwrap()).fold(0.0, f64::max);
        assert!((most - furthest).abs() < 1e-6, "{most}");
        assert_eq!(&rows.last().unwrap()[5], "max");
    }
}

#[test]
fn the_interval_log_is_read_back_with_the_same_counts() {
    let report = cases::invalid();
    let bytes = render("hlog", std::slice::from_ref(&report)).remove(0).bytes;
    let mut found = std::collections::BTreeMap::<String, (usize, u64)>::new();
    let mut last = std::time::Duration::ZERO;
    let mut start = None;
    for entry in IntervalLogIterator::new(&bytes) {
        match entry.unwrap() {
            LogEntry::Interval(interval) => {
                assert!(interval.start_timestamp() >= last);
                last = interval.start_timestamp();
                let packed = base64::Engine::decode(
                    &base64::engine::general_purpose::STANDARD,
                    interval.encoded_histogram(),
                );
                let hist: Histogram<u64> =
                    Deserializer::new().deserialize(&mut packed.unwrap().as_slice()).unwrap();
                let entry = found.entry(interval.tag().unwrap().as_str().to_owned()).or_default();
                *entry = (entry.0 + 1, entry.1 + hist.len());
            }
            LogEntry::StartTime(time) => start = Some(time),
            LogEntry::BaseTime(_) => {}
        }
    }
    assert_eq!(start.unwrap().as_secs(), 1_795_344_120);
    assert_eq!(found.len(), report.measurements.len());
    assert_eq!(found["polling-1s_1000"], (10, 10_000));
    assert_eq!(found["websocket_10000"], (10, 100_000));
}

#[test]
fn results_are_written_whole_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("new/folder");
    let report = cases::invalid();
    let artifacts = render("json", std::slice::from_ref(&report));
    let paths = write(&into, &artifacts).unwrap();
    assert_eq!(paths, [into.join("results.json")]);
    write(&into, &artifacts).unwrap();
    assert_eq!(std::fs::read_dir(&into).unwrap().count(), 1, "no temporary file is left");
    assert_eq!(json::read(&into).unwrap(), report);

    let path = &paths[0];
    let whole = std::fs::read_to_string(path).unwrap();
    let refused = |text: &str| {
        std::fs::write(path, text).unwrap();
        format!("{:#}", json::read(path).unwrap_err())
    };
    let newer = refused(&whole.replacen("\"version\": 2", "\"version\": 7", 1));
    assert!(newer.contains("results of version 7; this wsbench reads version 2 and older"), "{newer}");
    let half = refused(&whole[..whole.len() / 2]);
    assert!(half.contains("cut off in the middle") && half.contains("results.json"), "{half}");
    for other in ["[]", "{\"a\": 1}", "not json"] {
        let other = refused(other);
        assert!(other.contains("not results of wsbench"), "{other}");
    }
    let absent = format!("{:#}", json::read(&into.join("x.json")).unwrap_err());
    assert!(absent.contains("x.json") && absent.contains("No such file"), "{absent}");
    let astray = [Artifact { name: "../x".into(), bytes: vec![] }];
    assert!(format!("{:#}", write(&into, &astray).unwrap_err()).contains("not a plain file name"));
    let blocked = format!("{:#}", write(path, &artifacts).unwrap_err());
    assert!(blocked.contains("making the folder"), "{blocked}");
}

/// A session may be opened over several connections, as Socket.IO's upgrade is.
#[test]
fn a_table_of_connecting_counts_sessions_and_no_sockets() {
    let (one, mut three) = (cases::connect(), cases::connect());
    three.measurements.iter_mut().for_each(|m| m.tally.traffic.window.connections *= 3);
    let table = |report: Report| text("md", "report.md", &[report]);
    let said = table(one);
    assert!(said.contains("connections per second"), "{said}");
    assert_eq!(table(three), said);
}
