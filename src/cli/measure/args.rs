//! The flags of `wsbench measure`. Each becomes a line of a scenario: `write` says which.

use std::path::PathBuf;

use clap::Args as Group;
use clap::builder::PossibleValuesParser;

use crate::cli::args::{ResultArgs, one_size};
use crate::transport::Transport;

/// Shown below the help.
pub(in crate::cli) const MEASURE_EXAMPLES: &str = "Examples:
  wsbench measure ws://127.0.0.1:8080/ --threshold 'latency.p99 <= 50ms'       an echo server
  wsbench measure https://example.com/feed --authorised example.com --clients 100 --rate 1/s
  wsbench measure http://127.0.0.1:3000/ --as socketio --option via=websocket --for 30s";

/// What may stand beside `--load`.
pub(super) const LOADS: [&str; 4] = ["echo", "listen", "idle", "connect"];

#[derive(Debug, Group)]
pub(in crate::cli) struct MeasureArgs {
    /// The server: ws://, wss://, http:// or https://; ${NAME} is read from the environment
    pub(super) url: String,
    /// Transport [default: websocket for ws://, polling for http://]
    #[arg(long = "as", value_name = "TRANSPORT", value_parser = transports(), hide_possible_values = true, help_heading = "Transport")]
    pub(super) transport: Option<String>,
    /// Of the transport, such as via=xhr; again for more
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Transport")]
    pub(super) option: Vec<String>,
    /// echo, listen, idle or connect [default: echo, or listen over HTTP]
    #[arg(long, value_parser = LOADS, hide_possible_values = true, help_heading = "Load")]
    pub(super) load: Option<String>,
    /// Number of clients
    #[arg(long, value_name = "N", value_parser = one_size, default_value = "10", env = "WSBENCH_CLIENTS", help_heading = "Load")]
    pub(super) clients: u32,
    /// Each client's messages or polls; all connections [default: 200/s in all]
    #[arg(long, value_name = "RATE", help_heading = "Load")]
    pub(super) rate: Option<String>,
    /// Length of the measured window
    #[arg(
        long = "for",
        alias = "measure",
        value_name = "TIME",
        default_value = "10s",
        env = "WSBENCH_MEASURE",
        help_heading = "Load"
    )]
    pub(super) window: String,
    /// Load before the window
    #[arg(
        long,
        value_name = "TIME",
        default_value = "3s",
        env = "WSBENCH_WARMUP",
        hide_short_help = true,
        help_heading = "Load"
    )]
    pub(super) warmup: String,
    /// How a message is made: {stamp} once, {filler} and {client} if you like
    #[arg(long, value_name = "FORM", help_heading = "Load")]
    pub(super) message: Option<String>,
    /// Bytes of a message, at least 20
    #[arg(long, value_name = "SIZE", hide_short_help = true, help_heading = "Load")]
    pub(super) payload: Option<String>,
    /// What must hold: 'latency.p99 <= 50ms'; again for more
    #[arg(long, value_name = "RULE", help_heading = "Load")]
    pub(super) threshold: Vec<String>,
    /// Of every request, such as 'Accept: text/plain'; again for more
    #[arg(long, value_name = "HEADER", help_heading = "Target")]
    pub(super) header: Vec<String>,
    /// You may load this host: it is yours, or its owner agrees. Needed beyond this machine
    #[arg(
        long,
        value_name = "HOST,…",
        value_delimiter = ',',
        env = "WSBENCH_AUTHORISED",
        hide_short_help = true,
        help_heading = "Target"
    )]
    pub(super) authorised: Vec<String>,
    /// PEM file with roots to trust besides the system's
    #[arg(long, value_name = "FILE", hide_short_help = true, help_heading = "Target")]
    pub(super) ca: Option<PathBuf>,
    /// Do not verify the server's certificate; the report says so
    #[arg(long, hide_short_help = true, help_heading = "Target")]
    pub(super) insecure: bool,
    /// Connect here instead; Host and TLS keep the URL's name
    #[arg(long, value_name = "ADDRESS", hide_short_help = true, help_heading = "Target")]
    pub(super) connect_to: Option<String>,
    /// The Origin header
    #[arg(long, value_name = "ORIGIN", hide_short_help = true, help_heading = "Target")]
    pub(super) origin: Option<String>,
    /// WebSocket subprotocols to offer; the server must choose one
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        hide_short_help = true,
        help_heading = "Target"
    )]
    pub(super) subprotocol: Vec<String>,
    #[command(flatten)]
    pub(super) results: ResultArgs,
    /// Write the scenario into this new file instead of printing it
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) save: Option<PathBuf>,
}

fn transports() -> PossibleValuesParser {
    PossibleValuesParser::new(Transport::all().iter().map(|transport| transport.name()).collect::<Vec<_>>())
}
