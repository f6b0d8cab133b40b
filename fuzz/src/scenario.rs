//! A scenario file.

use wsbench::plan::{Machine, Plan};
use wsbench::scenario::Scenario;

/// It is read or refused in words; what was read is planned or refused.
pub fn check(bytes: &[u8]) {
    match Scenario::parse("fuzz.toml", bytes) {
        Ok(scenario) => drop(Plan::of(&scenario, Machine { cores: 2, files: 1 << 20 })),
        Err(errors) => assert!(!errors.to_string().is_empty()),
    }
}
