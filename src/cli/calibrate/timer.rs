//! How late the timer comes, and what a look at the clock costs.

use std::hint::black_box;
use std::time::Duration;

use anyhow::{Context, Result};
use wsbench_targets::clock::{Clock, now};
use wsbench_targets::hist::Hist;

/// The schedule that is kept, and for how many ticks of it.
const EVERY: Duration = Duration::from_millis(1);
const TICKS: u64 = 2_000;
const READS: u64 = 1_000_000;

/// In ns.
pub(super) struct Timed {
    pub(super) p50: u64,
    pub(super) p99: u64,
    pub(super) read: u64,
}

/// Two seconds and a bit.
pub(super) fn time(runtime: &tokio::runtime::Runtime) -> Result<Timed> {
    let late = runtime.block_on(lateness())?;
    let percentile = |p| late.percentile(p).context("too few ticks of the timer");
    Ok(Timed { p50: percentile(0.5)?, p99: percentile(0.99)?, read: read() })
}

async fn lateness() -> Result<Hist> {
    let clock = Clock::new().context("making a timer")?;
    let ticks = async {
        let mut late = Hist::default();
        let mut due = now();
        for _ in 0..TICKS {
            due = due + EVERY;
            clock.sleep_until(due).await;
            late.record(now().since(due));
        }
        late
    };
    tokio::select! {
        late = ticks => Ok(late),
        stopped = clock.clone().run() => {
            stopped.context("the timer")?;
            anyhow::bail!("the timer stopped")
        }
    }
}

fn read() -> u64 {
    let began = now();
    (0..READS).for_each(|_| {
        black_box(now());
    });
    now().since(began) / READS
}
