//! What a connection speaks, once it is open: HTTP/1.1 over its stream, or HTTP/2 over a session of it.
//!
//! The version is a property of how one connects. It must not know what is asked.

use std::time::Duration;

use super::hang_up::hang_up;
use super::two::session::Session;
use crate::drivers::ClientContext;
use crate::drivers::dial::{Stream, dial};
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
    /// Connects, within `timeout`.
    ///
    /// # Errors
    /// Those of [`dial`].
    pub async fn open(context: &ClientContext, timeout: Duration) -> Result<Link, Failure> {
        let stream = dial(context, timeout).await?;
        match context.endpoint.connect.http {
            Http::One => Ok(Link::One(stream)),
            Http::Two => Ok(Link::Two(Box::new(Session::over(stream, &context.shard.meter).await?))),
        }
    }

    /// Closes it in good order. What still comes, an answer that nobody waits for any more, is overhead.
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
