//! Progress on stderr: a bar on a terminal, elsewhere a plain line every ten seconds; and a line of every trial that has
//! ended.
//!
//! It must not know how a run works; it is told events.

use std::cell::RefCell;
use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use wsbench_targets::clock::{Tick, now};

use super::output::{Output, columns};
use super::standing::Standing;
use crate::report::escape::terminal;
use crate::results::{Measurement, Server};
use crate::run::Event;
use crate::scenario::Metric;
use crate::text::lines::wrap;
use crate::text::text;

/// Lines where there is no terminal.
const LINES_EVERY: Duration = Duration::from_secs(10);
/// Steps of the bar in a phase.
const STEPS: u64 = 1_000;

/// Draws what it is told.
pub(super) struct Progress<'a> {
    output: &'a Output,
    bar: ProgressBar,
    plain: bool,
    quiet: bool,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    standing: Standing,
    last_line: Tick,
}

impl Progress<'_> {
    pub(super) fn new(quiet: bool, output: &Output) -> Progress<'_> {
        let plain = !io::stderr().is_terminal();
        let target =
            if plain || quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(5) };
        let bar = ProgressBar::with_draw_target(Some(STEPS), target);
        // The template is a constant; were it wrong, indicatif's own bar would do.
        if let Ok(style) = ProgressStyle::with_template("{msg}\n{bar:40} {prefix}") {
            bar.set_style(style);
        }
        Progress {
            output,
            bar,
            plain,
            quiet,
            state: RefCell::new(State { last_line: now(), ..State::default() }),
        }
    }

    /// Takes an event.
    pub(super) fn tell(&self, event: &Event<'_>) {
        let mut state = self.state.borrow_mut();
        state.standing.hear(event);
        let of = |what: String| format!("{}: {what}", state.standing.trial);
        let line = match event {
            Event::Ended(measurement) => measurement.map(|m| of(result(m))),
            Event::Failed(reason) => Some(of(format!("failed to run: {}", terminal(reason)))),
            Event::Trial(..) | Event::Turn(..) | Event::Step(..) | Event::Phase(..) | Event::Progress(_) => {
                return self.draw(&mut state);
            }
        };
        drop(state);
        line.iter().for_each(|line| self.say(line));
    }

    /// A line of its own.
    pub(super) fn say(&self, line: &str) {
        if !self.quiet {
            self.bar.suspend(|| self.output.note(line));
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn draw(&self, state: &mut State) {
        // A warm-up of 0 s is over as it begins: its frame would be empty.
        if state.standing.phase_s == Some(0.0) {
            return;
        }
        let columns = columns(io::stderr());
        let lines = [state.standing.place(), state.standing.line()]
            .map(|line| wrap(&line, columns, "", "  ").join("\n"));
        self.bar.set_message(lines.join("\n"));
        self.bar.set_prefix(state.standing.left());
        self.bar.set_position((state.standing.share() * STEPS as f64) as u64);
        if self.plain && !self.quiet && now().since(state.last_line) >= LINES_EVERY.as_nanos() as u64 {
            state.last_line = now();
            let all = [state.standing.place(), state.standing.line(), state.standing.left()];
            self.output
                .note(&all.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" · "));
        }
    }
}

/// What came of a trial, in a line: the verdict, and the numbers that were measured.
fn result(m: &Measurement) -> String {
    let mut parts = vec![m.verdict.status().name().to_owned()];
    parts.extend((m.verdict.server() == Server::Failed).then(|| "server FAILED".to_owned()));
    let shown = [
        ("", Metric::Received, " messages"),
        ("p50 ", Metric::LatencyP50, ""),
        ("p99 ", Metric::LatencyP99, ""),
        ("", Metric::BytesPerMessage, " per message"),
    ];
    parts.extend(shown.iter().filter_map(|(before, metric, behind)| {
        let value = text(metric.unit(), m.value(*metric)?);
        let value =
            if *metric == Metric::Received { value.replace("/s", " messages/s") } else { value + behind };
        Some(format!("{before}{value}"))
    }));
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Color;

    #[test]
    fn what_is_left_is_said_of_the_phase_and_an_empty_phase_is_not_drawn() {
        let output = Output::new(Color::Never, false);
        let progress = Progress::new(true, &output);
        let left = |name, seconds| {
            progress.tell(&Event::Phase(name, seconds));
            progress.bar.prefix()
        };
        assert_eq!(left("measuring", Some(10.0)), "10 s of measuring left");
        assert_eq!(left("warming up", Some(0.0)), "10 s of measuring left", "nothing was drawn");
        assert_eq!(left("draining", None), "");
    }
}
