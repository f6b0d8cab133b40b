//! What a trial and a run need of the machine, before any load: files, ports, memory, bytes, seconds.
//!
//! Pure arithmetic; the limits are read by who asks (`run`, through `os`). Memory and traffic are estimates.

use std::time::Duration;

use crate::transport::{Sockets, Transport};

use super::{Plan, Trial, Where, sharing, traffic};
use crate::scenario::{Behind, Load};
use crate::text::{Unit, grouped, text};

/// Clients that share one source address of 127.0.0.x at the most. The kernel looks long for a free port when an address
/// has many.
const CLIENTS_PER_ADDRESS: u32 = 10_000;

/// Files of a process that are no connection.
const SPARE_FILES: u64 = 64;
/// So many times as many shards are no advice.
const MOST_TIMES: u64 = 16;
/// Of a process before it has a client: program, runtime, histograms. Estimated.
const PROCESS_MEMORY: u64 = 16 << 20;
/// Of a client: the kernel's two ends of a connection on loopback, and the driver's. Estimated.
const CONNECTION_MEMORY: u64 = 8_000;
const CLIENT_MEMORY: u64 = 5_500;
/// Seconds that a closed connection's port rests: on loopback one (tcp_tw_reuse = 2, the default), so two to be sure;
/// elsewhere TIME_WAIT (TCP_TIMEWAIT_LEN).
const REST_ON_LOOPBACK: f64 = 2.0;
const REST_ELSEWHERE: f64 = 60.0;
/// Starting and stopping the processes of a trial.
const START: Duration = Duration::from_millis(500);

/// What a trial needs, or a run at its largest trial.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Needs {
    /// Open files of the largest process of the target; 0 when it is not ours.
    pub target_files: u64,
    /// Open files of the largest shard.
    pub shard_files: u64,
    /// Ports of one source address.
    pub ports: u64,
    /// Source addresses.
    pub addresses: u32,
    /// Bytes of memory, all processes and the kernel's sockets; an estimate.
    pub memory: u64,
    /// Bytes above TCP while the load runs, both directions; an estimate. `None` when a closed loop decides.
    pub traffic: Option<u64>,
    /// The same with TCP and IP headers.
    pub wire: Option<u64>,
    /// At the most, with the whole drain.
    pub time: Duration,
}

/// What the machine allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// RLIMIT_NOFILE, hard: open files of a process.
    pub files_hard: u64,
    /// Ephemeral ports of one address.
    pub ports: u64,
    /// Bytes of memory available; 0 when that is not known.
    pub memory: u64,
    /// It is a cgroup that leaves no more, and not the machine.
    pub of_group: bool,
}

/// Processes that it takes, on either side, to hold files for so many clients; at least 1.
pub(super) fn processes(
    (transport, target): (&Transport, &Where),
    load: &Load,
    clients: u32,
    files: u64,
) -> u32 {
    let each = transport.connections(load.profile().clients_send());
    let sockets =
        sharing::sockets(u64::from(clients), sharing::sharers(transport, load, target), each, 1).open;
    let processes = sockets.div_ceil(files.saturating_sub(SPARE_FILES).max(1)).max(1);
    // More processes than clients would help nobody.
    u32::try_from(processes).unwrap_or(u32::MAX).min(clients.max(1))
}

impl Needs {
    /// Of one trial.
    pub fn of(trial: &Trial) -> Needs {
        let clients = u64::from(trial.clients);
        let profile = trial.load.profile();
        let each = trial.transport.connections(profile.clients_send());
        let sharers = sharing::sharers(&trial.transport, &trial.load, &trial.target);
        // A Unix socket takes no port.
        let by_tcp = !matches!(&trial.target, Where::Url(url) if url.unix().is_some());
        let beside = publishers(trial);
        let addresses = trial.addresses.max(1);
        let (shards, targets) = (u64::from(trial.shards.max(1)), u64::from(trial.targets.max(1)));
        let Sockets { open: sockets, lasting: ports } =
            sharing::sockets(clients, sharers, each, shards + targets - 1);
        // Clients of several target processes, if there are more of these than shards.
        let of_a_shard =
            sharing::sockets(clients.div_ceil(shards), sharers, each, targets.div_ceil(shards) + 1).open;
        let ours = !matches!(trial.target, Where::Url(_));
        // A proxy holds two for each: to the client, and to the server behind it.
        let proxied = matches!(&trial.target, Where::ThirdParty(server) if server.behind != Behind::None);
        let at_target_process = if proxied { 2 * sockets } else { sockets };
        let at_target = if ours { trial.transport.server_memory() } else { 0 };
        // Both ends hold a message.
        let here = CLIENT_MEMORY + trial.transport.client_memory(profile.clients_send());
        let connections = clients.div_ceil(u64::from(sharers)) * CONNECTION_MEMORY;
        let each = here + at_target + 2 * profile.payload as u64;
        let load = trial.warmup + trial.measure;
        let connecting = Duration::from_secs_f64(f64::from(trial.clients) / trial.connect_rate.max(0.1));
        let resting = (new_connections(trial) * port_rest(trial)).ceil() as u64;
        let per_second = traffic::per_second(trial);
        Needs {
            target_files: if ours { at_target_process.div_ceil(targets) + SPARE_FILES } else { 0 },
            shard_files: of_a_shard + beside + SPARE_FILES,
            ports: if by_tcp { (ports + beside + resting).div_ceil(u64::from(addresses)) } else { 0 },
            addresses,
            memory: (shards + u64::from(trial.targets) + 1) * PROCESS_MEMORY + connections + clients * each,
            traffic: per_second.map(|of| (of.bytes * load.as_secs_f64()) as u64),
            wire: per_second.map(|of| (of.wire * load.as_secs_f64()) as u64),
            time: START + connecting + load + trial.drain,
        }
    }

    /// Of the whole run: the largest of each, but bytes and time summed up.
    pub fn of_run(plan: &Plan) -> Needs {
        let start = Needs { traffic: Some(0), wire: Some(0), ..Needs::default() };
        let add = |a: Option<u64>, b: Option<u64>| a.zip(b).map(|(a, b)| a.saturating_add(b));
        plan.trials.iter().map(Needs::of).fold(start, |sum, one| Needs {
            target_files: sum.target_files.max(one.target_files),
            shard_files: sum.shard_files.max(one.shard_files),
            ports: sum.ports.max(one.ports),
            addresses: sum.addresses.max(one.addresses),
            memory: sum.memory.max(one.memory),
            traffic: add(sum.traffic, one.traffic),
            wire: add(sum.wire, one.wire),
            time: sum.time.saturating_add(one.time),
        })
    }

    /// What does not fit into these limits, each with the line that lifts it; empty when all fits.
    pub fn complaints(&self, limits: &Limits) -> Vec<String> {
        let mut complaints = Vec::new();
        if let Some(more) = over(self.shard_files, limits.files_hard) {
            let (allowed, needed) = (grouped(limits.files_hard), self.shard_files);
            let room = limits.files_hard.saturating_sub(SPARE_FILES);
            let times = (room > 0).then(|| needed.div_ceil(room)).filter(|&times| times <= MOST_TIMES);
            let remedy = match times {
                Some(times) => format!("{times} times as many shards (shards = N in the scenario), or "),
                // It takes nearly all that it may open for itself.
                None => String::new(),
            };
            complaints.push(format!(
                "{more} more files than a shard may open (RLIMIT_NOFILE {allowed}). {remedy}`ulimit -Hn {needed}` as root"
            ));
        }
        if let Some(more) = over(self.target_files, limits.files_hard) {
            complaints.push(format!(
                "{more} more files than the target may open in one process (RLIMIT_NOFILE {}). Fewer clients, or `ulimit -Hn {}` as root",
                grouped(limits.files_hard),
                self.target_files
            ));
        }
        if let Some(more) = over(self.ports, limits.ports) {
            complaints.push(format!(
                "{more} more connections than this machine has ports for from one address ({}). \
                 `sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"` gives 64,512",
                grouped(limits.ports)
            ));
        }
        // Without /proc nobody knows.
        if limits.memory > 0 && self.memory > limits.memory {
            let (need, have) =
                (text(Unit::Bytes, self.memory as f64), text(Unit::Bytes, limits.memory as f64));
            let free = if limits.of_group { "left by the cgroup's limit (memory.max)" } else { "free" };
            complaints.push(format!(
                "about {need} of memory, and {have} are {free}. Fewer clients or a smaller payload"
            ));
        }
        complaints
    }
}

/// Sockets of publishers, which live in one shard, where they are more than one.
fn publishers(trial: &Trial) -> u64 {
    let publishers = trial.turns().map_or(0, |turns| u64::from(turns.publishers()));
    let each = if trial.load.post().is_some() { 1 } else { trial.transport.connections(true).open };
    if publishers > 1 { publishers * each } else { 0 }
}

fn port_rest(trial: &Trial) -> f64 {
    match &trial.target {
        Where::Url(url) if !url.on_loopback() => REST_ELSEWHERE,
        Where::Url(_) | Where::Reference | Where::ThirdParty(_) => REST_ON_LOOPBACK,
    }
}

fn over(need: u64, have: u64) -> Option<String> {
    (need > have).then(|| grouped(need - have))
}

/// On loopback clients are spread over 127.0.0.x; IPv6 has one loopback address only.
pub(super) fn addresses(target: &Where, ipv6: bool, clients: u32) -> u32 {
    let one = ipv6 || matches!(target, Where::Url(url) if !url.on_loopback() || url.aim().0.contains(':'));
    if one { 1 } else { clients.div_ceil(CLIENTS_PER_ADDRESS).max(1) }
}

/// Connections a second besides those of the start.
fn new_connections(trial: &Trial) -> f64 {
    let messages = trial.load.publication().map_or(1.0, |p| 1.0 / p.every.as_secs_f64());
    let profile = trial.load.profile();
    profile
        .connections
        .unwrap_or_else(|| f64::from(trial.clients) * trial.transport.new_connections(messages))
}
