//! The flags that stand for keys of a scenario, as clap wants them: every command that takes a scenario takes the same.
//!
//! It must not know which there are: `scenario::flags` has the table.

use clap::builder::BoolishValueParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, Error};

use crate::scenario::Overrides;
use crate::scenario::flags::{self, FLAGS, Flag};

use super::variables::variable;

/// Flags that were given, in the order of the table, those that make lists behind the others; `URL`: with the one that names another server.
#[derive(Debug, Default)]
pub(super) struct Keys<const URL: bool>(pub(super) Vec<Given>);

/// A flag that was given.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) flag: &'static Flag,
    /// What the user wrote: the flag, or the variable that stood for it.
    pub(super) label: String,
    pub(super) values: Vec<String>,
}

impl<const URL: bool> Keys<URL> {
    /// What they say.
    pub(super) fn overrides(&self) -> Result<Overrides, String> {
        let mut overrides = Overrides::default();
        for Given { flag, label, values } in &self.0 {
            overrides.add(flag, label, values)?;
        }
        Ok(overrides)
    }

    fn flags() -> impl Iterator<Item = &'static Flag> {
        FLAGS.iter().chain(URL.then_some(&flags::URL))
    }
}

fn given(flag: &'static Flag, matches: &ArgMatches) -> Option<Given> {
    let label = match matches.value_source(flag.name)? {
        ValueSource::EnvVariable => variable(flag.name),
        _ => format!("--{}", flag.name),
    };
    let values = if flag.switch() {
        matches.get_many::<bool>(flag.name)?.map(bool::to_string).collect()
    } else {
        matches.get_many::<String>(flag.name)?.cloned().collect()
    };
    Some(Given { flag, label, values })
}

/// Flags whose order among each other says something, one value each.
fn in_order(matches: &ArgMatches) -> Vec<Given> {
    let mut all: Vec<(usize, Given)> = Vec::new();
    for flag in FLAGS.iter().filter(|flag| flag.ordered()) {
        let Some(Given { label, values, .. }) = given(flag, matches) else { continue };
        let places = matches.indices_of(flag.name).into_iter().flatten();
        let each = values.into_iter().map(|value| Given { flag, label: label.clone(), values: vec![value] });
        all.extend(places.zip(each));
    }
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, given)| given).collect()
}

fn arg(flag: &'static Flag) -> Arg {
    let arg = Arg::new(flag.name)
        .long(flag.name)
        .value_name(flag.value)
        .help(flag.about)
        .help_heading(flag.group.name());
    let arg = if flag.repeatable() { arg.action(clap::ArgAction::Append) } else { arg };
    let arg = match flag.name {
        "duration" => arg.alias("measure").alias("for"),
        _ => arg,
    };
    let arg = if flag.listed() { arg.value_delimiter(',') } else { arg };
    let arg = if flag.switch() {
        arg.num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_parser(BoolishValueParser::new())
    } else {
        arg
    };
    flag.short.into_iter().fold(arg, Arg::short)
}

impl<const URL: bool> clap::FromArgMatches for Keys<URL> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let ordered = in_order(matches);
        let (before, behind): (Vec<_>, Vec<_>) = Self::flags()
            .filter(|flag| !flag.ordered())
            .filter_map(|flag| given(flag, matches))
            .partition(|given| !given.flag.repeatable());
        Ok(Keys(before.into_iter().chain(ordered).chain(behind).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<const URL: bool> clap::Args for Keys<URL> {
    fn augment_args(command: Command) -> Command {
        command.args(Self::flags().map(arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
