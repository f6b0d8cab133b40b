//! What this machine and harness do without anything to measure: the floor under every result.
//!
//! It must not know how it was measured or where it is kept. Its other ends are `cli::calibrate`, which makes it, the
//! verdict and the latency chart, which look at it.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::Environment;
use crate::plan::Trial;
use crate::scenario::Sender;

/// Machines change: an older one is not believed.
const FRESH: Duration = Duration::from_secs(30 * 24 * 3600);

/// One calibration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// RFC 3339, UTC.
    pub at: String,
    /// Version of wsbench.
    pub wsbench: String,
    /// Built with optimisation?
    pub optimised: bool,
    /// Kernel release.
    pub kernel: String,
    /// CPU model.
    pub cpu: String,
    /// Cores that may be used.
    pub cores: u32,
    /// How late a timer of 1 ms comes, ns: p50.
    pub timer_p50_ns: u64,
    /// The same, p99.
    pub timer_p99_ns: u64,
    /// What reading the clock costs, ns.
    pub clock_read_ns: u64,
    /// An empty echo, one entry a transport.
    pub echoes: Vec<EmptyEcho>,
}

/// One client and its server on loopback, one message at a time; and what one shard drives of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmptyEcho {
    /// The transport's name.
    pub transport: String,
    /// There and back, ns: p50.
    pub p50_ns: u64,
    /// The same, p99.
    pub p99_ns: Option<u64>,
    /// Messages a second that one shard drives with 64 clients in a closed loop, if that was measured.
    pub per_second: Option<u64>,
}

/// What of it concerns a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    /// When it was calibrated: RFC 3339, UTC.
    pub calibrated: String,
    /// An empty echo by each transport.
    pub echoes: Vec<EmptyEcho>,
}

impl Calibration {
    /// The floor in `here` at `now`: nothing when it was taken on another machine or program, or long ago.
    pub fn floor(&self, here: &Environment, now: SystemTime) -> Option<Floor> {
        let same = (&self.wsbench, self.optimised, &self.kernel, &self.cpu, self.cores)
            == (&here.wsbench, here.optimised, &here.kernel, &here.cpu, here.cores);
        let at = humantime::parse_rfc3339(&self.at).ok()?;
        // A calibration of the future was taken under another clock.
        let fresh = now.duration_since(at).is_ok_and(|age| age < FRESH);
        (same && fresh).then(|| Floor { calibrated: self.at.clone(), echoes: self.echoes.clone() })
    }
}

impl Floor {
    /// What an empty loop takes for a message of this trial, ns: the echo's whole way, or half of it for what is
    /// pushed. `None` where no such thing is timed.
    pub fn of(&self, trial: &Trial) -> Option<u64> {
        let echo = self.echoes.iter().find(|echo| echo.transport == trial.transport.name())?.p50_ns;
        match trial.load.profile().sender {
            Sender::Clients => Some(echo),
            Sender::Target => Some(echo / 2),
            Sender::Nobody | Sender::Publisher | Sender::External => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_and_old_age_are_refused() {
        let here = Environment { kernel: "6.18".to_owned(), cores: 2, ..Environment::default() };
        let calibration = Calibration {
            at: "2026-11-01T00:00:00Z".to_owned(),
            wsbench: String::new(),
            optimised: false,
            kernel: "6.18".to_owned(),
            cpu: String::new(),
            cores: 2,
            timer_p50_ns: 50_000,
            timer_p99_ns: 90_000,
            clock_read_ns: 30,
            echoes: vec![],
        };
        let day = |n: u64| {
            humantime::parse_rfc3339("2026-11-01T00:00:00Z").unwrap() + Duration::from_secs(n * 86_400)
        };
        assert!(calibration.floor(&here, day(29)).is_some());
        assert_eq!(calibration.floor(&here, day(31)), None);
        assert_eq!(calibration.floor(&here, day(0) - Duration::from_secs(60)), None);
        assert_eq!(calibration.floor(&Environment { cores: 4, ..here }, day(1)), None);
    }
}
