//! The charts' one typeface, carried in the binary, and how wide a text is in it.
//!
//! It must not know backends; `paint` draws with it, `sheet` measures with it.

use std::sync::LazyLock;

use plotters::style::{FontStyle, IntoFont as _, register_font};

/// Registered under the whole list, so that an SVG names what to take where Roboto is not installed.
pub const FAMILY: &str = "Roboto, Arial, Helvetica, sans-serif";
/// ascent + descent of Roboto, in em: ab_glyph takes sizes in line heights.
pub const LINE_HEIGHT: f64 = 2400.0 / 2048.0;
/// Height of a capital letter, in em.
pub const CAPITAL: f64 = 1456.0 / 2048.0;

const REGULAR: &[u8] = include_bytes!("../../../assets/Roboto-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../../assets/Roboto-Bold.ttf");

static REGISTERED: LazyLock<bool> = LazyLock::new(|| {
    register_font(FAMILY, FontStyle::Normal, REGULAR).is_ok()
        && register_font(FAMILY, FontStyle::Bold, BOLD).is_ok()
});

/// Registers the fonts, once; whether they could be read.
pub fn ready() -> bool {
    *REGISTERED
}

/// The style that plotters calls by this name.
pub fn style(bold: bool) -> FontStyle {
    if bold { FontStyle::Bold } else { FontStyle::Normal }
}

/// Width of `text` at `size` (em), in the unit of `size`.
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    // Measured large, for plotters rounds to whole pixels.
    const LARGE: f64 = 200.0;
    let measured = ready()
        .then(|| (FAMILY, LARGE * LINE_HEIGHT).into_font().style(style(bold)).box_size(text).ok())
        .flatten();
    let guess = LARGE * 0.55 * text.chars().count() as f64;
    measured.map_or(guess, |(wide, _)| f64::from(wide)) * size / LARGE
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
}
