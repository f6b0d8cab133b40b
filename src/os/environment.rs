//! The environment of this process.

#![allow(unsafe_code, reason = "the environment belongs to all threads, and here there is one")]

use std::ffi::{OsStr, OsString};
use std::fs::read_dir;

/// Of the variables that stand for flags.
const PREFIX: &[u8] = b"WSBENCH_";

/// Whether a variable is meant for this program.
pub fn is_ours(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX)
}

/// A variable of ours that is set to nothing counts as not set. Where there are several threads already, nothing is done.
pub fn forget_empty() {
    let empty = |(name, value): &(OsString, OsString)| is_ours(name) && value.is_empty();
    let names: Vec<_> = std::env::vars_os().filter(empty).map(|(name, _)| name).collect();
    if names.is_empty() || !alone() {
        return;
    }
    for name in names {
        // SAFETY: no other thread of this process could read the environment meanwhile: there is none.
        unsafe { std::env::remove_var(name) };
    }
}

/// A variable by its old name, where the new one is not set. Where there are several threads already, nothing is done.
pub fn rename(old: &str, new: &str) {
    let (Some(value), None) = (std::env::var_os(old), std::env::var_os(new)) else { return };
    if alone() {
        // SAFETY: no other thread of this process could read the environment meanwhile: there is none.
        unsafe {
            std::env::set_var(new, value);
            std::env::remove_var(old);
        }
    }
}

fn alone() -> bool {
    read_dir("/proc/self/task").is_ok_and(|threads| threads.count() == 1)
}
