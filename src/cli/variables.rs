//! The environment: which variable stands for which flag. One grammar for each: where a flag of the same name means
//! something else, its variable does not count.

use clap::{Arg, Command};

use crate::run::third_party::VARIABLE;
use crate::scenario::flags::{FLAGS, URL};
use crate::text::lines::wrap;

/// Flags that have one, besides those that stand for keys; and the commands that take it, where not all do.
const TWINS: [(&str, &[&str]); 19] = [
    ("transport", &["run", "check"]),
    ("out", &["run", "measure", "report", "compare"]),
    ("format", &["run", "measure", "report", "compare"]),
    ("baseline", &["run", "measure", "report"]),
    ("baselines", &["run", "measure", "compare"]),
    ("quiet", &["run", "measure"]),
    ("live", &["run", "measure"]),
    ("strict", &["run", "measure", "compare"]),
    ("color", &[]),
    ("bind", &["serve"]),
    ("every", &["serve"]),
    ("payload", &["serve"]),
    ("content", &["serve"]),
    ("deflate", &["serve"]),
    ("tls", &["serve"]),
    ("compress", &["serve"]),
    ("headers", &["serve"]),
    ("hold", &["serve"]),
    ("seed", &["serve"]),
];

/// Variables that stand for no flag.
pub(super) const OTHERS: [(&str, &str); 5] = [
    (VARIABLE, "folder of the third-party servers' recipes"),
    ("NO_COLOR", "no colours where --color does not ask for them; so does TERM=dumb"),
    ("COLUMNS", "width of tables, help and progress; else the terminal's, or 80"),
    ("XDG_CACHE_HOME", "folder for what `calibrate` keeps; else ~/.cache"),
    ("SSL_CERT_FILE", "roots to trust instead of the system's; SSL_CERT_DIR is a folder of them"),
];

/// The variable that stands for a flag.
pub(super) fn variable(flag: &str) -> String {
    format!("WSBENCH_{}", flag.to_uppercase().replace('-', "_"))
}

/// Gives the flags of all commands their variables.
pub(super) fn assign(command: Command) -> Command {
    let with = |command: &str, arg: Arg| match arg.get_id().as_str() {
        flag if has(command, flag) => {
            let variable = variable(flag);
            arg.env(variable).hide_env(true)
        }
        _ => arg,
    };
    command.mut_args(|arg| with("", arg)).mut_subcommands(|sub| {
        let name = sub.get_name().to_owned();
        sub.mut_args(|arg| with(&name, arg))
    })
}

fn has(command: &str, flag: &str) -> bool {
    let scenario = ["run", "check", "measure"].contains(&command);
    let key = FLAGS.iter().chain([&URL]).any(|key| key.name == flag && !key.repeatable());
    let twin = TWINS
        .iter()
        .any(|(name, commands)| *name == flag && (commands.is_empty() || commands.contains(&command)));
    scenario && key && (command, flag) != ("measure", URL.name) || twin
}

/// The variables that stand for flags, and the flags.
pub(super) fn flags(command: &Command) -> Vec<(String, String)> {
    let named = |arg: &Arg| Some((arg.get_env()?.to_str()?.to_owned(), arg.get_long()?.to_owned()));
    let below = command.get_subcommands().flat_map(flags);
    let mut all: Vec<_> = command.get_arguments().filter_map(named).chain(below).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Every variable, once, in lines of so many columns.
pub(super) fn list(command: &Command, columns: usize) -> String {
    let names: Vec<String> = flags(command).into_iter().map(|(name, _)| name).collect();
    let names = wrap(&names.join(", "), columns, "  ", "  ").join("\n");
    let line = |(name, about)| wrap(about, columns, &format!("  {name:20} "), &" ".repeat(23)).join("\n");
    let others = OTHERS.map(line).join("\n");
    format!(
        "Environment variables, each for the flag of its name; an empty one is not set:\n{names}\nand\n{others}"
    )
}

/// Whether a variable of ours has a meaning.
pub(super) fn known(command: &Command, name: &str) -> bool {
    OTHERS.iter().any(|(other, _)| *other == name) || flags(command).iter().any(|(flag, _)| flag == name)
}
