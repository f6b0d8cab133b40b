//! A chart of curves as numbers, for a page on which its reader zooms: the same lines that the drawing of that name has.
//!
//! It must not know what is plotted, nor who shows it. Its other ends are `latency` and `timeline`.

use serde::Serialize;

use super::guard::sane;
use super::look::Look;
use super::sheet::{Ink, Point};
use super::units::Unit;

/// Curves over one axis.
#[derive(Debug, Serialize)]
pub struct Plot {
    /// The chart that shows the same.
    pub stem: &'static str,
    /// What the curves are.
    pub title: String,
    /// Below.
    pub x: Axis,
    /// At the left.
    pub y: Axis,
    /// In the order of the scenario.
    pub lines: Vec<Line>,
}

/// An axis.
#[derive(Debug, Serialize)]
pub struct Axis {
    /// What it counts.
    pub title: String,
    /// The base unit's sign; `rarity` where the values are 1/(1-p).
    pub unit: &'static str,
    /// Whether it is logarithmic.
    pub log: bool,
    /// Values that have a name.
    pub names: Vec<(f64, &'static str)>,
}

/// A curve.
#[derive(Debug, Serialize)]
pub struct Line {
    /// Whose it is.
    pub name: String,
    /// `#RRGGBB`.
    pub ink: String,
    /// Lengths on and off; solid when empty.
    pub dash: &'static [f64],
    /// Where it has values.
    pub x: Vec<f64>,
    /// The values there.
    pub y: Vec<f64>,
}

impl Axis {
    /// Without names.
    pub fn new(title: &str, unit: Unit) -> Axis {
        Axis { title: title.to_owned(), unit: unit.sign(), log: false, names: vec![] }
    }

    /// For times, which differ by powers of ten.
    pub fn logarithmic(self) -> Axis {
        Axis { log: true, ..self }
    }
}

impl Line {
    /// Through these points, without those that cannot be drawn.
    pub fn new(name: &str, look: Look, points: &[Point]) -> Line {
        let Ink(red, green, blue) = look.ink;
        let points = points.iter().filter(|(x, y)| sane(*x).is_some() && sane(*y).is_some());
        let (x, y) = points.map(|(x, y)| (round(*x), round(*y))).unzip();
        Line { name: name.to_owned(), ink: format!("#{red:02X}{green:02X}{blue:02X}"), dash: look.dash, x, y }
    }
}

/// To seven digits: no eye sees more, and a page is read over a network.
fn round(value: f64) -> f64 {
    format!("{value:.6e}").parse().unwrap_or(value)
}
