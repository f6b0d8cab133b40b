//! Long-polling (Comet): a `GET` is answered at once when the client is behind, otherwise it is held until a
//! message comes, the hold has passed, or the same client asks again.
//!
//! It must not know HTTP, that is `http`; the client's end is the harness's long-polling driver. A client
//! that hangs up while it is held ends its subscription: hyper drops the answer's future.

use bytes::Bytes;
use tokio::time::timeout;

use crate::http::{Answer, Content, whole};
use crate::stream_handle::{StreamHandle, Woken};
use crate::transport::{LongPolling, route};

impl Answer for LongPolling {
    const ROUTE: &'static str = route::WAIT;

    async fn answer(&self, handle: StreamHandle, cursor: u64) -> Content {
        let subscription = handle.subscribe();
        handle.acknowledge(cursor);
        // tokio's timer, a millisecond late, will do for a hold: it forgets a cancelled one at once.
        whole(match timeout(self.hold, subscription.changed(cursor)).await {
            Ok(Woken::Message) => handle.since(cursor),
            Ok(Woken::Superseded) | Err(_) => Bytes::new(),
        })
    }
}
