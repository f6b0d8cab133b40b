//! What a trial and a run need of the machine, before any load: files, ports, memory, bytes, seconds.
//!
//! Pure arithmetic; the limits are read by who asks (`run`, through `os`). Memory and traffic are estimates.

use std::time::Duration;

use wsbench_targets::wire::{Carrier, SocketIo, Transport};

use super::{Plan, Trial, Where, grouped, traffic};
use crate::scenario::units::show_si;
use crate::scenario::{Behind, Load};

/// Clients that share one source address; the next ones use the next of 127.0.0.x. The kernel looks long
/// for a free port when an address has many.
pub const CLIENTS_PER_ADDRESS: u32 = 10_000;

/// Files of a process that are no connection.
const SPARE_FILES: u64 = 64;
/// Of a process before it has a client: program, runtime, histograms. Estimated.
const PROCESS_MEMORY: u64 = 16 << 20;
/// Of a client: the kernel's two ends of a connection on loopback, and the driver's. Estimated.
const CLIENT_MEMORY: u64 = 8_000 + 5_500;
/// Of a client at the target. Estimated.
const WEBSOCKET_MEMORY: u64 = 10_000;
const HTTP_MEMORY: u64 = 25_000;
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
    /// Bytes of memory available.
    pub memory: u64,
}

/// Connections that one client holds at a time: who sends by HTTP does so over a second one (RFC 6202 §2.2).
fn sockets_a_client(transport: &Transport, load: &Load) -> u64 {
    match (transport, load) {
        // Even its heartbeats are sent over the second one; during an upgrade there is a third.
        (Transport::SocketIo(SocketIo { via: Carrier::Polling, .. }), _) => 2,
        (Transport::SocketIo(SocketIo { via: Carrier::Upgrade, .. }), _) => 3,
        (Transport::WebSocket(_) | Transport::SocketIo(_), _) => 1,
        (Transport::SockJs(sockjs), _) if !sockjs.via.http() => 1,
        (_, Load::Echo(_)) => 2,
        _ => 1,
    }
}

/// Of those, the ones that last and have a port each: what an upgrade leaves behind is closed, its port soon free.
fn ports_a_client(transport: &Transport, load: &Load) -> u64 {
    match transport {
        Transport::SocketIo(SocketIo { via: Carrier::Upgrade, .. }) => 1,
        other => sockets_a_client(other, load),
    }
}

/// Processes that it takes, on either side, to hold files for so many clients; at least 1.
pub(super) fn processes(transport: &Transport, load: &Load, clients: u32, files: u64) -> u32 {
    let sockets = u64::from(clients) * sockets_a_client(transport, load);
    let processes = sockets.div_ceil(files.saturating_sub(SPARE_FILES).max(1)).max(1);
    // More processes than clients would help nobody.
    u32::try_from(processes).unwrap_or(u32::MAX).min(clients.max(1))
}

impl Needs {
    /// Of one trial.
    pub fn of(trial: &Trial) -> Needs {
        let clients = u64::from(trial.clients);
        let sockets = clients * sockets_a_client(&trial.transport, &trial.load);
        let ports = clients * ports_a_client(&trial.transport, &trial.load);
        let addresses = addresses(trial);
        let shards = u64::from(trial.shards.max(1));
        let ours = !matches!(trial.target, Where::Url(_));
        // A proxy holds two for each: to the client, and to the server behind it.
        let proxied = matches!(&trial.target, Where::ThirdParty(server) if server.behind != Behind::None);
        let at_target_process = if proxied { 2 * sockets } else { sockets };
        let at_target =
            if matches!(trial.transport, Transport::WebSocket(_)) { WEBSOCKET_MEMORY } else { HTTP_MEMORY };
        let each = CLIENT_MEMORY + if ours { at_target } else { 0 } + 2 * payload(trial);
        let load = trial.warmup + trial.measure;
        let connecting = Duration::from_secs_f64(f64::from(trial.clients) / trial.connect_rate.max(0.1));
        let resting = (new_connections(trial) * port_rest(trial)).ceil() as u64;
        Needs {
            target_files: if ours {
                at_target_process.div_ceil(u64::from(trial.targets.max(1))) + SPARE_FILES
            } else {
                0
            },
            shard_files: sockets.div_ceil(shards) + SPARE_FILES,
            ports: (ports + resting).div_ceil(u64::from(addresses)),
            addresses,
            memory: (shards + u64::from(trial.targets) + 1) * PROCESS_MEMORY + clients * each,
            traffic: traffic::per_second(trial).map(|bytes| (bytes * load.as_secs_f64()) as u64),
            time: START + connecting + load + trial.drain,
        }
    }

    /// Of the whole run: the largest of each, but bytes and time summed up.
    pub fn of_run(plan: &Plan) -> Needs {
        let start = Needs { traffic: Some(0), ..Needs::default() };
        plan.trials.iter().map(Needs::of).fold(start, |sum, one| Needs {
            target_files: sum.target_files.max(one.target_files),
            shard_files: sum.shard_files.max(one.shard_files),
            ports: sum.ports.max(one.ports),
            addresses: sum.addresses.max(one.addresses),
            memory: sum.memory.max(one.memory),
            traffic: sum.traffic.zip(one.traffic).map(|(a, b)| a.saturating_add(b)),
            time: sum.time.saturating_add(one.time),
        })
    }

    /// What does not fit into these limits, each with the line that lifts it; empty when all fits.
    pub fn complaints(&self, limits: &Limits) -> Vec<String> {
        let mut complaints = Vec::new();
        if let Some(more) = over(self.shard_files, limits.files_hard) {
            let shards = self.shard_files.div_ceil(limits.files_hard.saturating_sub(SPARE_FILES).max(1));
            complaints.push(format!(
                "{more} files more than a shard may open: {}. {shards} times as many shards (shards = N in the \
                 scenario), or `ulimit -Hn {}` as root",
                grouped(limits.files_hard),
                self.shard_files
            ));
        }
        if let Some(more) = over(self.target_files, limits.files_hard) {
            complaints.push(format!(
                "{more} files more than the target may open in one process: {}. Fewer clients, or `ulimit -Hn {}` as root",
                grouped(limits.files_hard),
                self.target_files
            ));
        }
        if let Some(more) = over(self.ports, limits.ports) {
            complaints.push(format!(
                "{more} connections more than this machine has ports for from one address: {}. \
                 `sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"` gives 64,512",
                grouped(limits.ports)
            ));
        }
        if self.memory > limits.memory {
            let (need, have) = (show_si(self.memory as f64, "B"), show_si(limits.memory as f64, "B"));
            complaints.push(format!(
                "about {need} of memory, and {have} are free. Fewer clients or a smaller payload"
            ));
        }
        complaints
    }
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
fn addresses(trial: &Trial) -> u32 {
    let one = matches!(&trial.target, Where::Url(url) if !url.on_loopback() || url.aim().0.contains(':'));
    if one { 1 } else { trial.clients.div_ceil(CLIENTS_PER_ADDRESS).max(1) }
}

/// Bytes of a message, which both ends hold.
fn payload(trial: &Trial) -> u64 {
    match &trial.load {
        Load::Push(p) | Load::Broadcast(p) => p.payload as u64,
        Load::Echo(echo) => echo.payload as u64,
        Load::Publish(publish) => publish.payload as u64,
        Load::Idle | Load::Connect(_) | Load::Listen => 0,
    }
}

/// Connections a second besides those of the start.
fn new_connections(trial: &Trial) -> f64 {
    let messages = trial.load.publication().map_or(1.0, |p| 1.0 / p.every.as_secs_f64());
    match (&trial.load, &trial.transport) {
        (Load::Connect(connect), _) => connect.rate,
        // A closed loop opens as many as it can; a thousand a second for each client is more than that.
        (_, Transport::Polling(p)) if !p.keep_alive => {
            f64::from(trial.clients) / p.every.as_secs_f64().max(0.001)
        }
        (_, Transport::LongPolling(l)) if !l.keep_alive => {
            f64::from(trial.clients) * messages.max(1.0 / l.hold.as_secs_f64())
        }
        (_, Transport::SockJs(s)) if s.via.http() && !s.keep_alive => {
            2.0 * f64::from(trial.clients) * messages
        }
        _ => 0.0,
    }
}
