//! One shard's trial, from the first connection to the tally.

use std::cell::{Cell, OnceCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufRead, Lines};
use tokio::sync::watch;
use tokio::task::yield_now;
use wsbench_targets::clock::{Clock, Tick, now};
use wsbench_targets::content::Filler;
use wsbench_targets::own_usage::{OwnReading, OwnUsage};

use super::clients::{self, ClientPhase, ClientPool};
use super::expected::expected;
use super::tasks::Tasks;
use super::{Assignment, Command, Done, Event, Progress, say};
use crate::drivers::limits::CLOSE_TIMEOUT;
use crate::drivers::retry;
use crate::drivers::{Endpoint, ShardContext};
use crate::load;
use crate::meter::{Phase, Recorder, Window};
use crate::plan::{self, Trial};
use crate::scenario::{Sender, Timing};

/// Sockets asked about without a break. Each takes two readings at least, of 2 µs each (`os::socket::account`): 0.1 ms.
const CHUNK: u32 = 25;
/// At the edges of the window such a chunk comes once in so long: what is received in the meantime is delayed by a fifth of
/// it at the most.
const CHUNK_GAP: Duration = Duration::from_micros(500);
const PROGRESS: Duration = Duration::from_millis(100);
const HEARTBEAT: Duration = Duration::from_millis(10);
/// How often the end of something is looked for.
const LOOK: Duration = Duration::from_millis(10);
/// Clients that have not closed by then are cut off. Each of them waits less than that for a server that does not close ...
const CLOSING: Duration = CLOSE_TIMEOUT.saturating_add(Duration::from_secs(1));
/// ... and all of them together may need so much for each: 1,000 a second.
const CLOSING_EACH: Duration = Duration::from_millis(1);
/// The timeline has at most so many intervals, of whole seconds.
const INTERVALS: u64 = 300;
const SECOND: u64 = 1_000_000_000;

// The drain of a trial is as long as the drivers' own pauses, which `plan` must not know.
const _: () = assert!(plan::RETRY_PAUSE.as_nanos() >= retry::LONGEST_PAUSE.as_nanos());

/// Drives the slice of `assignment`; `lines` are the coordinator's commands. What was measured is said before the
/// coordinator lets go, and the process is there up to then: it reads what the process has cost.
pub(super) async fn run<R: AsyncBufRead + Unpin>(assignment: Assignment, lines: Lines<R>) -> Result<()> {
    let clock = Clock::new().context("making a timer")?;
    let (command, commands) = watch::channel(None);
    let mut shard = Shard::new(assignment, clock.clone(), commands)?;
    let (pool, meter) = (shard.pool.clone(), shard.meter.clone());
    // Before they are watched: an empty set of tasks has ended.
    clients::start(&pool);
    let mut coordinator = std::pin::pin!(listen(lines, command));
    tokio::select! {
        outcome = shard.run() => outcome?,
        outcome = &mut coordinator => return outcome.and_then(|()| bail!("the coordinator has exited")),
        outcome = clock.clone().run() => outcome.context("the timer")?,
        outcome = heartbeat(&meter, &clock) => outcome?,
        outcome = report(&pool, &clock) => outcome?,
        panicked = pool.tasks.watch() => panicked?,
    }
    coordinator.await
}

/// Passes the coordinator's commands on until it lets go.
async fn listen<R: AsyncBufRead + Unpin>(
    mut lines: Lines<R>,
    command: watch::Sender<Option<Command>>,
) -> Result<()> {
    while let Some(line) = lines.next_line().await? {
        let said = serde_json::from_str(&line).with_context(|| format!("a command: {line}"))?;
        command.send_replace(Some(said));
    }
    Ok(())
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
        let meter = &self.shard.meter;
        let (arrived, failures, dials) = (meter.arrived(), meter.failures(), meter.dials());
        Progress { connected: self.connected.get(), arrived, failures, dials, latest: meter.latest() }
    }
}

pub(super) struct Shard {
    pub(super) pool: Rc<ClientPool>,
    meter: Rc<Recorder>,
    clock: Clock,
    phase: watch::Sender<ClientPhase>,
    commands: watch::Receiver<Option<Command>>,
}

impl Shard {
    pub(super) fn new(
        assignment: Assignment,
        clock: Clock,
        commands: watch::Receiver<Option<Command>>,
    ) -> Result<Shard> {
        let meter = Rc::new(Recorder::default());
        let mut assignment = assignment;
        let values = assignment.values.clone().map(Arc::new);
        let (session, own) = (assignment.session.clone().map(Arc::new), values.clone());
        if let Some(values) = values {
            assignment.trial.load = assignment.trial.load.with(&values);
            meter.set_hiding(Box::new(move |text| values.hide(text)));
        }
        let filler = Arc::new(Filler::of(&assignment.trial.content));
        if !assignment.trial.content.is_dots() {
            assignment.trial.load = assignment.trial.load.filled(&filler);
        }
        // Clients connect to all targets of a trial alike.
        let tls = assignment.targets.first().map(|target| target.endpoint.tls()).transpose()?.flatten();
        let post_tls = assignment.post.as_ref().map(Endpoint::tls).transpose()?.flatten();
        let trial = &assignment.trial;
        let shard = ShardContext {
            meter: Rc::clone(&meter),
            tls,
            spread: trial.warmup,
            hears_all: trial.load.profile().sender == Sender::External,
            recogniser: load::recogniser(&trial.load, &filler, trial.clients, assignment.groups()),
            displays: trial.load.profile().timing == Timing::Delivery,
            session,
            values: own,
            ..ShardContext::new(assignment.headers.clone(), clock.clone(), trial.seed)
        };
        let (phase, phases) = watch::channel(ClientPhase::Connect);
        let pool = ClientPool {
            assignment,
            shard: Rc::new(shard),
            phases,
            closing: Cell::default(),
            connected: Cell::default(),
            settled: Cell::default(),
            tasks: Tasks::default(),
            post_tls,
            published: OnceCell::new(),
        };
        Ok(Shard { pool: Rc::new(pool), meter, clock, phase, commands })
    }

    async fn run(&mut self) -> Result<()> {
        let expected = self.pool.assignment.slice.len() as u64;
        self.look_until(Tick(u64::MAX), |pool| pool.settled.get() == expected).await;
        self.ask_kernel(Phase::Connect).await;
        say(&Event::Ready(self.pool.progress()))?;

        let (start, window) = self.begin().await?;
        let (began, ended, usage) = self.hold(start, window).await;
        tokio::join!(self.ask_kernel_from(ended, Phase::Window), self.drain(start));
        let clients = u32::try_from(expected).unwrap_or(u32::MAX);
        self.close(CLOSING + CLOSING_EACH * clients).await;

        let published = self.pool.published.get().map(|publishing| publishing.published());
        let (tally, unanswered) = (self.meter.tally(), self.meter.unanswered());
        let window_s = ended.since(began) as f64 / SECOND as f64;
        let answered = self.pool.shard.answered.get();
        let done = Done { tally, window_s, usage, published, unanswered, answered };
        say(&Event::Done(Box::new(done)))
    }

    /// The command to start. A command to stop that comes first gives an empty window.
    async fn begin(&mut self) -> Result<(Tick, Window)> {
        let command = *self.commands.wait_for(Option::is_some).await?;
        match command {
            Some(Command::Begin { start, begin, end }) => Ok((start, Window { begin, end })),
            Some(Command::Stop) | None => Ok((now(), Window { begin: now(), end: now() })),
        }
    }

    /// Warm-up and window; when the window began and ended, and what this process cost in between.
    async fn hold(&self, start: Tick, window: Window) -> (Tick, Tick, Option<OwnUsage>) {
        self.meter.set_window(window);
        self.meter.enter(Phase::Warmup);
        self.load(start);
        self.until(window.begin).await;

        let began = now();
        self.meter.enter(Phase::Window);
        self.meter.rotate(began, false);
        let first = OwnReading::take();
        let window = self.measure(window);
        let ((ended, last), ()) = tokio::join!(window, self.ask_kernel_from(began, Phase::Warmup));
        // Where /proc cannot be read, the coordinator's own readings stand.
        let usage = first.and_then(|begin| Ok(OwnUsage { begin, end: last? }));
        (began, ended, usage.ok())
    }

    /// The load begins at `start`.
    pub(super) fn load(&self, start: Tick) {
        self.pool.shard.start.set(start);
        self.phase.send_replace(ClientPhase::Load);
    }

    /// The window, interval by interval; when it ended, and what this process had cost by then.
    async fn measure(&self, window: Window) -> (Tick, io::Result<OwnReading>) {
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
        let last = OwnReading::take();
        if !whole {
            // Cut short: only what was due by now can be asked for.
            let begin = window.begin.min(ended);
            self.meter.set_window(Window { begin, end: ended });
        }
        (ended, last)
    }

    /// Sleeps until `tick`; false when the command to stop comes first, or has come.
    async fn until(&self, tick: Tick) -> bool {
        let mut commands = self.commands.clone();
        tokio::select! {
            biased;
            _ = commands.wait_for(|command| *command == Some(Command::Stop)) => false,
            () = self.clock.sleep_until(tick) => true,
        }
    }

    /// Counts what should have arrived, and waits for it, at most the drain's time.
    async fn drain(&self, start: Tick) {
        let assignment @ Assignment { trial, slice, .. } = &self.pool.assignment;
        let latest = now() + trial.drain;
        let (groups, slice) = (assignment.groups(), slice.clone());
        let clients = slice.len() as u64;
        let scheduled = expected(trial, groups, slice, start, self.meter.window()).await;
        self.meter.count(|c| {
            c.sent += scheduled;
            c.clients = clients;
            c.connected = self.pool.connected.get();
        });
        let all_in = |pool: &ClientPool| {
            let counts = pool.shard.meter.counts();
            counts.delivered >= counts.sent
        };
        self.look_until(latest, all_in).await;
    }

    /// Closes all clients, at most `within` that time. What is still open then is cut off: that counts against nobody,
    /// and what a driver has not read it accounts for when it is dropped.
    pub(super) async fn close(&self, within: Duration) {
        self.pool.closing.set(true);
        self.phase.send_replace(ClientPhase::Close);
        let latest = now() + within;
        // Some connections close in tasks of their own.
        let all_closed = |pool: &ClientPool| pool.tasks.is_empty() && pool.shard.meter.open_sockets() == 0;
        self.look_until(latest, all_closed).await;
        self.pool.tasks.cut_off();
        while !self.pool.tasks.is_empty() {
            yield_now().await;
        }
        self.meter.rotate(now(), true);
        self.ask_kernel(Phase::Close).await;
    }

    /// Looks every 10 ms whether `done`, until `latest`.
    async fn look_until(&self, latest: Tick, done: impl Fn(&ClientPool) -> bool) {
        while !done(&self.pool) && now() < latest {
            self.clock.sleep(LOOK).await;
        }
    }

    /// Asks the kernel about every socket, for `phase`, in pieces between which others have their turn.
    async fn ask_kernel(&self, phase: Phase) {
        let mut from = Some(0);
        while let Some(number) = from {
            from = self.meter.ask_kernel(number, CHUNK as usize, phase);
            yield_now().await;
        }
    }

    /// The same from an edge of the window on, spread out. The sockets are walked through at the same pace from either
    /// edge, so that the account of each spans as long as the window, whenever it is asked.
    async fn ask_kernel_from(&self, edge: Tick, phase: Phase) {
        let (mut due, gap) = (edge, chunk_gap(&self.pool.assignment.trial));
        let mut from = self.meter.ask_kernel(0, CHUNK as usize, phase);
        while let Some(number) = from {
            due = due + gap;
            self.clock.sleep_until(due).await;
            from = self.meter.ask_kernel(number, CHUNK as usize, phase);
        }
    }
}

/// From one chunk of sockets to the next: not so long that many clients take more than half of a short window.
fn chunk_gap(trial: &Trial) -> Duration {
    CHUNK_GAP.min(trial.measure / (2 * trial.clients.div_ceil(CHUNK).max(1)))
}
