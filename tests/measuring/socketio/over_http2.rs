//! Socket.IO over HTTP/2, through a proxy of another make before the server by hand.

use super::*;
use crate::support::nghttpx::Nghttpx;
use wsbench::transport::{Access, Http};

#[test]
#[ignore = "needs nghttpx (Debian: nghttp2-proxy)"]
fn echoes_come_home_by_polling_and_by_websocket() {
    // An upgrade goes over a connection that nghttpx has used before, and the server by hand looks at the first request alone.
    for via in [Carrier::Polling, Carrier::WebSocket] {
        let engine = Engine::start(joined());
        let proxy = Nghttpx::before(engine.address);
        let access = Access { http: Some(Http::Two), ..Access::default() };
        let options = Options { access, ..by(via) };
        let (_, tally) = live(proxy.address, &options, async |client, _| {
            for seq in 0..20 {
                assert_eq!(echo(client, seq).await, Ok(seq), "{via:?}");
            }
        });
        let seen = engine.seen();
        assert_eq!((seen.sessions, seen.messages), (1, 20), "{via:?}");
        let total = tally.traffic.total();
        assert_eq!((total.up.payload, total.down.payload), (400, 400), "{via:?}");
        assert_eq!(total.connections, 1, "{via:?}: what is sent goes over what is there");
        assert!(total.up.control > 24, "{via:?}: HTTP/2 has a preface");
        ledger_closes(&tally, &format!("{via:?}"));
    }
}
