//! `report.md`: verdict, finding, tables, charts, environment, definitions. For a repository or an issue.
//!
//! It must not know what to say, nor how charts are drawn; it links those that there are ([`chart::drawings`]). Foreign text is
//! escaped on its way in.

use super::chart::{self, Drawing};
use super::escape::markdown as safe;
use super::format::{Artifact, Format};
use super::view::compare::{self, Arm, Change, Comparison, State};
use super::view::{Row, Run, Search, Section, Table, Trend, View, names};
use crate::results::{Server, Status};
use crate::text::factor;

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

    fn render(&self, view: &View<'_>) -> anyhow::Result<Vec<Artifact>> {
        let mut out = body(view);
        out.extend(charts(view));
        out.extend(view.runs.iter().flat_map(environment));
        out.extend(definitions(view));
        Ok(vec![Artifact { name: FILE.to_owned(), bytes: joined(out).into_bytes() }])
    }
}

/// Verdict, finding and tables, without what needs files beside it, and what a reader of a pull request knows.
pub fn short(view: &View<'_>) -> String {
    joined(body(view))
}

fn joined(mut out: Vec<String>) -> String {
    out.dedup_by(|a, b| a.is_empty() && b.is_empty());
    out.join("\n") + "\n"
}

fn body(view: &View<'_>) -> Vec<String> {
    if let Some(trend) = &view.trend {
        return followed(trend);
    }
    let mut out: Vec<String> = match &view.comparison {
        Some(comparison) => compared(comparison),
        None => view.runs.iter().flat_map(head).collect(),
    };
    out.extend([safe(&view.finding()), String::new()]);
    out.extend(view.sections.iter().flat_map(section));
    out.extend(view.searches.iter().flat_map(search));
    out.extend(list(&view.remarks));
    out.extend(list(&view.troubles));
    let failed = view.failed.iter().map(|failed| format!("failed to run: {failed}"));
    let thresholds = view.thresholds.iter().map(|(holds, said)| format!("{} {said}", sign(*holds)));
    out.extend(list(&failed.chain(thresholds).collect::<Vec<String>>()));
    out
}

/// Two arms against each other: what they are, and a table for each row of the scenario.
fn compared(comparison: &Comparison) -> Vec<String> {
    let arm = |name: &str, arm: &Arm| {
        let verdict = format!("**{}** · {}", arm.status.name(), server(arm.server));
        format!("- {name}: {} · {verdict}", safe(&arm.label()))
    };
    let mut out = vec!["# Comparison".to_owned(), String::new()];
    out.extend([arm("base", &comparison.base), arm("new", &comparison.new)]);
    out.extend(list(&comparison.notes));
    out.push(String::new());
    let gate = |judged: &compare::Judged| {
        let sign = match judged.state {
            State::Holds => "✓",
            State::Crossed | State::NotMeasured => "✗",
            State::CannotTell => "?",
        };
        format!("{sign} {}", judged.text)
    };
    out.extend(list(&comparison.gates.iter().map(gate).collect::<Vec<String>>()));
    for cell in &comparison.cells {
        out.extend([format!("## {}", safe(&cell.label)), String::new()]);
        out.push("| metric | base | new | ratio | interval | verdict |".to_owned());
        out.push("|:--|--:|--:|--:|--:|:--|".to_owned());
        out.extend(cell.rows.iter().map(metric));
        out.push(String::new());
        out.extend(compare::repeats_needed(&cell.rows).into_iter().flat_map(|said| [said, String::new()]));
    }
    out.extend(list(&comparison.left_out));
    out
}

/// Metrics over runs: a table for each row of the scenario.
fn followed(trend: &Trend) -> Vec<String> {
    let mut out = vec![format!("# {}", safe(&trend.title())), String::new()];
    out.extend([safe(&trend.summary()), String::new()]);
    for series in trend.series.chunk_by(|a, b| a.row == b.row) {
        out.extend([format!("## {}", safe(&series[0].row)), String::new()]);
        out.push("| metric | first | course | last | changes |\n|:--|--:|:--|--:|:--|".to_owned());
        for one in series {
            let [first, last] = one.ends().map(|shown| shown.joined());
            let changes =
                one.changes().map(|(point, by)| format!("{} at {}", factor(by), safe(&point.started)));
            let changes: Vec<String> = changes.collect();
            let course = one.line(30);
            out.push(format!("| `{}` | {first} | {course} | {last} | {} |", one.metric, changes.join(", ")));
        }
        out.push(String::new());
    }
    out
}

fn metric(row: &compare::Row) -> String {
    let [base, new] = row.values().map(|shown| shown.joined());
    let verdict = match row.change {
        Change::Worse | Change::Better => format!("**{}**", compare::verdict(row)),
        Change::None | Change::Unknown => compare::verdict(row),
    };
    let (ratio, interval) = (compare::ratio(row), compare::interval(row));
    format!("| `{}` | {base} | {new} | {ratio} | {interval} | {verdict} |", row.metric)
}

/// Title, verdict, question, warnings.
fn head(run: &Run) -> Vec<String> {
    let mut out = vec![
        format!("# {}{}", run.number, safe(&run.full_name)),
        String::new(),
        format!("**{}** · {} · {} · seed {}", run.status.name(), server(run.server), run.extent, run.seed),
        String::new(),
        safe(&run.about),
        String::new(),
    ];
    let measured = run.measured.iter().flat_map(|what| [safe(&format!("Measured: {what}.")), String::new()]);
    out.extend(measured);
    let warnings =
        run.warnings.iter().map(|warning| format!("{}: {}", warning.severity.name(), warning.text));
    out.extend(list(&run.cut_short.clone().into_iter().chain(warnings).collect::<Vec<String>>()));
    out
}

fn list(items: &[String]) -> Vec<String> {
    let mut out: Vec<String> = items.iter().map(|item| format!("- {}", safe(item))).collect();
    out.extend((!out.is_empty()).then(String::new));
    out
}

fn section(section: &Section) -> Vec<String> {
    let mut out = Vec::new();
    for block in &section.blocks {
        out.extend([format!("## {}", block.title), String::new()]);
        out.extend(block.tables.iter().chain(&block.http_2).flat_map(table));
    }
    out.extend(list(&section.legend));
    out
}

fn table(table: &Table) -> Vec<String> {
    let heads: Vec<String> = table.heads.iter().map(|(group, head)| format!("{group} {head}")).collect();
    let rows = table.rows.iter().map(row);
    let head = [
        format!("| | {} | verdict |", heads.join(" | ")),
        format!("|:--|{}:--|", "--:|".repeat(heads.len())),
    ];
    head.into_iter().chain(rows).chain([String::new()]).collect()
}

fn row(row: &Row) -> String {
    let spread = |place: usize| row.spreads.get(place).filter(|spread| !spread.number.is_empty());
    let range = |place| spread(place).map_or_else(String::new, |spread| format!(" ({})", spread.number));
    let cells = row.cells.iter().enumerate().map(|(place, cell)| cell.joined() + &range(place));
    format!("| {} | {} | {} |", safe(&row.label), cells.collect::<Vec<String>>().join(" | "), verdict(row))
}

/// `valid`; of a server that failed, `valid, **server FAILED**`.
fn verdict(row: &Row) -> String {
    let status = match row.status {
        Status::Valid => "valid".to_owned(),
        status => format!("**{}**", status.name()),
    };
    if row.server == Server::Failed { format!("{status}, {}", server(Server::Failed)) } else { status }
}

fn server(how: Server) -> String {
    let words = names::server(how);
    if how == Server::Failed { format!("**{words}**") } else { words }
}

/// What a search found, and its tries.
fn search(search: &Search) -> Vec<String> {
    let unit = search.unit;
    let mut out = vec!["## Capacity".to_owned(), String::new()];
    out.push(format!("| {unit} | passes | fails | why |"));
    out.push("|:--|--:|--:|:--|".to_owned());
    let found = |found: &super::view::search::Found| {
        format!("| {} | {} | {} | {} |", safe(&found.transport), found.passes, found.fails, safe(&found.why))
    };
    out.extend(search.found.iter().map(found));
    let heads: Vec<String> = search.heads.iter().map(|(group, head)| format!("{group} {head}")).collect();
    for found in &search.found {
        out.extend([String::new(), format!("### {}", safe(&found.transport)), String::new()]);
        out.push(format!("| {unit} | {} | |", heads.join(" | ")));
        out.push(format!("|--:|{}:--|", "--:|".repeat(heads.len())));
        for one in &found.tries {
            let cells: Vec<String> = one.cells.iter().map(crate::text::Shown::joined).collect();
            let ended = if one.passed { "passed" } else { "**failed**" };
            out.push(format!("| {} | {} | {ended} |", one.size, cells.join(" | ")));
        }
    }
    out.push(String::new());
    out.extend(list(&search.legend));
    out
}

fn sign(holds: bool) -> &'static str {
    if holds { "✓" } else { "✗" }
}

fn charts(view: &View<'_>) -> Vec<String> {
    let there = chart::drawings(view);
    let link = |Drawing { stem, about, .. }: &Drawing| [format!("![{about}]({stem}.png)"), String::new()];
    let links = there.iter().flat_map(link);
    let links: Vec<String> = links.collect();
    if links.is_empty() { links } else { [vec!["## Charts".to_owned(), String::new()], links].concat() }
}

fn environment(run: &Run) -> Vec<String> {
    let mut out =
        vec!["## Environment".to_owned(), String::new(), "| | |".to_owned(), "|:--|:--|".to_owned()];
    out.extend(run.environment.iter().map(|(name, value)| format!("| {name} | {} |", safe(value))));
    out.push(String::new());
    out
}

/// Of the numbers that these runs have.
fn definitions(view: &View<'_>) -> Vec<String> {
    let mut out = vec!["## What the numbers mean".to_owned(), String::new()];
    out.extend(view.definitions.iter().map(|(name, about)| format!("- `{name}`: {}", safe(about))));
    out
}
