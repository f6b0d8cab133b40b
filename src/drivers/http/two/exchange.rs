//! An exchange over one stream of many: what [`Exchange`] does where the connection speaks HTTP/2.
//!
//! Its states are the same, and what comes lands in the same place; heads are fields here, not bytes.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::HeaderMap;

use super::session::{Session, Streamed};
use super::trouble::Trouble;
use crate::drivers::http::exchange::{Exchange, State};
use crate::drivers::http::head::{HTTP_2, length_in_http_1, of_stream};
use crate::drivers::http::request::Request;
use crate::meter::{Failure, reasons};

/// What an exchange has of its own over HTTP/2.
pub(in crate::drivers::http) struct Two {
    /// Its stream.
    pub(in crate::drivers::http) streamed: Streamed,
    /// The fields of its answer.
    pub(in crate::drivers::http) fields: HeaderMap,
}

impl Exchange {
    /// Sends the request, with these further lines in its head, and waits for the head of the answer.
    pub(in crate::drivers::http) async fn converse_two(
        &mut self,
        session: &mut Session,
        request: &Request,
        lines: &[u8],
    ) -> Result<(), Failure> {
        let outcome = self.ask_two(session, request, lines).await;
        outcome.map_err(|trouble| self.troubled(trouble))
    }

    async fn ask_two(
        &mut self,
        session: &mut Session,
        request: &Request,
        lines: &[u8],
    ) -> Result<(), Trouble> {
        if self.unsent() {
            if request.protocol().is_some() && !session.connects().await {
                let reason = Some(reasons::NO_EXTENDED_CONNECT.to_owned());
                return Err(Trouble { reason, ..Trouble::from(Failure::Protocol) });
            }
            poll_fn(|cx| session.poll_ready(cx)).await?;
            let streamed = session.ask(request.asking(lines)?)?;
            self.two = Some(Box::new(Two { streamed, fields: HeaderMap::new() }));
            self.state = State::Waiting;
            self.meter.event(|phase| phase.requests += 1);
        }
        let Some(two) = &mut self.two else {
            debug_assert!(false, "nothing was asked");
            return Err(Failure::Closed.into());
        };
        let answered = poll_fn(|cx| Pin::new(&mut two.streamed.response).poll(cx)).await;
        let answered = answered.map_err(|error| session.wire().trouble(&error))?;
        let (parts, body) = answered.into_parts();
        let plain = length_in_http_1(&parts) as u64;
        self.meter.event(|phase| phase.down.field_blocks_as_http_1 += plain);
        let head = of_stream(&parts).map_err(too_long)?;
        (two.streamed.body, two.fields) = (Some(body), parts.headers);
        debug_assert_eq!(head.version, HTTP_2);
        Ok(self.headed(head)?)
    }

    /// Reads on into the inbox; 0 is the end of the body. `besides`: so much memory is held elsewhere.
    pub(in crate::drivers::http) fn poll_data(
        &mut self,
        session: &mut Session,
        besides: usize,
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, Failure>> {
        let streamed = self.two.as_mut().map(|two| &mut two.streamed);
        let Some(Streamed { body: Some(body), reading, .. }) = streamed else {
            return Poll::Ready(Ok(0));
        };
        loop {
            let Poll::Ready(data) = body.poll_data(cx) else {
                self.inbox.rest_away(besides, &self.meter)?;
                return Poll::Pending;
            };
            let data = match data {
                None => return Poll::Ready(Ok(0)),
                Some(Ok(data)) if data.is_empty() => continue,
                Some(Ok(data)) => data,
                Some(Err(error)) => {
                    let trouble = session.wire().trouble(&error);
                    return Poll::Ready(Err(self.troubled(trouble)));
                }
            };
            // It fails where the stream is over: then nobody waits for the window.
            let _over = body.flow_control().release_capacity(data.len());
            reading.took(data.len());
            self.inbox.push(&data, besides, &self.meter)?;
            return Poll::Ready(Ok(data.len()));
        }
    }

    fn troubled(&mut self, trouble: Trouble) -> Failure {
        let failure = trouble.failure;
        self.trouble = Some(Box::new(trouble));
        failure
    }
}

/// A head that is not read costs its exchange alone.
fn too_long(failure: Failure) -> Trouble {
    let reason = (failure == Failure::TooLarge).then(|| reasons::LONG_HEAD.to_owned());
    Trouble { reason, alone: true, ..Trouble::from(failure) }
}
