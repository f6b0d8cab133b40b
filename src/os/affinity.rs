//! Which cores a thread may use (sched_setaffinity(2)). A process begins with those of the thread that starts it.

use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The cores that this thread may use, by the kernel's numbers.
///
/// # Errors
/// What the kernel answers: more cores than a [`CpuSet`] holds, 1,024.
pub fn cores() -> io::Result<Vec<usize>> {
    let set = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU).filter(|&core| set.is_set(core)).collect())
}

/// Does `what` on `cores`, and then goes back to where this thread was: what a process started by it inherits.
///
/// # Errors
/// What the kernel answers: none of `cores` is there, or this process may use none of them.
pub fn on<T>(cores: &[usize], what: impl FnOnce() -> T) -> io::Result<T> {
    let before = sched_getaffinity(None)?;
    let mut there = CpuSet::new();
    cores.iter().filter(|&&core| core < CpuSet::MAX_CPU).for_each(|&core| there.set(core));
    sched_setaffinity(None, &there)?;
    let done = what();
    sched_setaffinity(None, &before)?;
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_there_meanwhile_and_comes_back() {
        let all = cores().unwrap();
        let last = *all.last().unwrap();
        assert_eq!(on(&[last], cores).unwrap().unwrap(), [last]);
        assert_eq!(cores().unwrap(), all);
    }

    #[test]
    fn no_core_is_an_error_and_changes_nothing() {
        let all = cores().unwrap();
        assert!(on(&[], || ()).is_err());
        assert!(on(&[CpuSet::MAX_CPU], || ()).is_err());
        assert_eq!(cores().unwrap(), all);
    }
}
