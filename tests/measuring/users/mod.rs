//! Clients as deployed servers see them: what keeps them connected, and who each of them is. Real servers, the real
//! program.

#![allow(clippy::result_large_err, reason = "tungstenite's callback for a handshake answers so")]

mod cookies;
mod paths;
mod pings;
mod posts;
mod unix;
mod values;
