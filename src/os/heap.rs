//! How the C library's heap treats large blocks.

#![allow(unsafe_code, reason = "only the C library knows its heap")]

/// From here on a block that has become large grows in place and is gone when freed.
///
/// By default glibc raises the limit to what was once freed, at most 32 MiB (mallopt(3), M_MMAP_THRESHOLD): sixty clients
/// whose answers grow side by side then left holes, and took 400 MiB for the 256 that they may hold together.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn map_large_blocks() {
    /// Above what a usual message needs (`drivers::buffer`), as pages of one's own cost a fault each.
    const LARGE: libc::c_int = 1 << 20;
    /// So much that is free at the heap's end is kept, or a message of half a megabyte would fetch it anew each time.
    const KEPT: libc::c_int = 4 << 20;
    for (name, bytes) in [(libc::M_MMAP_THRESHOLD, LARGE), (libc::M_TRIM_THRESHOLD, KEPT)] {
        // SAFETY: it changes how later blocks are found, and none that is there. One that it does not take stays as it was.
        unsafe { libc::mallopt(name, bytes) };
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn map_large_blocks() {}
