//! HTTP from the client's end: just what polling, streams, sessions and an upgrade need, over a counted stream.
//!
//! [`connection`] is the one way over HTTP: `exchange` carries a request and its answer over it, `head` and `body` are the
//! decoders, `heading` and `request` the encoder, `profile` says which fields a request has; `two` is the same over HTTP/2, and `link` which of both it is. `asker`, `post` and `with_post` are what several transports do with it. reqwest and
//! hyper cannot carry a counting socket cheaply, so requests are bytes that are built once, and heads are read by
//! `httparse`; and the one request that is not measured, whether a third-party server is ready, is no reason for a client
//! with forty crates of its own.

pub mod asker;
pub mod body;
pub mod carrier;
pub mod coding;
pub mod connection;
pub mod exchange;
mod external;
pub mod feed;
pub mod hang_up;
pub mod head;
mod head_cache;
pub mod heading;
pub mod link;
pub mod post;
pub mod profile;
pub mod refusal;
pub mod request;
pub mod step;
pub mod two;
pub mod with_post;
