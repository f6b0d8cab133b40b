//! Replays a sheet on a plotters backend, in memory, and encodes it: PNG and SVG from the same shapes.
//!
//! It must not know charts. Everything is painted at twice the sheet's size: the PNG is averaged down, which
//! smooths every edge; the SVG keeps the finer grid (plotters knows whole pixels only) under its view box.

use anyhow::{Context as _, Result, anyhow, ensure};
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle};

use super::font;
use super::guard::escape_xml;
use super::sheet::{Anchor, Ink, Point, Shape, Sheet, Type, WIDTH};

/// Painted pixels to one unit of the sheet.
const FINE: u32 = 2;
const WIDE: u32 = WIDTH as u32;

/// Who draws the letters.
#[derive(Clone, Copy)]
enum Lettering {
    /// We do, pixel by pixel.
    Pixels,
    /// Whoever opens the SVG.
    Named,
}

/// The sheet as a PNG, a pixel for each of its units.
pub fn png(sheet: &Sheet) -> Result<Vec<u8>> {
    let high = high(sheet);
    let mut fine = vec![0xFF; (WIDE * high * FINE * FINE * 3) as usize];
    let mut backend = BitMapBackend::with_buffer(&mut fine, (WIDE * FINE, high * FINE));
    replay(sheet, &mut backend, Lettering::Pixels)?;
    drop(backend);
    encode(&averaged(&fine), high).context("encoding a PNG")
}

fn high(sheet: &Sheet) -> u32 {
    sheet.height.round() as u32
}

/// The sheet as an SVG document.
pub fn svg(sheet: &Sheet) -> Result<Vec<u8>> {
    let mut text = String::new();
    let (wide, high) = (WIDE * FINE, high(sheet) * FINE);
    let mut backend = SVGBackend::with_string(&mut text, (wide, high));
    replay(sheet, &mut backend, Lettering::Named)?;
    drop(backend);
    let body = text.split_once(">\n").map(|(_, body)| body).context("plotters wrote no SVG")?;
    let title = escape_xml(&sheet.title);
    let head = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDE}\" height=\"{}\" \
         viewBox=\"0 0 {wide} {high}\" role=\"img\">\n<title>{title}</title>\n",
        sheet.height
    );
    Ok((head + body).into_bytes())
}

fn replay<B: DrawingBackend>(sheet: &Sheet, backend: &mut B, letters: Lettering) -> Result<()> {
    ensure!(font::ready(), "the built-in font cannot be read");
    backend.ensure_prepared().map_err(|e| anyhow!("preparing a chart: {e}"))?;
    let (right, bottom) = fine(sheet.size());
    let done = backend.draw_rect((0, 0), (right, bottom), &style(Ink::WHITE).filled(), true);
    done.map_err(|e| anyhow!("drawing a chart: {e}"))?;
    for shape in sheet.shapes() {
        put(shape, backend, letters)?;
    }
    backend.present().map_err(|e| anyhow!("finishing a chart: {e}"))
}

fn put<B: DrawingBackend>(shape: &Shape, backend: &mut B, letters: Lettering) -> Result<()> {
    let done = match shape {
        Shape::Rect { area, ink } => {
            let (from, to) = (fine((area.left, area.top)), fine((area.right, area.bottom)));
            backend.draw_rect(from, to, &style(*ink).filled(), true)
        }
        Shape::Polygon { points, ink } => {
            backend.fill_polygon(points.iter().map(|&p| fine(p)), &style(*ink).filled())
        }
        Shape::Line { points, width, ink } => {
            let wide = (width * f64::from(FINE)).round().max(1.0) as u32;
            backend.draw_path(distinct(points), &style(*ink).stroke_width(wide))
        }
        Shape::Text { at, text, font } => {
            return match letters {
                Lettering::Pixels => draw_letters(backend, (*at, text, font)),
                Lettering::Named => name_letters(backend, (*at, text, font)),
            };
        }
    };
    done.map_err(|e| anyhow!("drawing a chart: {e}"))
}

/// A text: where its baseline's anchor lies, what it says, how it looks.
type Text<'a> = (Point, &'a str, &'a Type);

fn name_letters<B: DrawingBackend>(backend: &mut B, ((x, y), text, kind): Text<'_>) -> Result<()> {
    // plotters' SVG divides a size by 1.24 and moves the text down by 0.76 em.
    let (size, at) = (kind.size * f64::from(FINE) * 1.24, (x, y - kind.size * 0.76));
    let along = match kind.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let weight = if kind.bold { FontStyle::Bold } else { FontStyle::Normal };
    let font = FontDesc::new(FontFamily::Name(font::FAMILY), size, weight);
    let ink = colour(kind.ink);
    let style = TextStyle::from(font).color(&ink).pos(Pos::new(along, VPos::Top));
    backend.draw_text(text, &style, fine(at)).map_err(|e| anyhow!("writing on a chart: {e}"))
}

fn draw_letters<B: DrawingBackend>(backend: &mut B, (at, text, kind): Text<'_>) -> Result<()> {
    let size = kind.size * f64::from(FINE);
    let before = match kind.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => font::width(text, size, kind.bold) / 2.0,
        Anchor::End => font::width(text, size, kind.bold),
    };
    let ((left, base), before) = (fine(at), before.round() as i32);
    let (ink, mut failed) = (colour(kind.ink), None);
    font::raster(text, size, kind.bold, |x, y, cover| {
        let place = (left + x - before, base + y);
        if let Err(error) = backend.draw_pixel(place, ink.mix(cover).to_backend_color()) {
            failed.get_or_insert_with(|| anyhow!("writing on a chart: {error}"));
        }
    });
    failed.map_or(Ok(()), Err)
}

/// Whole painted pixels; points that fall together are one, for a line of no length has no direction.
fn distinct(points: &[Point]) -> Vec<(i32, i32)> {
    let mut whole: Vec<(i32, i32)> = points.iter().map(|&p| fine(p)).collect();
    whole.dedup();
    whole
}

fn fine((x, y): Point) -> (i32, i32) {
    let whole = |v: f64| (v * f64::from(FINE)).round() as i32;
    (whole(x), whole(y))
}

fn colour(Ink(r, g, b): Ink) -> RGBColor {
    RGBColor(r, g, b)
}

fn style(ink: Ink) -> ShapeStyle {
    colour(ink).to_rgba().into()
}

/// Each pixel is the mean of the painted ones that it covers.
fn averaged(painted: &[u8]) -> Vec<u8> {
    let row = (WIDE * FINE * 3) as usize;
    let mut pixels = Vec::with_capacity(painted.len() / 4);
    for pair in painted.chunks_exact(2 * row) {
        let (upper, lower) = pair.split_at(row);
        for (a, b) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            for c in 0..3 {
                let sum = u16::from(a[c]) + u16::from(a[c + 3]) + u16::from(b[c]) + u16::from(b[c + 3]);
                pixels.push(((sum + 2) / 4) as u8);
            }
        }
    }
    pixels
}

fn encode(pixels: &[u8], high: u32) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, WIDE, high);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_filter(png::FilterType::NoFilter);
    encoder.set_compression(png::Compression::Best);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}
