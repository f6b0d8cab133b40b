//! How much of what a server sends is read, and how long it is waited for: each limit once, for all transports.
//!
//! [`crate::meter::reasons`] names the sizes in the reasons of failures.

use std::time::Duration;

/// The longest message, by whatever it comes: a WebSocket message, a polled body, a line or an event of a stream.
pub const MAX_MESSAGE_BYTES: usize = 16 << 20;
/// Closing, from our last word to the end of the connection, may take so long.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Of it, the other end's FIN is waited for so long once both have said that they close: it comes at once, or never.
pub const FIN_TIMEOUT: Duration = Duration::from_millis(500);
