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
use crate::plan::Trial;
use crate::report::escape::terminal;
use crate::results::{Measurement, Server};
use crate::run::{Event, Seen};
use crate::scenario::Metric;
use crate::text::lines::wrap;
use crate::text::{Unit, count, grouped, seconds, text};

/// Lines where there is no terminal.
const LINES_EVERY: Duration = Duration::from_secs(10);
/// A rate is that of the last second or so.
const RATE_OVER: Duration = Duration::from_secs(1);
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
    trial: String,
    phase: &'static str,
    phase_began: Tick,
    phase_s: Option<f64>,
    clients: u64,
    seen: Seen,
    rate: f64,
    mark: (Tick, u64),
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
        match event {
            Event::Trial(trial, nth, of) => state.begin(format!("[{}/{of}]", nth + 1), trial),
            Event::Turn(arm, trial, nth, of) => state.begin(format!("[{}/{of} {arm}]", nth + 1), trial),
            Event::Step(trial, nth, between) => state.begin(format!("[step {}, {between}]", nth + 1), trial),
            Event::Phase(name, seconds) => {
                (state.phase, state.phase_s, state.phase_began) = (name, *seconds, now());
            }
            Event::Progress(seen) => state.see(*seen),
            Event::Ended(measurement) => {
                let line = measurement.map(|m| format!("{}: {}", state.trial, result(m)));
                drop(state);
                return line.iter().for_each(|line| self.say(line));
            }
            Event::Failed(reason) => {
                let line = format!("{}: failed to run: {}", state.trial, terminal(reason));
                drop(state);
                return self.say(&line);
            }
        }
        self.draw(&mut state);
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
        if state.phase_s == Some(0.0) {
            return;
        }
        let columns = columns(io::stderr());
        let lines = [state.place(), state.line()].map(|line| wrap(&line, columns, "", "  ").join("\n"));
        self.bar.set_message(lines.join("\n"));
        self.bar.set_prefix(state.left());
        self.bar.set_position((state.share() * STEPS as f64) as u64);
        if self.plain && !self.quiet && now().since(state.last_line) >= LINES_EVERY.as_nanos() as u64 {
            state.last_line = now();
            let all = [state.place(), state.line(), state.left()];
            self.output
                .note(&all.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" · "));
        }
    }
}

impl State {
    fn begin(&mut self, place: String, trial: &Trial) {
        self.trial = terminal(&format!("{place} {}", trial.label()));
        self.clients = u64::from(trial.clients);
        (self.seen, self.rate, self.mark) = (Seen::default(), 0.0, (now(), 0));
        // Not the last one of the trial before.
        (self.phase, self.phase_s) = ("starting", None);
    }

    fn see(&mut self, seen: Seen) {
        self.seen = seen;
        let (at, (since, arrived)) = (now(), self.mark);
        let elapsed = at.since(since);
        if elapsed >= RATE_OVER.as_nanos() as u64 {
            self.rate = seen.arrived.saturating_sub(arrived) as f64 * 1e9 / elapsed as f64;
            self.mark = (at, seen.arrived);
        }
    }

    fn place(&self) -> String {
        format!("{} · {}", self.trial, self.phase)
    }

    fn line(&self) -> String {
        let (connected, clients) = (grouped(self.seen.connected), grouped(self.clients));
        let (rate, failures) = (grouped(self.rate as u64), count(self.seen.failures, "error"));
        let latency = self.seen.latency.map_or_else(String::new, |latency| {
            let [p50, p99] = [latency.p50, latency.p99].map(|ns| ns.map_or("-".to_owned(), nanoseconds));
            format!(" · p50 {p50} · p99 {p99}")
        });
        format!("{connected}/{clients} connected · {rate} messages/s · {failures}{latency}")
    }

    fn elapsed(&self) -> f64 {
        now().since(self.phase_began) as f64 / 1e9
    }

    fn share(&self) -> f64 {
        self.phase_s.filter(|&s| s > 0.0).map_or(0.0, |seconds| (self.elapsed() / seconds).min(1.0))
    }

    fn left(&self) -> String {
        self.phase_s.map_or_else(String::new, |all_s| {
            format!("{} of {} left", seconds((all_s - self.elapsed()).max(0.0).ceil()), self.phase)
        })
    }
}

fn nanoseconds(ns: u64) -> String {
    text(Unit::Nanoseconds, ns as f64)
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
    use crate::run::Latency;

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

    #[test]
    fn the_line_has_the_rate_the_errors_and_the_latencies_of_the_last_second() {
        let latency = Some(Latency { p50: Some(1_200_000), p99: Some(3_456_000) });
        let seen = Seen { connected: 10, failures: 1, latency, ..Seen::default() };
        let state = State { clients: 1_000, rate: 998.0, seen, ..State::default() };
        let line = "10/1,000 connected · 998 messages/s · 1 error · p50 1.20 ms · p99 3.46 ms";
        assert_eq!(state.line(), line);
        let seen = Seen { latency: Some(Latency { p50: None, p99: Some(5) }), ..seen };
        assert!(State { seen, ..state }.line().ends_with("p50 - · p99 5 ns"));
    }
}
