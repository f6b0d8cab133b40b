//! What a connection speaks, once it is open: HTTP/1.1 over its stream, or HTTP/2 over a session that others may share.
//!
//! The version is a property of how one connects. It must not know what is asked.

use std::time::Duration;

use super::hang_up::hang_up;
use super::two::pool;
use super::two::session::{Entry, Session};
use crate::drivers::ClientContext;
use crate::drivers::dial::{Stream, dial};
use crate::drivers::opener::Opened;
use crate::meter::{Direction, Failure, Part, Recorder};
use crate::transport::Http;

/// An open connection.
pub enum Link {
    /// HTTP/1.1.
    One(Stream),
    /// HTTP/2. Boxed: most are not.
    Two(Box<Session>),
}

impl Link {
    /// Connects, within `timeout`; over HTTP/2, unless it is to be `alone`, by what others have opened.
    ///
    /// # Errors
    /// Those of [`dial`].
    pub async fn open(context: &ClientContext, timeout: Duration, alone: bool) -> Result<Link, Failure> {
        let session = match (context.endpoint.connect.http, &context.pool) {
            (Http::One, _) => return Ok(Link::One(dial(context, timeout).await?)),
            (Http::Two, Some(pool)) if !alone => pool.session(context, timeout).await?,
            (Http::Two, _) => pool::open(context, timeout, 1).await?,
        };
        Ok(Link::Two(Box::new(session)))
    }

    /// Whether it was opened for who asked for it, and not for another before.
    pub fn opened(&self) -> bool {
        match self {
            Link::One(_) => true,
            Link::Two(session) => session.entry != Entry::Joined,
        }
    }

    /// Nothing is asked over it for now.
    pub fn rest(&mut self) {
        if let Link::Two(session) = self {
            session.rest();
        }
    }

    /// Closes it in good order, unless others have it. What still comes, an answer that nobody waits for any more, is overhead.
    pub async fn hang_up(self, meter: std::rc::Rc<Recorder>, patience: Duration) {
        match self {
            Link::One(stream) => {
                let rest = |bytes: &[u8]| meter.attribute(Direction::Down, Part::Headers, bytes.len());
                hang_up(stream, patience, rest).await;
            }
            Link::Two(session) => session.end(patience).await,
        }
    }
}

impl Opened for Link {
    fn replaces(&self) -> bool {
        match self {
            Link::One(_) => true,
            Link::Two(session) => session.entry == Entry::Opened,
        }
    }
}
