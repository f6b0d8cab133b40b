//! What needs no load: rules, plans, files, formats and charts, on data made by arithmetic. `sample` is that data.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod against;
mod bad_scenarios;
mod blame;
mod charts;
mod charts_geometry;
mod charts_marked;
mod compare;
mod docs;
mod findings;
mod formats;
mod hostile;
mod needs;
mod plans;
mod sample;
mod scenarios;
mod seeds;
mod verdict;
