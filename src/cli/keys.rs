//! The flags that stand for keys of a scenario, as clap wants them: every command that takes a scenario takes the same.
//!
//! It must not know which there are: `scenario::flags` has the table.

use clap::builder::BoolishValueParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, Error};

use crate::scenario::Overrides;
use crate::scenario::flags::{FLAGS, Flag, URL};

use super::variables::variable;

/// Flags that were given, in the order of the table.
#[derive(Debug, Default)]
pub(super) struct Keys(pub(super) Vec<Given>);

/// A flag that was given.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) flag: &'static Flag,
    /// What the user wrote: the flag, or the variable that stood for it.
    pub(super) label: String,
    pub(super) values: Vec<String>,
}

/// The same, and another server.
#[derive(Debug, Default)]
pub(super) struct KeysAndUrl(pub(super) Keys);

impl Keys {
    /// What they say.
    pub(super) fn overrides(&self) -> Result<Overrides, String> {
        let mut overrides = Overrides::default();
        for Given { flag, label, values } in &self.0 {
            overrides.add(flag, label, values)?;
        }
        Ok(overrides)
    }

    fn of(matches: &ArgMatches, flags: impl Iterator<Item = &'static Flag>) -> Keys {
        Keys(flags.filter_map(|flag| given(flag, matches)).collect())
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

impl clap::FromArgMatches for Keys {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Keys, Error> {
        Ok(Keys::of(matches, FLAGS.iter()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Keys::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for Keys {
    fn augment_args(command: Command) -> Command {
        command.args(FLAGS.iter().map(arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Keys::augment_args(command)
    }
}

impl clap::FromArgMatches for KeysAndUrl {
    fn from_arg_matches(matches: &ArgMatches) -> Result<KeysAndUrl, Error> {
        Ok(KeysAndUrl(Keys::of(matches, [&URL].into_iter().chain(FLAGS))))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = KeysAndUrl::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for KeysAndUrl {
    fn augment_args(command: Command) -> Command {
        Keys::augment_args(command).arg(arg(&URL))
    }

    fn augment_args_for_update(command: Command) -> Command {
        KeysAndUrl::augment_args(command)
    }
}
