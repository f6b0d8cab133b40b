//! A target without the harness: `cargo run -p wsbench-targets --example serve -- '<TargetConfig as JSON>'`.
//! For the tests of the process (`tests/real_sockets/process.rs`) and for looking at a target with strace.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let config = std::env::args().nth(1).ok_or("usage: serve '<TargetConfig as JSON>'")?;
    Ok(wsbench_targets::serve::run(serde_json::from_str(&config)?, std::io::stdout())?)
}
