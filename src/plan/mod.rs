//! From what was written to what will happen: a list of trials, in order, each complete in itself.
//!
//! Pure: no clock, no file, no socket. Cross-field checks are made here; a single key's are the scenario's.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wsbench_targets::wire::{Headers, Transport};

use crate::scenario::{Load, TargetUrl, Threshold};

/// What will happen, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The scenario's name.
    pub name: String,
    /// The scenario's question.
    pub about: String,
    /// Names the schedules and the order.
    pub seed: u64,
    /// In the order in which they run.
    pub trials: Vec<Trial>,
    /// What must hold in the end.
    pub thresholds: Vec<Threshold>,
}

/// One cell: transport x load x clients x repeat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Place in the order of the scenario (transports as written, sizes as written), not of time.
    pub number: u32,
    /// How messages travel.
    pub transport: Transport,
    /// What happens.
    pub load: Load,
    /// How many clients.
    pub clients: u32,
    /// Which repeat, from 0.
    pub repeat: u32,
    /// Names the schedule: the same for all trials, so that all transports carry the same messages.
    pub seed: u64,
    /// Load before the window.
    #[serde(with = "humantime_serde")]
    pub warmup: Duration,
    /// The window.
    #[serde(with = "humantime_serde")]
    pub measure: Duration,
    /// The longest wait after the window for messages due in it.
    #[serde(with = "humantime_serde")]
    pub drain: Duration,
    /// Header profile.
    pub headers: Headers,
    /// Where the clients connect.
    pub target: Where,
    /// Processes that drive the clients, at least 1.
    pub shards: u32,
    /// New connections a second at the start, all shards together.
    pub connect_rate: f64,
}

/// Where the clients of a trial connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Where {
    /// A fresh process of this program's own reference target.
    Reference,
    /// A server that is there already.
    Url(TargetUrl),
}

impl Trial {
    /// `polling 1s, 1,000 clients`, and the repeat from the second on.
    pub fn label(&self) -> String {
        let again = if self.repeat > 0 { format!(", repeat {}", self.repeat + 1) } else { String::new() };
        format!("{}, {} clients{again}", self.transport.label(), grouped(u64::from(self.clients)))
    }
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
