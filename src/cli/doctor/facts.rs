//! What `doctor` looks at, as it is on this machine. `None` and "unknown" are what the system does not tell.

use std::time::Duration;

use serde::Serialize;

use crate::os::census::{Census, Others};
use crate::os::machine_snapshot::MachineSnapshot;
use crate::os::{cgroup, limits, system};
use crate::run::LOADING;
use crate::run::verdict::steal;

/// CPU steal and other programs are looked at for so long.
const LOOK: Duration = Duration::from_secs(1);

/// The machine as far as a measurement cares.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Facts {
    pub(super) files_soft: u64,
    pub(super) files_hard: u64,
    /// What the hard limit could be raised to: fs.nr_open.
    pub(super) files_kernel: Option<u64>,
    pub(super) ports: u32,
    pub(super) somaxconn: Option<u64>,
    pub(super) syn_backlog: Option<u64>,
    pub(super) congestion_control: String,
    /// net.ipv4.tcp_tw_reuse: 0 never, 1 always, 2 on loopback.
    pub(super) tw_reuse: Option<u64>,
    /// Cores' worth of CPU time that the cgroup allows.
    pub(super) cpu_quota: Option<f64>,
    /// Bytes that the cgroup allows.
    pub(super) memory_limit: Option<u64>,
    /// What of them is left.
    pub(super) memory_limit_left: Option<u64>,
    pub(super) memory: u64,
    pub(super) memory_available: Option<u64>,
    /// Share of the CPU time in the last second.
    pub(super) steal: Option<f64>,
    /// What other programs did in the last second.
    pub(super) others: Option<Others>,
    /// Runs of wsbench, by process.
    pub(super) other_runs: Vec<u32>,
    pub(super) cores: u32,
    pub(super) cores_online: u32,
    pub(super) clocksource: String,
    pub(super) governor: String,
    /// Whether this program was built with optimisation.
    pub(super) optimised: bool,
}

/// This machine, now.
pub(super) fn here() -> Facts {
    let (census, before) = (Census::take(), MachineSnapshot::take());
    std::thread::sleep(LOOK);
    let (later, after) = (Census::take(), MachineSnapshot::take());
    let group = cgroup::memory();
    let number = |key: &str| system::sysctl(key).parse().ok();
    Facts {
        files_soft: limits::files_soft(),
        files_hard: limits::files(),
        files_kernel: number("fs/nr_open"),
        ports: system::ports(),
        somaxconn: number("net/core/somaxconn"),
        syn_backlog: number("net/ipv4/tcp_max_syn_backlog"),
        congestion_control: system::sysctl("net/ipv4/tcp_congestion_control"),
        tw_reuse: number("net/ipv4/tcp_tw_reuse"),
        cpu_quota: cgroup::cpu_quota(),
        memory_limit: group.map(|group| group.limit),
        memory_limit_left: group.map(|group| group.left),
        memory: system::memory(),
        memory_available: after.memory_available,
        steal: steal(&before, &after),
        others: census.others(&later),
        other_runs: later.others_of("wsbench", &LOADING),
        cores: system::cores(),
        cores_online: system::cores_online(),
        clocksource: system::clocksource(),
        governor: system::governor(),
        optimised: !cfg!(debug_assertions),
    }
}
