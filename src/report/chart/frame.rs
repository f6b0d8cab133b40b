//! What every chart has around it: title, finding, legend above; notes and origin in small print below; and
//! across the top, for all to see, that a run must not be believed.
//!
//! It must not know what is drawn inside. Its other end is each chart's `draw`.

use super::guard::clean;
use super::series::Look;
use super::sheet::{Area, HEIGHT, Ink, Sheet, Type, WIDTH};
use super::stroke::{dashed, hatched, marker, outline};
use crate::results::{Blame, Measurement, Report, Server, Status};

/// Left and right of everything.
const MARGIN: f64 = 48.0;
/// The smallest print; half of it at 800 pixels.
const SMALL: f64 = 19.0;

/// The words around a chart.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// The subject.
    pub title: String,
    /// The finding, in one sentence; may be empty.
    pub finding: String,
    /// How to read it, one line each.
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
    /// A filled box with the marker that stands below the bars.
    Bar(Look),
    /// A plain box.
    Box(Ink),
    /// A hatched box: a model, not a measurement.
    Model,
    /// An empty rim: printed by others.
    Printed,
    /// A thin plain line.
    Thin,
}

/// Draws all that is around the chart; gives the area that is left for it.
pub fn frame(sheet: &mut Sheet, reports: &[Report], words: &Words, keys: &[Key]) -> Area {
    sheet.title = clean(&words.title, 160);
    let mut y = banner(sheet, reports);
    y += 60.0;
    fitted(sheet, y, &words.title, (Type::new(38.0, Ink::BLACK).bold(), 24.0));
    if !words.finding.is_empty() {
        y += 40.0;
        fitted(sheet, y, &words.finding, (Type::new(25.0, Ink::TEXT), 20.0));
    }
    y = legend(sheet, y + 44.0, keys);
    let top = small_print(sheet, reports, words);
    Area { left: MARGIN, top: y + 24.0, right: WIDTH - MARGIN, bottom: top - 30.0 }
}

/// Writes one line between the margins: as large as `font` if it fits, down to `least` if not, cut if not even so.
fn fitted(sheet: &mut Sheet, y: f64, text: &str, (font, least): (Type, f64)) {
    let text = clean(text, 220);
    let room = WIDTH - 2.0 * MARGIN;
    let size = (font.size * room / font.width(&text).max(room)).max(least.min(font.size));
    let font = Type { size, ..font };
    let share = (room / font.width(&text).max(room)).min(1.0);
    let most = (share * text.chars().count() as f64 + 0.01) as usize;
    sheet.text((MARGIN, y), &clean(&text, most), font);
}

/// Across the top when a run is not valid, or its server failed; gives the y below it.
fn banner(sheet: &mut Sheet, reports: &[Report]) -> f64 {
    let worst = reports.iter().enumerate().max_by_key(|(_, report)| (report.status(), report.server()));
    let Some((run, report)) = worst else { return 0.0 };
    let (back, ink) = match (report.status(), report.server()) {
        (Status::Valid, Server::Ok | Server::Unknown) => return 0.0,
        (Status::Valid, Server::Failed) => (Ink(0xA8, 0x43, 0x00), Ink::WHITE),
        (Status::Suspect, _) => (Ink(0xFF, 0xC2, 0x33), Ink::BLACK),
        (Status::Invalid, _) => (Ink(0xB7, 0x1C, 0x1C), Ink::WHITE),
    };
    let run = if reports.len() > 1 { format!("[{}] ", run + 1) } else { String::new() };
    let text = run + &both(report);
    sheet.rect(Area { left: 0.0, top: 0.0, right: WIDTH, bottom: 46.0 }, back);
    fitted(sheet, 31.5, &text, (Type::new(24.0, ink).bold(), 20.0));
    40.0
}

/// Whether to believe the measurement, and how the server did, each with its reason where it is not well.
fn both(report: &Report) -> String {
    let (status, server) = (report.status(), report.server());
    let why = reason(report, Blame::Measurement, |m| m.verdict.status() == status);
    let mut text = match status {
        Status::Valid => status.name().to_owned(),
        _ => format!("{}: {}", status.name(), why.unwrap_or_else(|| "nothing was measured".to_owned())),
    };
    if server == Server::Failed {
        let why = reason(report, Blame::Server, |m| m.verdict.server() == server);
        let why = why.unwrap_or_else(|| "a threshold was crossed".to_owned());
        text += &format!(" · server FAILED: {why}");
    }
    text
}

/// `polling 1s, 10,000 clients: …`: which trials are so, and why the first of them is.
fn reason(report: &Report, blames: Blame, so: impl Fn(&Measurement) -> bool) -> Option<String> {
    let judged = report.judged();
    let trials: Vec<&&Measurement> = judged.iter().filter(|m| so(m)).collect();
    let first = trials.first()?;
    let found = first.verdict.doubts.iter().filter(|found| found.blames == blames);
    // Of equally bad ones the first: it explains the others.
    let worst = found.rev().max_by_key(|found| found.severity)?;
    let which = match trials.len() {
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
    let (mut x, mut y) = (MARGIN, top);
    for key in keys {
        let text = clean(&key.text, 70);
        let shift = if matches!(key.swatch, Swatch::Box(_)) { 42.0 } else { 60.0 };
        let wide = shift + font.width(&text);
        if x > MARGIN && x + wide > WIDTH - MARGIN {
            (x, y) = (MARGIN, y + 32.0);
        }
        swatch(sheet, (x, y), key.swatch);
        sheet.centred((x + shift, y), &text, font);
        x += wide + 36.0;
    }
    if keys.is_empty() { top - 20.0 } else { y + 16.0 }
}

fn swatch(sheet: &mut Sheet, (x, y): (f64, f64), kind: Swatch) {
    let area = Area { left: x, top: y - 11.0, right: x + 48.0, bottom: y + 11.0 };
    match kind {
        Swatch::Line(look) => {
            dashed(sheet, &[(x, y), (x + 48.0, y)], 4.0, look.ink, look.dash);
            marker(sheet, (x + 24.0, y), 7.0, look.marker, look.ink, look.hollow);
        }
        Swatch::Bar(look) => {
            sheet.rect(area.inset(24.0, 0.0, 0.0, 0.0), look.ink);
            marker(sheet, (x + 10.0, y), 7.0, look.marker, look.ink, look.hollow);
        }
        Swatch::Box(ink) => sheet.rect(area.inset(0.0, 0.0, 18.0, 0.0), ink),
        Swatch::Model => hatched(sheet, area, Ink::QUIET),
        Swatch::Printed => outline(sheet, area, 3.0, Ink::BLACK),
        Swatch::Thin => sheet.line(&[(x, y), (x + 48.0, y)], 2.0, Ink::QUIET),
    }
}

/// Notes and origin at the foot; gives the y of their top.
fn small_print(sheet: &mut Sheet, reports: &[Report], words: &Words) -> f64 {
    let mut lines: Vec<String> = words.notes.clone();
    lines.extend(origin(reports));
    let font = Type::new(SMALL, Ink::QUIET);
    let mut y = HEIGHT - 24.0;
    for line in lines.iter().rev() {
        fitted(sheet, y, line, (font, 17.0));
        y -= 26.0;
    }
    y
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
    parts.push(match machine.cores {
        1 => "1 core".to_owned(),
        cores => format!("{cores} cores"),
    });
    if !machine.kernel.is_empty() {
        parts.push(format!("Linux {}", clean(machine.kernel.trim_start_matches("Linux "), 28)));
    }
    let date = clean(report.started.split('T').next().unwrap_or(""), 10);
    let build = if machine.optimised { "" } else { " (debug build)" };
    parts.push(format!("measured by wsbench {}{build}, {date}", clean(&machine.wsbench, 24)));
    let first = if reports.len() > 1 { format!("first of {} runs: ", reports.len()) } else { String::new() };
    Some(format!("{}: {first}{}", clean(&report.name, 30), parts.join(" · ")))
}
