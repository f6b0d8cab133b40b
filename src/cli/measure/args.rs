//! The flags of `wsbench measure`. Each becomes a line of a scenario: those that every scenario knows by `keys`, the others
//! by `write`.

use std::path::PathBuf;

use clap::Args as Group;
use clap::builder::PossibleValuesParser;

use crate::cli::args::ResultArgs;
use crate::cli::keys::Keys;
use crate::scenario::units;
use crate::transport::Transport;

/// What may stand beside `--load`.
pub(super) const LOADS: [&str; 5] = ["echo", "listen", "publish", "idle", "connect"];

#[derive(Debug, Group)]
pub(in crate::cli) struct MeasureArgs {
    /// The server: ws://, wss://, http:// or https://; ${NAME} is read from the environment
    pub(super) url: String,
    #[command(flatten)]
    pub(super) keys: Keys<false>,
    /// End after so many messages, polls or connections of all clients: sets --duration by the rate
    #[arg(short = 'n', long, value_name = "N", value_parser = units::count, conflicts_with = "duration", help_heading = "Load")]
    pub(super) count: Option<u64>,
    /// echo, listen, publish (one more client sends to all), idle or connect [default: echo, or what a dialect can; listen over HTTP]
    #[arg(long, value_parser = LOADS, hide_possible_values = true, help_heading = "Load")]
    pub(super) load: Option<String>,
    /// Transport [default: websocket for ws://, polling for http://]
    #[arg(long = "as", alias = "transport", value_name = "TRANSPORT", value_parser = transports(), hide_possible_values = true, help_heading = "Transports")]
    pub(super) transport: Option<String>,
    /// Transport option, such as via=xhr; repeatable
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Transports")]
    pub(super) option: Vec<String>,
    #[command(flatten)]
    pub(super) results: ResultArgs,
    /// Write the scenario into this new file instead of printing it
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) save: Option<PathBuf>,
}

fn transports() -> PossibleValuesParser {
    PossibleValuesParser::new(Transport::all().iter().map(|transport| transport.name()).collect::<Vec<_>>())
}
