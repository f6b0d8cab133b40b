//! A child that does not outlive whoever started it, however that one ends (prctl(2), PR_SET_PDEATHSIG).

#![allow(unsafe_code, reason = "what runs between fork and exec is for the caller to answer for")]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};

/// The child of `command` gets SIGTERM when the thread that starts it ends.
pub fn end_with_parent(command: &mut Command) {
    let parent = getpid();
    let ask = move || {
        set_parent_process_death_signal(Some(Signal::TERM))?;
        // It may have ended before the question.
        if getppid() == Some(parent) { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
    };
    // SAFETY: between fork and exec only what is async-signal-safe may run: two system calls are, and nothing here
    // allocates or takes a lock.
    unsafe { command.pre_exec(ask) };
}
