//! The terminal behind a stream.

use std::os::fd::AsFd;

use rustix::termios::tcgetwinsize;

/// Its columns; `None` where there is no terminal, or one that does not say.
pub fn columns(of: impl AsFd) -> Option<usize> {
    let size = tcgetwinsize(of).ok()?;
    (size.ws_col > 0).then_some(size.ws_col.into())
}
