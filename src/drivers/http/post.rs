//! Sends a client's messages by `POST`, over a second connection: a request must not queue behind a parked one
//! (RFC 6202 §2.2).

use std::time::Duration;

use wsbench_targets::clock::now;
use wsbench_targets::wire::{Header, route};

use super::exchange::Line;
use super::request::Request;
use crate::drivers::Seat;
use crate::meter::Failure;

/// The sending side of an HTTP client; opened with its first message.
pub struct Post {
    seat: Seat,
    line: Line,
    /// What is said of the body besides its length.
    more: Vec<Header>,
    request: Option<(usize, Request)>,
}

impl Post {
    /// Nothing is opened yet.
    pub fn new(seat: Seat, patience: Duration, keep_alive: bool) -> Post {
        Post { line: Line::closed(seat.clone(), patience, keep_alive), seat, more: vec![], request: None }
    }

    /// The same, with bodies of that Content-Type.
    pub fn of(self, kind: &str) -> Post {
        Post { more: vec![Header("Content-Type".to_owned(), kind.to_owned())], ..self }
    }

    /// Sends one message and waits until the server has taken it.
    pub async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        self.send_in(message, 0).await
    }

    /// Sends one message in a body of which `envelope` bytes are what wraps it.
    pub async fn send_in(&mut self, body: &[u8], envelope: usize) -> Result<(), Failure> {
        // The head is built again only when the length changes.
        let mut request = match self.request.take() {
            Some((length, request)) if length == body.len() => request,
            _ => self.head(body.len()),
        };
        request.set_body(body, envelope);
        self.line.begin(now());
        let outcome = self.line.answer(&request).await;
        self.line.let_go();
        self.request = Some((body.len(), request));
        outcome?;
        self.seat.site.meter.event(|phase| phase.messages_up += 1);
        Ok(())
    }

    fn head(&self, length: usize) -> Request {
        let length = [Header("Content-Length".to_owned(), length.to_string())];
        let more = [self.more.as_slice(), &length].concat();
        Request::new(&self.seat, "POST", route::SEND, &self.seat.site.headers.request, &more)
    }

    /// Closes the connection, if one was opened.
    pub async fn close(self) {
        self.line.close().await;
    }
}
