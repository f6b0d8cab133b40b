//! WebSocket (RFC 6455): an upgrade, then frames in both directions.
//!
//! The upgrade goes through our own HTTP so that its bytes are known exactly; frames through tungstenite's state
//! machine over the counted stream. Its other end is `wsbench_targets::websocket`, or any WebSocket server.

use std::rc::Rc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use wsbench_targets::clock::now;
use wsbench_targets::wire::{Header, Stamp, WebSocket as Options, route};

use super::dial::{Stream, dial};
use super::http::exchange::hang_up;
use super::http::refusal::{misread, refusal};
use super::http::request::Request;
use super::http::response::{decode, line};
use super::{Driver, Seat};
use crate::meter::{Direction, Failure, Part, exactly};

/// Messages here are small, and a hundred thousand clients each have such a buffer. tungstenite's default of 128 KiB costs
/// double the CPU at 1,000 connections (shared/PERFORMANCE.md).
const READ_BUFFER: usize = 2048;
const MAX_MESSAGE: usize = 16 << 20;
/// The other end's answer to our Close is waited for so long.
const CLOSING: Duration = Duration::from_secs(5);

/// A WebSocket client.
pub struct WebSocket {
    seat: Seat,
    options: Options,
    socket: Option<WebSocketStream<Stream>>,
    /// Number of the next message wanted: where to go on after a reconnect.
    cursor: u64,
    /// Our Close has left: theirs is the answer.
    closing: bool,
}

impl Driver for WebSocket {
    type Options = Options;

    async fn connect(seat: Seat, options: &Options) -> Result<WebSocket, Failure> {
        let mut client =
            WebSocket { seat, options: options.clone(), socket: None, cursor: 0, closing: false };
        client.open().await?;
        Ok(client)
    }

    async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        self.reopen().await?;
        let Some(socket) = &mut self.socket else { return Err(Failure::Local) };
        let text = std::str::from_utf8(message).map_err(|_| Failure::Protocol)?;
        if let Err(error) = socket.send(Message::Text(Utf8Bytes::from(text))).await {
            return Err(self.broken(&error));
        }
        let meter = &self.seat.site.meter;
        meter.attribute(Direction::Up, Part::Payload, message.len());
        meter.attribute(Direction::Up, Part::Framing, frame_header(message.len()) + MASK);
        meter.event(|phase| phase.messages_up += 1);
        Ok(())
    }

    async fn recv(&mut self) -> Result<Stamp, Failure> {
        self.reopen().await?;
        loop {
            let Some(socket) = &mut self.socket else { return Err(Failure::Local) };
            let message = match socket.next().await {
                Some(Ok(message)) => message,
                Some(Err(error)) => return Err(self.broken(&error)),
                None => return Err(self.broken(&Error::ConnectionClosed)),
            };
            if let Some(stamp) = self.take(&message) {
                return Ok(stamp);
            }
        }
    }

    async fn close(mut self) -> Result<(), Failure> {
        let Some(mut socket) = self.socket.take() else { return Ok(()) };
        let meter = &self.seat.site.meter;
        // An empty Close: 2 bytes of frame and the mask.
        socket.close(None).await.map_err(|e| failure(&e))?;
        meter.attribute(Direction::Up, Part::Framing, frame_header(0) + MASK);
        self.closing = true;
        // Messages that were under way are bytes on the wire, and nothing more.
        let answered = async {
            while let Some(Ok(message)) = socket.next().await {
                self.take(&message);
            }
        };
        timeout(CLOSING, answered).await.map_err(|_| Failure::Timeout)?;
        hang_up(socket.into_inner(), Rc::clone(&self.seat.site.meter)).await;
        Ok(())
    }
}

/// Client frames are masked (RFC 6455 §5.3).
const MASK: usize = 4;

/// Bytes of a frame's header without the mask (RFC 6455 §5.2).
fn frame_header(payload: usize) -> usize {
    match payload {
        0..=125 => 2,
        126..=65_535 => 4,
        _ => 10,
    }
}

impl WebSocket {
    async fn reopen(&mut self) -> Result<(), Failure> {
        if self.socket.is_none() {
            // Boxed: a rare state that every client would carry for ever.
            Box::pin(self.open()).await?;
            self.seat.site.meter.count(|c| c.reconnects += 1);
        }
        Ok(())
    }

    async fn open(&mut self) -> Result<(), Failure> {
        let began = now();
        let stream = dial(&self.seat, self.options.timeout).await?;
        let upgraded = timeout(self.options.timeout, self.upgrade(stream)).await;
        let (stream, ahead) = upgraded.map_err(|_| Failure::Timeout)??;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        let socket = WebSocketStream::from_partially_read(stream, ahead, Role::Client, Some(config)).await;
        self.socket = Some(socket);
        self.seat.site.meter.connected(began);
        Ok(())
    }

    /// The opening handshake (RFC 6455 §4.1); the stream, and what came behind the 101.
    async fn upgrade(&self, mut stream: Stream) -> Result<(Stream, Vec<u8>), Failure> {
        let (seat, meter) = (&self.seat, &self.seat.site.meter);
        let key = generate_key();
        let more = [
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", &key),
        ]
        .map(|(name, value)| Header(name.to_owned(), value.to_owned()));
        let more: Vec<Header> = more.into_iter().chain(seat.endpoint.approach.offer()).collect();
        let mut request = Request::new(seat, "GET", route::PUSH, &seat.site.headers.upgrade_request, &more);
        request.set_cursor(self.cursor);
        stream.write_all(request.bytes()).await.map_err(|e| Failure::from(&e))?;
        request.attribute(meter);
        meter.event(|phase| phase.requests += 1);
        let mut inbox = Vec::with_capacity(512);
        let response = loop {
            let ended = stream.read_buf(&mut inbox).await.map_err(|e| Failure::from(&e))? == 0;
            if let Some(response) = decode(&inbox, ended).map_err(|e| misread(e, &inbox, meter))? {
                break response;
            }
        };
        let ahead = inbox.split_off(response.length);
        meter.attribute(Direction::Down, Part::Headers, response.length);
        meter.event(|phase| phase.responses += 1);
        if response.status != 101 {
            return Err(refusal(response.status, &inbox, meter));
        }
        if response.accept.as_deref() != Some(&derive_accept_key(key.as_bytes())) {
            meter.exactly(exactly::WRONG_ACCEPT);
            return Err(Failure::Protocol);
        }
        if !seat.endpoint.approach.agrees(line(&inbox, "Sec-WebSocket-Protocol").as_deref()) {
            meter.exactly(exactly::WRONG_SUBPROTOCOL);
            return Err(Failure::Protocol);
        }
        Ok((stream, ahead))
    }

    /// Accounts for one message; its stamp, if it carries one.
    fn take(&mut self, message: &Message) -> Option<Stamp> {
        let meter = &self.seat.site.meter;
        let payload = match message {
            Message::Text(text) => text.as_bytes(),
            Message::Binary(bytes) => bytes,
            control => {
                self.account_control(control);
                return None;
            }
        };
        meter.attribute(Direction::Down, Part::Framing, frame_header(payload.len()));
        meter.attribute(Direction::Down, Part::Payload, payload.len());
        meter.event(|phase| phase.messages_down += 1);
        let stamp = self.seat.stamp(payload)?;
        self.cursor = self.cursor.max(stamp.seq.saturating_add(1));
        Some(stamp)
    }

    /// Control frames are framing: theirs, and what tungstenite answers a Ping or their Close with.
    fn account_control(&self, message: &Message) {
        let (length, answered) = match message {
            // A Close carries two bytes of code before its reason (RFC 6455 §5.5.1).
            Message::Close(frame) => (frame.as_ref().map_or(0, |f| 2 + f.reason.len()), !self.closing),
            other => (other.len(), other.is_ping()),
        };
        let meter = &self.seat.site.meter;
        meter.attribute(Direction::Down, Part::Framing, frame_header(length) + length);
        if answered {
            meter.attribute(Direction::Up, Part::Framing, frame_header(length) + MASK + length);
        }
    }

    fn broken(&mut self, error: &Error) -> Failure {
        self.socket = None;
        failure(error)
    }
}

fn failure(error: &Error) -> Failure {
    match error {
        Error::Io(error) => Failure::from(error),
        Error::ConnectionClosed | Error::AlreadyClosed => Failure::Closed,
        Error::Protocol(
            tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
        ) => Failure::Reset,
        _ => Failure::Protocol,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_headers_are_those_of_rfc_6455() {
        for (payload, header) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            assert_eq!(frame_header(payload), header);
        }
    }
}
