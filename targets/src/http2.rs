//! HTTP/2 on the port of every target (RFC 9113): one connection of many streams, each answered by a task of its own.
//!
//! It must not know what is asked or answered: requests and answers are those of HTTP/1.1, and hyper, over the crate h2,
//! writes them down in either version. Fields that HTTP/2 has not (`Connection`, `Transfer-Encoding`) it leaves out, and a
//! small message goes out as soon as it is there. The client's end is the harness's `drivers/http`.

use std::cell::Cell;
use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use h2::Reason;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::task::spawn_local;
use tokio::time::sleep;

use crate::http::Content;
use crate::limits::{
    CONNECTION_WINDOW, HEAD_TIMEOUT, MAX_HEAD, MAX_RESETS, MAX_STREAMS, STREAM_BUFFER, STREAM_WINDOW,
};
use crate::socket::Stream;

/// How the HTTP/2 of one target is spoken.
pub(crate) struct Http2 {
    connection: Builder<ThisThread>,
    patience: Duration,
}

impl Http2 {
    /// `patience` is how long a connection may be without a request at first. One that is silent later is asked whether it
    /// lives.
    pub(crate) fn new(date: bool, patience: Duration) -> Http2 {
        let mut connection = Builder::new(ThisThread);
        connection
            .auto_date_header(date)
            .timer(TokioTimer::new())
            .keep_alive_interval(patience.max(HEAD_TIMEOUT))
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(MAX_HEAD as u32)
            .max_pending_accept_reset_streams(MAX_RESETS)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buf_size(STREAM_BUFFER);
        Http2 { connection, patience }
    }

    /// The same, saying that a stream may become a WebSocket (RFC 8441).
    pub(crate) fn with_websockets(mut self) -> Http2 {
        self.connection.enable_connect_protocol();
        self
    }

    /// Serves a connection to its end, each of its requests by `answer`.
    pub(crate) async fn serve<F>(
        &self,
        socket: Stream,
        answer: impl Fn(Request<Incoming>) -> F + 'static,
    ) -> Result<(), String>
    where
        F: Future<Output = Response<Content>> + 'static,
    {
        let asked = Rc::new(Cell::new(false));
        let service = service_fn({
            let asked = Rc::clone(&asked);
            move |request| {
                asked.set(true);
                let answered = answer(request);
                async move { Ok::<_, Infallible>(answered.await) }
            }
        });
        let mut connection = pin!(self.connection.serve_connection(TokioIo::new(socket), service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = sleep(self.patience) => match asked.get() {
                true => connection.await,
                false => return Err(format!("HTTP/2: no request in {:?}", self.patience)),
            },
        };
        match ended {
            Err(e) if !is_hang_up(&e) => Err(format!("HTTP/2: {}", with_causes(&e))),
            _ => Ok(()),
        }
    }
}

/// Whether an end is its client's wish: it hung up, or gave a stream up. So ends every request that is held.
pub(crate) fn is_hang_up(error: &(dyn Error + 'static)) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    if let Some(io) = error.downcast_ref::<io::Error>() {
        let within = io.get_ref().is_some_and(|within| is_hang_up(within));
        return within || matches!(io.kind(), BrokenPipe | ConnectionReset | UnexpectedEof);
    }
    if let Some(h2) = error.downcast_ref::<h2::Error>() {
        let wish = matches!(h2.reason(), Some(Reason::CANCEL | Reason::NO_ERROR));
        return wish || h2.get_io().is_some_and(|io| is_hang_up(io));
    }
    error.source().is_some_and(is_hang_up)
}

/// hyper says that something is wrong, and the cause says what.
fn with_causes(error: &(dyn Error + 'static)) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", with_causes(cause)),
        None => error.to_string(),
    }
}

/// A target's tasks stay on its one thread.
#[derive(Clone, Copy)]
struct ThisThread;

impl<F: Future<Output = ()> + 'static> Executor<F> for ThisThread {
    fn execute(&self, task: F) {
        spawn_local(task);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_hang_up_or_give_a_stream_up() {
        let by_h2 = |reason: Reason| io::Error::other(h2::Error::from(reason));
        for wish in [by_h2(Reason::CANCEL), by_h2(Reason::NO_ERROR), ErrorKind::BrokenPipe.into()] {
            assert!(is_hang_up(&wish), "{wish}");
        }
        for fault in [by_h2(Reason::PROTOCOL_ERROR), by_h2(Reason::ENHANCE_YOUR_CALM), io::Error::other("?")]
        {
            assert!(!is_hang_up(&fault), "{fault}");
        }
    }
}
