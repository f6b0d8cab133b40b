//! Drivers: the client's end of each transport, one file each, decoders without I/O beside them.
//!
//! A driver must not know which load drives it or how many others there are. Static dispatch: futures need not be
//! `Send`, a client lives and dies on one thread.

pub mod arrivals;
pub mod buffer;
pub mod connect_options;
mod context;
pub mod cookies;
pub mod deadline;
pub mod dial;
mod endpoint;
pub mod http;
pub mod json;
pub mod limits;
pub mod long_polling;
pub mod memory_budget;
pub mod opener;
mod percent;
pub mod polling;
pub mod retry;
mod said;
#[cfg(test)]
mod scripted;
pub mod session;
pub mod socketio;
pub mod sockjs;
pub mod sse;
pub mod streaming;
pub mod tls;
pub mod websocket;
pub mod with_session;

use wsbench_targets::clock::Tick;
use wsbench_targets::wire::Stamp;

pub use context::{ClientContext, ShardContext};
pub use endpoint::{Address, Endpoint, Expects};
use with_session::WithSession;

use crate::meter::Failure;
use crate::transport::Transport;

/// One client's end of a transport.
///
/// An error is counted by the caller, who calls again at once: what has broken waits for itself ([`retry`]) and holds
/// back nothing else; the call that needs it opens it again and goes on where the last one stopped.
#[allow(async_fn_in_trait, reason = "futures stay on their thread; nobody needs to name their bounds")]
pub trait Driver: Sized + 'static {
    /// The transport's options.
    type Options: Clone + 'static;

    /// Opens what carries messages: a TCP connection, and the upgrade where there is one.
    async fn connect(context: ClientContext, options: &Self::Options) -> Result<Self, Failure>;

    /// Sends one message; over HTTP, begins to. What becomes of it then says [`Driver::taken`], or the call that
    /// receives.
    async fn send(&mut self, message: &[u8]) -> Result<(), Failure>;

    /// Waits until the server has taken what was sent, where the transport says so.
    async fn taken(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// Whether a server says something without being asked: messages, pings. Such a client receives from the moment it is
    /// connected, while others still connect; one that asks begins with the load.
    const UNASKED: bool;

    /// The next message. Cancel-safe: a call that is dropped loses nothing.
    async fn recv(&mut self) -> Result<Arrival, Failure>;

    /// Closes in the protocol's own way and waits for the other end, for [`limits::CLOSE_TIMEOUT`] at the most. What
    /// goes wrong meanwhile counts against nobody: all was measured by then.
    async fn close(self);
}

/// What is done with the driver of a transport, whichever it is.
pub trait WithDriver {
    /// What comes of it.
    type Output;

    /// Does it.
    fn with<D: Driver>(self, options: &D::Options) -> Self::Output;
}

/// The one `match` from a transport to its driver.
pub fn with_driver<W: WithDriver>(transport: &Transport, what: W) -> W::Output {
    match transport {
        Transport::Polling(options) => what.with::<WithSession<polling::Polling>>(options),
        Transport::LongPolling(options) => what.with::<WithSession<long_polling::LongPolling>>(options),
        Transport::WebSocket(options) => what.with::<WithSession<websocket::WebSocket>>(options),
        Transport::Streaming(options) => what.with::<WithSession<streaming::Streaming>>(options),
        Transport::Sse(options) => what.with::<WithSession<sse::Sse>>(options),
        Transport::SocketIo(options) => what.with::<WithSession<socketio::SocketIo>>(options),
        Transport::SockJs(options) => what.with::<WithSession<sockjs::SockJs>>(options),
    }
}

/// A message that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Which message it is, and when it was due.
    pub stamp: Stamp,
    /// When its bytes were decoded, however late it is handed out.
    pub at: Tick,
    /// It is not as it was sent.
    pub altered: bool,
}
