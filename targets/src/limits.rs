//! What a client may ask of a reference target: sizes and times, in one place so that README and tests
//! agree with the servers.

use std::time::Duration;

/// Bytes of a request line with its headers (HTTP); larger is answered with 431. tungstenite, which reads the
/// upgrade requests, has its own: 64 KiB and 124 lines.
pub const MAX_HEAD: usize = 16 * 1024;

/// Bytes of one message, up or down; a larger one is answered with 413 or WebSocket's close code 1009.
pub const MAX_MESSAGE: usize = 1024 * 1024;

/// Bytes of messages that a target process keeps at a time, of all clients together. Beyond it what is posted is answered
/// with 503, a WebSocket is closed with 1013, and a stream drops its oldest message.
pub const MAX_HELD: usize = 512 * 1024 * 1024;

/// A connection that has not completed a request for so long is closed. Long, because hyper starts this
/// clock when the last answer has gone: kept-alive connections between two polls stand under it too. A connection of HTTP/2 is
/// sent a PING then, and closed if it does not answer.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(600);

/// A WebSocket handshake must be complete after so long.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// Connections that may wait to be accepted; the kernel caps it at net.core.somaxconn.
pub const BACKLOG: u32 = 16 * 1024;

/// Pause after a failed accept (no files left, say), so that the failure does not take the whole core.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// Streams that a client of HTTP/2 may have open at a time on one connection: those of a hundred clients, each with a
/// request that is held and one that posts, and some.
pub const MAX_STREAMS: u32 = 256;

/// Bytes that a stream of HTTP/2 may send before they are read: that of Node, nginx and nghttpd, which is the protocol's own
/// (RFC 9113 §6.9.2). A WebSocket whose client does not read stands with it on the account of [`MAX_HELD`]; all other bodies
/// are read as they come.
pub const STREAM_WINDOW: u32 = 64 * 1024;

/// The same of all streams of a connection. The crate h2 takes more small frames than half as much unread for an attack, and
/// ends the connection: 10,000 small messages in a burst are none.
pub const CONNECTION_WINDOW: u32 = 8 * 1024 * 1024;

/// Bytes that a WebSocket within HTTP/2 may have written, but not sent, because its client does not read.
pub const STREAM_BUFFER: usize = 16 * 1024;

/// Streams that a client of HTTP/2 may reset before they have been looked at; one more ends the connection.
pub const MAX_RESETS: usize = 20;
