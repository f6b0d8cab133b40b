//! How many files a process may hold.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the soft RLIMIT_NOFILE to the hard one and returns it; the hard one is what counts from then on.
pub fn raise_files() -> io::Result<u64> {
    let hard = files();
    setrlimit(Resource::Nofile, Rlimit { current: Some(hard), maximum: Some(hard) })?;
    Ok(hard)
}

/// The hard RLIMIT_NOFILE.
pub fn files() -> u64 {
    getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX)
}

/// The soft RLIMIT_NOFILE.
pub fn files_soft() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}
