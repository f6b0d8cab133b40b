//! `run --live`: the run under way as a page, which becomes its report. The page is the report of what there is, fed by
//! Server-Sent Events; `/metrics` tells the same to Prometheus.
//!
//! It must not know how a run works, nor what a report says. Who looks on must not disturb: a page is made between trials, and
//! twice a second a few numbers go to each that looks.

mod pulse;
mod serve;

use std::cell::{Cell, RefCell};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use tokio::sync::watch;
use wsbench_targets::clock::{Tick, now};

use super::args::ResultArgs;
use super::output::Output;
use super::standing::Standing;
use crate::report::View;
use crate::report::html::Content;
use crate::results::Report;
use crate::run::Event;
use pulse::Point;

/// News of a trial go out so often.
const NEWS_EVERY: Duration = Duration::from_millis(500);
/// So long the end of a run waits for those that look on to have all of it.
const FAREWELL: Duration = Duration::from_secs(3);
/// Points of a trial's line that a page which comes late is told; of a longer one every second, fourth, ..
const MOST_POINTS: usize = 2_000;

/// What is told to whoever looks on.
#[derive(Clone, Default)]
struct State {
    /// The page as it is now.
    page: Arc<str>,
    /// The same, for pages that are open: JSON.
    content: Arc<str>,
    /// How many contents there were.
    contents: u64,
    /// How far the trial is: JSON.
    pulse: Arc<str>,
    /// Of the trial so far.
    points: Arc<Vec<Point>>,
    /// For Prometheus.
    metrics: Arc<str>,
    /// The content is the report.
    ended: bool,
}

/// A run that is shown.
pub(super) struct Live {
    states: Arc<watch::Sender<State>>,
    standing: RefCell<Standing>,
    last: Cell<Tick>,
    baseline: Option<String>,
}

impl Live {
    /// Listens, where that was asked for, and says where.
    ///
    /// # Errors
    /// The port is taken.
    pub(super) async fn start(args: &ResultArgs, output: &Output) -> Result<Option<Live>> {
        let Some(port) = args.live else { return Ok(None) };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener =
            TcpListener::bind(address).await.with_context(|| format!("--live: listening on {address}"))?;
        let address = listener.local_addr()?;
        let states = Arc::new(watch::Sender::new(State::default()));
        output.note(&format!("live: http://{address}/"));
        tokio::spawn(serve::serve(listener, address, Arc::clone(&states)));
        Ok(Some(Live {
            states,
            standing: RefCell::default(),
            last: Cell::new(now()),
            baseline: args.printed.baseline.clone(),
        }))
    }

    /// Takes an event.
    pub(super) fn tell(&self, event: &Event<'_>) {
        let mut standing = self.standing.borrow_mut();
        standing.hear(event);
        let begins = matches!(event, Event::Trial(..) | Event::Step(..));
        let soon = matches!(event, Event::Progress(_))
            && now().since(self.last.get()) < NEWS_EVERY.as_nanos() as u64;
        if soon && !begins {
            return;
        }
        self.last.set(now());
        let point = pulse::point(&standing);
        let (pulse, metrics) = (pulse::json(&standing, &point), pulse::metrics(&standing));
        self.states.send_modify(|state| {
            let points = Arc::make_mut(&mut state.points);
            if begins {
                points.clear();
            } else if matches!(event, Event::Progress(_)) {
                points.push(point);
            }
            if points.len() > MOST_POINTS {
                let mut nth = 0;
                points.retain(|_| {
                    nth += 1;
                    nth % 2 == 0
                });
            }
            (state.pulse, state.metrics) = (pulse.into(), metrics.into());
        });
    }

    /// Shows what there is of the report.
    pub(super) fn show(&self, report: &Report) {
        self.content(report, false);
    }

    /// Shows the report, and waits until those that look on have it.
    pub(super) async fn end(&self, report: &Report) {
        self.content(report, true);
        // Who does not read has had his time.
        let _ = tokio::time::timeout(FAREWELL, self.states.closed()).await;
    }

    fn content(&self, report: &Report, ended: bool) {
        let view = View::of(std::slice::from_ref(report), self.baseline.as_deref());
        let nothing = report.measurements.is_empty() && report.failed.is_empty() && !ended;
        let content = if nothing { Ok(Content::awaited(&view)) } else { Content::of(&view) };
        // What cannot be written here cannot be written as a file either, and there it is said.
        let written = content.and_then(|content| Ok((serde_json::to_string(&content)?, content)));
        let Ok((json, content)) = written else { return };
        self.states.send_modify(|state| {
            (state.page, state.content) = (content.live_page().into(), json.into());
            state.contents += 1;
            state.ended = ended;
        });
    }
}
