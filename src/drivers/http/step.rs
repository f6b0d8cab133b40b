//! Requests of session steps: a login, a ticket, a negotiation, beside what carries messages.
//!
//! Cookies are kept, as everywhere; a redirect that is expected is an answer, and is not followed. It must not know which
//! steps stand around it.

use wsbench_targets::clock::now;
use wsbench_targets::headers::RequestKind;
use wsbench_targets::wire::Header;

use super::connection::{Connection, Purpose};
use super::profile::profile;
use super::request::Request;
use crate::drivers::ClientContext;
use crate::drivers::limits::STEP_TIMEOUT;
use crate::drivers::percent::encode;
use crate::drivers::said::quoted;
use crate::message::template::{in_line, plain};
use crate::meter::Failure;
use crate::session::client::ClientSession;
use crate::session::{Request as Asked, Source};

/// The connection of one client's requests.
pub struct Requests {
    connection: Connection,
}

impl Requests {
    /// Nothing is opened yet.
    pub fn new(context: &ClientContext) -> Requests {
        let purpose = Purpose::Session { streams: false };
        Requests { connection: Connection::new(context.beside_session(), purpose, STEP_TIMEOUT, true) }
    }

    /// Asks what step `nth` asks, and saves what it saves.
    ///
    /// # Errors
    /// As for [`Connection::answer`]; [`Failure::Status`] and [`Failure::Session`], by name, for an answer that is not what
    /// it must be.
    pub async fn run(&mut self, nth: usize, asked: &Asked, session: &ClientSession) -> Result<(), Failure> {
        let request = self.request(asked, session);
        self.connection.begin(now());
        let head = self.connection.request(&request).await?;
        let named = |source: &Source| match source {
            Source::Header(name) => Some((name.clone(), self.connection.field(name))),
            _ => None,
        };
        let headers: Vec<_> = asked.save.iter().filter_map(|save| named(&save.from)).collect();
        while self.connection.piece().await? {}
        let (meter, body) = (&self.connection.context.shard.meter, self.connection.body());
        if asked.status.is_some_and(|status| status != head.status) {
            let right = asked.status.unwrap_or_default();
            meter.reason_in_words(
                &format!("step {nth}: status {} instead of {right}", head.status),
                &quoted(body),
            );
            return Err(Failure::Status);
        }
        let header =
            |name: &str| headers.iter().find(|(known, _)| known == name).and_then(|found| found.1.clone());
        if let Err(save) = session.save(&asked.save, body, &header) {
            meter.reason_in_words(
                &format!("step {nth}: nothing to save as {} in the answer", save.name),
                &quoted(body),
            );
            return Err(Failure::Session);
        }
        self.connection.drop_body();
        Ok(())
    }

    fn request(&self, asked: &Asked, session: &ClientSession) -> Request {
        let context = &self.connection.context;
        let context = context.at(session.text(&asked.path, encode));
        let body = asked.body.as_ref().map(|body| session.text(body, plain));
        let header = |(name, value): &(String, String)| Header(name.clone(), session.text(value, in_line));
        let mut more: Vec<Header> = asked.headers.iter().map(header).collect();
        let has = |more: &[Header], name: &str| more.iter().any(|header| header.0.eq_ignore_ascii_case(name));
        if let Some(body) = &body {
            if !has(&more, "content-type") {
                more.push(Header("Content-Type".to_owned(), content_type(body).to_owned()));
            }
            more.push(Header("Content-Length".to_owned(), body.len().to_string()));
        }
        let kind = if body.is_some() { RequestKind::Post } else { RequestKind::Fetch };
        let mut request = Request::new(&context, asked.method.name(), "", &profile(&context, kind), &more);
        request.set_body(body.unwrap_or_default().as_bytes(), 0);
        match asked.status {
            Some(status) => request.for_status(status),
            None => request,
        }
    }

    /// The connection closes in a task of its own: nothing waits for it.
    pub fn close(self) {
        tokio::task::spawn_local(self.connection.close());
    }
}

/// What a body says that it is.
fn content_type(body: &str) -> &'static str {
    let form = |body: &str| {
        !body.is_empty() && body.split('&').all(|pair| pair.contains('=')) && !body.contains(['\n', '{', ' '])
    };
    match serde_json::from_str::<serde_json::Value>(body) {
        Ok(_) => "application/json",
        Err(_) if form(body) => "application/x-www-form-urlencoded",
        Err(_) => "text/plain",
    }
}

#[cfg(test)]
mod tests {
    use super::content_type;

    #[test]
    fn a_body_says_what_it_is() {
        for (body, kind) in [
            ("{\"a\":1}", "application/json"),
            ("user=a&password=b", "application/x-www-form-urlencoded"),
            ("hello = you", "text/plain"),
            ("", "text/plain"),
        ] {
            assert_eq!(content_type(body), kind, "{body}");
        }
    }
}
