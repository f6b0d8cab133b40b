//! The first words of a session: what the server says of it, and under which path it is reached.
//!
//! Pure. What is said comes from a server, so all of it has bounds.

use std::time::Duration;

use serde::Deserialize;

use crate::drivers::{ClientContext, percent};
use crate::meter::Failure;
use crate::transport::{Eio, SocketIo as Options};

/// The longest interval in ms: a day.
const MAX_INTERVAL: u64 = 86_400_000;
/// What a server takes in one request unless it says so: Engine.IO's own default.
const MAX_PAYLOAD: usize = 1_000_000;

/// What a server says of a new session, in the data of its open packet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handshake {
    /// Names the session.
    pub sid: String,
    /// Carriers that a session of polling may change to.
    #[serde(default)]
    pub upgrades: Vec<String>,
    /// From heartbeat to heartbeat, in ms.
    ping_interval: u64,
    /// How long the answer to one may take, in ms.
    ping_timeout: u64,
    /// Bytes of a request's body at the most.
    #[serde(default = "max_payload")]
    pub max_payload: usize,
}

fn max_payload() -> usize {
    MAX_PAYLOAD
}

impl Handshake {
    /// Reads the data of an open packet.
    pub fn read(data: &str) -> Result<Handshake, Failure> {
        serde_json::from_str(data).map_err(|_| Failure::Protocol)
    }

    /// From heartbeat to heartbeat.
    pub fn interval(&self) -> Duration {
        Duration::from_millis(self.ping_interval.clamp(1, MAX_INTERVAL))
    }

    /// Who hears nothing for so long may take the connection for dead (Engine.IO 4, Heartbeat).
    pub fn silence(&self) -> Duration {
        self.interval() + Duration::from_millis(self.ping_timeout.clamp(1, MAX_INTERVAL))
    }
}

/// Path and query of a request for a session: that of the target's URL where it has one, else that of the options.
pub fn path(context: &ClientContext, options: &Options, transport: &str, sid: Option<&str>) -> String {
    let own = context.path().filter(|path| path != "/");
    let base = own.as_deref().unwrap_or(&options.path);
    let (mark, eio) =
        (if base.contains('?') { '&' } else { '?' }, if options.eio == Eio::Four { 4 } else { 3 });
    let mut path = format!("{base}{mark}EIO={eio}&transport={transport}");
    if options.eio == Eio::Three && transport == "polling" {
        // Else its payloads would be bytes once one packet of them is.
        path += "&b64=1";
    }
    if let Some(sid) = sid {
        path += &format!("&sid={}", percent::encoded(sid));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handshake_is_read_and_bounded() {
        let text =
            r#"{"sid":"a","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":9}"#;
        let read = Handshake::read(text).unwrap();
        assert_eq!((read.sid.as_str(), read.max_payload, read.silence()), ("a", 9, Duration::from_secs(45)));
        let text = r#"{"sid":"a","pingInterval":18446744073709551615,"pingTimeout":0}"#;
        let wild = Handshake::read(text).unwrap();
        assert_eq!((wild.interval(), wild.max_payload), (Duration::from_hours(24), MAX_PAYLOAD));
        for bad in ["", "{}", "[]", r#"{"sid":1,"pingInterval":1,"pingTimeout":1}"#] {
            assert_eq!(Handshake::read(bad), Err(Failure::Protocol), "{bad}");
        }
    }
}
