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
mod choices;
mod compare;
mod docs;
mod exports;
mod findings;
mod formats;
mod hostile;
mod html;
mod needs;
mod plans;
mod results_schema;
mod sample;
mod scenarios;
mod seeds;
mod trend;
mod verdict;
