//! One run's own heading: what it was, whether to believe it, what its checks found, and under which conditions it was measured.
//!
//! It must not know a format; names inside are as they came, formats escape them.

use serde::Serialize;

use super::names::{self, is_search};
use super::warnings::{Warning, warnings};
use crate::plan::{Trial, Where, what};
use crate::results::{Check, Environment, Report, Server, Status};
use crate::scenario::Metric;
use crate::text::{Unit, count, grouped, percent, seconds, text};

/// One of the runs of a view.
#[derive(Serialize)]
pub struct Run {
    /// `[2] ` where there are several.
    pub number: String,
    /// `overhead`.
    pub name: String,
    /// The name with the time of its start.
    pub full_name: String,
    /// The scenario's question.
    pub about: String,
    /// `3 transports · 1,000 clients`.
    pub extent: String,
    /// Names the schedules and the order of the trials.
    pub seed: u64,
    /// `68 s`.
    pub took: String,
    /// Whether to believe it.
    pub status: Status,
    /// How the server did.
    pub server: Server,
    /// How sure its numbers are, where nothing was measured more than once.
    pub certainty: Option<String>,
    /// How the generator kept up, and what no number here contains; `None` where nothing was measured.
    pub generator: Option<String>,
    /// Why fewer trials than planned were measured, if so.
    pub cut_short: Option<String>,
    /// What the checks found, the worst first.
    pub warnings: Vec<Warning>,
    /// What happened in a trial, and where; `None` where none was measured.
    pub measured: Option<String>,
    /// Name and value of what the numbers depend on.
    pub environment: Vec<(&'static str, String)>,
    /// The scenario as it was read.
    pub scenario: String,
    /// The command that measures it again, where the scenario lies in [`Run::file`].
    pub command: String,
    /// The file of the scenario; or a name for one, where it came from no file. Built-in scenarios need none.
    pub file: String,
}

/// The heading of the run of that place among the reports.
pub fn run(report: &Report, place: usize, runs: usize) -> Run {
    let first = report.measurements.first().map(|m| &m.trial);
    Run {
        number: names::number(place, runs),
        name: report.name.clone(),
        full_name: names::run(report),
        about: report.about.clone(),
        extent: names::extent(report),
        seed: report.seed,
        took: seconds(report.took_s.round()),
        status: report.status(),
        server: report.server(),
        certainty: certainty(report),
        generator: generator(report),
        cut_short: cut_short(report),
        warnings: warnings(report),
        measured: first.map(|trial| format!("{}; {}", what(trial), conditions(trial, report))),
        environment: environment(report),
        scenario: report.scenario.text.clone(),
        command: command(report),
        file: file(report),
    }
}

/// Of a search, tries tell.
fn certainty(report: &Report) -> Option<String> {
    let once = !report.measurements.is_empty() && report.measurements.iter().all(|m| m.trial.repeat == 0);
    let once = once && !is_search(report);
    let few = report.measurements.iter().any(|m| m.verdict.found(Check::FewSamples));
    let of_few = if few {
        " A p99 here, of latencies and of ages, rests on too few messages: do not rely on it."
    } else {
        ""
    };
    once.then(|| {
        format!(
            "Each row was measured once: bytes are counted, but differences of time, CPU and memory below some 20 % may well be \
             chance, of p99 larger ones too.{of_few}"
        )
    })
}

fn generator(report: &Report) -> Option<String> {
    let most = |metric| report.measurements.iter().filter_map(|m| m.value(metric)).reduce(f64::max);
    let busy = percent(most(Metric::HarnessCpu)?);
    let late = most(Metric::LatenessP99).map(|late| {
        format!(
            ", and 99 % of what it sent was at most {} late, which latencies contain",
            text(Unit::Nanoseconds, late)
        )
    });
    let not_here = match report.measurements.first().map(|m| &m.trial.target) {
        Some(Where::Reference) => {
            " No network lies between. A real one adds its round trips to every latency and age: differences in ms stay about the \
             same, factors shrink, and TCP sends other numbers of acknowledgements. Bytes above TCP are those of any server that \
             sends the same heads. CPU and memory are of the servers that come with wsbench: which row needs more is a hint for \
             yours, how much more is not."
        }
        Some(Where::ThirdParty(_)) => {
            " No network lies between. A real one adds its round trips to every latency and age: differences in ms stay about the \
             same, factors shrink."
        }
        _ => "",
    };
    Some(format!(
        "The generator was busy for {busy} of a core at the most{}.{not_here}",
        late.unwrap_or_default()
    ))
}

/// What was piped in, or written by flags alone, has the run's name.
fn file(report: &Report) -> String {
    match &*report.scenario.path {
        "stdin" | "wsbench measure" => format!("{}.toml", report.name),
        path => path.to_owned(),
    }
}

/// Flags stand in results as a shell reads them.
fn command(report: &Report) -> String {
    let file = file(report);
    let plain = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    let file = if file.chars().all(plain) { file } else { format!("'{}'", file.replace('\'', r"'\''")) };
    [vec!["wsbench run".to_owned(), file], report.scenario.overrides.clone()].concat().join(" ")
}

/// Under which conditions: a reader elsewhere has another network and perhaps TLS.
fn conditions(first: &Trial, report: &Report) -> String {
    let whose = match &first.target {
        Where::Reference => "wsbench's own servers on the same machine, over loopback",
        Where::ThirdParty(_) => "a third-party server on the same machine, over loopback",
        Where::Url(_) => "an external server",
    };
    let mut spoken: Vec<String> = Vec::new();
    for one in report.measurements.iter().map(|m| speaks(&m.trial)) {
        if !spoken.contains(&one) {
            spoken.push(one);
        }
    }
    format!("{whose}, {}", spoken.join(" and "))
}

/// What clients and server speak.
fn speaks(trial: &Trial) -> String {
    let access = trial.transport.access();
    let tls = match &trial.target {
        Where::Url(url) => url.tls(),
        _ => access.tls.is_some(),
    };
    format!("{} {} TLS", access.version().name(), if tls { "with" } else { "without" })
}

fn cut_short(report: &Report) -> Option<String> {
    let (measured, planned) = (report.measurements.len(), report.planned);
    let short = format!("{measured} of {planned} trials were measured");
    match report.interrupted {
        true if is_search(report) => Some("stopped early: the search has not come to its end".to_owned()),
        true => Some(format!("stopped early: {short}{}", last_cut(report))),
        false if measured == 0 && planned == 0 => Some("nothing was measured".to_owned()),
        false => (!report.complete()).then_some(short),
    }
}

/// That the last trial was cut, when it was: its window is shorter than was asked for.
fn last_cut(report: &Report) -> String {
    let last = report.measurements.iter().max_by(|a, b| a.window_began.cmp(&b.window_began));
    let cut = last.filter(|m| m.window_s < 0.99 * m.trial.measure.as_secs_f64());
    cut.map_or_else(String::new, |m| match report.measurements.len() {
        1 => format!(", cut to {}", seconds(m.window_s)),
        _ => format!(", the last one cut to {}", seconds(m.window_s)),
    })
}

/// What is not known is left out.
fn environment(report: &Report) -> Vec<(&'static str, String)> {
    let e: &Environment = &report.environment;
    let known = |number: u64, text: String| if number > 0 { text } else { String::new() };
    let cpu = [e.cpu.clone(), known(e.cores.into(), count(e.cores, "core"))];
    let optimised = if e.optimised { "" } else { ", built without optimisation" };
    let mut rows = vec![
        ("run", names::run(report)),
        ("scenario", format!("{} (SHA-256 {})", report.scenario.path, report.scenario.sha256)),
        ("overridden", report.scenario.overrides.join(" ")),
        ("wsbench", format!("{}{optimised}", e.wsbench)),
        ("kernel", e.kernel.clone()),
        ("CPU", cpu.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<String>>().join(", ")),
        ("memory", known(e.memory, text(Unit::Bytes, e.memory as f64))),
        ("open files, hard limit", known(e.files, grouped(e.files))),
        ("ports", e.ports.clone()),
        ("congestion control", e.congestion_control.clone()),
        ("TCP timestamps", e.tcp_timestamps.clone()),
    ];
    rows.retain(|(_, value)| !value.is_empty());
    rows
}
