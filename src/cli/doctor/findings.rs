//! What facts mean for a measurement. Pure: facts in, findings out, in the order in which they are shown.
//!
//! It must not know how facts are read or findings are shown.

use serde::Serialize;

use super::facts::Facts;
use crate::os::system::UNKNOWN;
use crate::results::Severity;
use crate::run::verdict::{RULES, busiest, how_busy, is_fast, processes, took};
use crate::text::{Unit, grouped, percent, significant, text};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Level {
    Ok,
    /// Worth knowing, or not knowable here.
    Note,
    /// It will spoil measurements.
    Problem,
}

impl Level {
    pub(super) fn name(self) -> &'static str {
        match self {
            Level::Ok => "ok",
            Level::Note => "note",
            Level::Problem => "problem",
        }
    }

    /// The ANSI colour that underlines the word.
    pub(super) fn code(self) -> &'static str {
        match self {
            Level::Ok => "32",
            Level::Note => "33",
            Level::Problem => "1;31",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Finding {
    pub(super) topic: &'static str,
    pub(super) level: Level,
    /// What is so.
    pub(super) found: String,
    /// What it means for a measurement.
    pub(super) means: String,
    /// The line that mends it, if there is one.
    pub(super) mend: Option<String>,
}

impl Finding {
    fn new(topic: &'static str, found: impl Into<String>, means: &str) -> Finding {
        Finding { topic, level: Level::Ok, found: found.into(), means: means.to_owned(), mend: None }
    }

    /// Worse than ok when `so`; never better than it was.
    fn when(self, so: bool, level: Level, mend: Option<&str>) -> Finding {
        if so { Finding { level, mend: mend.map(str::to_owned), ..self } } else { self }
    }

    /// Nothing can be said about what the system does not tell.
    fn unless_unknown(self) -> Finding {
        let unknown = self.found.contains(UNKNOWN);
        Finding { level: if unknown { Level::Note } else { self.level }, ..self }
    }
}

/// All findings.
pub(super) fn of(facts: &Facts) -> Vec<Finding> {
    vec![
        files(facts),
        ports(facts),
        backlog(facts),
        time_wait(facts),
        congestion_control(facts),
        cores(facts),
        quota(facts),
        steal(facts),
        others(facts),
        other_runs(facts),
        memory(facts),
        clocksource(facts),
        governor(facts),
        build(facts),
    ]
}

fn shown(number: Option<u64>) -> String {
    number.map_or_else(|| UNKNOWN.to_owned(), grouped)
}

fn files(facts: &Facts) -> Finding {
    let (soft, hard, kernel) = (facts.files_soft, facts.files_hard, facts.files_kernel);
    let found = format!("{} soft, {} hard, fs.nr_open {}", grouped(soft), grouped(hard), shown(kernel));
    let means = "A connection is a file. wsbench raises its own soft limit to the hard one; where a process may not \
                 hold all clients it uses more processes, which costs memory and shares cores.";
    let raise =
        kernel.filter(|&kernel| kernel > hard).map(|kernel| format!("ulimit -n {kernel}    # as root"));
    Finding::new("files", found, means).when(hard < 100_000, Level::Note, raise.as_deref()).when(
        hard < 2_048,
        Level::Problem,
        raise.as_deref(),
    )
}

fn ports(facts: &Facts) -> Finding {
    let means = "So many connections fit between one source address and one port of a server. wsbench spreads clients \
                 over 127.0.0.x, 10,000 each; connections that open and close quickly use ports up.";
    let mend = Some("sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"");
    Finding::new("ports", format!("{} an address", grouped(facts.ports.into())), means)
        .when(facts.ports < 28_000, Level::Note, mend)
        .when(facts.ports < 10_000, Level::Problem, mend)
}

fn backlog(facts: &Facts) -> Finding {
    let (accept, syn) = (facts.somaxconn, facts.syn_backlog);
    let found = format!("somaxconn {}, tcp_max_syn_backlog {}", shown(accept), shown(syn));
    let means = "Connections beyond the backlog are dropped and tried again after a second, which spoils connect times \
                 at a high connect-rate (check `backlog`). What a server gives to listen() itself may be less.";
    let mend = Some("sysctl -w net.core.somaxconn=16384 net.ipv4.tcp_max_syn_backlog=16384");
    let least = accept.unwrap_or(u64::MAX).min(syn.unwrap_or(u64::MAX));
    Finding::new("backlog", found, means)
        .when(least < 1_024, Level::Note, mend)
        .when(least < 128, Level::Problem, mend)
        .unless_unknown()
}

fn time_wait(facts: &Facts) -> Finding {
    let means = "0: a closed connection keeps its port for a minute, and a load that opens connections (connect, \
                 keep-alive = false) runs out of ports. 2, the kernel's default, frees it after a second on loopback.";
    Finding::new("tcp_tw_reuse", shown(facts.tw_reuse), means)
        .when(facts.tw_reuse == Some(0), Level::Problem, Some("sysctl -w net.ipv4.tcp_tw_reuse=2"))
        .unless_unknown()
}

fn congestion_control(facts: &Facts) -> Finding {
    let name = facts.congestion_control.as_str();
    let bbr = name.starts_with("bbr");
    let means = if bbr {
        "bbr sends by timers at a rate that it has estimated, on loopback too: a burst may wait for a timer, and each \
         timer costs CPU. Both ends of a run on this machine have it; compare only runs with the same."
    } else {
        "How the kernel paces what it sends; on loopback it hardly matters unless it paces by timers (bbr)."
    };
    let mend = Some("sysctl -w net.ipv4.tcp_congestion_control=cubic");
    Finding::new("congestion control", name, means).when(bbr, Level::Note, mend).unless_unknown()
}

fn cores(facts: &Facts) -> Finding {
    let (usable, online) = (facts.cores, facts.cores_online);
    let found = format!("{usable} usable of {online} online");
    let means = "Generator and target need a core each, or they measure how they take turns. Each further core is one \
                 more shard.";
    Finding::new("cores", found, means)
        .when(usable < online, Level::Note, Some("taskset -pc    # shows which cores this shell may use"))
        .when(usable < 2, Level::Problem, None)
}

fn quota(facts: &Facts) -> Finding {
    let found =
        facts.cpu_quota.map_or_else(|| "none".to_owned(), |quota| format!("{} cores", significant(quota)));
    let means = "With a quota the kernel stops all processes of the group for the rest of each 100 ms once it is used \
                 up: latencies then show pauses of tens of ms that no server made.";
    let mend =
        Some("docker update --cpus 0 <container>    # or cpu.max = max; pin cores with a cpuset instead");
    let tight = facts.cpu_quota.is_some_and(|quota| quota < f64::from(facts.cores));
    Finding::new("cgroup CPU quota", found, means).when(facts.cpu_quota.is_some(), Level::Note, mend).when(
        tight,
        Level::Problem,
        mend,
    )
}

fn steal(facts: &Facts) -> Finding {
    let found = facts.steal.map_or_else(|| UNKNOWN.to_owned(), percent);
    let means = "CPU time that the hypervisor gave to other machines in the last second. Each run looks again, over \
                 its windows (check `steal`). Nothing on this machine helps: try another time, or another host.";
    let rule = RULES.iter().find(|rule| rule.check == "steal");
    let suspected = |severity| rule.and_then(|rule| rule.severity(facts.steal?)) >= Some(severity);
    Finding::new("CPU steal", found, means)
        .when(suspected(Severity::Suspect), Level::Note, None)
        .when(suspected(Severity::Invalid), Level::Problem, None)
        .unless_unknown()
}

fn others(facts: &Facts) -> Finding {
    let found = facts.others.as_ref().map_or_else(|| UNKNOWN.to_owned(), took);
    let names = facts.others.as_ref().map(busiest).filter(|names| !names.is_empty());
    let names = names.map_or_else(String::new, |names| format!(": {names}"));
    let means = "What other programs take of the cores, generator and server wait for: two busy loops \
                 on two cores turned the ranking of two transports round. Each run looks again (`busy-machine`). A \
                 container may show its own programs alone.";
    let mend = Some("top -o %CPU    # end what is not needed, or measure at another hour");
    let bad = facts.others.as_ref().and_then(how_busy);
    let means = format!("In the last second{names}. {means}");
    Finding::new("other programs", found, &means)
        .when(bad >= Some(Severity::Suspect), Level::Note, mend)
        .when(bad >= Some(Severity::Invalid), Level::Problem, mend)
        .unless_unknown()
}

fn other_runs(facts: &Facts) -> Finding {
    let none = facts.other_runs.is_empty();
    let found = if none { "none".to_owned() } else { processes(&facts.other_runs) };
    let means = "Two runs at a time measure each other.";
    Finding::new("other wsbench runs", found, means).when(!none, Level::Problem, None)
}

fn memory(facts: &Facts) -> Finding {
    let bytes = |bytes: u64| text(Unit::Bytes, bytes as f64);
    let limit = facts.memory_limit.filter(|&limit| limit < facts.memory || facts.memory == 0);
    let free = facts.memory_available.map_or_else(|| UNKNOWN.to_owned(), bytes);
    let left =
        facts.memory_limit_left.map_or_else(String::new, |left| format!(", of which {} left", bytes(left)));
    let group = limit.map_or_else(String::new, |limit| format!(", cgroup limit {}{left}", bytes(limit)));
    let found = format!("{free} available of {}{group}", bytes(facts.memory));
    let means = "A client takes 20 to 40 kB of both ends and the kernel together; under a cgroup's limit the kernel \
                 kills a process that passes it.";
    let short = |most: u64| {
        let left = limit.and(facts.memory_limit_left).unwrap_or(u64::MAX);
        facts.memory_available.unwrap_or(u64::MAX).min(left) < most
    };
    let mend = limit.map(|_| "docker update --memory <more> <container>    # or memory.max = max");
    Finding::new("memory", found, means)
        .when(limit.is_some() || short(1 << 30), Level::Note, mend)
        .when(short(256 << 20), Level::Problem, mend)
        .unless_unknown()
}

fn clocksource(facts: &Facts) -> Finding {
    let means = "Each message takes two looks at the clock. tsc and kvm-clock are read in 20 to 50 ns; hpet and acpi_pm \
                 ask a device, a microsecond each.";
    let folder = "/sys/devices/system/clocksource/clocksource0";
    let mend = format!("cat {folder}/available_clocksource; echo tsc > {folder}/current_clocksource");
    Finding::new("clock source", facts.clocksource.as_str(), means)
        .when(!is_fast(&facts.clocksource), Level::Problem, Some(&mend))
        .unless_unknown()
}

fn governor(facts: &Facts) -> Finding {
    let means = "Under powersave, ondemand or schedutil a core that waits is slow to come back: latencies at a low rate \
                 are longer than at a high one. A virtual machine does not tell.";
    let mend = Some("cpupower frequency-set -g performance    # as root");
    let slow = !["performance", UNKNOWN].contains(&facts.governor.as_str());
    Finding::new("CPU governor", facts.governor.as_str(), means)
        .when(slow, Level::Note, mend)
        .unless_unknown()
}

fn build(facts: &Facts) -> Finding {
    let found = if facts.optimised { "optimised" } else { "without optimisation" };
    let means = "An unoptimised generator takes several times the CPU (check `debug-build`).";
    let mend = Some("cargo build --release --locked");
    Finding::new("this build", found, means).when(!facts.optimised, Level::Note, mend)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::census::Others;

    /// So much of four cores.
    fn busy(share: f64) -> Others {
        Others { cores: 4.0, busy: 4.0 * share, idle: 0.0, busiest: vec![("sh".to_owned(), 4.0 * share)] }
    }

    fn good() -> Facts {
        Facts {
            files_soft: 1_024,
            files_hard: 1_048_576,
            files_kernel: Some(1_048_576),
            ports: 28_232,
            somaxconn: Some(4_096),
            syn_backlog: Some(4_096),
            congestion_control: "cubic".to_owned(),
            tw_reuse: Some(2),
            cpu_quota: None,
            memory_limit: None,
            memory_limit_left: None,
            memory: 8 << 30,
            memory_available: Some(6 << 30),
            steal: Some(0.0),
            others: Some(busy(0.01)),
            other_runs: vec![],
            cores: 4,
            cores_online: 4,
            clocksource: "tsc".to_owned(),
            governor: "performance".to_owned(),
            optimised: true,
        }
    }

    #[test]
    fn a_good_machine_is_well() {
        assert!(of(&good()).iter().all(|finding| finding.level == Level::Ok), "{:#?}", of(&good()));
    }

    #[test]
    fn many_other_runs_fit_a_line() {
        let found = other_runs(&Facts { other_runs: (4711..4720).collect(), ..good() }).found;
        assert_eq!(found, "process 4711, 4712, 4713 and 6 more");
    }

    #[test]
    fn each_ailment_is_found_and_no_other() {
        type Case = (&'static str, Level, fn(&mut Facts));
        let cases: &[Case] = &[
            ("files", Level::Note, |f| f.files_hard = 20_000),
            ("files", Level::Problem, |f| f.files_hard = 1_024),
            ("ports", Level::Problem, |f| f.ports = 5_000),
            ("backlog", Level::Note, |f| f.syn_backlog = Some(512)),
            ("backlog", Level::Problem, |f| f.somaxconn = Some(64)),
            ("backlog", Level::Note, |f| f.somaxconn = None),
            ("tcp_tw_reuse", Level::Problem, |f| f.tw_reuse = Some(0)),
            ("congestion control", Level::Note, |f| f.congestion_control = "bbr".to_owned()),
            ("cores", Level::Note, |f| f.cores = 2),
            ("cores", Level::Problem, |f| f.cores = 1),
            ("cgroup CPU quota", Level::Note, |f| f.cpu_quota = Some(4.0)),
            ("cgroup CPU quota", Level::Problem, |f| f.cpu_quota = Some(1.5)),
            ("CPU steal", Level::Note, |f| f.steal = Some(0.05)),
            ("CPU steal", Level::Problem, |f| f.steal = Some(0.2)),
            ("CPU steal", Level::Note, |f| f.steal = None),
            ("other programs", Level::Note, |f| f.others = Some(busy(0.1))),
            ("other programs", Level::Problem, |f| f.others = Some(busy(0.9))),
            ("other programs", Level::Note, |f| f.others = None),
            ("other wsbench runs", Level::Problem, |f| f.other_runs = vec![4711]),
            ("memory", Level::Note, |f| {
                (f.memory_limit, f.memory_limit_left) = (Some(2 << 30), Some(1 << 30))
            }),
            ("memory", Level::Problem, |f| {
                (f.memory_limit, f.memory_limit_left) = (Some(2 << 30), Some(9 << 20))
            }),
            ("memory", Level::Problem, |f| f.memory_available = Some(1 << 20)),
            ("clock source", Level::Problem, |f| f.clocksource = "hpet".to_owned()),
            ("clock source", Level::Note, |f| f.clocksource = UNKNOWN.to_owned()),
            ("CPU governor", Level::Note, |f| f.governor = "powersave".to_owned()),
            ("this build", Level::Note, |f| f.optimised = false),
        ];
        for (topic, level, spoil) in cases {
            let mut facts = good();
            spoil(&mut facts);
            let ill: Vec<Finding> = of(&facts).into_iter().filter(|f| f.level != Level::Ok).collect();
            assert_eq!(ill.iter().map(|f| (f.topic, f.level)).collect::<Vec<_>>(), [(*topic, *level)]);
        }
        let topics: Vec<&str> = cases.iter().map(|case| case.0).collect();
        assert!(of(&good()).iter().all(|finding| topics.contains(&finding.topic)));
    }
}
