//! `wsbench man FOLDER`: the manual pages, and the same in Markdown for docs/, both from clap's own definitions. A test
//! holds docs/command-line.md equal to them.
//!
//! It must not know any command or flag by name.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use clap::{Arg, Command};

use super::output::Output;
use super::{Exit, exit, variables};
use crate::report::{Artifact, escape, write};

/// Writes the pages: `wsbench.1`, `wsbench-run.1`, .. and `command-line.md`.
pub(super) fn man(folder: &Path, mut command: Command, output: &Output) -> Result<Exit> {
    let markdown = reference(command.clone())?.into_bytes();
    // All of them: there is one page, and no shorter one.
    command = command.mut_subcommands(|sub| sub.mut_args(|arg| arg.hide_short_help(false)));
    command.build();
    let mut artifacts = vec![Artifact { name: "command-line.md".to_owned(), bytes: markdown }];
    let below = commands(&command).map(|sub| sub.clone().name(format!("wsbench-{}", sub.get_name())));
    for page in std::iter::once(command.clone()).chain(below) {
        let mut bytes = Vec::new();
        clap_mangen::Man::new(page.clone()).render(&mut bytes)?;
        artifacts.push(Artifact { name: format!("{}.1", page.get_name()), bytes });
    }
    for path in write(folder, &artifacts)? {
        output.say(&format!("{}\n", escape::path(&path)))?;
    }
    Ok(Exit::Good)
}

/// The commands that one types.
fn commands(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
}

/// docs/command-line.md.
pub(super) fn reference(mut command: Command) -> Result<String> {
    command.build();
    let mut text = String::from(
        "# Command line\n\nWritten by `wsbench man` from the program's own definitions; `wsbench help COMMAND` prints the \
         same. Do not edit.\n",
    );
    for sub in commands(&command) {
        section(&mut text, sub)?;
    }
    text += "\n## Flags of every command\n";
    table(&mut text, command.get_arguments().filter(|arg| arg.is_global_set()))?;
    codes(&mut text)?;
    environment(&mut text, &command)?;
    Ok(text)
}

fn section(text: &mut String, command: &Command) -> std::fmt::Result {
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let usage = command.clone().render_usage().to_string().replace("Usage: ", "");
    writeln!(text, "\n## wsbench {}\n\n{}\n\n```\n{usage}\n```", command.get_name(), sentence(&about))?;
    let positional = command.get_positionals();
    table(text, positional)?;
    let own = |arg: &&Arg| !arg.is_positional() && !arg.is_hide_set() && !arg.is_global_set();
    let options: Vec<&Arg> = command.get_arguments().filter(own).collect();
    let mut groups: Vec<&str> = Vec::new();
    for arg in &options {
        let group = arg.get_help_heading().unwrap_or("Options");
        if !groups.contains(&group) && arg.get_id() != "help" {
            groups.push(group);
        }
    }
    for group in groups {
        let of = |arg: &&&Arg| arg.get_help_heading().unwrap_or("Options") == group && arg.get_id() != "help";
        writeln!(text, "\n**{group}**")?;
        table(text, options.iter().filter(of).copied())?;
    }
    match command.get_after_help() {
        Some(examples) => writeln!(text, "\n```\n{examples}\n```"),
        None => Ok(()),
    }
}

fn table<'a>(text: &mut String, args: impl Iterator<Item = &'a Arg>) -> std::fmt::Result {
    let rows: Vec<String> = args.map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n| | |\n|:--|:--|\n{}", rows.join("\n"))
}

fn row(arg: &Arg) -> String {
    let names = match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long}"),
        (None, Some(long)) => format!("--{long}"),
        _ => String::new(),
    };
    let values: Vec<String> =
        arg.get_value_names().unwrap_or_default().iter().map(|name| format!("<{name}>")).collect();
    let takes = arg.get_num_args().is_none_or(|range| range.takes_values());
    let values = values.join(" ");
    let optional = arg.get_num_args().is_some_and(|range| takes && range.min_values() == 0);
    let names = if optional {
        format!("{names}[={values}]")
    } else if takes {
        format!("{names} {values}")
    } else {
        names
    };
    let about = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let default: Vec<String> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    let default = if default.is_empty() || !takes {
        String::new()
    } else {
        format!(" [default: {}]", default.join(","))
    };
    format!("| `{}` | {}{default} |", names.trim(), cell(&about))
}

fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

/// In a table a line is a row, and a stroke a column.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").split_whitespace().collect::<Vec<_>>().join(" ").replace('<', "&lt;")
}

fn codes(text: &mut String) -> std::fmt::Result {
    writeln!(text, "\n## Exit codes\n\n| | |\n|:--|:--|")?;
    exit::TABLE
        .iter()
        .try_for_each(|(code, meaning)| writeln!(text, "| {} | {} |", *code as u8, cell(meaning)))
}

fn environment(text: &mut String, command: &Command) -> std::fmt::Result {
    writeln!(
        text,
        "\n## Environment variables\n\nEach stands for a flag; an empty one counts as not set.\n\n| | |\n|:--|:--|"
    )?;
    variables::flags(command)
        .iter()
        .try_for_each(|(name, flag)| writeln!(text, "| `{name}` | `--{flag}` |"))?;
    variables::OTHERS.iter().try_for_each(|(name, about)| writeln!(text, "| `{name}` | {} |", cell(about)))
}
