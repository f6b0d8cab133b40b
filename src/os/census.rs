//! Who uses the CPU: all processes of the machine and the time of its cores, at one moment, and what lies between two.
//!
//! The processes that this one has started, and theirs, are its own; the others are other programs. It must not know what
//! is measured, or how much is too much. Its other ends are `run::verdict`, `doctor` and `calibrate`.

use std::collections::HashMap;
use std::fs;

use serde::Serialize;
use wsbench_targets::clock::{Tick, now};

use super::{affinity, cpu_clock};

/// So many of the busiest are named.
const NAMED: usize = 3;
/// What used less of a core is not named.
const IDLE: f64 = 0.02;
/// The kernel's own threads are children of this one; what they do is mostly the network's work, which is ours. In a
/// container process 2 is like any other.
const KTHREADD: (u32, &str) = (2, "kthreadd");

/// All processes at one moment, and the time of the cores that this one may use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Census {
    at: Tick,
    cores: Option<CoreTime>,
    processes: HashMap<u32, Process>,
}

/// What some cores have done since boot, CPU seconds of all of them together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct CoreTime {
    cores: f64,
    /// Nothing, or the wait for a disk.
    idle: f64,
    /// What the hypervisor gave to somebody else.
    stolen: f64,
    interrupts: f64,
}

/// One process.
#[derive(Clone, Debug, Default, PartialEq)]
struct Process {
    parent: u32,
    name: String,
    /// CPU seconds.
    own_s: f64,
    /// CPU seconds of its children that have ended, in steps of 10 ms.
    children_s: f64,
}

/// What other programs did between two moments.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Others {
    /// Cores that this process may use.
    pub cores: f64,
    /// Cores that other programs kept busy.
    pub busy: f64,
    /// Cores on which nothing ran.
    pub idle: f64,
    /// The busiest of them: name, and cores kept busy.
    pub busiest: Vec<(String, f64)>,
}

impl Census {
    /// Takes one; some 30 µs for each process of the machine.
    pub fn take() -> Census {
        let numbers = affinity::cores().unwrap_or_default();
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let pids = fs::read_dir("/proc").into_iter().flatten();
        let pids = pids.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        Census {
            at: now(),
            cores: core_time(&stat, &numbers),
            // One may end between the listing and the reading.
            processes: pids.filter_map(|pid| Some((pid, process(pid)?))).collect(),
        }
    }

    /// What other programs did from here to `end`; `None` where the kernel does not tell, or in no time.
    pub fn others(&self, end: &Census) -> Option<Others> {
        let seconds = end.at.since(self.at) as f64 / 1e9;
        let (from, to) = self.cores.zip(end.cores)?;
        if seconds <= 0.0 {
            return None;
        }
        let per_second = |from: f64, to: f64| ((to - from) / seconds).max(0.0);
        let me = std::process::id();
        let [(own_from, seen_from), (own_to, seen_to)] = [self, end].map(|census| census.sums(me));
        let idle = per_second(from.idle, to.idle);
        let running = to.cores - idle - per_second(from.stolen, to.stolen);
        // What ran and was not ours: at the most all of it, and without interrupts at the least. Those have no owner, and
        // on loopback they are mostly ours.
        let most = (running - per_second(own_from, own_to)).max(0.0);
        let least = (most - per_second(from.interrupts, to.interrupts)).max(0.0);
        // A container may hide processes, and those that are seen may run on cores that this one may not use.
        let busy = per_second(seen_from, seen_to).clamp(least, most);
        Some(Others { cores: to.cores, busy, idle, busiest: self.busiest(end, seconds) })
    }

    /// Processes of the program `name` that this one has not started, nor they it, and that were started with one of these
    /// words.
    pub fn others_of(&self, name: &str, words: &[&str]) -> Vec<u32> {
        let me = std::process::id();
        let of_it = self.processes.iter().filter(|(_, process)| process.name.starts_with(name));
        let related = |pid| self.whose(pid, me) == Whose::Own || self.whose(me, pid) == Whose::Own;
        let others = of_it.map(|(&pid, _)| pid).filter(|&pid| !related(pid));
        let mut others: Vec<u32> = others.filter(|&pid| started_with(pid, words)).collect();
        others.sort_unstable();
        others
    }

    /// CPU seconds of the processes of `me`, and of all others. A process that ends passes its time on to whoever has
    /// waited for it, so that the sums lose nothing.
    fn sums(&self, me: u32) -> (f64, f64) {
        self.processes.iter().fold((0.0, 0.0), |(ours, others), (&pid, process)| {
            let used = process.own_s + process.children_s;
            match self.whose(pid, me) {
                Whose::Own => (ours + used, others),
                Whose::Other => (ours, others + used),
                Whose::Kernel => (ours, others),
            }
        })
    }

    fn busiest(&self, end: &Census, seconds: f64) -> Vec<(String, f64)> {
        let me = std::process::id();
        let used = |(pid, process): (&u32, &Process)| {
            let before = self.processes.get(pid).map_or(0.0, |before| before.own_s);
            let cores = (process.own_s - before) / seconds;
            (cores > IDLE && end.whose(*pid, me) == Whose::Other).then(|| (process.name.clone(), cores))
        };
        let mut all: Vec<(String, f64)> = end.processes.iter().filter_map(used).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        all.truncate(NAMED);
        all
    }

    /// Who has started `pid`, seen from `me`.
    fn whose(&self, pid: u32, me: u32) -> Whose {
        let mut at = pid;
        // No line of descent is longer than there are processes.
        for _ in 0..=self.processes.len() {
            match self.processes.get(&at) {
                _ if at == me => return Whose::Own,
                Some(process) if (at, process.name.as_str()) == KTHREADD => return Whose::Kernel,
                Some(process) => at = process.parent,
                None => break,
            }
        }
        Whose::Other
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Own,
    Other,
    Kernel,
}

impl Others {
    /// The share of the cores that they took.
    pub fn share(&self) -> f64 {
        self.busy / self.cores.max(1.0)
    }
}

/// The cores of these numbers, of the lines `cpu0 ..` (proc(5), /proc/stat); `None` when there is none.
fn core_time(stat: &str, numbers: &[usize]) -> Option<CoreTime> {
    let mut sum = CoreTime::default();
    for line in stat.lines().filter_map(|line| line.strip_prefix("cpu")) {
        let mut fields = line.split(' ');
        let number = fields.next().and_then(|number| number.parse().ok());
        if !number.is_some_and(|number| numbers.contains(&number)) {
            continue;
        }
        // user, nice, system, idle, iowait, irq, softirq, steal
        let ticks: Vec<f64> = fields.filter_map(|field| field.parse().ok()).collect();
        let seconds = |at: usize| Some(ticks.get(at)? / rustix::param::clock_ticks_per_second() as f64);
        sum.cores += 1.0;
        sum.idle += seconds(3)? + seconds(4)?;
        sum.interrupts += seconds(5)? + seconds(6)?;
        sum.stolen += seconds(7)?;
    }
    (sum.cores > 0.0).then_some(sum)
}

fn started_with(pid: u32, words: &[&str]) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split(|&byte| byte == 0).any(|argument| words.iter().any(|word| word.as_bytes() == argument))
}

fn process(pid: u32) -> Option<Process> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let own_s = cpu_clock::of(pid).ok()? as f64 / 1e9;
    // A program's name may hold any bytes.
    Some(Process { own_s, ..lineage(&String::from_utf8_lossy(&stat))? })
}

/// Of /proc/<pid>/stat the name, the parent (field 4) and the time of children that have ended (16 and 17).
fn lineage(stat: &str) -> Option<Process> {
    let (head, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some(Process {
        parent: fields.get(1)?.parse().ok()?,
        name: head.split_once('(')?.1.to_owned(),
        own_s: 0.0,
        children_s: (ticks(13)? + ticks(14)?) / rustix::param::clock_ticks_per_second() as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "cpu  9 9 9 9 9 9 9 9 0 0\n\
        cpu0 100 0 100 300 100 10 20 30 0 0\ncpu1 1 1 1 1 1 1 1 1 0 0\ncpu2 0 0 0 100 0 0 0 0 0 0\nintr 5\n";

    #[test]
    fn cores_are_those_that_may_be_used() {
        // Ticks are a hundredth of a second wherever Linux runs.
        let two = core_time(STAT, &[0, 2]).unwrap();
        assert_eq!((two.cores, two.idle), (2.0, 5.0));
        assert!((two.interrupts - 0.3).abs() < 1e-9 && (two.stolen - 0.3).abs() < 1e-9, "{two:?}");
        assert_eq!(core_time(STAT, &[7]), None);
        assert_eq!(core_time("cpu0 1 2\n", &[0]), None);
    }

    #[test]
    fn a_process_has_a_parent_and_a_name_whatever_it_is_called() {
        let stat = "12 (a) b (c)) S 7 12 12 0 -1 4194304 100 0 0 0 250 50 30 20 20 0 1 0 100 1 1";
        let one = lineage(stat).unwrap();
        assert_eq!((one.parent, one.name.as_str(), one.children_s), (7, "a) b (c)", 0.5));
        assert_eq!(lineage("nonsense"), None);
    }

    fn census(at_s: u64, idle: f64, interrupts: f64, processes: &[(u32, u32, f64, f64)]) -> Census {
        let process = |&(pid, parent, own_s, children_s): &(u32, u32, f64, f64)| {
            (pid, Process { parent, name: format!("p{pid}"), own_s, children_s })
        };
        Census {
            at: Tick(at_s * 1_000_000_000),
            cores: Some(CoreTime { cores: 2.0, idle, interrupts, stolen: 0.0 }),
            processes: processes.iter().map(process).collect(),
        }
    }

    /// Ten seconds of two cores, of which so much was idle and interrupts.
    fn between(
        idle: f64,
        interrupts: f64,
        from: &[(u32, u32, f64, f64)],
        to: &[(u32, u32, f64, f64)],
    ) -> Others {
        census(5, 100.0, 7.0, from).others(&census(15, 100.0 + idle, 7.0 + interrupts, to)).unwrap()
    }

    #[test]
    fn what_is_not_ours_is_others() {
        let me = std::process::id();
        let (child, other) = (me + 1, me + 2);
        let before = [(1, 0, 5.0, 0.0), (me, 1, 1.0, 0.0), (child, me, 1.0, 0.0), (other, 1, 50.0, 0.0)];
        let after = [(1, 0, 5.0, 0.0), (me, 1, 2.0, 0.0), (child, me, 5.0, 0.0), (other, 1, 59.0, 0.0)];
        let others = between(5.0, 1.0, &before, &after);
        assert!((others.busy - 0.9).abs() < 1e-9 && (others.idle - 0.5).abs() < 1e-9, "{others:?}");
        assert_eq!(others.busiest, [(format!("p{other}"), 0.9)]);
        assert!((others.share() - 0.45).abs() < 1e-9);
    }

    #[test]
    fn who_came_and_went_is_counted_with_whoever_waited() {
        let me = std::process::id();
        let shell = me + 1;
        let before = [(me, 1, 0.0, 0.0), (shell, 1, 1.0, 3.0), (shell + 1, shell, 4.0, 0.0)];
        // The shell's child of before has ended after 6 s, and another after 2 s.
        let after = [(me, 1, 0.0, 0.0), (shell, 1, 1.0, 3.0 + 6.0 + 2.0)];
        let others = between(14.0, 2.0, &before, &after);
        assert!((others.busy - 0.4).abs() < 1e-9, "{others:?}");
    }

    #[test]
    fn what_is_hidden_counts_and_what_cannot_have_been_does_not() {
        let me = [(std::process::id(), 1, 0.0, 0.0)];
        // A container shows its own processes, and the cores of all: 20 s, of which 2 s were interrupts.
        assert!((between(0.0, 2.0, &me, &me).busy - 1.8).abs() < 1e-9);
        // Another program on a core that this one may not use.
        let elsewhere = [me[0], (std::process::id() + 1, 1, 9.0, 0.0)];
        assert!((between(19.0, 0.5, &me, &elsewhere).busy - 0.1).abs() < 1e-9);
        // The kernel's threads are nobody's.
        let all = [me[0], (2, 0, 0.0, 0.0), (77, 2, 9.0, 0.0)];
        let end = |second: &str| {
            let mut end = census(15, 110.0, 16.0, &all);
            end.processes.get_mut(&2).unwrap().name = second.to_owned();
            census(5, 100.0, 7.0, &me).others(&end).unwrap().busy
        };
        assert!(end("kthreadd") < 0.11 && end("sh") > 0.89);
    }

    #[test]
    fn this_machine_has_processes_and_cores() {
        let first = Census::take();
        std::thread::sleep(std::time::Duration::from_millis(100));
        let others = first.others(&Census::take()).unwrap();
        assert!(others.cores >= 1.0 && others.busy <= others.cores && others.idle <= others.cores + 0.3);
        assert!(first.processes.contains_key(&std::process::id()));
        assert_eq!(first.others(&first), None);
        assert_eq!(first.others(&Census::default()), None);
    }
}
