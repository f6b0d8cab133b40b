//! What is said besides the flags: which few one needs, examples, exit codes, and the variables of the environment, once.

use clap::{Arg, Command};

use super::exit::{self, Exit};
use super::variables;
use crate::scenario::flags::FLAGS;
use crate::text::lines::wrap;

/// Flags that `-h` shows where there are many; the others are in `--help`.
const SHORT: [&str; 8] = ["clients", "duration", "rate", "threshold", "count", "transport", "out", "quiet"];
/// Flags of all commands, that `-h` of none shows.
const RARE: [&str; 2] = ["color", "verbose"];

/// Below the help of each command.
pub(super) const RUN: &str = "Examples:
  wsbench run overhead -c 1k,10k       built-in: the websocket.org graph
  wsbench run my.toml -d 30s -o out    your own file, with a longer window

`--help` shows all flags, exit codes and environment variables.";

const RUN_MORE: &str = "Examples:
  wsbench run overhead                         built-in: the websocket.org graph
  wsbench run scenarios/latency.toml -d 30s    a file, with a longer window
  wsbench run latency --search                 what does the server sustain?
  wsbench run echo -t websocket --url ws://127.0.0.1:8080/     your own server
  generate-scenario | wsbench run -            a scenario from stdin
  wsbench run smoke --format json -q | jq .measurements[0].verdict";

pub(super) const MEASURE: &str = "Examples:
  wsbench measure ws://127.0.0.1/ -c 100 --threshold 'latency.p99 <= 50ms'
  wsbench measure https://example.com/feed --authorised example.com -r 1/s
  wsbench measure http://127.0.0.1:3000/ --as socketio -n 10k";

pub(super) const REPORT: &str = "Examples:
  wsbench report reports/overhead-20261122T104200Z
  wsbench report before/ after/ --out both/ --export comparison.md
  wsbench report --trend reports/overhead-* --metric latency.p99";

pub(super) const COMPARE: &str = "Examples:
  wsbench compare before/ after/
  wsbench compare 'reports/base-*' 'reports/new-*' --fail-on 'latency.p99 > 1.2x'
  wsbench compare main/ branch/ --fail-on 'bytes.per-message > 1.0x' --format md";

pub(super) const BASELINE: &str = "Examples:
  wsbench baseline save main reports/latency-20261122T104200Z
  wsbench run latency --repeat 5 --baseline main --fail-on 'latency.p99 > 1.2x'
  wsbench baseline use main && wsbench compare reports/latency-20261129T101500Z";

pub(super) const SERVE: &str = "Examples:
  wsbench serve websocket --bind 127.0.0.1:8080
  wsbench serve polling --reply since --every 100ms";

/// Below the short help of the program.
pub(super) fn short() -> String {
    let flags = FLAGS.iter().filter(|flag| SHORT.contains(&flag.name));
    let flags = flags.map(|flag| line(flag.short, &format!("{} <{}>", flag.name, flag.value), flag.about));
    let more = [
        (Some('o'), "out <FOLDER>", "Folder for results and charts"),
        (Some('q'), "quiet", "Suppress progress"),
    ];
    let more = more.map(|(short, long, about)| line(short, long, about));
    let all: Vec<String> = flags.chain(more).collect();
    format!(
        "The flags that one needs for run and measure:\n{}\n\nExamples:
  wsbench run overhead                  the websocket.org graph, measured
  wsbench measure ws://127.0.0.1:8080/  your own server, without a file",
        all.join("\n")
    )
}

fn line(short: Option<char>, long: &str, about: &str) -> String {
    let short = short.map_or("    ".to_owned(), |c| format!("-{c}, "));
    format!("  {:26}{about}", format!("{short}--{long}"))
}

/// The long help of the program and of `run`, with exit codes and the variables of all commands, in lines of so many columns.
pub(super) fn with_more(command: Command, columns: usize) -> Command {
    let more = format!("{}\n\n{}", exit_codes(columns), variables::list(&command, columns));
    let run = format!("{RUN_MORE}\n\n{more}");
    let long = |sub: Command| if sub.get_name() == "run" { sub.after_long_help(run.clone()) } else { sub };
    let command = command.after_long_help(format!("{}\n\n{more}", short())).mut_subcommands(long);
    command.term_width(columns)
}

fn exit_codes(columns: usize) -> String {
    let line = |(code, meaning): &(Exit, &str)| {
        wrap(meaning, columns, &format!("  {:>3}  ", *code as u8), &" ".repeat(7)).join("\n")
    };
    format!("Exit codes:\n{}", exit::TABLE.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Leaves the flags that one needs in the short help of those commands that have many.
pub(super) fn shortened(command: Command) -> Command {
    let hidden = |arg: Arg| {
        let shown = arg.is_positional() || SHORT.contains(&arg.get_id().as_str());
        arg.hide_short_help(!shown)
    };
    let rare = |arg: Arg| if RARE.contains(&arg.get_id().as_str()) { arg.hide_short_help(true) } else { arg };
    command.mut_args(rare).mut_subcommands(|sub| match sub.get_name() {
        "run" | "check" | "measure" => sub.mut_args(hidden),
        _ => sub.mut_args(rare),
    })
}
