//! The same targets over HTTP/2: messages, fields, frames to the byte, and clients that mean no good.

mod client;
mod foreign;
mod hostile;
mod polling;
mod streams;
mod versions;
mod violations;
mod websocket;
