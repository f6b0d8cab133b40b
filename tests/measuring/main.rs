//! What starts processes or carries load: the program itself against servers that are made for a test, and clients within
//! the test's own process. `support` is what these share.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod accuracy;
mod against;
mod baseline;
mod blame;
mod busy;
mod cli;
mod cli_output;
mod compare;
mod conformance;
mod deceit;
mod deployed;
mod doctor;
mod failures;
mod files;
mod foreign;
mod hostile_http2;
mod live;
mod measure;
mod pin;
mod rooms;
mod search;
mod secrets;
mod serve;
mod socketio;
mod sockjs;
mod streams;
mod support;
mod third_party;
mod users;
mod verdict;
mod wire;
