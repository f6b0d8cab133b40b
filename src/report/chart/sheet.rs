//! A chart before it is pixels: a list of shapes on a sheet 1600 wide and as high as it needs, y downwards. Charts write
//! here and cannot fail; `paint` replays the list to PNG and SVG alike, so that both are the same drawing.
//!
//! It must not know what a chart means or how it is painted. Texts and coordinates are made safe here, once.

use super::font;
use super::guard::clean;

/// Width of the sheet, and of the PNG in pixels: twice the 800 at which it must read.
pub const WIDTH: f64 = 1600.0;
/// The height of most sheets; no sheet is higher than a few of them.
const USUAL: f64 = 900.0;

/// A point of the sheet.
pub type Point = (f64, f64);

/// A colour: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ink(pub u8, pub u8, pub u8);

impl Ink {
    /// Titles and values.
    pub const BLACK: Ink = Ink(0x1A, 0x1A, 0x1A);
    /// Running text.
    pub const TEXT: Ink = Ink(0x33, 0x33, 0x33);
    /// Numbers of axes, small print.
    pub const QUIET: Ink = Ink(0x60, 0x60, 0x60);
    /// Base lines.
    pub const AXIS: Ink = Ink(0x8A, 0x8A, 0x8A);
    /// Grid lines.
    pub const GRID: Ink = Ink(0xE4, 0xE4, 0xE4);
    /// Background of what is not measured load.
    pub const SHADE: Ink = Ink(0xF4, 0xF4, 0xF4);
    /// The paper.
    pub const WHITE: Ink = Ink(0xFF, 0xFF, 0xFF);

    /// Mixed with `other`, of which it takes `share` in [0, 1].
    pub fn mixed(self, other: Ink, share: f64) -> Ink {
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
        Ink(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }

    /// How bright it looks, 0 to 1.
    pub fn brightness(self) -> f64 {
        (0.299 * f64::from(self.0) + 0.587 * f64::from(self.1) + 0.114 * f64::from(self.2)) / 255.0
    }

    /// The same hue, dark enough for text on white.
    pub fn legible(self) -> Ink {
        const DARK: f64 = 0.45;
        let by = (DARK / self.brightness().max(DARK)).min(1.0);
        let [red, green, blue] = [self.0, self.1, self.2].map(|part| (f64::from(part) * by) as u8);
        Ink(red, green, blue)
    }
}

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Of its left edge.
    pub left: f64,
    /// Of its upper edge.
    pub top: f64,
    /// Of its right edge.
    pub right: f64,
    /// Of its lower edge.
    pub bottom: f64,
}

impl Area {
    /// From left to right.
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// From top to bottom.
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// Smaller on each side by so much.
    pub fn inset(&self, left: f64, top: f64, right: f64, bottom: f64) -> Area {
        Area {
            left: self.left + left,
            top: self.top + top,
            right: self.right - right,
            bottom: self.bottom - bottom,
        }
    }
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Type {
    /// Em, in units of the sheet.
    pub size: f64,
    /// The heavier face.
    pub bold: bool,
    /// Its colour.
    pub ink: Ink,
    /// Which share of it stands before its anchor point.
    pub before: f64,
}

impl Type {
    /// Plain text from its start.
    pub fn new(size: f64, ink: Ink) -> Type {
        Type { size, bold: false, ink, before: 0.0 }
    }

    /// In bold.
    pub fn bold(self) -> Type {
        Type { bold: true, ..self }
    }

    /// About its anchor point.
    pub fn middle(self) -> Type {
        Type { before: 0.5, ..self }
    }

    /// Up to its anchor point.
    pub fn end(self) -> Type {
        Type { before: 1.0, ..self }
    }

    /// Width of `text` on the sheet.
    pub fn width(&self, text: &str) -> f64 {
        font::width(text, self.size, self.bold)
    }

    /// `text` in lines no wider than `room`, broken at spaces; cut after `most` lines, or within a word that is wider alone.
    pub fn wrapped(&self, text: &str, room: f64, most: usize) -> Vec<String> {
        let mut lines = vec![String::new()];
        for word in clean(text, LONGEST).split(' ') {
            let line = lines.last().map_or("", String::as_str);
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            match lines.last_mut() {
                Some(line) if line.is_empty() || self.width(&longer) <= room => *line = longer,
                _ => lines.push(word.to_owned()),
            }
        }
        if lines.len() > most {
            lines.truncate(most);
            lines.last_mut().into_iter().for_each(|line| line.push_str(" …"));
        }
        lines.iter().map(|line| self.cut(line, room)).collect()
    }

    /// `text`, or as much of it as there is room for.
    fn cut(&self, text: &str, room: f64) -> String {
        let count = text.chars().count();
        let fits = |&most: &usize| self.width(&clean(text, most)) <= room;
        (1..=count).rev().find(fits).map_or_else(String::new, |most| clean(text, most))
    }
}

/// One mark on the sheet.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A filled rectangle.
    Rect(Area, Ink),
    /// A filled polygon, by its corners.
    Polygon(Vec<Point>, Ink),
    /// A line through points, so wide.
    Line(Vec<Point>, f64, Ink),
    /// A line of text, its anchor on the baseline.
    Text(Point, String, Type),
}

/// The drawing.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// What the image is called to those who cannot see it.
    pub title: String,
    /// Of the sheet, and of the PNG in pixels.
    pub height: f64,
    shapes: Vec<Shape>,
}

/// The longest text of any kind, in characters.
const LONGEST: usize = 600;

impl Sheet {
    /// With that title, to be drawn on.
    pub fn new(title: &str) -> Sheet {
        Sheet { title: clean(title, LONGEST), height: USUAL, shapes: vec![] }
    }

    /// Width and height.
    pub fn size(&self) -> (f64, f64) {
        (WIDTH, self.height)
    }

    /// In the order of painting.
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// A filled rectangle.
    pub fn rect(&mut self, area: Area, ink: Ink) {
        if let (Some((left, top)), Some((right, bottom))) =
            (held((area.left, area.top)), held((area.right, area.bottom)))
        {
            self.shapes.push(Shape::Rect(Area { left, top, right, bottom }, ink));
        }
    }

    /// A filled polygon.
    pub fn polygon(&mut self, points: &[Point], ink: Ink) {
        let points: Vec<Point> = points.iter().copied().filter_map(held).collect();
        if points.len() > 2 {
            self.shapes.push(Shape::Polygon(points, ink));
        }
    }

    /// A line through points, so wide.
    pub fn line(&mut self, points: &[Point], width: f64, ink: Ink) {
        let points: Vec<Point> = points.iter().copied().filter_map(held).collect();
        if points.len() > 1 {
            self.shapes.push(Shape::Line(points, width, ink));
        }
    }

    /// Text with its baseline at `at`.
    pub fn text(&mut self, at: Point, text: &str, font: Type) {
        let text = clean(text, LONGEST).replace('\u{a0}', " ");
        if let (Some(at), false) = (held(at), text.is_empty()) {
            self.shapes.push(Shape::Text(at, text, font));
        }
    }

    /// Text vertically centred on `at`, by its capitals.
    pub fn centred(&mut self, at: Point, text: &str, font: Type) {
        self.text((at.0, at.1 + font.size * font::CAPITAL / 2.0), text, font);
    }
}

/// The point, kept near the sheet; `None` if it is no point.
fn held((x, y): Point) -> Option<Point> {
    let near = |v: f64, most: f64| v.clamp(-most, 2.0 * most);
    (x.is_finite() && y.is_finite()).then(|| (near(x, WIDTH), near(y, 8.0 * USUAL)))
}
