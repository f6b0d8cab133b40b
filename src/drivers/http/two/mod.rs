//! HTTP/2 (RFC 9113) from the client's end: what [`super::exchange`] does over a stream of its own, over one of many.
//!
//! The crate h2 keeps streams, windows and SETTINGS. [`wire`] lies between it and TLS: there each byte is seen and
//! accounted for ([`frames`], [`contents`]), and there the heads of requests are ours ([`hpack`]). Who shares a connection
//! with whom says [`pool`].

mod contents;
pub mod exchange;
pub mod frames;
pub mod hpack;
pub mod pool;
mod request;
pub mod session;
pub mod settings;
mod slot;
pub mod trouble;
pub mod tunnel;
mod unread;
mod wire;

#[cfg(test)]
mod tests;
