//! A chart before it is pixels: a list of shapes on a sheet of 1600 x 900, y downwards. Charts write here and
//! cannot fail; `paint` replays the list to PNG and SVG alike, so that both are the same drawing.
//!
//! It must not know what a chart means or how it is painted. Texts and coordinates are made safe here, once.

use super::font;
use super::guard::clean;

/// Width of the sheet, and of the PNG in pixels: twice the 800 at which it must read.
pub const WIDTH: f64 = 1600.0;
/// Height of the sheet, and of the PNG in pixels.
pub const HEIGHT: f64 = 900.0;

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
    pub left: f64,
    pub top: f64,
    pub right: f64,
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

/// Where a text's anchor point lies on its baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Type {
    /// Em, in units of the sheet.
    pub size: f64,
    pub bold: bool,
    pub ink: Ink,
    pub anchor: Anchor,
    /// Reads from bottom to top.
    pub upright: bool,
}

impl Type {
    /// Plain text from its start.
    pub fn new(size: f64, ink: Ink) -> Type {
        Type { size, bold: false, ink, anchor: Anchor::Start, upright: false }
    }

    /// In bold.
    pub fn bold(self) -> Type {
        Type { bold: true, ..self }
    }

    /// About its anchor point.
    pub fn middle(self) -> Type {
        Type { anchor: Anchor::Middle, ..self }
    }

    /// Up to its anchor point.
    pub fn end(self) -> Type {
        Type { anchor: Anchor::End, ..self }
    }

    /// Read from bottom to top.
    pub fn upright(self) -> Type {
        Type { upright: true, ..self }
    }

    /// Width of `text` on the sheet.
    pub fn width(&self, text: &str) -> f64 {
        font::width(text, self.size, self.bold)
    }
}

/// One mark on the sheet.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    Rect { area: Area, ink: Ink },
    Polygon { points: Vec<Point>, ink: Ink },
    Line { points: Vec<Point>, width: f64, ink: Ink },
    Text { at: Point, text: String, font: Type },
}

/// The drawing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// What the image is called to those who cannot see it.
    pub title: String,
    shapes: Vec<Shape>,
}

/// The longest text of any kind, in characters.
const LONGEST: usize = 220;

impl Sheet {
    /// Width and height.
    pub fn size(&self) -> (f64, f64) {
        (WIDTH, HEIGHT)
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
            self.shapes.push(Shape::Rect { area: Area { left, top, right, bottom }, ink });
        }
    }

    /// A filled polygon.
    pub fn polygon(&mut self, points: &[Point], ink: Ink) {
        let points: Vec<Point> = points.iter().copied().filter_map(held).collect();
        if points.len() > 2 {
            self.shapes.push(Shape::Polygon { points, ink });
        }
    }

    /// A line through points, so wide.
    pub fn line(&mut self, points: &[Point], width: f64, ink: Ink) {
        let points: Vec<Point> = points.iter().copied().filter_map(held).collect();
        if points.len() > 1 {
            self.shapes.push(Shape::Line { points, width, ink });
        }
    }

    /// Text with its baseline at `at`.
    pub fn text(&mut self, at: Point, text: &str, font: Type) {
        let text = clean(text, LONGEST);
        if let (Some(at), false) = (held(at), text.is_empty()) {
            self.shapes.push(Shape::Text { at, text, font });
        }
    }

    /// Text vertically centred on `at`, by its capitals.
    pub fn centred(&mut self, at: Point, text: &str, font: Type) {
        let half = font.size * font::CAPITAL / 2.0;
        self.text(if font.upright { (at.0 + half, at.1) } else { (at.0, at.1 + half) }, text, font);
    }
}

/// The point, kept near the sheet; `None` if it is no point.
fn held((x, y): Point) -> Option<Point> {
    let near = |v: f64, most: f64| v.clamp(-most, 2.0 * most);
    (x.is_finite() && y.is_finite()).then(|| (near(x, WIDTH), near(y, HEIGHT)))
}
