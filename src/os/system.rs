//! What machine this is.

use std::fs;

/// What stands where the system does not tell.
pub const UNKNOWN: &str = "unknown";

/// Text of a /proc/sys key such as `net/ipv4/tcp_timestamps`, blanks folded; "unknown" when it cannot be read.
pub fn sysctl(key: &str) -> String {
    words_of(&format!("/proc/sys/{key}"))
}

/// What the kernel reads the time from: `tsc`, `kvm-clock`, `hpet`; "unknown" when it cannot be read.
pub fn clocksource() -> String {
    words_of("/sys/devices/system/clocksource/clocksource0/current_clocksource")
}

/// How the first core's frequency is governed: `performance`, `powersave`; "unknown" when it cannot be read.
pub fn governor() -> String {
    words_of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
}

fn words_of(path: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if folded.is_empty() { UNKNOWN.to_owned() } else { folded }
}

/// Cores that the machine has running, whether this process may use them or not; 0 when unknown.
pub fn cores_online() -> u32 {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    u32::try_from(text.lines().filter(|line| line.starts_with("processor")).count()).unwrap_or(0)
}

/// Kernel release, as `uname -r`.
pub fn kernel() -> String {
    rustix::system::uname().release().to_string_lossy().into_owned()
}

/// The CPU's name, "unknown" where /proc/cpuinfo has none.
pub fn cpu() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned())
}

/// Memory of the machine in bytes; 0 when unknown.
pub fn memory() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kilobytes: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kilobytes.unwrap_or(0) * 1024
}

/// Cores that this process may use, at least 1.
pub fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX))
}

/// Ephemeral ports that one source address has, `net.ipv4.ip_local_port_range`; 28,232 is the kernel's default.
pub fn ports() -> u32 {
    let range = sysctl("net/ipv4/ip_local_port_range");
    let mut ends = range.split(' ').filter_map(|end| end.parse::<u32>().ok());
    match (ends.next(), ends.next()) {
        (Some(first), Some(last)) if last >= first => last - first + 1,
        _ => 28_232,
    }
}
