//! Paints a sheet by plotters, in memory, and encodes it as PNG.
//!
//! It must not know charts. Everything is painted at twice the sheet's size and averaged down, which smooths every edge;
//! `svg` writes the same shapes.

use anyhow::{Context as _, Result, anyhow, ensure};
use plotters::backend::{BitMapBackend, DrawingBackend as _};
use plotters::style::{Color as _, RGBColor, ShapeStyle};

use super::font;
use super::sheet::{Ink, Point, Shape, Sheet, Type, WIDTH};

/// Painted pixels to one unit of the sheet.
const FINE: u32 = 2;
const WIDE: u32 = WIDTH as u32;

/// The sheet as a PNG, a pixel for each of its units.
pub fn png(sheet: &Sheet) -> Result<Vec<u8>> {
    ensure!(font::ready(), "the built-in font cannot be read");
    let high = sheet.height.round() as u32;
    let mut fine = vec![0xFF; (WIDE * high * FINE * FINE * 3) as usize];
    let mut backend = BitMapBackend::with_buffer(&mut fine, (WIDE * FINE, high * FINE));
    sheet.shapes().iter().try_for_each(|shape| put(shape, &mut backend))?;
    drop(backend);
    encode(&averaged(&fine), high).context("encoding a PNG")
}

fn put(shape: &Shape, backend: &mut BitMapBackend<'_>) -> Result<()> {
    let done = match shape {
        Shape::Rect(area, ink) => {
            let (from, to) = (fine((area.left, area.top)), fine((area.right, area.bottom)));
            backend.draw_rect(from, to, &style(*ink).filled(), true)
        }
        Shape::Polygon(corners, ink) => {
            backend.fill_polygon(corners.iter().map(|&p| fine(p)), &style(*ink).filled())
        }
        Shape::Line(points, width, ink) => {
            let wide = (width * f64::from(FINE)).round().max(1.0) as u32;
            backend.draw_path(distinct(points), &style(*ink).stroke_width(wide))
        }
        Shape::Text(at, text, font) => return draw_letters(backend, *at, text, *font),
    };
    done.map_err(|e| anyhow!("drawing a chart: {e}"))
}

fn draw_letters(backend: &mut BitMapBackend<'_>, at: Point, text: &str, font: Type) -> Result<()> {
    let size = font.size * f64::from(FINE);
    let before = (font::width(text, size, font.bold) * font.before).round() as i32;
    let ((left, base), ink, mut failed) = (fine(at), colour(font.ink), None);
    font::raster(text, size, font.bold, |x, y, cover| {
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
