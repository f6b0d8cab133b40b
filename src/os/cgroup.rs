//! What the control groups of this process allow, and what they have taken away: CPU time and memory, cgroup v2 or v1
//! (cgroups(7)).
//!
//! The tightest limit on the way up to the root counts. `None` means that none could be found, as on a machine
//! without limits.

use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = "/sys/fs/cgroup";
/// v1 writes "no limit" as a number near 2^63.
const UNLIMITED: u64 = 1 << 60;

/// Cores' worth of CPU time that this process's group may use.
pub fn cpu_quota() -> Option<f64> {
    let v2 = folders("", "").into_iter().filter_map(|folder| quota_v2(&read(&folder, "cpu.max")?));
    let v1 = folders("cpu", "cpu").into_iter().filter_map(|folder| {
        let number = |name: &str| read(&folder, name)?.trim().parse::<f64>().ok();
        quota(number("cpu.cfs_quota_us")?, number("cpu.cfs_period_us")?)
    });
    v2.chain(v1).reduce(f64::min)
}

/// How long processes of this process's group, or of one above it, were stopped because its quota was used up, ns since
/// the group was made. `None` where no group counts it.
pub fn throttled_ns() -> Option<u64> {
    let v2 = folders("", "").into_iter().filter_map(|folder| {
        Some(field(&read(&folder, "cpu.stat")?, "throttled_usec")?.saturating_mul(1_000))
    });
    let v1 = folders("cpu", "cpu").into_iter();
    let v1 = v1.filter_map(|folder| field(&read(&folder, "cpu.stat")?, "throttled_time"));
    v2.chain(v1).reduce(u64::saturating_add)
}

/// Memory that a group may use, and what of it is left, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupMemory {
    /// The limit.
    pub limit: u64,
    /// Of it, what is not in use, or would be given back at once (files that were read, and not lately).
    pub left: u64,
}

/// Of this process's group and those above it, the one that has the least left; `None` where none has a limit.
pub fn memory() -> Option<GroupMemory> {
    let v2 = folders("", "")
        .into_iter()
        .filter_map(|folder| group_memory(&folder, ["memory.max", "memory.current", "inactive_file"]));
    let v1 = folders("memory", "memory").into_iter().filter_map(|folder| {
        group_memory(&folder, ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"])
    });
    v2.chain(v1).min_by_key(|group| group.left)
}

fn group_memory(folder: &Path, [limit, used, cached]: [&str; 3]) -> Option<GroupMemory> {
    let number = |name: &str| read(folder, name)?.trim().parse::<u64>().ok();
    let limit = number(limit).filter(|&bytes| bytes < UNLIMITED)?;
    let cached = read(folder, "memory.stat").and_then(|stat| field(&stat, cached)).unwrap_or(0);
    let used = number(used)?.saturating_sub(cached);
    Some(GroupMemory { limit, left: limit.saturating_sub(used) })
}

/// The number behind a name that begins a line.
fn field(stat: &str, name: &str) -> Option<u64> {
    stat.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

/// `max 100000` or `150000 100000`.
fn quota_v2(text: &str) -> Option<f64> {
    let (most, period) = text.trim().split_once(' ')?;
    quota(most.parse().ok()?, period.parse().ok()?)
}

fn quota(most: f64, period: f64) -> Option<f64> {
    (most > 0.0 && period > 0.0).then(|| most / period)
}

fn read(folder: &Path, name: &str) -> Option<String> {
    fs::read_to_string(folder.join(name)).ok()
}

/// The group's folder and those above it, for a controller of v1, or for v2 (no name).
fn folders(controller: &str, mount: &str) -> Vec<PathBuf> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let root = Path::new(ROOT).join(mount);
    let Some(path) = group(&own, controller) else { return vec![] };
    let inside = root.join(path.trim_start_matches('/'));
    // In a container the path may be the host's: then only the root is there, and it is the container's own.
    inside.ancestors().take_while(|folder| folder.starts_with(&root)).map(Path::to_owned).collect()
}

/// The path behind `4:memory:/a`, or `0::/a`.
fn group<'a>(own: &'a str, controller: &str) -> Option<&'a str> {
    own.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (names, path) = (parts.next()?, parts.next()?);
        names.split(',').any(|name| name == controller).then_some(path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_read() {
        let own = "4:memory:/box/7\n1:cpu,cpuacct:/\n0::/slice\n";
        assert_eq!((group(own, "memory"), group(own, "cpu")), (Some("/box/7"), Some("/")));
        assert_eq!((group(own, ""), group(own, "pids")), (Some("/slice"), None));
        assert_eq!(quota_v2("150000 100000\n"), Some(1.5));
        assert_eq!((quota_v2("max 100000\n"), quota(-1.0, 100_000.0)), (None, None));
        let stat = "nr_periods 9\nthrottled_usec 1200\nthrottled_usec_x 3\n";
        assert_eq!((field(stat, "throttled_usec"), field(stat, "throttled")), (Some(1_200), None));
    }

    #[test]
    fn what_is_left_of_a_groups_memory_is_what_it_could_have() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let left = || group_memory(folder.path(), ["max", "current", "inactive_file"]);
        write("max", "24000000\n");
        assert_eq!(left(), None, "what is in use is not known");
        write("current", "20000000\n");
        assert_eq!(left(), Some(GroupMemory { limit: 24_000_000, left: 4_000_000 }));
        write("memory.stat", "anon 12000000\ninactive_file 5000000\n");
        assert_eq!(left(), Some(GroupMemory { limit: 24_000_000, left: 9_000_000 }));
        write("max", "max\n");
        assert_eq!(left(), None);
        write("max", "9223372036854771712\n");
        assert_eq!(left(), None, "as v1 writes that there is no limit");
    }
}
