//! Socket.IO (protocol 5 over Engine.IO 4, or what Socket.IO 2 speaks over Engine.IO 3): events and acknowledgements
//! over HTTP requests, WebSocket, or one after the other.
//!
//! `engine` and `packet` are the codecs, `conversation` is what is said, `open` how it begins; `drivers::session` carries
//! it. Its other end is any Socket.IO server; there is no reference target.

pub mod conversation;
pub mod engine;
pub mod handshake;
mod open;
pub mod packet;

use super::session::SessionClient;

/// A Socket.IO client.
pub type SocketIo = SessionClient<conversation::Conversation>;
