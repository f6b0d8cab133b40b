//! The charts' one typeface, carried in the binary: how wide a text is in it, and its pixels.
//!
//! It must not know backends. plotters can draw text on a bitmap too, but drops every glyph's side bearing,
//! which shows; and its `FontDesc::style` keeps the old face. So the PNG's letters are made here; the SVG
//! names the font and lets its reader draw.

use std::sync::LazyLock;

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _, point};

/// What an SVG asks for: Roboto, or what is nearest to it in width.
pub const FAMILY: &str = "Roboto, Arial, Helvetica, sans-serif";
/// Height of a capital letter, in em.
pub const CAPITAL: f64 = 1456.0 / 2048.0;
/// ascent + descent of Roboto, in em: ab_glyph takes sizes in line heights.
const LINE_HEIGHT: f64 = 2400.0 / 2048.0;

static REGULAR: LazyLock<Option<FontRef<'static>>> =
    LazyLock::new(|| FontRef::try_from_slice(include_bytes!("../../../assets/Roboto-Regular.ttf")).ok());
static BOLD: LazyLock<Option<FontRef<'static>>> =
    LazyLock::new(|| FontRef::try_from_slice(include_bytes!("../../../assets/Roboto-Bold.ttf")).ok());

fn face(bold: bool) -> Option<&'static FontRef<'static>> {
    if bold { BOLD.as_ref() } else { REGULAR.as_ref() }
}

/// Whether both faces can be read.
pub fn ready() -> bool {
    face(false).is_some() && face(true).is_some()
}

fn scale(size: f64) -> PxScale {
    PxScale::from((size * LINE_HEIGHT) as f32)
}

/// Width of `text` at `size` (em), in the unit of `size`.
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    let Some(face) = face(bold) else { return 0.55 * size * text.chars().count() as f64 };
    let face = face.as_scaled(scale(size));
    text.chars().map(|c| f64::from(face.h_advance(face.glyph_id(c)))).sum()
}

/// The pixels of `text` at `size` (em in pixels), its baseline beginning at 0, 0: (x, y, coverage in (0, 1]).
pub fn raster(text: &str, size: f64, bold: bool, mut pixel: impl FnMut(i32, i32, f64)) {
    let Some(face) = face(bold) else { return };
    let mut pen = 0.0;
    for c in text.chars() {
        let glyph = face.glyph_id(c).with_scale_and_position(scale(size), point(pen, 0.0));
        if let Some(outline) = face.outline_glyph(glyph) {
            let corner = outline.px_bounds().min;
            outline.draw(|x, y, cover| {
                if cover > 0.0 {
                    let (x, y) = (corner.x as i32 + x as i32, corner.y as i32 + y as i32);
                    pixel(x, y, f64::from(cover.min(1.0)));
                }
            });
        }
        pen += face.as_scaled(scale(size)).h_advance(face.glyph_id(c));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_readable_and_measures() {
        assert!(ready());
        assert!(width("WWW", 20.0, false) > width("iii", 20.0, false));
        assert!((width("00000", 20.0, true) / width("00000", 10.0, true) - 2.0).abs() < 0.01);
    }

    #[test]
    fn letters_stand_on_the_baseline_within_their_width() {
        let (mut count, mut box_) = (0, (i32::MAX, i32::MAX, i32::MIN, i32::MIN));
        raster("HIH", 100.0, true, |x, y, _| {
            count += 1;
            box_ = (box_.0.min(x), box_.1.min(y), box_.2.max(x), box_.3.max(y));
        });
        assert!(count > 1_000);
        let wide = width("HIH", 100.0, true) as i32;
        assert!(
            box_.0 > 0 && box_.2 < wide && box_.3 <= 0 && (-73..=-70).contains(&box_.1),
            "{box_:?} {wide}"
        );
    }
}
