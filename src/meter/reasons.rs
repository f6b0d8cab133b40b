//! What exactly went wrong, where the kind of a failure alone does not say: `401`, `certificate expired`.
//!
//! Counted by name beside the kinds; whoever shows a failure shows these and what to do about them. It must not know who
//! names them: drivers do.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use rustix::io::Errno;
use serde::{Deserialize, Serialize};

/// The certificate's time is over.
pub const EXPIRED: &str = "certificate expired";
/// It has not begun.
pub const NOT_YET: &str = "certificate not yet valid";
/// Nobody whom we trust has signed it.
pub const UNKNOWN_ISSUER: &str = "certificate of an unknown issuer";
/// It names other hosts.
pub const OTHER_HOST: &str = "certificate for another host";
/// It was taken back.
pub const REVOKED: &str = "certificate revoked";
/// Something else is wrong with it.
pub const BAD_CERTIFICATE: &str = "certificate not fit for a server";
/// Plain HTTP came where TLS was due.
pub const PLAIN_HTTP: &str = "plain HTTP on a TLS port";
/// Something else came.
pub const NO_TLS: &str = "no TLS spoken";
/// No version, cipher or protocol that both know.
pub const NOTHING_IN_COMMON: &str = "no TLS version or cipher in common";
/// The server speaks no HTTP/2 over TLS, or does not say so by ALPN.
pub const NO_ALPN_2: &str = "no HTTP/2 by ALPN";
/// The server refuses what is offered by ALPN.
pub const NO_ALPN: &str = "nothing in common by ALPN";
/// What came is not HTTP/2.
pub const NO_HTTP_2: &str = "no HTTP/2 spoken";
/// RST_STREAM came; its code follows.
pub const RESET_STREAM: &str = "reset with";
/// GOAWAY came, before the exchange was over; its code follows.
pub const GO_AWAY: &str = "GOAWAY with";
/// The server breaks the rules of HTTP/2; the code of the error follows.
pub const HTTP_2_FAULT: &str = "HTTP/2:";
/// SETTINGS without ENABLE_CONNECT_PROTOCOL (RFC 8441 §3).
pub const NO_EXTENDED_CONNECT: &str = "no WebSocket over HTTP/2 (RFC 8441)";
/// The server broke the handshake off.
pub const ALERT: &str = "handshake refused by the server";
/// The connection ended before a record of TLS was whole.
pub const TORN_RECORD: &str = "closed in the middle of a TLS record";
/// A record that is none, or was changed on its way.
pub const BAD_RECORD: &str = "TLS record that cannot be read";
/// The server ended TLS with an alert, behind the handshake.
pub const TLS_ALERT: &str = "TLS alert";
/// Anything else in a handshake.
pub const OTHER_TLS: &str = "handshake failed";
/// Sec-WebSocket-Accept does not answer our key.
pub const WRONG_ACCEPT: &str = "wrong Sec-WebSocket-Accept";
/// A 101 that does not say that it is a WebSocket's.
pub const NO_UPGRADE: &str = "101 without Upgrade: websocket";
/// An extension was chosen, and none is spoken here.
pub const EXTENSION: &str = "a WebSocket extension chosen";
/// permessage-deflate was offered, and the server did not choose it.
pub const DEFLATE_DECLINED: &str = "permessage-deflate not accepted";
/// A compressed message that cannot be decompressed.
pub const NO_DEFLATE: &str = "compressed message that is no DEFLATE";
/// None of the subprotocols that were offered, or one where none was.
pub const WRONG_SUBPROTOCOL: &str = "no subprotocol of those offered";
/// A 101 of a version that has no upgrades (RFC 9110 §7.8).
pub const OLD_HTTP: &str = "101 of HTTP/1.0";
/// A server closed without the closing handshake.
pub const NO_CLOSE_FRAME: &str = "closed without a Close frame";
/// Nothing has come for the timeout behind a Ping of the client's: no Pong, nor anything else.
pub const SILENT: &str = "nothing received after a ping";
/// Nothing is at the path of a Unix socket (ENOENT).
pub const NO_SOCKET: &str = "no Unix socket at that path";
/// A Unix socket that this user may not write to (EACCES).
pub const CLOSED_SOCKET: &str = "no permission for the Unix socket";
/// A bit of a frame is set that belongs to an extension.
pub const RESERVED_BIT: &str = "reserved bit set";
/// An answer of another media type where events were asked for.
pub const NO_EVENTS: &str = "no Content-Type: text/event-stream";
/// An answer that never ends, where one that does was asked for.
pub const EVENT_STREAM: &str = "an answer of text/event-stream";
/// A session of polling that may not move to a WebSocket.
pub const NO_UPGRADE_OFFERED: &str = "no upgrade to WebSocket offered";
/// A SockJS server wants its sessions at another host, which nobody has said may be loaded.
pub const OTHER_BASE: &str = "base_url on another host";
/// A Socket.IO server does not let the client into the namespace.
pub const NAMESPACE_REFUSED: &str = "namespace refused";
/// A head longer than is read.
pub const LONG_HEAD: &str = "head over 64 KiB";
/// A body, or what of a stream is no whole message yet, longer than is kept.
pub const LONG_BODY: &str = "answer, line or event over 16 MiB";
/// A body that nothing here can decode.
pub const ENCODED: &str = "compressed answer";
/// A compressed body that cannot be decompressed.
pub const CORRUPT_BODY: &str = "compressed answer that cannot be decompressed";
/// What came behind an answer, or unasked: its connection cannot be kept. No failure by itself.
pub const UNASKED: &str = "unsolicited bytes after a response";
/// A message longer than is kept.
pub const LONG_MESSAGE: &str = "message over 16 MiB";
/// A compressed message, or body, longer than is kept.
pub const LONG_INFLATED: &str = "over 16 MiB when decompressed";
/// A process may have no more files open (EMFILE), or the machine (ENFILE).
pub const NO_FILES: &str = "no file descriptors left";
/// No port is free at the source address (EADDRNOTAVAIL), or none towards that server (EADDRINUSE).
pub const NO_PORTS: &str = "no ports left";
/// The kernel has no memory for another socket (ENOBUFS, ENOMEM).
pub const NO_MEMORY: &str = "no memory for sockets";
/// What the clients of a shard would keep of answers and messages that are not whole.
pub const LONG_TOGETHER: &str = "over 256 MiB of all clients together";

/// (beginning of a name, what to do about it).
const REMEDIES: &[(&str, &str)] = &[
    (EXPIRED, "renew it; insecure = true in [target] measures all the same"),
    (NOT_YET, "look at the clocks of both machines"),
    (
        UNKNOWN_ISSUER,
        "trust its root with ca = \"root.pem\" in [target], or skip verification with insecure = true",
    ),
    (OTHER_HOST, "write the certificate's host into the URL; connect-to aims it at an address"),
    (PLAIN_HTTP, "write http:// or ws://, or the port of the TLS server"),
    (NO_ALPN_2, "http = 1, or turn HTTP/2 on at the server"),
    (NO_ALPN, "the other version of HTTP: http = 1 or http = 2"),
    (NO_HTTP_2, "http = 1: the server does not speak HTTP/2 without TLS, or expects an upgrade"),
    (NO_EXTENDED_CONNECT, "http = 1, or a server that sends SETTINGS_ENABLE_CONNECT_PROTOCOL"),
    (
        EXTENSION,
        "wsbench supports permessage-deflate alone, by deflate = true: remove Sec-WebSocket-Extensions from the headers",
    ),
    (DEFLATE_DECLINED, "turn it on at the server, or remove deflate"),
    (RESERVED_BIT, "the server may compress without negotiation: deflate = true negotiates"),
    (WRONG_SUBPROTOCOL, "subprotocols = [..] in [target] offers what the server speaks"),
    (OTHER_BASE, "use it as the url"),
    (NO_SOCKET, "is the server running? `connect-to` in [target] has the path of its socket"),
    (CLOSED_SOCKET, "run wsbench as a user who may write to it"),
    (NO_EVENTS, "another path, or polling or streaming as the transport"),
    (EVENT_STREAM, "sse = {} (`--as sse`) as the transport reads it"),
    (
        ENCODED,
        "wsbench reads gzip, deflate, br and, of answers that end, zstd: turn others off at the server",
    ),
    (NO_UPGRADE_OFFERED, "via = \"polling\" or via = \"websocket\""),
    (NO_FILES, "raise `ulimit -Hn`, or more shards"),
    (
        NO_PORTS,
        "fewer clients or connections, or more ports: `sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"`",
    ),
    (LONG_TOGETHER, "fewer clients, or an answer that ends sooner"),
    ("300", REDIRECTS),
    ("301", REDIRECTS),
    ("302", REDIRECTS),
    ("303", REDIRECTS),
    ("307", REDIRECTS),
    ("308", REDIRECTS),
    ("401", "headers = { Authorization = \"Bearer ${TOKEN}\" } in [target]"),
    ("407", "a proxy is in between"),
    ("429", "the server limits the rate: a smaller load, or another limit"),
    ("503", "the server, or a proxy in front of it, is overloaded"),
];
const REDIRECTS: &str = "redirects are not followed: use the new location as the url";

/// Different names that a shard keeps; more are counted together.
const MOST: usize = 32;
const OTHERS: &str = "others";

/// Which of this machine's means an error of a socket says are used up.
pub fn used_up(error: &std::io::Error) -> Option<&'static str> {
    match Errno::from_io_error(error)? {
        Errno::MFILE | Errno::NFILE => Some(NO_FILES),
        Errno::ADDRNOTAVAIL | Errno::ADDRINUSE => Some(NO_PORTS),
        Errno::NOBUFS | Errno::NOMEM => Some(NO_MEMORY),
        _ => None,
    }
}

/// How often each exact reason was met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reasons(BTreeMap<String, u64>);

impl Reasons {
    /// One more of that name, or of [`OTHERS`] when there are too many names. A sum has no limit of its own: it has the
    /// names of its parts, and so does not depend on their order.
    pub fn add(&mut self, name: &str) {
        let known = self.0.contains_key(name) || self.0.len() < MOST;
        self.count(if known { name } else { OTHERS }, 1);
    }

    fn count(&mut self, name: &str, many: u64) {
        match self.0.get_mut(name) {
            Some(count) => *count += many,
            None => drop(self.0.insert(name.to_owned(), many)),
        }
    }

    /// Whether it was met by that name.
    pub fn knows(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// (name, count), in the order of the names.
    pub fn each(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, count)| (name.as_str(), *count))
    }

    /// What to do about the most frequent of those for which that is known.
    pub fn remedy(&self) -> Option<&'static str> {
        let known = self.each().filter_map(|(name, count)| Some((count, remedy(name)?)));
        known.max_by_key(|known| known.0).map(|(_, remedy)| remedy)
    }
}

fn remedy(name: &str) -> Option<&'static str> {
    REMEDIES.iter().find(|(head, _)| name.starts_with(head)).map(|(_, remedy)| *remedy)
}

impl AddAssign<&Reasons> for Reasons {
    fn add_assign(&mut self, other: &Reasons) {
        other.0.iter().for_each(|(name, count)| self.count(name, *count));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_cannot_fill_the_memory_with_names() {
        let mut exactly = Reasons::default();
        (0..1_000).for_each(|n| exactly.add(&format!("301 to host{n}")));
        assert_eq!(exactly.each().count(), MOST + 1);
        assert_eq!(exactly.each().map(|(_, count)| count).sum::<u64>(), 1_000);
    }

    #[test]
    fn a_sum_does_not_depend_on_the_order_of_its_parts() {
        let of = |names: std::ops::Range<u32>| {
            let mut reasons = Reasons::default();
            names.for_each(|n| reasons.add(&format!("301 to host{n}")));
            reasons
        };
        let [a, b, c] = [of(0..100), of(20..30), of(25..90)];
        let sum = |parts: [&Reasons; 3]| {
            let mut sum = Reasons::default();
            parts.into_iter().for_each(|part| sum += part);
            sum
        };
        for parts in [[&a, &c, &b], [&b, &a, &c], [&b, &c, &a], [&c, &a, &b], [&c, &b, &a]] {
            assert_eq!(sum(parts), sum([&a, &b, &c]));
        }
    }

    #[test]
    fn what_is_used_up_of_this_machine_is_named() {
        for (errno, name) in [
            (Errno::MFILE, Some(NO_FILES)),
            (Errno::ADDRNOTAVAIL, Some(NO_PORTS)),
            (Errno::NOBUFS, Some(NO_MEMORY)),
            (Errno::CONNREFUSED, None),
        ] {
            assert_eq!(used_up(&errno.into()), name);
        }
        let mut reasons = Reasons::default();
        reasons.add(NO_FILES);
        assert!(reasons.remedy().is_some_and(|remedy| remedy.contains("ulimit")));
    }

    #[test]
    fn the_remedy_is_that_of_the_most_frequent() {
        let mut exactly = Reasons::default();
        exactly.add("401");
        exactly.count("301 to example.com", 2);
        exactly.count("500", 9);
        assert_eq!(exactly.remedy(), Some(REDIRECTS));
        assert_eq!(Reasons::default().remedy(), None);
    }
}
