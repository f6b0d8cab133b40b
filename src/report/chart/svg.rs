//! A sheet as an SVG document: the shapes as they are, texts in whatever face the reader has of those that are named.
//!
//! It must not know charts. Its other end is [`Sheet`]; `paint` makes the PNG of the same shapes.

use super::font;
use super::guard::escape_xml;
use super::sheet::{Ink, Point, Shape, Sheet};

/// The document.
pub fn svg(sheet: &Sheet) -> String {
    let ((wide, high), title, family) = (sheet.size(), escape_xml(&sheet.title), font::FAMILY);
    let shapes: String = sheet.shapes().iter().map(|shape| element(shape) + "\n").collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" \
         role=\"img\" font-family=\"{family}\">\n<title>{title}</title>\n\
         <rect width=\"{wide}\" height=\"{high}\" fill=\"#FFFFFF\"/>\n{shapes}</svg>\n"
    )
}

fn element(shape: &Shape) -> String {
    match shape {
        Shape::Rect(area, ink) => {
            let ((x, y), (wide, high)) = ((area.left, area.top), (area.width(), area.height()));
            format!(
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" fill=\"{}\"/>",
                hex(*ink)
            )
        }
        Shape::Polygon(corners, ink) => {
            format!("<polygon points=\"{}\" fill=\"{}\"/>", list(corners), hex(*ink))
        }
        Shape::Line(points, width, ink) => {
            let (points, ink) = (list(points), hex(*ink));
            format!("<polyline points=\"{points}\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"{width}\"/>")
        }
        Shape::Text((x, y), text, font) => {
            let (weight, size, ink) = (if font.bold { 700 } else { 400 }, font.size, hex(font.ink));
            let anchor = ["start", "middle", "end"][(font.before * 2.0) as usize % 3];
            let text = escape_xml(text);
            format!(
                "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size:.1}\" font-weight=\"{weight}\" \
                 text-anchor=\"{anchor}\" fill=\"{ink}\">{text}</text>"
            )
        }
    }
}

fn list(points: &[Point]) -> String {
    points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<String>>().join(" ")
}

fn hex(Ink(red, green, blue): Ink) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}
