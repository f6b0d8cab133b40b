//! Commands and their flags. Those that stand for keys of a scenario are in `keys`; what is said below them, in `help`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{BoolishValueParser, PossibleValuesParser};
use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use wsbench_targets::headers::PROFILES;

use super::help;
use super::keys::Keys;
use super::measure::args::MeasureArgs;
use crate::report::FORMATS;
use crate::report::view::compare::Gate;
use crate::scenario::{Metric, units};
use crate::transport::Transport;

/// Measure what it costs to carry messages by polling, SSE, WebSocket and others.
#[derive(Debug, Parser)]
#[command(
    name = "wsbench",
    version,
    after_help = help::short()
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value = "auto", help_heading = "Output")]
    pub(super) color: Color,
    /// Verbose output
    #[arg(short, long, global = true, help_heading = "Output")]
    pub(super) verbose: bool,
}

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
    /// Run a scenario: measure, draw, report
    #[command(after_help = help::RUN)]
    Run(Box<RunArgs>),
    /// Measure one server by its URL, without a file
    ///
    /// The flags become a scenario, which is printed in the end, ready to keep. Report, verdict and exit codes are those of
    /// `wsbench run`. Without flags ten clients send 200 messages per second in all, for 10 s after 3 s of warm-up.
    #[command(after_help = help::MEASURE)]
    Measure(Box<MeasureArgs>),
    /// Show what a scenario would do and what it needs; no load
    #[command(after_help = "Example:\n  wsbench check scenarios/overhead.toml")]
    Check(Box<CheckArgs>),
    /// Render results again, or compare several runs
    #[command(after_help = help::REPORT)]
    Report(ReportArgs),
    /// Compare two arms of runs: what changed, and what is chance
    ///
    /// Each metric has the ratio of NEW to BASE with a confidence interval over whole repeats, and a verdict: faster, slower, the
    /// same within so much, or that it cannot be told and how many repeats would. It takes three repeats, or runs, of each.
    #[command(after_help = help::COMPARE)]
    Compare(CompareArgs),
    /// Keep results by a name, and compare later runs with them
    #[command(after_help = help::BASELINE)]
    Baseline(BaselineArgs),
    /// Serve one reference target, for clients of your own
    #[command(after_help = help::SERVE)]
    Serve(ServeArgs),
    /// List transports, loads, formats, metrics, checks and built-in scenarios
    #[command(after_help = "Example:\n  wsbench list --format json | jq -r '.scenarios[].name'")]
    List(FormatArgs),
    /// Check this machine for settings that distort measurements
    #[command(
        after_help = "Example:\n  wsbench doctor --format json | jq '.findings[] | select(.level != \"ok\")'"
    )]
    Doctor(FormatArgs),
    /// Measure the floor of this machine and of wsbench itself (25 s)
    #[command(after_help = "Example:\n  wsbench calibrate")]
    Calibrate(FormatArgs),
    /// Write the sample scenarios and their JSON Schema into a folder
    #[command(after_help = "Example:\n  wsbench init scenarios/")]
    Init(InitArgs),
    /// Print the JSON Schema of scenarios, or of results.json
    #[command(
        after_help = "Examples:\n  wsbench schema > scenario.schema.json\n  wsbench schema results > results.schema.json"
    )]
    Schema {
        /// Of what
        #[arg(value_enum, default_value = "scenario")]
        of: Schema,
        /// What to print; there is but one
        #[arg(long, value_name = "FORMAT", value_parser = ["json"], default_value = "json", help_heading = "Output")]
        format: String,
    },
    /// Print a completion script for your shell
    #[command(
        after_help = "Example:\n  wsbench completions bash > ~/.local/share/bash-completion/completions/wsbench"
    )]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Write the manual pages, and the same in Markdown, into a folder
    #[command(hide = true)]
    Man {
        /// The folder
        folder: PathBuf,
    },
    /// Be the target of a trial; spoken to by `run`
    #[command(hide = true)]
    Target,
    /// Drive a slice of the clients; spoken to by `run`
    #[command(hide = true)]
    Shard,
}

/// A scenario, and what flags change in it.
#[derive(Debug, Group)]
pub(super) struct ScenarioArgs {
    /// A scenario file, the name of a built-in scenario (`wsbench list`), or - for stdin
    pub(super) scenario: String,
    #[command(flatten)]
    pub(super) keys: Keys<true>,
    /// Only these of the scenario's transports
    #[arg(short, long, value_name = "NAME,…", value_delimiter = ',', help_heading = "Transports")]
    pub(super) transport: Vec<String>,
}

#[derive(Debug, Group)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) scenario: ScenarioArgs,
    #[command(flatten)]
    pub(super) results: ResultArgs,
    /// Let each trial alternate with one of another server, scenario or wsbench, and compare them as pairs: a URL, a scenario, a
    /// third-party server, or a wsbench program with its arguments
    #[arg(long, value_name = "OTHER", conflicts_with = "live", help_heading = "Comparison")]
    pub(super) against: Option<String>,
}

/// Where the results of a run go, and what is said of it.
#[derive(Debug, Group)]
pub(super) struct ResultArgs {
    /// Folder for results and charts [default: reports/<name>-<UTC time>]
    #[arg(short, long, value_name = "FOLDER", help_heading = "Output")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) printed: PrintArgs,
    /// Suppress progress and notes on stderr; results are still printed on stdout
    #[arg(short, long, value_parser = BoolishValueParser::new(), help_heading = "Output")]
    pub(super) quiet: bool,
    /// Show the run under way on a page of this machine, which becomes its report; /metrics is for Prometheus [default port: any]
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true, default_missing_value = "0", help_heading = "Output")]
    pub(super) live: Option<u16>,
    /// A measurement that is SUSPECT ends with 4, as one that is INVALID does
    #[arg(long, value_parser = BoolishValueParser::new(), help_heading = "Validity")]
    pub(super) strict: bool,
    /// With --against, or --baseline of a saved one: exit with 99 where a ratio is beyond this and not by chance, such as 'latency.p99 > 1.2x'; repeatable
    #[arg(long, value_name = "RULE", value_parser = Gate::parse, help_heading = "Comparison")]
    pub(super) fail_on: Vec<Gate>,
    #[command(flatten)]
    pub(super) baselines: BaselinesArg,
}

/// What is printed and written of results.
#[derive(Debug, Group)]
pub(super) struct PrintArgs {
    /// What to print on stdout in the end
    #[arg(long, value_name = "FORMAT", value_parser = format_names(), default_value = "text", help_heading = "Output")]
    pub(super) format: String,
    /// Also write this file, in the format of its extension, such as latency.png; repeatable
    #[arg(long, value_name = "FILE", value_parser = super::export::export, help_heading = "Output")]
    pub(super) export: Vec<PathBuf>,
    /// Compare with this row, a transport's name or label [default: the first of the scenario]; `run` and `measure` also take the name of a saved baseline, and compare with it in the end
    #[arg(long, value_name = "NAME", help_heading = "Output")]
    pub(super) baseline: Option<String>,
}

/// What takes nothing but a format takes this.
#[derive(Debug, Group)]
pub(super) struct FormatArgs {
    /// What to print on stdout
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text", help_heading = "Output")]
    pub(super) format: Plain,
}

/// What has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Schema {
    /// A scenario file
    Scenario,
    /// results.json
    Results,
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
    #[command(flatten)]
    pub(super) scenario: ScenarioArgs,
    #[command(flatten)]
    pub(super) format: FormatArgs,
}

#[derive(Debug, Group)]
pub(super) struct ReportArgs {
    /// Folders of runs, or their results.json
    #[arg(required = true, value_name = "RUN")]
    pub(super) runs: Vec<PathBuf>,
    /// Folder for what is rendered [default: the run's own; for several, reports/comparison-<UTC time>]
    #[arg(short, long, value_name = "FOLDER", help_heading = "Output")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) printed: PrintArgs,
    /// Write nothing but what --export names
    #[arg(long, help_heading = "Output")]
    pub(super) no_files: bool,
    /// Show metrics over the runs, the oldest first, and where they changed; writes files only with --out or --export
    #[arg(long, help_heading = "Comparison")]
    pub(super) trend: bool,
    /// With --trend: these metrics [default: bytes, traffic, latency, server CPU and memory]
    #[arg(short, long, value_name = "METRIC,…", value_delimiter = ',', value_parser = metric, requires = "trend", help_heading = "Comparison")]
    pub(super) metric: Vec<Metric>,
}

/// Where baselines are.
#[derive(Debug, Group)]
pub(super) struct BaselinesArg {
    /// Folder of the baselines
    #[arg(long, value_name = "FOLDER", default_value = "baselines", help_heading = "Comparison")]
    pub(super) baselines: PathBuf,
}

#[derive(Debug, Group)]
pub(super) struct BaselineArgs {
    /// Folder of the baselines; a CI cache can keep it
    #[arg(long = "baselines", global = true, value_name = "FOLDER", default_value = "baselines")]
    pub(super) folder: PathBuf,
    #[command(subcommand)]
    pub(super) command: BaselineCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum BaselineCommand {
    /// Keep results by a name; one that is there is replaced
    Save {
        /// Its name, such as main or v1.2
        name: String,
        /// Folders of runs, or their results.json [default: the newest in reports/]
        #[arg(value_name = "RUN")]
        runs: Vec<PathBuf>,
    },
    /// List them; a star marks the one in use
    List {
        #[command(flatten)]
        format: FormatArgs,
    },
    /// Compare with this one where none is named
    Use {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Group)]
pub(super) struct CompareArgs {
    /// What to compare with: a run's folder, its results.json, a folder of runs, a pattern such as 'reports/base-*', or the name of a baseline
    #[arg(value_name = "BASE")]
    pub(super) base: PathBuf,
    /// What to compare, in the same way. Without it BASE is an interleaved run, or is compared with the baseline in use
    #[arg(value_name = "NEW")]
    pub(super) new: Option<PathBuf>,
    #[command(flatten)]
    pub(super) baselines: BaselinesArg,
    /// Exit with 99 where a ratio is beyond this and not by chance, such as 'latency.p99 > 1.2x' or 'received.rate of websocket < 0.9x'; repeatable
    #[arg(long, value_name = "RULE", value_parser = Gate::parse, help_heading = "Validity")]
    pub(super) fail_on: Vec<Gate>,
    /// A rule of --fail-on that cannot be told ends with 4
    #[arg(long, value_parser = BoolishValueParser::new(), help_heading = "Validity")]
    pub(super) strict: bool,
    /// Compare these metrics alone [default: those that matter under the load, and those of rules and thresholds]
    #[arg(short, long, value_name = "METRIC,…", value_delimiter = ',', value_parser = metric, help_heading = "Output")]
    pub(super) metric: Vec<Metric>,
    /// Write every format into this folder, too
    #[arg(short, long, value_name = "FOLDER", help_heading = "Output")]
    pub(super) out: Option<PathBuf>,
    /// What to print on stdout
    #[arg(long, value_name = "FORMAT", value_parser = format_names(), default_value = "text", help_heading = "Output")]
    pub(super) format: String,
    /// Also write this file, in the format of its extension, such as comparison.svg; repeatable
    #[arg(long, value_name = "FILE", value_parser = super::export::export, help_heading = "Output")]
    pub(super) export: Vec<PathBuf>,
}

#[derive(Debug, Group)]
pub(super) struct ServeArgs {
    /// How messages travel
    #[arg(value_parser = transport_names())]
    pub(super) transport: String,
    /// Address; port 0: any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(super) bind: SocketAddr,
    /// Interval of each client's messages
    #[arg(long, value_name = "TIME", value_parser = units::duration, default_value = "1s")]
    pub(super) every: Duration,
    /// Bytes per message, at least 21
    #[arg(long, value_name = "SIZE", value_parser = units::size, default_value = "21B")]
    pub(super) payload: u64,
    /// What fills a message behind its stamp
    #[arg(long, value_name = "CONTENT", value_parser = ["dots", "json", "random"], default_value = "dots")]
    pub(super) content: String,
    /// One stream to all instead of one for each client
    #[arg(long)]
    pub(super) broadcast: bool,
    /// Publish nothing: echo what clients send
    #[arg(long, conflicts_with = "broadcast")]
    pub(super) echo: bool,
    /// Maximum number of clients
    #[arg(short, long, value_name = "N", value_parser = clients, default_value = "10k")]
    pub(super) clients: u32,
    /// Response headers
    #[arg(long, value_name = "PROFILE", value_parser = PossibleValuesParser::new(PROFILES.iter().copied()), default_value = "minimal")]
    pub(super) headers: String,
    /// Polling: what a response contains
    #[arg(long, value_name = "REPLY", value_parser = ["latest", "since"], default_value = "latest")]
    pub(super) reply: String,
    /// Long-polling: longest wait for a message
    #[arg(long, value_name = "TIME", value_parser = units::duration, default_value = "25s")]
    pub(super) hold: Duration,
    /// Streaming and sse: how the answer is delimited
    #[arg(long, value_name = "BODY", value_parser = ["chunked", "close-delimited"], default_value = "chunked")]
    pub(super) body: String,
    /// Speak TLS, by a certificate made now
    #[arg(long)]
    pub(super) tls: bool,
    /// Over HTTP: gzip answers for clients that accept it
    #[arg(long)]
    pub(super) compress: bool,
    /// Websocket: permessage-deflate where it is offered
    #[arg(long)]
    pub(super) deflate: bool,
    /// Random seed of the schedule
    #[arg(long, value_name = "N", default_value_t = 42)]
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

/// A number of clients.
fn clients(text: &str) -> Result<u32, String> {
    let count = units::count(text)?;
    u32::try_from(count).map_err(|_| format!("{text}: too many"))
}

fn metric(text: &str) -> Result<Metric, String> {
    Metric::from_name(text).ok_or_else(|| "there is no such metric: `wsbench list` names them".to_owned())
}

fn format_names() -> PossibleValuesParser {
    let printable = FORMATS.iter().filter(|format| format.printable());
    PossibleValuesParser::new(printable.map(|format| format.name()).collect::<Vec<_>>())
}

fn transport_names() -> PossibleValuesParser {
    let served = Transport::all().into_iter().filter(|transport| transport.reference());
    PossibleValuesParser::new(served.map(|t| t.name()).collect::<Vec<_>>())
}
