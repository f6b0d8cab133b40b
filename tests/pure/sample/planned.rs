//! A good scenario of one line each, and a machine to plan it for.

use wsbench::plan::{Machine, Plan};
use wsbench::scenario::Scenario;

/// Two cores, and files for 10,000 clients a process.
pub const MACHINE: Machine = Machine { cores: 2, files: 20_000 };

pub const GOOD: &str =
    "name = \"x\"\nclients = 10\n[load.push]\nevery = \"1s\"\n[[transport]]\nwebsocket = {}\n";

pub fn scenario(text: &str) -> Scenario {
    Scenario::parse("test.toml", text.as_bytes()).unwrap_or_else(|errors| panic!("{errors}"))
}

pub fn plan(text: &str) -> Plan {
    Plan::of(&scenario(text), MACHINE).unwrap()
}
