//! Why a target ended that was not told to. Each says what to try.

use std::error::Error;
use std::fmt::{self, Display};
use std::io;
use std::net::SocketAddr;

use tokio::task::JoinError;

/// What makes serving impossible. `Display` includes the cause, in the middle of its sentence, so that
/// [`Error::source`] is left empty: an error chain would print it twice.
#[derive(Debug)]
pub enum ServeError {
    /// The configuration asks for something that cannot be served.
    Config(String),
    /// The address cannot be listened on.
    Bind {
        /// What was asked for.
        at: SocketAddr,
        /// The kernel's reason.
        cause: io::Error,
    },
    /// A line on stdin is no word, or no word that makes sense now.
    Command {
        /// From 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody reads stdout.
    Say(io::Error),
    /// The timer failed, so that there is no pace.
    Clock(io::Error),
    /// The process cannot be set up.
    Runtime {
        /// What could not be done.
        what: &'static str,
        /// The kernel's reason.
        cause: io::Error,
    },
}

impl ServeError {
    /// What the timer's task ended with. It has no other end than an error.
    pub(crate) fn clock(ended: Result<io::Result<()>, JoinError>) -> ServeError {
        ServeError::Clock(match ended {
            Ok(Err(e)) => e,
            Ok(Ok(())) => io::Error::other("it stopped"),
            Err(e) => io::Error::other(e),
        })
    }
}

impl Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Config(why) => write!(f, "{why}"),
            ServeError::Bind { at, cause } => write!(f, "bind {at}: {cause}; choose another with --bind"),
            ServeError::Command { line, why } => {
                write!(
                    f,
                    "stdin line {line}: {why}; a command is {{\"start\":{{\"start\":S,\"begin\":B,\"end\":E}}}}, ns on CLOCK_MONOTONIC"
                )
            }
            ServeError::Say(cause) => write!(f, "write to stdout: {cause}; its reader must stay to the end"),
            ServeError::Clock(cause) => write!(f, "the timer failed: {cause}; start the target again"),
            ServeError::Runtime { what, cause } => write!(f, "cannot {what}: {cause}; see ulimit -a"),
        }
    }
}

impl Error for ServeError {}
