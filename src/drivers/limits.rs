//! How much of what a server sends is read, and how long it is waited for: each limit once, for all transports.
//!
//! [`crate::meter::reasons`] names the sizes in the reasons of failures.

use std::time::Duration;

/// The longest head of an answer, and the longest chunk line or trailer section.
pub const MAX_HEAD_BYTES: usize = 64 << 10;
/// Fields of a head. Node reads a thousand, curl five thousand; [`MAX_HEAD_BYTES`] comes first for most.
pub const MAX_HEADER_FIELDS: usize = 4096;
/// The longest message, by whatever it comes: a WebSocket message, a polled body, a line or an event of a stream.
pub const MAX_MESSAGE_BYTES: usize = 16 << 20;
/// Closing, from our last word to the end of the connection, may take so long.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// The same where an answer is broken off: many servers notice that nobody listens only when they next write.
pub const BREAK_OFF_TIMEOUT: Duration = Duration::from_secs(1);
/// Of it, the other end's FIN is waited for so long once both have said that they close: it comes at once, or never.
pub const FIN_TIMEOUT: Duration = Duration::from_millis(500);

/// The request of a session step is answered within this time.
pub const STEP_TIMEOUT: Duration = Duration::from_secs(10);
