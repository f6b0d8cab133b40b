//! `wsbench compare`: two arms of runs against each other, and what that means for an exit code. Writes nothing that it was not
//! asked for: it takes less than a second, and is read at once.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::args::{CompareArgs, ResultArgs};
use super::baseline::Baselines;
use super::output::Output;
use super::report::{print, read, rendered_together, runs_in};
use super::{Exit, Wrong, export, folder};
use crate::report::view::Comparison;
use crate::report::view::compare::{Asked, State};
use crate::report::{FORMATS, View, escape, json, save, terminal};
use crate::results::Report;

/// Reads, compares, prints.
pub(super) fn compare(args: &CompareArgs, output: &Output) -> Result<Exit> {
    let (mut reports, base) = arms(args)?;
    let asked = Asked { metrics: &args.metric, gates: &args.fail_on };
    reports.iter_mut().for_each(forget_timelines);
    let view = View::compare(&reports, base, asked);
    print(&view, &args.format, output)?;
    export::write_all(&args.export, &view)?;
    if let Some(out) = &args.out {
        let claimed = folder::claim(out)?;
        let (_, unsaved) = save(FORMATS, &view, &claimed.path, |name| !json::is_results(name));
        unsaved.told(&claimed.path)?;
    }
    Ok(view.comparison.as_ref().map_or(Exit::Failed, |comparison| exit(comparison, args.strict)))
}

/// A run that has ended, against a baseline that was saved: said below its report, and written beside it.
pub(super) fn with_saved(
    mut base: Vec<Report>,
    run: Report,
    args: &ResultArgs,
    folder: &Path,
    output: &Output,
) -> Result<Exit> {
    let count = base.len();
    base.push(run);
    let view = View::compare(&base, count, Asked { metrics: &[], gates: &args.fail_on });
    let ours = |name: &str| name.starts_with("comparison.");
    let (_, unsaved) = save(FORMATS, &view, folder, ours);
    let text = terminal::render(&view, output.style());
    match &*args.printed.format {
        "text" => output.say(&format!("\n{text}"))?,
        // A machine reads one format, and nothing else.
        _ if args.quiet => {}
        _ => output.note(&text),
    }
    unsaved.told(folder)?;
    Ok(view.comparison.as_ref().map_or(Exit::Failed, |comparison| exit(comparison, args.strict)))
}

/// What a comparison has earned.
pub(super) fn exit(comparison: &Comparison, strict: bool) -> Exit {
    let any = |state: State| comparison.gates.iter().any(|judged| judged.state == state);
    match () {
        () if comparison.invalid => Exit::Invalid,
        () if any(State::Crossed) || any(State::NotMeasured) => Exit::Crossed,
        () if comparison.cells.is_empty() => Exit::Failed,
        () if strict && any(State::CannotTell) => Exit::Invalid,
        () => Exit::Good,
    }
}

/// What nothing is compared by, and is most of what is added up.
fn forget_timelines(report: &mut Report) {
    report.measurements.iter_mut().for_each(|measurement| measurement.tally.timeline.clear());
}

/// The runs of both arms, one after the other, and how many are the base.
fn arms(args: &CompareArgs) -> Result<(Vec<Report>, usize)> {
    let kept = Baselines(args.baselines.baselines.clone());
    let first = runs(&args.base, &kept)?;
    let (base, new) = match &args.new {
        Some(new) => (first, runs(new, &kept)?),
        None if interleaved(&first) => return Ok((first, 1)),
        None => match kept.current()? {
            Some(base) => (base, first),
            None => {
                return Err(Wrong::from(format!(
                    "error: {} holds no interleaved run, and no baseline is in use\n  = help: wsbench compare BASE NEW",
                    escape::path(&args.base)
                )));
            }
        },
    };
    let count = base.len();
    Ok(([base, new].concat(), count))
}

/// Whether the trials of these two alternated.
fn interleaved(runs: &[Report]) -> bool {
    matches!(runs, [base, new] if alternation(base).is_some() && alternation(base) == alternation(new))
}

fn alternation(run: &Report) -> Option<&str> {
    run.alternation.as_ref().map(|half| half.id.as_str())
}

/// Every run that an argument names: a run, a folder of runs, a baseline, or all that a pattern matches.
fn runs(argument: &Path, kept: &Baselines) -> Result<Vec<Report>> {
    let name = argument.to_string_lossy();
    if !argument.exists() && kept.has(&name) {
        return kept.named(&name);
    }
    let named = if argument.exists() { vec![argument.to_owned()] } else { matching(argument)? };
    named.iter().flat_map(|path| of(path)).map(|run| read(&run)).collect()
}

/// A run, or those in a folder of them, the oldest first.
fn of(path: &Path) -> Vec<PathBuf> {
    let inside = if path.join(json::FILE).exists() { vec![] } else { runs_in(path) };
    if inside.is_empty() { rendered_together(path) } else { inside.into_iter().rev().collect() }
}

/// A shell expands a pattern that is not in quotes, and then there are more than two arguments.
fn matching(pattern: &Path) -> Result<Vec<PathBuf>> {
    let parent = pattern.parent().filter(|parent| !parent.as_os_str().is_empty());
    let name = pattern.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let entries = std::fs::read_dir(parent.unwrap_or(Path::new("."))).into_iter().flatten().flatten();
    let fits = entries.filter(|entry| matches(&name, &entry.file_name().to_string_lossy()));
    let mut found: Vec<PathBuf> = fits.map(|entry| entry.path()).collect();
    found.sort();
    if found.is_empty() {
        return read(pattern).map(|_| vec![]);
    }
    Ok(found)
}

/// Whether a name is as a pattern says: `*` is anything, `?` is one character.
fn matches(pattern: &str, name: &str) -> bool {
    let mut pattern = pattern.chars();
    match pattern.next() {
        None => name.is_empty(),
        Some('*') => {
            let places = name.char_indices().map(|(place, _)| place).chain([name.len()]);
            places.into_iter().any(|place| matches(pattern.as_str(), &name[place..]))
        }
        Some(wanted) => {
            let mut name = name.chars();
            name.next().is_some_and(|found| wanted == '?' || wanted == found)
                && matches(pattern.as_str(), name.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let table = [
            ("base-*", "base-1", true),
            ("base-*", "new-1", false),
            ("*-?", "base-1", true),
            ("*-?", "base-12", false),
            ("*", "", true),
            ("a*b*c", "aXXbYc", true),
            ("é?", "éü", true),
        ];
        for (pattern, name, expected) in table {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
