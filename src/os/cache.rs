//! The processor's cache: memory is asked for ahead of its use.
//!
//! A client is visited once in a thousand visits, and by then its state lies in the third cache or in memory. One line
//! after the other would be waited for as it is met; asked for together they come together, while other work goes on.

#![allow(unsafe_code, reason = "the instruction takes a bare address")]

/// Bytes that come at a time.
const LINE: usize = 64;

/// Asks for all that lies in `what` itself, not for what it points to. Changes nothing but when things are there.
pub fn fetch<T>(what: &T) {
    let start = std::ptr::from_ref(what).cast::<i8>();
    for line in (0..size_of::<T>()).step_by(LINE) {
        ask(start.wrapping_add(line));
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn ask(line: *const i8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: a prefetch neither reads nor writes for the program, and faults at no address.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(line) };
}

#[cfg(not(target_arch = "x86_64"))]
fn ask(_: *const i8) {}
