//! One table of a scenario file, read key by key: kinds of values, units, limits, faults with a caret under them, and the
//! schema, which follows from the same calls.
//!
//! It must not know any key by name. Its other ends are `scenario`, which reads the file, and `transport`, each of whose
//! files reads its own options.

pub mod error;
pub mod fields;
pub mod kinds;
pub mod limits;
pub mod span;
pub mod suggest;
pub mod units;
