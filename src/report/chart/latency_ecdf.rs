//! What share of the messages had arrived within a time. Lost messages never arrive: a line that ends below
//! 100 % shows them.
//!
//! It must not know how curves are drawn (`curves`). Its other end is `Tally::latency`.

use super::axis;
use super::curves::{Line, curve, panel};
use super::frame::Words;
use super::scale::Scale;
use super::series::Subject;
use super::sheet::{Area, Point, Sheet};
use super::timed::Timed;
use super::units::{Unit, listed, text, tick};
use crate::results::Cell;

/// The chart; `None` when no message arrived.
pub fn draw(subject: &Subject<'_>) -> Option<Sheet> {
    let timed = Timed::of(subject);
    let lines: Vec<Line> =
        subject.all.iter().filter_map(|series| Line::of(series, |cell| shares(timed, cell))).collect();
    if lines.is_empty() {
        return None;
    }
    let (mut sheet, area) = panel(subject, words(timed, &lines), &lines);
    draw_lines(&mut sheet, area, timed, &lines);
    Some(sheet)
}

/// Points are (latency in ns, share at or below it).
fn shares(timed: Timed, cell: &Cell<'_>) -> Option<(Vec<Point>, Vec<Point>)> {
    let hist = timed.hist(cell.tally());
    let all = timed.scheduled(cell.tally()).max(hist.count()).max(1) as f64;
    let mut below = 0u64;
    let mut points = vec![(hist.min()? as f64, 0.0)];
    points.extend(hist.recorded().map(|(ns, count)| {
        below += count;
        (ns as f64, below as f64 / all)
    }));
    Some((points, vec![]))
}

fn draw_lines(sheet: &mut Sheet, whole: Area, timed: Timed, lines: &[Line]) {
    let percent = |share| tick(Unit::Ratio, share);
    let values = || lines.iter().flat_map(|l| &l.points).map(|(ns, _)| *ns);
    let area = whole.inset(axis::room(&Scale::exact(1.0, 1.0, 0.0), percent), 44.0, 30.0, 66.0);
    let y = Scale::exact(1.0, area.bottom, area.top);
    let x = Scale::log(values(), area.left, area.right);
    axis::vertical(sheet, area, &y, &format!("share of the {}", timed.things()), percent);
    let ticks: Vec<(f64, String)> =
        x.ticks().into_iter().map(|v| (x.at(v), tick(Unit::Nanoseconds, v))).collect();
    axis::horizontal(sheet, area, &ticks, &format!("time {}", timed.span()));
    for line in lines {
        let points: Vec<Point> = line.points.iter().map(|(ns, share)| (x.at(*ns), y.at(*share))).collect();
        curve(sheet, line.look, &points, &crossings(&points, &y));
    }
}

/// Where a line crosses the quarters.
fn crossings(points: &[Point], y: &Scale) -> Vec<Point> {
    let at = |share: f64| {
        let height = y.at(share);
        let pair = points.windows(2).find(|pair| pair[0].1 >= height && pair[1].1 <= height)?;
        let part = (pair[0].1 - height) / (pair[0].1 - pair[1].1).max(1e-9);
        Some((pair[0].0 + (pair[1].0 - pair[0].0) * part.clamp(0.0, 1.0), height))
    };
    [0.25, 0.5, 0.75].into_iter().filter_map(at).collect()
}

/// The share at or below `ns`.
fn within(line: &Line, ns: f64) -> f64 {
    line.points.iter().take_while(|(at, _)| *at <= ns).last().map_or(0.0, |(_, share)| *share)
}

/// Never "100 %" where something is missing.
fn share(share: f64) -> String {
    match share {
        all if all >= 1.0 => "all".to_owned(),
        most if most > 0.999 => "over 99.9 %".to_owned(),
        share => text(Unit::Ratio, share),
    }
}

/// What it means when a line does not reach the top.
fn below(timed: Timed) -> &'static str {
    match timed {
        Timed::Delivery | Timed::RoundTrip => {
            "A line that ends below 100 % has lost messages, or skipped them by design (polling for the latest value). "
        }
        Timed::Connection => "A line that ends below 100 % has connections that failed. ",
        Timed::Response | Timed::Gap => "",
    }
}

fn words(timed: Timed, lines: &[Line]) -> Words {
    let sound = lines.iter().filter(|line| line.sound);
    let mut soon: Vec<(f64, &str)> = sound.map(|line| (within(line, 1e8), line.name.as_str())).collect();
    soon.sort_by(|a, b| b.0.total_cmp(&a.0));
    Words {
        title: format!("How soon {} {}", timed.things(), timed.done()),
        finding: if soon.is_empty() {
            String::new()
        } else {
            format!("Within 100 ms: {}", listed(&soon, share))
        },
        notes: vec![format!("{}Markers at 25, 50 and 75 %.", below(timed))],
    }
}
