//! Progress on stderr: a bar on a terminal, elsewhere a plain line every ten seconds.
//!
//! It must not know how a run works; it is told events.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use wsbench_targets::clock::{Tick, now};

use crate::plan::Trial;
use crate::report::escape::terminal;
use crate::run::{Event, Seen};
use crate::text::grouped;

/// Lines where there is no terminal.
const LINES_EVERY: Duration = Duration::from_secs(10);
/// A rate is that of the last second or so.
const RATE_OVER: Duration = Duration::from_secs(1);
/// Steps of the bar in a phase.
const STEPS: u64 = 1_000;

/// Draws what it is told.
pub(super) struct Progress {
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

impl Progress {
    pub(super) fn new(quiet: bool) -> Progress {
        let plain = !io::stderr().is_terminal();
        let target =
            if plain || quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(5) };
        let bar = ProgressBar::with_draw_target(Some(STEPS), target);
        // The template is a constant; were it wrong, indicatif's own bar would do.
        if let Ok(style) = ProgressStyle::with_template("{msg}\n{bar:40} {prefix}") {
            bar.set_style(style);
        }
        Progress { bar, plain, quiet, state: RefCell::new(State { last_line: now(), ..State::default() }) }
    }

    /// Takes an event.
    pub(super) fn tell(&self, event: &Event<'_>) {
        let mut state = self.state.borrow_mut();
        match event {
            Event::Trial(trial, nth, of) => state.begin(format!("[{}/{of}]", nth + 1), trial),
            Event::Step(trial, nth, between) => state.begin(format!("[step {}, {between}]", nth + 1), trial),
            Event::Phase(name, seconds) => {
                (state.phase, state.phase_s, state.phase_began) = (name, *seconds, now());
            }
            Event::Progress(seen) => state.see(*seen),
            Event::Ended(Some(reason)) => {
                let line = format!("{}: failed to run: {}", state.trial, terminal(reason));
                drop(state);
                return self.say(&line);
            }
            Event::Ended(None) => {}
        }
        self.draw(&mut state);
    }

    /// A line of its own.
    pub(super) fn say(&self, line: &str) {
        if !self.quiet {
            self.bar.suspend(|| drop(writeln!(io::stderr().lock(), "{line}")));
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
        self.bar.set_message(state.line());
        self.bar.set_prefix(state.left());
        self.bar.set_position((state.share() * STEPS as f64) as u64);
        if self.plain && !self.quiet && now().since(state.last_line) >= LINES_EVERY.as_nanos() as u64 {
            state.last_line = now();
            let (line, left) = (state.line(), state.left());
            let gap = if left.is_empty() { "" } else { " · " };
            drop(writeln!(io::stderr().lock(), "{line}{gap}{left}"));
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

    fn line(&self) -> String {
        let (connected, clients) = (grouped(self.seen.connected), grouped(self.clients));
        let (rate, failures) = (grouped(self.rate as u64), grouped(self.seen.failures));
        format!(
            "{} · {} · {connected}/{clients} connected · {rate} messages/s · {failures} errors",
            self.trial, self.phase
        )
    }

    fn elapsed(&self) -> f64 {
        now().since(self.phase_began) as f64 / 1e9
    }

    fn share(&self) -> f64 {
        self.phase_s.filter(|&s| s > 0.0).map_or(0.0, |seconds| (self.elapsed() / seconds).min(1.0))
    }

    fn left(&self) -> String {
        self.phase_s.map_or_else(String::new, |seconds| {
            format!("{:.0} s of {} left", (seconds - self.elapsed()).max(0.0).ceil(), self.phase)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_said_of_the_phase_and_an_empty_phase_is_not_drawn() {
        let progress = Progress::new(true);
        let left = |name, seconds| {
            progress.tell(&Event::Phase(name, seconds));
            progress.bar.prefix()
        };
        assert_eq!(left("measuring", Some(10.0)), "10 s of measuring left");
        assert_eq!(left("warming up", Some(0.0)), "10 s of measuring left", "nothing was drawn");
        assert_eq!(left("draining", None), "");
    }
}
