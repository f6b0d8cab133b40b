//! permessage-deflate (RFC 7692) as an option of whatever goes over a WebSocket: its keys in a scenario, its place in a label,
//! and the memory that it takes.
//!
//! What it is, and how the two ends agree on it, is `wsbench_targets::deflate`.

use wsbench_targets::deflate::codec::{deflater_memory, inflater_memory};
use wsbench_targets::deflate::terms::{MAX_BITS, MIN_BITS};
use wsbench_targets::deflate::{Deflate, Side};

use crate::keys::fields::Fields;
use crate::keys::kinds::{Count, Flag, size};
use crate::keys::limits;

const BITS: Count = Count { least: MIN_BITS as u64, most: MAX_BITS as u64 };

/// Reads `deflate = true`, or a table of its terms.
pub(super) fn read(f: &mut Fields<'_>) -> Option<Deflate> {
    let about = "compress messages by permessage-deflate (RFC 7692): true, or a table of its terms; an external server must \
                 accept it";
    f.switch("deflate", about, |f| Some(terms(f)))
}

fn terms(f: &mut Fields<'_>) -> Deflate {
    let default = Deflate::default();
    let about = "the server's messages may refer to earlier ones: smaller, for memory per connection";
    let server = f.or("server-context-takeover", about, Flag, default.server.takeover);
    let about = "the same for the clients' messages";
    let client = f.or("client-context-takeover", about, Flag, default.client.takeover);
    let about = "window of the server's messages, as a power of two";
    let server_bits = f.or("server-max-window-bits", about, BITS, default.server.bits.into());
    let about = "window of the clients' messages, as a power of two";
    let client_bits = f.or("client-max-window-bits", about, BITS, default.client.bits.into());
    let about = "shorter messages are sent as they are, by the clients and by the reference target";
    let threshold = f.or("threshold", about, size(0, limits::PAYLOAD.1), 0);
    let side = |takeover, bits| Side { takeover, bits: u8::try_from(bits).unwrap_or(MAX_BITS) };
    Deflate {
        server: side(server, server_bits),
        client: side(client, client_bits),
        threshold: usize::try_from(threshold).unwrap_or(usize::MAX),
    }
}

/// For a label, a blank before each word; empty where nothing is compressed.
pub(super) fn label(deflate: Option<&Deflate>) -> String {
    let Some(deflate) = deflate else { return String::new() };
    let mut label = " deflate".to_owned();
    for (side, name) in [(deflate.server, "server"), (deflate.client, "client")] {
        if !side.takeover {
            label += &format!(" {name}-no-takeover");
        }
        if side.bits < MAX_BITS {
            label += &format!(" {name}-bits {}", side.bits);
        }
    }
    if deflate.threshold > 0 {
        label += &format!(" from {} B", deflate.threshold);
    }
    label
}

/// Bytes of memory that each connection takes at an end that sends like `own` and receives what is sent like `other`. Who
/// starts afresh with every message has none of its own.
fn memory(own: Side, other: Side) -> u64 {
    let compressor = if own.takeover { deflater_memory(own.bits) } else { 0 };
    let decompressor = if other.takeover { inflater_memory(other.bits) } else { 0 };
    compressor + decompressor
}

/// Of each client, at the harness; where none `sends`, nothing is ever compressed there.
pub(super) fn client_memory(deflate: Option<&Deflate>, sends: bool) -> u64 {
    let silent = |side: Side| if sends { side } else { Side { takeover: false, ..side } };
    deflate.map_or(0, |deflate| memory(silent(deflate.client), deflate.server))
}

/// Of each client, at the reference target.
pub(super) fn server_memory(deflate: Option<&Deflate>) -> u64 {
    deflate.map_or(0, |deflate| memory(deflate.server, deflate.client))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_says_what_is_not_usual() {
        assert_eq!(label(None), "");
        assert_eq!(label(Some(&Deflate::default())), " deflate");
        let (server, client) = (Side { takeover: false, bits: 15 }, Side { takeover: true, bits: 9 });
        let deflate = Deflate { server, client, threshold: 100 };
        assert_eq!(label(Some(&deflate)), " deflate server-no-takeover client-bits 9 from 100 B");
    }

    #[test]
    fn a_context_takes_what_zlib_says() {
        let all = Deflate::default();
        assert_eq!(client_memory(Some(&all), false), 32_768 + 12_000);
        assert_eq!(server_memory(Some(&all)), 262_144 + 32_768 + 12_000);
        let none = Side { takeover: false, bits: 15 };
        assert_eq!(client_memory(Some(&Deflate { server: none, client: none, threshold: 0 }), true), 0);
    }
}
