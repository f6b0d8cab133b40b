//! What is said of a command line that clap does not understand: its own words, but no advice that leads astray.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Error};

/// Letters by which a flag may differ from the one that was meant.
const NEAR: usize = 3;

/// Says which variable a wrong value came from: nobody wrote the flag that clap names.
pub(super) fn sourced(mut error: Error) -> Error {
    if error.kind() != ErrorKind::ValueValidation && error.kind() != ErrorKind::InvalidValue {
        return error;
    }
    if let Some(variable) = source(&error) {
        let tip = format!("the value is that of the variable {variable}");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// The variable that stands for the flag of an error, where the flag itself was not given.
fn source(error: &Error) -> Option<String> {
    let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidArg) else { return None };
    let given = |flag: &str| std::env::args().any(|word| word.split('=').next() == Some(flag));
    let flag = wrong.split([' ', '[']).next()?;
    let command = super::command();
    let mut all = command.get_subcommands().chain([&command]).flat_map(Command::get_arguments);
    let of = |arg: &&Arg| arg.get_long().is_some_and(|long| format!("--{long}") == flag);
    let variable = all.find(|arg| of(arg) && arg.get_env().is_some())?.get_env()?;
    (!given(flag) && std::env::var_os(variable).is_some()).then(|| variable.to_string_lossy().into_owned())
}

/// Leaves out commands that nobody types from what is suggested for an unknown one.
pub(super) fn visible(mut error: Error) -> Error {
    let Some(near) = error.get(ContextKind::SuggestedSubcommand) else { return error };
    let near = match near {
        ContextValue::Strings(all) => all.clone(),
        ContextValue::String(one) => vec![one.clone()],
        _ => return error,
    };
    let command = super::command();
    let hidden = |name: &String| command.find_subcommand(name).is_some_and(Command::is_hide_set);
    let left: Vec<String> = near.into_iter().filter(|name| !hidden(name)).collect();
    error.remove(ContextKind::SuggestedSubcommand);
    if !left.is_empty() {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(left));
    }
    error
}

/// Leaves out advice on unknown flags that has nothing to do with them, and says which command has the flag.
pub(super) fn advised(mut error: Error) -> Error {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return error };
    if error.kind() != ErrorKind::UnknownArgument || !flag.starts_with("--") {
        return error;
    }
    let flag = flag.clone();
    let near = |context: &ContextValue| match context {
        ContextValue::String(other) => strsim::damerau_levenshtein(&flag, other) <= NEAR,
        _ => false,
    };
    if error.get(ContextKind::SuggestedArg).is_some_and(near) {
        return error;
    }
    error.remove(ContextKind::SuggestedArg);
    // It shows the same advice.
    error.remove(ContextKind::Usage);
    // That it might be passed as a value: nothing here takes one that begins so.
    error.remove(ContextKind::Suggested);
    if let Some(owner) = owner(&super::command(), flag.trim_start_matches('-')) {
        let tip =
            format!("`wsbench {owner}` has {flag}; in a scenario file it may be a key (`wsbench schema`)");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// The first command that has such a flag.
fn owner(all: &Command, flag: &str) -> Option<String> {
    let has = |command: &&Command| command.get_arguments().any(|arg| arg.get_long() == Some(flag));
    all.get_subcommands().filter(|command| !command.is_hide_set()).find(has).map(|c| c.get_name().to_owned())
}
