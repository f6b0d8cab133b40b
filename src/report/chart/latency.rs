//! Latency by percentile on the 1/(1-p) axis: each step to the right is ten times rarer. No point
//! beyond what the sample count supports.
//!
//! It must not know how curves are drawn (`curves`). Its other end is `Hist::percentile`, which refuses.

use wsbench_targets::hist::Hist;

use super::axis;
use super::curves::{EndLabel, curve, end_labels};
use super::frame::{Key, Swatch, Words, frame};
use super::plot::{self, Axis, Plot};
use super::scale::Scale;
use super::series::{Series, Subject, common_size, mark, size, sound, value};
use super::sheet::{Area, Ink, Point, Sheet, Type};
use super::stroke::dashed;
use super::timed::Timed;
use super::units::{Unit, listed, text, tick};
use crate::results::{Cell, Check, Measurement};
use crate::scenario::{Metric, Timing};

/// Points a decade of 1/(1-p).
const STEPS: f64 = 100.0;
/// Where lines begin, as 1/(1-p): at 10 %. The very fastest few say nothing and would stretch the axis.
const FIRST: f64 = 1.0 / 0.9;
/// A floor so many times below everything else would only stretch the axis.
const FAR: f64 = 1_000.0;
/// (1/(1-p), name) of the percentiles that the axis names.
const NAMED: [(f64, &str); 9] = [
    (1.0, "p0"),
    (2.0, "p50"),
    (10.0, "p90"),
    (1e2, "p99"),
    (1e3, "p99.9"),
    (1e4, "p99.99"),
    (1e5, "p99.999"),
    (1e6, "p99.9999"),
    (1e7, "p99.99999"),
];

/// Height of the panel.
const HIGH: f64 = 600.0;

/// One curve: (1/(1-p), latency in ns), at the largest size for which there is one.
struct Line<'a> {
    series: &'a Series<'a>,
    cell: &'a Cell<'a>,
    points: Vec<Point>,
    /// At the percentiles that the axis names.
    marks: Vec<Point>,
}

/// The chart; `None` when no latency has the samples for a median. What all have in common, the number of clients, stands in
/// the title.
pub fn draw(subject: &Subject<'_>) -> Option<Sheet> {
    let timed = Timed::of(subject);
    let lines = lines(subject, timed);
    lines.first()?;
    let common = common(&lines);
    let key = |line: &Line<'_>| {
        let swatch = Swatch::Line(line.series.look_of(line.cell));
        Key { text: named(line, common.is_some()), swatch }
    };
    let keys: Vec<Key> = lines.iter().map(key).collect();
    let title = title(timed, common.as_deref());
    let (mut sheet, area) = frame(subject, &words(subject, title, timed, &lines), &keys, HIGH);
    draw_lines(&mut sheet, area, timed, &lines, floor(subject));
    Some(sheet)
}

/// The same lines as numbers; `None` where there is no chart.
pub fn plot(subject: &Subject<'_>) -> Option<Plot> {
    let timed = Timed::of(subject);
    let lines = lines(subject, timed);
    lines.first()?;
    let common = common(&lines);
    let x = Axis { title: beneath(timed), unit: "rarity", log: true, names: NAMED.to_vec() };
    let y = Axis::new(&aside(timed), Unit::Nanoseconds).logarithmic();
    let line = |line: &Line<'_>| {
        plot::Line::new(&named(line, common.is_some()), line.series.look_of(line.cell), &line.points)
    };
    let lines = lines.iter().map(line).collect();
    Some(Plot { stem: "latency", title: title(timed, common.as_deref()), x, y, lines })
}

fn lines<'a>(subject: &'a Subject<'a>, timed: Timed) -> Vec<Line<'a>> {
    subject.all.iter().filter_map(|series| line(series, timed)).collect()
}

fn common(lines: &[Line<'_>]) -> Option<String> {
    common_size(lines.iter().map(|line| line.cell))
}

fn title(timed: Timed, common: Option<&str>) -> String {
    format!("{} by percentile{}", timed.title, common.unwrap_or_default())
}

/// Whose line it is, with the number of clients where they differ.
fn named(line: &Line<'_>, common: bool) -> String {
    let size = if common { String::new() } else { size(line.cell.clients()) };
    format!("{}{size}{}", line.series.label, mark(line.cell))
}

/// What stands at the axis of times.
fn aside(timed: Timed) -> String {
    format!("{}, {}", timed.title.to_lowercase(), timed.span)
}

/// What stands at the axis of percentiles.
fn beneath(timed: Timed) -> String {
    format!("percentile of the {}", timed.things)
}

/// The least that this machine takes for such a message, and since when that is known. Of one run: two may have two.
fn floor(subject: &Subject<'_>) -> Option<(f64, String)> {
    let [report] = subject.reports else { return None };
    let floor = report.environment.floor.as_ref()?;
    let timed = |m: &&Measurement| {
        let timing = m.trial.load.profile().timing;
        matches!(timing, Timing::Delivery | Timing::RoundTrip) && m.tally.latency.count() > 0
    };
    let least = report.measurements.iter().filter(timed).filter_map(|m| floor.of(&m.trial)).min()?;
    let day = floor.calibrated.split('T').next().unwrap_or_default();
    Some((least.max(1) as f64, format!("floor of this machine (calibrated {day})")))
}

/// Up to the last supported percentile exactly.
fn line<'a>(series: &'a Series<'a>, timed: Timed) -> Option<Line<'a>> {
    let median = |cell: &Cell<'_>| (timed.hist)(cell.tally()).percentile(0.5);
    let (cell, _) = series.largest(median)?;
    let hist = (timed.hist)(cell.tally());
    let last = hist.count() as f64 / 10.0;
    let steps = (0..).map(|n| FIRST * 10f64.powf(f64::from(n) / STEPS)).take_while(|&x| x < last.min(1e8));
    let points = steps.chain([last]).filter_map(|x| Some((x, at(hist, x)?))).collect();
    let marks = NAMED.iter().skip(1).filter_map(|(x, _)| Some((*x, at(hist, *x)?))).collect();
    Some(Line { series, cell, points, marks })
}

fn at(hist: &Hist, x: f64) -> Option<f64> {
    hist.percentile(1.0 - 1.0 / x).map(|ns| ns as f64)
}

fn draw_lines(
    sheet: &mut Sheet,
    whole: Area,
    timed: Timed,
    lines: &[Line<'_>],
    floor: Option<(f64, String)>,
) {
    let measured = || lines.iter().flat_map(|l| &l.points).map(|(_, ns)| *ns);
    let floor = floor.filter(|(ns, _)| measured().fold(f64::INFINITY, f64::min) < ns * FAR);
    let values = || measured().chain(floor.iter().map(|(ns, _)| *ns));
    let reach = lines.iter().flat_map(|l| &l.points).map(|(x, _)| *x).fold(10.0, f64::max);
    let shown = |ns| tick(Unit::Nanoseconds, ns);
    let numbers = axis::room(&Scale::log(values(), 1.0, 0.0), shown);
    let area = whole.inset(numbers, 44.0, 230.0, 66.0);
    let y = Scale::log(values(), area.bottom, area.top);
    let x = Scale::log_exact(1.0, reach, area.left, area.right);
    axis::vertical(sheet, area, &y, &aside(timed), shown);
    let ticks: Vec<(f64, String)> = NAMED
        .iter()
        .filter(|(v, _)| *v <= reach * 1.001)
        .map(|(v, name)| (x.at(*v), (*name).to_owned()))
        .collect();
    axis::horizontal(sheet, area, &ticks, &beneath(timed));
    if let Some((ns, text)) = &floor {
        let at = y.at(*ns);
        dashed(sheet, &[(area.left, at), (area.right, at)], 1.5, Ink::AXIS, &[8.0, 6.0]);
        sheet.text((area.right - 8.0, at - 8.0), text, Type::new(18.0, Ink::QUIET).end());
    }
    let place = |(px, py): &(f64, f64)| -> Point { (x.at(*px), y.at(*py)) };
    let mut ends = Vec::new();
    for line in lines {
        let points: Vec<Point> = line.points.iter().map(place).collect();
        let marks: Vec<Point> = line.marks.iter().map(place).collect();
        let look = line.series.look_of(line.cell);
        curve(sheet, look, &points, &marks);
        if let (Some(at), Some((rarity, ns))) = (points.last(), line.points.last()) {
            let text = format!("{}: {}", percentile_name(*rarity), text(Unit::Nanoseconds, *ns));
            ends.push(EndLabel { at: *at, look, text });
        }
    }
    end_labels(sheet, ends, (area.right + 34.0, area.top, area.bottom));
    sheet.text((area.right + 34.0, area.top - 22.0), "last supported", Type::new(20.0, Ink::QUIET));
}

/// `p99.98` for 1/(1-p) = 6,000: as many digits as it takes to tell it from 100 %, never rounded up.
fn percentile_name(rarity: f64) -> String {
    let nines = (rarity.max(1.0) * (1.0 + 1e-9)).log10().floor();
    let step = 10f64.powf((nines - 1.0).max(0.0));
    let percent = ((1.0 - 1.0 / rarity.max(1.0)) * 100.0 * step + 1e-6).floor() / step;
    format!("p{percent}")
}

fn words(subject: &Subject<'_>, title: String, timed: Timed, lines: &[Line<'_>]) -> Words {
    let label = |line: &'_ Line<'_>| line.series.label.clone();
    let sound = lines.iter().filter(|line| sound(line.cell));
    let mut medians: Vec<(f64, String)> =
        sound.filter_map(|line| Some((line.marks.first()?.1, label(line)))).collect();
    medians.sort_by(|a, b| a.0.total_cmp(&b.0));
    let those = if subject.overwritten() { " that were not overwritten" } else { "" };
    let half = format!("Half of the {}{those} {} within ", timed.things, timed.done);
    let mut notes = vec![
        "From when it was scheduled, not from when it was sent: no coordinated omission. Each line ends where \
         fewer than ten slower ones are left to support it."
            .to_owned(),
    ];
    let few = |line: &Line<'_>| line.cell.repeats.iter().any(|trial| trial.verdict.found(Check::FewSamples));
    if lines.iter().any(few) {
        notes.push("They rest on too few messages (few-samples): do not rely on p99 and above.".to_owned());
    }
    let lost = |line: &Line<'_>| value(line.cell, Metric::LostRatio).filter(|share| *share > 0.0);
    let lost: Vec<(f64, String)> = lines.iter().filter_map(|line| Some((lost(line)?, label(line)))).collect();
    if !lost.is_empty() {
        let each = listed(&lost, |share| text(Unit::Ratio, share));
        notes.push(format!(
            "What was lost, or overwritten by design, has no latency and is in no line: {each}."
        ));
    }
    let finding = if medians.is_empty() {
        String::new()
    } else {
        half + &listed(&medians, |ns| text(Unit::Nanoseconds, ns))
    };
    Words { title, finding, notes }
}

#[cfg(test)]
mod tests {
    use super::percentile_name;

    #[test]
    fn percentiles_are_named_by_their_nines() {
        let named: Vec<String> =
            [2.0, 10.0, 100.0, 1e3, 6e3, 1e4, 123_456.0, 1.0].into_iter().map(percentile_name).collect();
        assert_eq!(named, ["p50", "p90", "p99", "p99.9", "p99.98", "p99.99", "p99.9991", "p0"]);
    }
}
