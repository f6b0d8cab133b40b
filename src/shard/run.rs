//! One shard's trial, from the first connection to the tally.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufRead, Lines};
use tokio::sync::watch;
use tokio::task::{JoinSet, yield_now};
use wsbench_targets::clock::{Clock, Tick, now};

use super::clients::{self, ClientPool, Step};
use super::{Assignment, Command, Done, Event, Progress, say};
use crate::drivers::ShardContext;
use crate::drivers::limits::CLOSE_TIMEOUT;
use crate::load::schedule;
use crate::meter::{Failure, Phase, Recorder, Window};
use crate::scenario::Load;

/// Sockets asked about without a break: about 0.1 ms.
const CHUNK: usize = 100;
const PROGRESS: Duration = Duration::from_millis(100);
const HEARTBEAT: Duration = Duration::from_millis(10);
/// How often the end of something is looked for.
const LOOK: Duration = Duration::from_millis(10);
/// Clients that have not closed by then are cut off, longer than each of them waits for a server that does not look whether
/// anybody is still there (one that streams, and has nothing to say) ...
const CLOSING: Duration = CLOSE_TIMEOUT.saturating_add(Duration::from_secs(1));
/// ... and so much later for each of them: 1,000 a second.
const CLOSING_EACH: Duration = Duration::from_millis(1);
/// The timeline has at most so many intervals, of whole seconds.
const INTERVALS: u64 = 300;
const SECOND: u64 = 1_000_000_000;

/// Drives the slice of `assignment`; `lines` are the coordinator's words.
pub(super) async fn run<R: AsyncBufRead + Unpin>(assignment: Assignment, lines: Lines<R>) -> Result<()> {
    let clock = Clock::new().context("making a timer")?;
    let (word, words) = watch::channel(None);
    let mut shard = Shard::new(assignment, clock.clone(), words)?;
    let (watch, meter) = (shard.pool.clone(), shard.meter.clone());
    tokio::select! {
        outcome = shard.run() => outcome,
        outcome = listen(lines, word) => outcome,
        outcome = clock.clone().run() => outcome.context("the timer"),
        outcome = heartbeat(&meter, &clock) => outcome,
        outcome = report(&watch, &clock) => outcome,
    }
}

/// Passes the coordinator's words on. When it is gone, nobody wants the tally.
async fn listen<R: AsyncBufRead + Unpin>(
    mut lines: Lines<R>,
    word: watch::Sender<Option<Command>>,
) -> Result<()> {
    while let Some(line) = lines.next_line().await? {
        word.send_replace(Some(serde_json::from_str(&line).with_context(|| format!("a word: {line}"))?));
    }
    bail!("the coordinator has gone")
}

/// How late does this thread come to what is due? A starved generator shows here, whatever it carries.
async fn heartbeat(meter: &Recorder, clock: &Clock) -> Result<()> {
    let mut due = now();
    loop {
        due = due + HEARTBEAT;
        clock.sleep_until(due).await;
        meter.heartbeat(due);
    }
}

async fn report(pool: &ClientPool, clock: &Clock) -> Result<()> {
    loop {
        clock.sleep(PROGRESS).await;
        say(&Event::Progress(pool.progress()))?;
    }
}

impl ClientPool {
    fn progress(&self) -> Progress {
        let (arrived, failures) = self.shard.meter.progress();
        let dials = self.shard.meter.dials();
        Progress { connected: self.connected.get(), arrived, failures, dials }
    }
}

struct Shard {
    pool: Rc<ClientPool>,
    meter: Rc<Recorder>,
    clock: Clock,
    step: watch::Sender<Step>,
    words: watch::Receiver<Option<Command>>,
}

impl Shard {
    fn new(assignment: Assignment, clock: Clock, words: watch::Receiver<Option<Command>>) -> Result<Shard> {
        let meter = Rc::new(Recorder::default());
        // All places of a trial are approached alike.
        let tls = assignment.places.first().map(|place| place.endpoint.tls()).transpose()?.flatten();
        let shard = ShardContext {
            meter: Rc::clone(&meter),
            tls,
            hears_all: matches!(assignment.trial.load, Load::Listen),
            ..ShardContext::new(assignment.headers.clone(), clock.clone(), assignment.trial.seed)
        };
        let (step, steps) = watch::channel(Step::Connect);
        let pool = ClientPool {
            assignment,
            shard: Rc::new(shard),
            steps,
            closing: Cell::default(),
            connected: Cell::default(),
            settled: Cell::default(),
            published: OnceCell::new(),
        };
        Ok(Shard { pool: Rc::new(pool), meter, clock, step, words })
    }

    async fn run(&mut self) -> Result<()> {
        let mut clients = clients::start(&self.pool);
        let expected = self.pool.assignment.slice.len() as u64;
        self.look_until(Tick(u64::MAX), |pool| pool.settled.get() == expected).await;
        self.ask_kernel(Phase::Connect).await;
        say(&Event::Ready(self.pool.progress()))?;

        let (start, window) = self.begin().await?;
        let window_s = self.hold(start, window).await;
        self.count_sent(start);
        self.drain().await;
        self.close(&mut clients).await;

        let published = self.pool.published.get().map(|log| log.published());
        let (tally, unanswered) = (self.meter.tally(), self.meter.unanswered());
        let answered = self.pool.shard.answered.get();
        let done = Done { tally, window_s, published, unanswered, answered };
        say(&Event::Done(Box::new(done)))
    }

    /// The word to start. A word to stop that comes first gives an empty window.
    async fn begin(&mut self) -> Result<(Tick, Window)> {
        let word = *self.words.wait_for(Option::is_some).await?;
        match word {
            Some(Command::Begin { start, begin, end }) => Ok((start, Window { begin, end })),
            Some(Command::Stop) | None => Ok((now(), Window { begin: now(), end: now() })),
        }
    }

    /// Warm-up and window; the seconds that the window was held.
    async fn hold(&mut self, start: Tick, window: Window) -> f64 {
        self.pool.shard.start.set(start);
        self.meter.set_window(window);
        self.meter.enter(Phase::Warmup);
        self.step.send_replace(Step::Load);
        self.until(window.begin).await;

        let began = now();
        self.meter.enter(Phase::Window);
        self.meter.rotate(began, false);
        self.ask_kernel(Phase::Warmup).await;
        let interval = window.end.since(window.begin).div_ceil(INTERVALS * SECOND) * SECOND;
        let mut edge = window.begin.0 + interval;
        while edge < window.end.0 && self.until(Tick(edge)).await {
            self.meter.rotate(now(), true);
            edge += interval;
        }
        let whole = self.until(window.end).await;

        let ended = now();
        self.meter.enter(Phase::Close);
        self.meter.rotate(ended, true);
        if !whole {
            // Cut short: only what was due by now can be asked for.
            let begin = window.begin.min(ended);
            self.meter.set_window(Window { begin, end: ended });
        }
        self.ask_kernel(Phase::Window).await;
        ended.since(began) as f64 / 1e9
    }

    /// Sleeps until `tick`; false when the word to stop comes first, or has come.
    async fn until(&mut self, tick: Tick) -> bool {
        tokio::select! {
            biased;
            _ = self.words.wait_for(|word| *word == Some(Command::Stop)) => false,
            () = self.clock.sleep_until(tick) => true,
        }
    }

    /// What should have arrived: the schedules of this slice, within the window as it was held.
    fn count_sent(&self, start: Tick) {
        let (trial, window) = (&self.pool.assignment.trial, self.meter.window());
        let due = |client| {
            let pacer = schedule(&trial.load, trial.seed, client, trial.clients, start);
            pacer.map_or(0, |pacer| pacer.due_within(window.begin, window.end))
        };
        let scheduled: u64 = self.pool.assignment.slice.clone().map(due).sum();
        self.meter.count(|c| {
            c.sent += scheduled;
            c.clients = self.pool.assignment.slice.len() as u64;
            c.connected = self.pool.connected.get();
        });
    }

    /// Waits for what was due in the window, at most the drain's time.
    async fn drain(&self) {
        let latest = now() + self.pool.assignment.trial.drain;
        let all_in = |pool: &ClientPool| {
            let counts = pool.shard.meter.counts();
            counts.delivered >= counts.sent
        };
        self.look_until(latest, all_in).await;
    }

    async fn close(&self, clients: &mut JoinSet<()>) {
        self.pool.closing.set(true);
        self.step.send_replace(Step::Close);
        let latest = now() + CLOSING + CLOSING_EACH * u32::try_from(clients.len()).unwrap_or(u32::MAX);
        let everyone = async { while clients.join_next().await.is_some() {} };
        tokio::select! {
            () = everyone => {}
            () = self.clock.sleep_until(latest) => {}
        }
        // What they had not read by then the kernel has counted and we have not.
        (0..clients.len()).for_each(|_| self.meter.fail(Failure::Timeout));
        clients.abort_all();
        // Connections that close in tasks of their own.
        self.look_until(latest, |pool| pool.shard.meter.open_sockets() == 0).await;
        self.meter.rotate(now(), true);
        self.ask_kernel(Phase::Close).await;
    }

    /// Looks every 10 ms whether `done`, until `latest`.
    async fn look_until(&self, latest: Tick, done: impl Fn(&ClientPool) -> bool) {
        while !done(&self.pool) && now() < latest {
            self.clock.sleep(LOOK).await;
        }
    }

    /// Asks the kernel about every socket, for `phase`, in pieces that delay nobody.
    async fn ask_kernel(&self, phase: Phase) {
        let mut from = Some(0);
        while let Some(number) = from {
            from = self.meter.ask_kernel(number, CHUNK, phase);
            yield_now().await;
        }
    }
}
