//! What every chart has around it: title, finding, legend above; notes and origin in small print below; and
//! across the top, for all to see, that a run must not be believed, or that its server failed.
//!
//! It must not know what is drawn inside. Its other end is each chart's `draw`.

use super::guard::clean;
use super::look::Look;
use super::series::Subject;
use super::sheet::{Area, Ink, Point, Sheet, Type, WIDTH};
use super::stroke::{dashed, hatched};
use super::units::count;
use crate::report::view::names;
use crate::results::{Blame, Measurement, Report, Server, Status, Warning};

/// Left and right of everything.
const MARGIN: f64 = 48.0;
/// Between the margins.
const ROOM: f64 = WIDTH - 2.0 * MARGIN;
/// The smallest print; half of it at 800 pixels.
const SMALL: f64 = 19.0;

/// The words around a chart.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// The subject.
    pub title: String,
    /// The finding, in one sentence; may be empty.
    pub finding: String,
    /// How to read it.
    pub notes: Vec<String>,
}

/// An entry of a legend.
#[derive(Clone, Debug)]
pub struct Key {
    pub text: String,
    pub swatch: Swatch,
}

/// What stands before a legend's text.
#[derive(Clone, Copy, Debug)]
pub enum Swatch {
    /// A line with its dashes and marker.
    Line(Look),
    /// A plain box.
    Box(Ink),
    /// A hatched box: a model, not a measurement.
    Model,
    /// An upright stroke: printed by others.
    Printed,
}

/// A sheet with all that is around the chart, and an area on it, so high, for the chart itself.
pub fn frame(subject: &Subject<'_>, words: &Words, keys: &[Key], high: f64) -> (Sheet, Area) {
    let mut sheet = Sheet::new(&words.title);
    let mut y = banners(&mut sheet, subject.reports) + 16.0;
    y = paragraph(&mut sheet, (MARGIN, y), &words.title, Type::new(38.0, Ink::BLACK).bold()) + 4.0;
    y = paragraph(&mut sheet, (MARGIN, y), &words.finding, Type::new(25.0, Ink::TEXT)) + 10.0;
    let top = legend(&mut sheet, y, keys) + 14.0;
    let area = Area { left: MARGIN, top, right: WIDTH - MARGIN, bottom: top + high };
    y = area.bottom + 22.0;
    for line in words.notes.iter().cloned().chain(left_out(subject)).chain(origin(subject.reports)) {
        y = paragraph(&mut sheet, (MARGIN, y), &line, Type::new(SMALL, Ink::QUIET));
    }
    sheet.height = (y + 20.0).ceil();
    (sheet, area)
}

/// Writes between the margins, from `y` down, in as many lines as it takes; gives the y below. Longer than any sentence of
/// ours is only what somebody else has said.
fn paragraph(sheet: &mut Sheet, (x, mut y): Point, text: &str, font: Type) -> f64 {
    for line in font.wrapped(text, ROOM, 4).iter().filter(|line| !line.is_empty()) {
        y += font.size * 1.3;
        sheet.text((x, y - font.size * 0.3), line, font);
    }
    y
}

/// Across the top when a run is not valid, and when its server failed; gives the y below.
fn banners(sheet: &mut Sheet, reports: &[Report]) -> f64 {
    let mut y = 0.0;
    for (text, back, ink) in measurements(reports).into_iter().chain(server(reports)) {
        let font = Type::new(24.0, ink).bold();
        let high = font.wrapped(&text, ROOM, 4).len() as f64 * font.size * 1.3 + 14.0;
        sheet.rect(Area { left: 0.0, top: y, right: WIDTH, bottom: y + high }, back);
        y = paragraph(sheet, (MARGIN, y + 7.0), &text, font) + 7.0;
    }
    y
}

/// A banner: what it says, on what, in what.
type Banner = (String, Ink, Ink);

/// Whether to believe the measurements, and why not; the worst first.
fn measurements(reports: &[Report]) -> Vec<Banner> {
    let of = |status: Status, back: Ink, ink: Ink| {
        let why = move |report: &Report| {
            let why = reason(report, Blame::Measurement, |m| m.verdict.status() == status);
            format!("{}: {}", status.name(), why.unwrap_or_else(|| "nothing was measured".to_owned()))
        };
        let texts = told(reports, status.name(), |report| report.status() == status, why);
        texts.into_iter().map(move |text| (text, back, ink))
    };
    let invalid = of(Status::Invalid, Ink(0xB7, 0x1C, 0x1C), Ink::WHITE);
    invalid.chain(of(Status::Suspect, Ink(0xFF, 0xC2, 0x33), Ink::BLACK)).collect()
}

/// That the server failed, and how.
fn server(reports: &[Report]) -> Vec<Banner> {
    let why = |report: &Report| {
        let why = reason(report, Blame::Server, |m| m.verdict.server() == Server::Failed);
        let valid = if report.status() == Status::Valid { "VALID · " } else { "" };
        format!("{valid}server FAILED: {}", why.unwrap_or_else(|| "a threshold was crossed".to_owned()))
    };
    let texts = told(reports, "server FAILED", |report| report.server() == Server::Failed, why);
    texts.into_iter().map(|text| (text, Ink(0xA8, 0x43, 0x00), Ink::WHITE)).collect()
}

/// What is to be said of the runs that are so: of one or two runs each, of more the first, and how many there are.
fn told(
    reports: &[Report],
    what: &str,
    so: impl Fn(&Report) -> bool,
    why: impl Fn(&Report) -> String,
) -> Vec<String> {
    let such: Vec<(usize, &Report)> = reports.iter().enumerate().filter(|(_, report)| so(report)).collect();
    let each = such.iter().map(|(run, report)| names::number(*run, reports.len()) + &why(report));
    match such.len() {
        many if many > 1 && reports.len() > 2 => {
            let first =
                each.take(1).map(|first| format!("{what} in {many} of {} runs. {first}", reports.len()));
            first.collect()
        }
        _ => each.collect(),
    }
}

/// `polling 1s, 10,000 clients: …`: why the first of the trials that are so is, by what most of them share, and which share it.
fn reason(report: &Report, blames: Blame, so: impl Fn(&Measurement) -> bool) -> Option<String> {
    let judged = report.judged();
    let trials: Vec<&&Measurement> = judged.iter().filter(|m| so(m)).collect();
    let first = trials.first()?;
    let found = first.verdict.warnings.iter().filter(|found| found.blames == blames);
    let same = |a: &Warning, b: &Warning| (a.check, a.severity, a.blames) == (b.check, b.severity, b.blames);
    let with = |found: &Warning| {
        trials.iter().filter(|m| m.verdict.warnings.iter().any(|other| same(found, other))).count()
    };
    // Of equally bad ones the first: it explains the others.
    let worst = found.rev().max_by_key(|found| (found.severity, with(found)))?;
    let which = match with(worst) {
        1 => clean(&first.label(), 60),
        n if n == judged.len() => format!("all {n} trials"),
        2 => format!("{} and 1 more trial", clean(&first.label(), 60)),
        n => format!("{} and {} more trials", clean(&first.label(), 60), n - 1),
    };
    Some(format!("{which}: {}", worst.text))
}

/// Entries in a row, and further rows as needed; gives the y below them.
fn legend(sheet: &mut Sheet, top: f64, keys: &[Key]) -> f64 {
    let font = Type::new(if keys.len() > 8 { 20.0 } else { 23.0 }, Ink::TEXT);
    let (mut x, mut y) = (MARGIN, top + 16.0);
    for key in keys {
        let text = clean(&key.text, 90);
        let shift = if matches!(key.swatch, Swatch::Box(_)) { 42.0 } else { 60.0 };
        let wide = shift + font.width(&text);
        if x > MARGIN && x + wide > WIDTH - MARGIN {
            (x, y) = (MARGIN, y + 32.0);
        }
        swatch(sheet, (x, y), key.swatch);
        sheet.centred((x + shift, y), &text, font);
        x += wide + 36.0;
    }
    if keys.is_empty() { top } else { y + 16.0 }
}

fn swatch(sheet: &mut Sheet, (x, y): Point, kind: Swatch) {
    let area = Area { left: x, top: y - 11.0, right: x + 48.0, bottom: y + 11.0 };
    match kind {
        Swatch::Line(look) => {
            dashed(sheet, &[(x, y), (x + 48.0, y)], 4.0, look.ink, look.dash);
            look.mark(sheet, (x + 24.0, y), 7.0);
        }
        Swatch::Box(ink) => sheet.rect(area.inset(0.0, 0.0, 18.0, 0.0), ink),
        Swatch::Model => hatched(sheet, area, Ink::QUIET),
        Swatch::Printed => {
            sheet.line(&[(x + 24.0, area.top - 3.0), (x + 24.0, area.bottom + 3.0)], 4.0, Ink::BLACK)
        }
    }
}

/// What found no place, and why.
fn left_out(subject: &Subject<'_>) -> Option<String> {
    let (drawn, names) = (subject.all.len(), &subject.left_out);
    let whole = format!(
        "{drawn} of {} are drawn: more cannot be told apart. Left out: {}",
        drawn + names.len(),
        names.join(", ")
    );
    (!names.is_empty()).then_some(whole)
}

/// Where the numbers come from.
fn origin(reports: &[Report]) -> Option<String> {
    let report = reports.first()?;
    let mut parts = Vec::new();
    if let Some(trial) = report.measurements.first().map(|m| &m.trial) {
        let seconds = trial.measure.as_secs_f64();
        parts.push(format!("{} s measured after {} s", seconds, trial.warmup.as_secs_f64()));
        parts.push(format!("{} headers", clean(&trial.headers.profile, 20)));
    }
    if !report.complete() {
        parts.push(format!("only {} of {} trials", report.measurements.len(), report.planned));
    }
    let machine = &report.environment;
    parts.push(format!("seed {}", report.seed));
    parts.push(count(machine.cores, "core"));
    if !machine.kernel.is_empty() {
        parts.push(format!("Linux {}", clean(machine.kernel.trim_start_matches("Linux "), 28)));
    }
    let date = clean(report.started.split('T').next().unwrap_or(""), 10);
    let build = if machine.optimised { "" } else { " (debug build)" };
    parts.push(format!("measured by wsbench {}{build}, {date}", clean(&machine.wsbench, 24)));
    let first = if reports.len() > 1 { format!("first of {} runs: ", reports.len()) } else { String::new() };
    Some(format!("{}: {first}{}", clean(&report.name, 30), parts.join(" · ")))
}
