//! HTTP/1.1 from the client's end: just what polling, streams and an upgrade need, over a counted stream.
//!
//! reqwest and hyper cannot carry a counting socket cheaply, so the request is built once as bytes and
//! the response head is read by `httparse`.

pub mod body;
pub mod exchange;
pub mod feed;
mod head_cache;
pub mod page;
pub mod post;
pub mod posting;
pub mod refusal;
pub mod request;
pub mod response;
pub mod stream;
