//! Flags and their help. Flags mirror scenario keys; those that a CI job sets have an environment twin.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use wsbench_targets::headers::PROFILES;

use super::measure::args::{MEASURE_EXAMPLES, MeasureArgs};
use crate::report::FORMATS;
use crate::scenario::Overrides;
use crate::scenario::units;
use crate::transport::Transport;

/// Measure what it costs to carry messages to many clients: polling, long-polling, WebSocket.
#[derive(Debug, Parser)]
#[command(name = "wsbench", version, disable_help_subcommand = true, after_help = EXAMPLES, max_term_width = 100)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
    /// Colour the words
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        env = "WSBENCH_COLOR",
        help_heading = "Output"
    )]
    pub(super) color: Color,
    /// Say more about what is done
    #[arg(short, long, global = true, help_heading = "Output")]
    pub(super) verbose: bool,
}

const EXAMPLES: &str = "Examples:
  wsbench run overhead                    the websocket.org graph, measured
  wsbench run my.toml --clients 1k,10k    your own scenario, at two sizes
  wsbench measure ws://127.0.0.1:8080/    your own server, without a file";

const RUN_EXAMPLES: &str = "Examples:
  wsbench run overhead                              built-in scenario: the websocket.org graph
  wsbench run scenarios/latency.toml --measure 30s  a file, with a longer window
  wsbench run latency --search                      how many clients does the server sustain?
  wsbench run smoke --transport websocket --format json | jq .measurements[0].verdict

Exit codes: 0 good or suspect, 1 a trial failed to run, 2 usage or scenario, 4 finished but invalid,
99 the server failed or a threshold was crossed, 130 stopped by Ctrl-C after saving.";

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set or TERM is dumb
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a scenario: measure, draw, and say what was found
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Measure one server by its URL, without a file
    ///
    /// The flags become a scenario, which is printed in the end, ready to keep. Report, verdict and exit codes are
    /// those of `wsbench run`.
    #[command(after_help = MEASURE_EXAMPLES)]
    Measure(Box<MeasureArgs>),
    /// Show what a scenario would do and what it needs; no load
    #[command(after_help = "Example:\n  wsbench check scenarios/overhead.toml")]
    Check(CheckArgs),
    /// Render results again, or several runs side by side
    #[command(
        after_help = "Examples:\n  wsbench report reports/overhead-20261122T104200Z\n  wsbench report before/ after/ --out both/"
    )]
    Report(ReportArgs),
    /// Serve one reference target, for clients of your own
    #[command(
        after_help = "Examples:\n  wsbench serve websocket --bind 127.0.0.1:8080\n  wsbench serve polling --reply since --every 100ms"
    )]
    Serve(ServeArgs),
    /// List transports, loads, formats, metrics, checks and built-in scenarios
    List,
    /// Look for what would spoil a measurement on this machine, and say what mends it
    #[command(
        after_help = "Example:\n  wsbench doctor --format json | jq '.findings[] | select(.level != \"ok\")'"
    )]
    Doctor(SelfArgs),
    /// Measure the floor of this machine and of wsbench itself, for the charts to show; about 25 s
    #[command(after_help = "Example:\n  wsbench calibrate")]
    Calibrate(SelfArgs),
    /// Write the sample scenarios and their JSON Schema into a folder
    #[command(after_help = "Example:\n  wsbench init scenarios/")]
    Init(InitArgs),
    /// Print the JSON Schema of scenarios
    Schema,
    /// Print a completion script for your shell
    #[command(
        after_help = "Example:\n  wsbench completions bash > ~/.local/share/bash-completion/completions/wsbench"
    )]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Be the target of a trial; spoken to by `run`
    #[command(hide = true)]
    Target,
    /// Drive a slice of the clients; spoken to by `run`
    #[command(hide = true)]
    Shard,
}

/// What may override a scenario.
#[derive(Debug, Group)]
pub(super) struct OverrideArgs {
    /// Numbers of clients, such as 1000 or 1k,10k
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = clients, env = "WSBENCH_CLIENTS", help_heading = "Load")]
    clients: Vec<u32>,
    /// Length of the measured window
    #[arg(long, value_name = "TIME", value_parser = units::duration, env = "WSBENCH_MEASURE", help_heading = "Load")]
    measure: Option<Duration>,
    /// Load before the window
    #[arg(long, value_name = "TIME", value_parser = units::duration, env = "WSBENCH_WARMUP", help_heading = "Load")]
    warmup: Option<Duration>,
    /// Hold every trial so many times
    #[arg(long, value_name = "N", env = "WSBENCH_REPEAT", help_heading = "Load")]
    repeat: Option<u32>,
    /// Names the schedules and the order of the trials
    #[arg(long, value_name = "N", env = "WSBENCH_SEED", help_heading = "Load")]
    seed: Option<u64>,
    /// Raise clients stepwise: how many does it sustain?
    #[arg(long, env = "WSBENCH_SEARCH", value_parser = yes_or_no(), help_heading = "Load")]
    search: bool,
    /// What must hold: 'latency.p99 of websocket <= 50ms'; again for more
    #[arg(long, value_name = "RULE", help_heading = "Load")]
    threshold: Vec<String>,
    /// Only these of the scenario's transports
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        env = "WSBENCH_TRANSPORT",
        help_heading = "Transports"
    )]
    transport: Vec<String>,
    /// You may load this host: it is yours, or its owner agrees. Needed beyond this machine
    #[arg(
        long,
        value_name = "HOST,…",
        value_delimiter = ',',
        env = "WSBENCH_AUTHORISED",
        hide_short_help = true,
        help_heading = "Target"
    )]
    authorised: Vec<String>,
}

impl OverrideArgs {
    pub(super) fn overrides(&self) -> Overrides {
        Overrides {
            clients: (!self.clients.is_empty()).then(|| self.clients.clone()),
            transport: self.transport.clone(),
            measure: self.measure,
            warmup: self.warmup,
            repeat: self.repeat,
            seed: self.seed,
            search: self.search,
            threshold: self.threshold.clone(),
            authorised: self.authorised.clone(),
        }
    }
}

#[derive(Debug, Group)]
pub(super) struct RunArgs {
    /// A scenario file, or the name of a built-in scenario
    pub(super) scenario: String,
    #[command(flatten)]
    pub(super) overrides: OverrideArgs,
    #[command(flatten)]
    pub(super) results: ResultArgs,
}

/// Where the results of a run go, and what is said of it.
#[derive(Debug, Group)]
pub(super) struct ResultArgs {
    /// Folder for results and charts [default: reports/<name>-<UTC time>]
    #[arg(long, value_name = "FOLDER", env = "WSBENCH_OUT", help_heading = "Output")]
    pub(super) out: Option<PathBuf>,
    /// What to print on stdout in the end
    #[arg(long, value_name = "FORMAT", value_parser = format_names(), default_value = "text", env = "WSBENCH_FORMAT", help_heading = "Output")]
    pub(super) format: String,
    /// A measurement that is SUSPECT ends with 4, as one that is INVALID does
    #[arg(long, hide_short_help = true, env = "WSBENCH_STRICT", value_parser = yes_or_no(), help_heading = "Output")]
    pub(super) strict: bool,
    /// Nothing on stderr but errors and warnings
    ///
    /// Where the files are is not said then, but in the table: name the folder by --out. Without it, it is
    /// reports/<name>-<time>, both as `name` and `started` in results.json, the time without - and :.
    #[arg(short, long, env = "WSBENCH_QUIET", value_parser = yes_or_no(), help_heading = "Output")]
    pub(super) quiet: bool,
}

/// What `doctor` and `calibrate` take.
#[derive(Debug, Group)]
pub(super) struct SelfArgs {
    /// What to print on stdout
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value = "text",
        env = "WSBENCH_FORMAT",
        help_heading = "Output"
    )]
    pub(super) format: Plain,
}

/// For what is no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Plain {
    /// Aligned, to be read
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Group)]
pub(super) struct CheckArgs {
    /// A scenario file, or the name of a built-in scenario
    pub(super) scenario: String,
    #[command(flatten)]
    pub(super) overrides: OverrideArgs,
}

#[derive(Debug, Group)]
pub(super) struct ReportArgs {
    /// Folders of runs, or their results.json
    #[arg(required = true, value_name = "RUN")]
    pub(super) runs: Vec<PathBuf>,
    /// Folder for what is rendered [default: the run's own; for several, reports/side-by-side-<UTC time>]
    #[arg(long, value_name = "FOLDER", env = "WSBENCH_OUT", help_heading = "Output")]
    pub(super) out: Option<PathBuf>,
    /// What to print on stdout
    #[arg(long, value_name = "FORMAT", value_parser = format_names(), default_value = "text", env = "WSBENCH_FORMAT", help_heading = "Output")]
    pub(super) format: String,
    /// Print only
    #[arg(long, help_heading = "Output")]
    pub(super) no_files: bool,
}

#[derive(Debug, Group)]
pub(super) struct ServeArgs {
    /// How messages travel
    #[arg(value_parser = transport_names())]
    pub(super) transport: String,
    /// Where to listen; port 0 lets the kernel choose
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", env = "WSBENCH_BIND")]
    pub(super) bind: SocketAddr,
    /// Interval of each client's messages
    #[arg(long, value_name = "TIME", value_parser = units::duration, default_value = "1s", env = "WSBENCH_EVERY")]
    pub(super) every: Duration,
    /// Bytes of a message, at least 21
    #[arg(long, value_name = "SIZE", value_parser = units::size, default_value = "21B", env = "WSBENCH_PAYLOAD")]
    pub(super) payload: u64,
    /// One stream to all instead of one for each client
    #[arg(long)]
    pub(super) broadcast: bool,
    /// Publish nothing: echo what clients send
    #[arg(long, conflicts_with = "broadcast")]
    pub(super) echo: bool,
    /// Clients are numbered below this
    #[arg(long, value_name = "N", value_parser = clients, default_value = "10k", env = "WSBENCH_CLIENTS")]
    pub(super) clients: u32,
    /// Response headers
    #[arg(long, value_name = "PROFILE", value_parser = clap::builder::PossibleValuesParser::new(PROFILES.iter().copied()), default_value = "minimal", env = "WSBENCH_HEADERS")]
    pub(super) headers: String,
    /// Polling: what an answer holds
    #[arg(long, value_name = "REPLY", value_parser = ["latest", "since"], default_value = "latest")]
    pub(super) reply: String,
    /// Long-polling: how long a request is held
    #[arg(long, value_name = "TIME", value_parser = units::duration, default_value = "25s", env = "WSBENCH_HOLD")]
    pub(super) hold: Duration,
    /// Streaming and sse: how the answer is delimited
    #[arg(long, value_name = "BODY", value_parser = ["chunked", "close-delimited"], default_value = "chunked")]
    pub(super) body: String,
    /// Names the schedule
    #[arg(long, value_name = "N", default_value_t = 42, env = "WSBENCH_SEED")]
    pub(super) seed: u64,
}

#[derive(Debug, Group)]
pub(super) struct InitArgs {
    /// Folder to write into
    #[arg(default_value = "scenarios", value_name = "FOLDER")]
    pub(super) folder: PathBuf,
    /// Overwrite what is there
    #[arg(long)]
    pub(super) force: bool,
}

/// One number of clients, where no list of them is taken.
pub(super) fn one_size(text: &str) -> Result<u32, String> {
    if text.contains(',') {
        return Err("measure takes one number; `wsbench run` with a scenario takes several".to_owned());
    }
    clients(text)
}

/// A number of clients.
pub(super) fn clients(text: &str) -> Result<u32, String> {
    let count = units::count(text)?;
    u32::try_from(count).map_err(|_| format!("{text}: too many"))
}

/// What a variable may say for a flag without a value: 1, yes, true, on, and their opposites.
fn yes_or_no() -> clap::builder::BoolishValueParser {
    clap::builder::BoolishValueParser::new()
}

fn format_names() -> clap::builder::PossibleValuesParser {
    let printable = FORMATS.iter().filter(|format| format.printable());
    clap::builder::PossibleValuesParser::new(printable.map(|format| format.name()).collect::<Vec<_>>())
}

fn transport_names() -> clap::builder::PossibleValuesParser {
    let served = Transport::all().into_iter().filter(|transport| transport.reference());
    clap::builder::PossibleValuesParser::new(served.map(|t| t.name()).collect::<Vec<_>>())
}
