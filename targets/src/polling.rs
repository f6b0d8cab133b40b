//! Polling: every `GET` is answered at once with what is there.
//!
//! It must not know HTTP, that is `http`; the client's end is the harness's polling driver.

use crate::http::{Answer, Content, whole};
use crate::stream_handle::StreamHandle;
use crate::transport::{Polling, Reply, route};

/// Answers by [`Polling::reply`].
impl Answer for Polling {
    const ROUTE: &'static str = route::POLL;

    async fn answer(&self, handle: StreamHandle, cursor: u64) -> Content {
        whole(match self.reply {
            Reply::Latest => handle.latest().unwrap_or_default(),
            Reply::Since => {
                handle.acknowledge(cursor);
                handle.since(cursor)
            }
        })
    }

    fn keep(&self, ring: usize) -> usize {
        match self.reply {
            Reply::Latest => 1,
            Reply::Since => ring,
        }
    }
}
