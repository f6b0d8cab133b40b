//! What the control groups of this process allow: CPU time and memory, cgroup v2 or v1 (cgroups(7)).
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

/// Bytes of memory that this process's group may use.
pub fn memory_limit() -> Option<u64> {
    let v2 = folders("", "").into_iter().filter_map(|folder| read(&folder, "memory.max"));
    let v1 =
        folders("memory", "memory").into_iter().filter_map(|folder| read(&folder, "memory.limit_in_bytes"));
    let limits = v2.chain(v1).filter_map(|text| text.trim().parse().ok());
    limits.filter(|&bytes: &u64| bytes < UNLIMITED).min()
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
    }
}
