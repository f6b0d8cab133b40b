//! The state of the whole machine at one moment: what the kernel counts for all processes together.
//!
//! Each number is `None` where the kernel does not tell; nobody may take that for 0. Its other end is whoever takes
//! two and looks at the difference.

use std::fs;

use rustix::time::{ClockId, clock_gettime};

use super::cgroup;

/// One look at the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MachineSnapshot {
    /// Time of all cores since boot, in ticks.
    pub cpu: Option<u64>,
    /// Of it, what the hypervisor gave to somebody else.
    pub steal: Option<u64>,
    /// Connections that a listening socket dropped, for a full backlog or another reason (TcpExt ListenDrops; the
    /// overflows are among them). Of this network namespace, as the next one.
    pub listen_drops: Option<u64>,
    /// SYNs that were sent again (TcpExt TCPSynRetrans).
    pub syn_retransmits: Option<u64>,
    /// Memory that could be had without swapping, bytes.
    pub memory_available: Option<u64>,
    /// Memory that the control groups leave this process, bytes; `None` without a limit too.
    pub group_memory_left: Option<u64>,
    /// How long a control group has stopped its processes for its quota's sake, ns.
    pub throttled_ns: Option<u64>,
    /// Ports that closed connections still hold (TIME_WAIT).
    pub time_wait: Option<u64>,
    /// What TCP sockets hold that nobody has read or acknowledged yet, bytes (/proc/net/sockstat): of the whole machine,
    /// whatever its namespaces, and counted ahead by up to 1 MiB a core.
    pub socket_memory: Option<u64>,
    /// CLOCK_REALTIME minus CLOCK_MONOTONIC, ns: it moves when somebody sets the clock.
    pub offset_ns: i128,
}

impl MachineSnapshot {
    /// Takes one; some 0.3 ms.
    pub fn take() -> MachineSnapshot {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpu = cpu_ticks(&text("/proc/stat"));
        let (net, sockets) = (text("/proc/net/netstat"), text("/proc/net/sockstat"));
        let tcp = sockets.lines().find(|line| line.starts_with("TCP:")).unwrap_or_default();
        MachineSnapshot {
            cpu: cpu.map(|(all, _)| all),
            steal: cpu.map(|(_, steal)| steal),
            listen_drops: counter(&net, "ListenDrops"),
            syn_retransmits: counter(&net, "TCPSynRetrans"),
            memory_available: after(&text("/proc/meminfo"), "MemAvailable:")
                .map(|kilobytes| kilobytes * 1024),
            group_memory_left: cgroup::memory().map(|memory| memory.left),
            throttled_ns: cgroup::throttled_ns(),
            time_wait: after(tcp, "tw"),
            socket_memory: after(tcp, "mem").map(|pages| pages * rustix::param::page_size() as u64),
            offset_ns: nanoseconds(ClockId::Realtime) - nanoseconds(ClockId::Monotonic),
        }
    }
}

fn nanoseconds(clock: ClockId) -> i128 {
    let time = clock_gettime(clock);
    i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec)
}

/// (all, stolen) ticks: the first eight fields (proc(5), /proc/stat); guests are in the first two already.
fn cpu_ticks(stat: &str) -> Option<(u64, u64)> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let fields: Vec<u64> = line.split_whitespace().take(8).filter_map(|field| field.parse().ok()).collect();
    Some((fields.iter().sum(), *fields.get(7)?))
}

/// A counter of /proc/net/netstat: a line of names, and below it a line of numbers.
fn counter(netstat: &str, name: &str) -> Option<u64> {
    let mut lines = netstat.lines().filter(|line| line.starts_with("TcpExt:"));
    let (names, values) = (lines.next()?, lines.next()?);
    let place = names.split_whitespace().position(|one| one == name)?;
    values.split_whitespace().nth(place)?.parse().ok()
}

/// The number behind a word.
fn after(text: &str, word: &str) -> Option<u64> {
    text.split_whitespace().skip_while(|one| *one != word).nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_by_name() {
        let net = "TcpExt: A ListenDrops B\nTcpExt: 1 22 3\nIpExt: A\nIpExt: 1\n";
        assert_eq!((counter(net, "ListenDrops"), counter(net, "C")), (Some(22), None));
        assert_eq!(after("MemFree: 1 kB\nMemAvailable: 17 kB", "MemAvailable:"), Some(17));
        assert_eq!(after("TCP: inuse 2 orphan 0 tw 5 alloc 2", "tw"), Some(5));
        assert_eq!(cpu_ticks("cpu  1 2 3 4 5 6 7 8 1 1\ncpu0 1"), Some((36, 8)));
        assert_eq!(cpu_ticks("cpu  1 2 3\n"), None);
    }

    #[test]
    fn this_machine_has_a_state() {
        let machine = MachineSnapshot::take();
        assert!(machine.cpu > Some(0) && machine.memory_available > Some(0), "{machine:?}");
        assert!(machine.offset_ns > 0 && machine.socket_memory.is_some(), "{machine:?}");
    }
}
