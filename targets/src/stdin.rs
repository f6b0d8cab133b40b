//! Stdin, read in a process of one thread.
//!
//! tokio reads it in a thread of its own. Two threads share their table of files, and then the kernel counts the users
//! of a socket up and down at each system call, and libc asks at each whether it is to be cancelled: 2 to 3 % of what
//! a message costs. It must not know what the lines say.

use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{read, retry_on_intr};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, BufReader, Interest, ReadBuf};

/// Stdin, whatever it is.
pub enum Stdin {
    /// Can be waited for: a pipe, a socket, a terminal.
    Slow(AsyncFd<OwnedFd>),
    /// Is there at once: a file, or nothing.
    Ready,
}

/// Reads the first line, and not a byte behind it: that is for whoever comes next. Blocks.
///
/// # Errors
/// When stdin breaks, or the line is not UTF-8.
pub fn first_line() -> io::Result<String> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while retry_on_intr(|| read(io::stdin(), &mut byte))? > 0 && byte != *b"\n" {
        line.extend_from_slice(&byte);
    }
    String::from_utf8(line).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

impl Stdin {
    /// Of this process; to be called in a runtime. What `std::io::stdin` has read ahead is not seen.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn open() -> io::Result<BufReader<Stdin>> {
        let stdin = rustix::io::dup(io::stdin())?;
        #[expect(
            deprecated,
            reason = "unsound only for a T without I/O safety; an OwnedFd has it, and the successor is unsafe"
        )]
        let slow = AsyncFd::with_interest(stdin, Interest::READABLE);
        let stdin = match slow {
            Ok(slow) => Stdin::Slow(slow),
            // epoll_ctl(2): the file does not support it, because it is always ready.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Stdin::Ready,
            Err(error) => return Err(error),
        };
        Ok(BufReader::new(stdin))
    }
}

impl AsyncRead for Stdin {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Stdin::Slow(slow) = self.get_mut() else { return Poll::Ready(take(buffer)) };
        loop {
            let mut ready = ready!(slow.poll_read_ready(context))?;
            let taken = ready.try_io(|_| match there()? {
                true => take(buffer),
                false => Err(ErrorKind::WouldBlock.into()),
            });
            if let Ok(taken) = taken {
                return Poll::Ready(taken);
            }
        }
    }
}

/// Whether a read would not wait. Asked each time, so that nobody who shares the file finds it non-blocking.
fn there() -> io::Result<bool> {
    let stdin = io::stdin();
    let mut asked = [PollFd::new(&stdin, PollFlags::IN)];
    Ok(retry_on_intr(|| poll(&mut asked, Some(&Timespec::default())))? > 0)
}

fn take(buffer: &mut ReadBuf<'_>) -> io::Result<()> {
    let read = retry_on_intr(|| read(io::stdin(), &mut *buffer.initialize_unfilled()))?;
    buffer.advance(read);
    Ok(())
}
