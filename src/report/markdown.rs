//! `report.md`: verdict, finding, tables, charts, environment, definitions. For a repository or an issue.
//!
//! It must not know how charts are drawn; it links those that there are ([`chart::charts`]). Foreign text is
//! escaped on its way in.

use super::escape::markdown as safe;
use super::terminal::sentence;
use super::{Artifact, Format, capacity, chart, columns, finding, notes, runs};
use crate::plan::{Trial, Where, what};
use crate::results::{Cell, Environment, Report, Server, Status};
use crate::scenario::Metric;
use crate::text::{Unit, count, grouped, text};

/// The name of the file.
const FILE: &str = "report.md";

/// The format `md`.
pub struct Markdown;

impl Format for Markdown {
    fn name(&self) -> &'static str {
        "md"
    }

    fn about(&self) -> &'static str {
        "report.md: verdict, finding, tables, charts, environment, definitions"
    }

    fn renderings(&self) -> Vec<String> {
        vec![FILE.to_owned()]
    }

    fn render(&self, reports: &[Report]) -> anyhow::Result<Vec<Artifact>> {
        let cells = runs::cells(reports);
        let mut out = Vec::new();
        for (run, report) in reports.iter().enumerate() {
            out.extend(head(report, &runs::number(run, reports.len())));
        }
        out.push(safe(&finding(reports)));
        out.push(String::new());
        for block in runs::blocks(&cells.iter().collect::<Vec<&Cell<'_>>>()) {
            out.extend(tables(block, &cells, reports.len()));
        }
        for report in reports.iter().filter(|report| capacity::is_search(report)) {
            out.extend(capacities(report));
        }
        let notes = [notes::handshakes(&cells), notes::socket_memory(&cells)];
        out.extend(list(&notes.into_iter().flatten().collect::<Vec<_>>()));
        out.extend(list(&reports.iter().filter_map(notes::whereabouts).collect::<Vec<_>>()));
        out.extend(list(&troubles(&cells)));
        for (run, report) in reports.iter().enumerate() {
            out.extend(ends(report, &runs::number(run, reports.len())));
        }
        out.extend(charts(reports));
        for report in reports {
            out.extend(environment(report));
        }
        out.extend(definitions());
        out.dedup_by(|a, b| a.is_empty() && b.is_empty());
        Ok(vec![Artifact { name: FILE.to_owned(), bytes: (out.join("\n") + "\n").into_bytes() }])
    }
}

/// Title, verdict, question, warnings. Rows of several runs name theirs by `number`.
fn head(report: &Report, number: &str) -> Vec<String> {
    let mut out = vec![
        format!("# {}", safe(&(number.to_owned() + &runs::name(report)))),
        String::new(),
        format!("{} · {} · seed {}", outcome(report), runs::extent(report), report.seed),
        String::new(),
        safe(&report.about),
        String::new(),
    ];
    if let Some(first) = report.measurements.first() {
        out.extend([
            safe(&format!("Measured: {}; {}.", what(&first.trial), whereabouts(&first.trial))),
            String::new(),
        ]);
    }
    let mut said: Vec<String> = runs::cut_short(report).into_iter().collect();
    said.extend(notes::doubts(report).iter().map(|s| format!("{}: {}", s.severity.name(), s.text)));
    out.extend(list(&said));
    out
}

/// Under which conditions: a reader elsewhere has another network and perhaps TLS.
fn whereabouts(trial: &Trial) -> &'static str {
    match &trial.target {
        Where::Reference => "wsbench's own servers on the same machine, over loopback, HTTP/1.1 without TLS",
        Where::ThirdParty(_) => {
            "a third-party server on the same machine, over loopback, HTTP/1.1 without TLS"
        }
        Where::Url(url) if url.tls() => "a server by URL, HTTP/1.1 with TLS",
        Where::Url(_) => "a server by URL, HTTP/1.1 without TLS",
    }
}

fn list(items: &[String]) -> Vec<String> {
    let mut out: Vec<String> = items.iter().map(|item| format!("- {}", safe(item))).collect();
    if !out.is_empty() {
        out.push(String::new());
    }
    out
}

/// Two tables of one size: the first by message, the second in all.
fn tables(block: &[&Cell<'_>], cells: &[Cell<'_>], of: usize) -> Vec<String> {
    let mut out = vec![format!("## {}", count(block[0].clients(), "client")), String::new()];
    for columns in columns::tables(block) {
        out.extend(table(block, &columns, cells, of));
    }
    out.extend(list(&notes::too_few(block).into_iter().collect::<Vec<String>>()));
    out
}

fn table(block: &[&Cell<'_>], columns: &[columns::Column], cells: &[Cell<'_>], of: usize) -> Vec<String> {
    let alike: Vec<&Cell<'_>> =
        cells.iter().filter(|cell| cell.trial().load.name() == block[0].trial().load.name()).collect();
    let heads: Vec<String> = columns.iter().map(|c| format!("{} {}", c.group, c.head)).collect();
    let mut out = vec![
        format!("| | {} | verdict |", heads.join(" | ")),
        format!("|:--|{}:--|", "--:|".repeat(columns.len())),
    ];
    for cell in block {
        let shown = columns.iter().map(|column| {
            let scale = column.scale(&alike);
            let (value, spread) = (column.show(cell, scale), column.spread(cell, scale));
            let range =
                if spread.number.is_empty() { String::new() } else { format!(" ({})", spread.number) };
            format!("{} {}{range}", value.number, value.unit).trim_end().to_owned()
        });
        let shown: Vec<String> = shown.collect();
        let name = safe(&runs::row(cell, of));
        out.push(format!("| {name} | {} | {} |", shown.join(" | "), verdict(cell)));
    }
    out.push(String::new());
    out
}

/// What a search found, and its steps.
fn capacities(report: &Report) -> Vec<String> {
    let unit = capacity::unit(report);
    let mut out = vec!["## Capacity".to_owned(), String::new()];
    out.push(format!("| {unit} | passes | fails | why |"));
    out.push("|:--|--:|--:|:--|".to_owned());
    for found in report.capacity.iter().map(capacity::found) {
        let (name, why) = (safe(&found.transport), safe(&found.why));
        out.push(format!("| {name} | {} | {} | {why} |", found.held, found.failed));
    }
    let columns = capacity::columns(report);
    let heads: Vec<String> = columns.iter().map(|((group, head), _)| format!("{group} {head}")).collect();
    for found in &report.capacity {
        out.extend([String::new(), format!("### {}", safe(&found.transport)), String::new()]);
        out.push(format!("| {unit} | {} | |", heads.join(" | ")));
        out.push(format!("|--:|{}:--|", "--:|".repeat(heads.len())));
        for line in capacity::lines(report, found) {
            let cells: Vec<String> =
                line.cells.iter().map(|c| format!("{} {}", c.number, c.unit).trim_end().to_owned()).collect();
            let ended = if line.held { "passed" } else { "**failed**" };
            out.push(format!("| {} | {} | {ended} |", line.size, cells.join(" | ")));
        }
    }
    out.push(String::new());
    out.extend(list(&notes::too_few_in_steps(report).into_iter().collect::<Vec<String>>()));
    out
}

/// `**VALID** · server OK`.
fn outcome(report: &Report) -> String {
    format!("**{}** · {}", report.status().name(), server(report.server()))
}

/// `valid`; of a server that failed, `valid, **server FAILED**`.
fn verdict(cell: &Cell<'_>) -> String {
    let status = match cell.status() {
        Status::Valid => "valid".to_owned(),
        status => format!("**{}**", status.name()),
    };
    if cell.server() == Server::Failed { format!("{status}, {}", server(Server::Failed)) } else { status }
}

fn server(how: Server) -> String {
    let words = runs::server(how);
    if how == Server::Failed { format!("**{words}**") } else { words }
}

fn troubles(cells: &[Cell<'_>]) -> Vec<String> {
    let all = cells.iter().map(|cell| (cell, notes::troubles(cell)));
    let some = all.filter(|(_, troubles)| !troubles.is_empty());
    some.map(|(cell, troubles)| format!("{}: {}", cell.label(), troubles.join("; "))).collect()
}

/// What failed, and the thresholds.
fn ends(report: &Report, number: &str) -> Vec<String> {
    let failed = report
        .failed
        .iter()
        .filter(|_| !capacity::is_search(report))
        .map(|f| format!("failed to run: {number}{}: {}", f.trial.label(), f.reason));
    let outcomes = report.thresholds.iter().map(|o| {
        let sign = if o.holds { "✓" } else { "✗" };
        format!("{sign} {number}{}", sentence(o))
    });
    list(&failed.chain(outcomes).collect::<Vec<String>>())
}

fn charts(reports: &[Report]) -> Vec<String> {
    let there = chart::charts(reports);
    if there.is_empty() {
        return vec![];
    }
    let mut out = vec!["## Charts".to_owned(), String::new()];
    for (stem, caption) in there {
        out.extend([format!("![{caption}]({stem}.png)"), String::new()]);
    }
    out
}

fn environment(report: &Report) -> Vec<String> {
    let e: &Environment = &report.environment;
    let known = |number: u64, text: String| if number > 0 { text } else { String::new() };
    let cpu = [e.cpu.clone(), known(e.cores.into(), count(e.cores as usize, "core"))];
    let rows = [
        ("run", runs::name(report)),
        ("scenario", format!("{} (SHA-256 {})", report.scenario.path, report.scenario.sha256)),
        ("overridden", report.scenario.overrides.join(" ")),
        (
            "wsbench",
            format!("{}{}", e.wsbench, if e.optimised { "" } else { ", built without optimisation" }),
        ),
        ("kernel", e.kernel.clone()),
        ("CPU", cpu.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<String>>().join(", ")),
        ("memory", known(e.memory, text(Unit::Bytes, e.memory as f64))),
        ("open files, hard limit", known(e.files, grouped(e.files))),
        ("ports", e.ports.clone()),
        ("congestion control", e.congestion_control.clone()),
        ("TCP timestamps", e.tcp_timestamps.clone()),
    ];
    let mut out =
        vec!["## Environment".to_owned(), String::new(), "| | |".to_owned(), "|:--|:--|".to_owned()];
    let told = rows.iter().filter(|(_, value)| !value.is_empty());
    out.extend(told.map(|(name, value)| format!("| {name} | {} |", safe(value))));
    out.push(String::new());
    out
}

fn definitions() -> Vec<String> {
    let mut out = vec!["## What the numbers mean".to_owned(), String::new()];
    out.extend(Metric::ALL.iter().map(|metric| format!("- `{}`: {}", metric.name(), safe(metric.about()))));
    out
}
