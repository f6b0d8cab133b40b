//! `wsbench calibrate`: the floor of this machine and of wsbench itself, measured and kept. `run` puts it into its
//! results, the verdict and the latency chart look at it.
//!
//! Echoes go the ordinary way of a run, so that the floor is that of what measures. `timer` looks at the clock,
//! `store` keeps.

mod store;
mod timer;

use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result, anyhow, bail};
use tokio::sync::watch;

use super::args::{FormatArgs, Plain};
use super::output::Output;
use super::progress::Progress;
use super::run::blank;
use super::{Exit, Wrong};
use crate::os::census::Census;
use crate::os::{limits, system};
use crate::plan::{Machine, Plan};
use crate::report::escape;
use crate::results::{Calibration, Check, EmptyEcho, Environment, Measurement, Report, Severity};
use crate::run::verdict::{busiest, how_busy, took};
use crate::run::{self, environment};
use crate::scenario::builtin::Loaded;
use crate::scenario::{Metric, Scenario};
use crate::text::{self, Unit};
use crate::transport::Transport;

pub(super) use store::floor;

/// One message of one client at a time; a real scenario, read as any other.
const ECHO: &str = "name = \"calibrate\"
clients = 1
warmup = \"300ms\"
measure = \"2s\"
shards = 1
[load.echo]
pace = \"closed\"
payload = \"21B\"
[[transport]]
websocket = {}
";
/// Checks that say that the machine did something else as well.
const DISTURBED: [Check; 2] = [Check::BusyMachine, Check::Throttled];
/// As many as a shard can be kept busy with.
const CROWD: u32 = 64;

/// Measures, shows, keeps.
pub(super) fn calibrate(args: &FormatArgs, output: &Output) -> Result<Exit> {
    let here = environment::here();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let census = Census::take();
    let timed = timer::time(&runtime)?;
    if let Some(others) = census.others(&Census::take())
        && how_busy(&others) > Some(Severity::Note)
    {
        return Err(not_kept(&format!("other programs {} ({})", took(&others), busiest(&others))));
    }
    let single = runtime.block_on(echoes(1, output))?;
    let crowd = runtime.block_on(echoes(CROWD, output))?;
    let at = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let calibration = calibration(at, here, &timed, &single, &crowd)?;
    // What was measured is shown, whether or not there is a place to keep it.
    let kept = store::keep(&calibration);
    match args.format {
        Plain::Text => output.say(&text(&calibration, kept.as_deref().ok()))?,
        Plain::Json => output.say(&format!("{}\n", serde_json::to_string_pretty(&calibration)?))?,
    }
    kept.map(|_| Exit::Good)
}

/// A closed loop of echoes by every transport; polls ask again at once.
async fn echoes(clients: u32, output: &Output) -> Result<Vec<Measurement>> {
    let mut scenario = Scenario::parse("calibrate", ECHO.as_bytes()).map_err(Wrong::from)?;
    scenario.clients = vec![clients];
    scenario.transports = Transport::all().into_iter().filter(Transport::reference).collect();
    scenario.transports.iter_mut().for_each(|transport| transport.unpace());
    let machine = Machine { cores: system::cores(), files: limits::files() };
    let plan = Plan::of(&scenario, machine).map_err(Wrong::from)?;
    let loaded = Loaded { path: "calibrate".to_owned(), text: ECHO.to_owned(), scenario };
    let mut report = blank(&loaded, &plan, SystemTime::now(), vec![]);
    let (_stopper, stop) = watch::channel(false);
    let progress = Progress::new(false, output);
    run::run(&plan, &mut report, stop, &|event| progress.tell(&event), &mut |_: &Report| {}).await;
    progress.end();
    if let Some(failed) = report.failed.first() {
        return Err(anyhow!("{}: {}", failed.trial.label(), failed.reason));
    }
    report.measurements.iter().for_each(|m| warnings(m, output));
    let disturbed = report.measurements.iter().flat_map(|m| &m.verdict.warnings);
    let mut disturbed = disturbed.filter(|d| d.severity > Severity::Note && DISTURBED.contains(&d.check));
    if let Some(warning) = disturbed.next() {
        bail!(not_kept(&warning.text));
    }
    Ok(report.measurements)
}

/// A floor is what the machine does with nothing else to do.
fn not_kept(why: &str) -> anyhow::Error {
    anyhow!(
        "this is no floor, and was not kept: {why}\n  = help: end what runs beside it, and calibrate again"
    )
}

/// What speaks against a measurement speaks against the floor; but a closed loop keeps its generator busy by design.
fn warnings(m: &Measurement, output: &Output) {
    let worse =
        m.verdict.warnings.iter().filter(|d| d.severity > Severity::Note && d.check != "generator-cpu");
    worse.for_each(|warning| {
        output.note(&format!("note: {}: {}: {}", m.label(), warning.check, warning.text))
    });
}

fn calibration(
    at: String,
    here: Environment,
    timed: &timer::Timed,
    single: &[Measurement],
    crowd: &[Measurement],
) -> Result<Calibration> {
    let echoes = single.iter().map(|m| echo(m, crowd));
    Ok(Calibration {
        at,
        wsbench: here.wsbench,
        optimised: here.optimised,
        kernel: here.kernel,
        cpu: here.cpu,
        cores: here.cores,
        timer_p50_ns: timed.p50,
        timer_p99_ns: timed.p99,
        clock_read_ns: timed.read,
        echoes: echoes.collect::<Result<_>>()?,
    })
}

fn echo(m: &Measurement, crowd: &[Measurement]) -> Result<EmptyEcho> {
    let name = m.trial.transport.name();
    let ns = |metric| m.value(metric).map(|ns| ns as u64);
    let many = crowd.iter().find(|many| many.trial.transport == m.trial.transport);
    Ok(EmptyEcho {
        transport: name.to_owned(),
        p50_ns: ns(Metric::LatencyP50).with_context(|| format!("{name}: too few echoes for a median"))?,
        p99_ns: ns(Metric::LatencyP99),
        per_second: many.and_then(|m| m.value(Metric::Received)).map(|rate| rate as u64),
    })
}

fn text(c: &Calibration, kept: Option<&Path>) -> String {
    let ns = |value: u64| text::text(Unit::Nanoseconds, value as f64);
    let mut text = format!(
        "timer, late by        p50 {}, p99 {}\nclock, a read         {}\n\n",
        ns(c.timer_p50_ns),
        ns(c.timer_p99_ns),
        ns(c.clock_read_ns)
    );
    text +=
        &format!("{:16}{:>30}{:>12}{:>20}\n", "", "empty echo, 1 client", "one way", "64 clients, 1 shard");
    text += &format!("{:16}{:>15}{:>15}{:>12}{:>20}\n", "", "p50", "p99", "half", "messages/s");
    for e in &c.echoes {
        let (tail, rate) =
            (e.p99_ns.map_or_else(dash, ns), e.per_second.map_or_else(dash, crate::text::grouped));
        let (median, half) = (ns(e.p50_ns), ns(e.p50_ns / 2));
        text += &format!("{:16}{median:>15}{tail:>15}{half:>12}{rate:>20}\n", e.transport);
    }
    if let Some(path) = kept {
        let path = escape::path(path);
        text += &format!("\nkept for 30 days, for this machine and this wsbench: {path}\n");
    }
    text
}

fn dash() -> String {
    "-".to_owned()
}
