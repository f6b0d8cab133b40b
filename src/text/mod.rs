//! How numbers, words, lines and tables are written: one look for reports, charts, plans, messages and progress.
//!
//! It must not know which number or sentence it writes, and knows no other room; text that came from elsewhere comes here
//! escaped. Quantities that are read back (keys, flags) are `keys::units`' own business.

pub mod lines;
mod number;
pub mod table;
mod words;

pub use number::{
    Scale, Shown, Unit, alone, exact, factor, nanos, natural, percent, ratio, seconds, shared, show,
    significant, text, time, times,
};
pub use words::{count, either, grouped, list, plural};
