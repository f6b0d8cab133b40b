//! SockJS 0.3.3: a WebSocket, or what took its place in browsers that had none; with or without frames of its own.
//!
//! `frame` is the codec, `conversation` what is said, `urls` where; `drivers::session` carries it. Whatever fails ends a
//! session, as in sockjs-client: its server cannot say which messages came. Its other end is any SockJS server.

pub mod conversation;
pub mod frame;
mod open;
mod urls;

use super::session::SessionClient;

/// A SockJS client.
pub type SockJs = SessionClient<conversation::Conversation>;
