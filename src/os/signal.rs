//! Signals whose default would end this process before it could say why.

#![allow(unsafe_code, reason = "a disposition is the whole process's, and only the C library sets one")]

/// From here on a file that grows beyond RLIMIT_FSIZE is an error of `write` (EFBIG), like a full disk, and no silent
/// end by SIGXFSZ.
pub fn report_large_files() {
    // SAFETY: no code of ours runs on the signal, and the number is one that may be ignored (signal(7)).
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Whether SIGHUP was ignored by whoever started this process, as `nohup` does: it is to go on without its terminal
/// (proc(5), SigIgn; bit 0 is signal 1).
pub fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}
