//! What the two ends of a WebSocket agree on about compression: `Sec-WebSocket-Extensions: permessage-deflate; ..`
//! (RFC 7692 §7.1), offered by the client and answered by the server.
//!
//! Pure. It must not know how anything is compressed.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

/// The extension's name.
pub const NAME: &str = "permessage-deflate";
/// The header by which extensions are offered and chosen (RFC 6455 §9.1).
pub const EXTENSIONS: &str = "Sec-WebSocket-Extensions";
/// The largest window, 32 KiB: that of an end which says nothing.
pub const MAX_BITS: u8 = 15;
/// The smallest that zlib can compress with. The RFC allows 8, of which zlib makes 9.
pub const MIN_BITS: u8 = 9;

const SERVER_NO_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_BITS: &str = "server_max_window_bits";
const CLIENT_BITS: &str = "client_max_window_bits";

/// How one end compresses what it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Side {
    /// Whether a message may refer to those before it.
    pub takeover: bool,
    /// Size of its window, as a power of two.
    pub bits: u8,
}

impl Default for Side {
    fn default() -> Side {
        Side { takeover: true, bits: MAX_BITS }
    }
}

/// How both ends compress: what one of them would like, or what they have agreed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Deflate {
    /// What the server sends.
    pub server: Side,
    /// What the clients send.
    pub client: Side,
    /// Shorter messages are sent as they are.
    pub threshold: usize,
}

impl Deflate {
    /// The client's offer. It always lets the server choose the client's window (§7.1.2.2).
    pub fn offer(&self) -> String {
        let mut offer = self.parameters(|text, bits| {
            let known = bits.is_some_and(|bits| bits < MAX_BITS).then_some(bits).flatten();
            text.push_str(
                &known.map_or(format!("; {CLIENT_BITS}"), |bits| format!("; {CLIENT_BITS}={bits}")),
            );
        });
        offer.insert_str(0, NAME);
        offer
    }

    fn parameters(&self, client_bits: impl FnOnce(&mut String, Option<u8>)) -> String {
        let mut text = String::new();
        for (side, name) in [(self.server, SERVER_NO_TAKEOVER), (self.client, CLIENT_NO_TAKEOVER)] {
            if !side.takeover {
                // Writing to a String cannot fail.
                let _written = write!(text, "; {name}");
            }
        }
        if self.server.bits < MAX_BITS {
            let _written = write!(text, "; {SERVER_BITS}={}", self.server.bits);
        }
        client_bits(&mut text, Some(self.client.bits));
        text
    }

    /// What the server's answer to the offer `self` makes of it: all extensions that it has chosen, `answer`, must be this one
    /// as it was offered. `Ok(None)`: the server has chosen none.
    ///
    /// # Errors
    /// The server has chosen what was not offered (§7.1.2, §5.1).
    pub fn agreed(&self, answer: &str) -> Result<Option<Deflate>, NotOffered> {
        let mut chosen = answer.split(',').map(str::trim).filter(|one| !one.is_empty());
        let Some(first) = chosen.next() else { return Ok(None) };
        let said = Said::read(first).filter(|_| chosen.next().is_none()).ok_or(NotOffered)?;
        // What was asked of the server it must say again; of itself it may always say more.
        let broken = (!self.server.takeover && !said.server_no_takeover)
            || said.server_bits.is_none_or(|bits| bits.is_none()) && self.server.bits < MAX_BITS
            || said.server_bits.is_some_and(|bits| bits.is_none_or(|bits| bits > self.server.bits))
            || said.client_bits.is_some_and(|bits| bits.is_none_or(|bits| bits > self.client.bits));
        if broken {
            return Err(NotOffered);
        }
        let (own, theirs) = (self.client, self.server);
        Ok(Some(Deflate {
            server: Side {
                takeover: theirs.takeover && !said.server_no_takeover,
                bits: said.server_bits.flatten().unwrap_or(MAX_BITS),
            },
            client: Side {
                takeover: own.takeover && !said.client_no_takeover,
                bits: said.client_bits.flatten().unwrap_or(own.bits),
            },
            ..*self
        }))
    }

    /// What a server that would like `self` takes of a client's `offers`, the first that fits, with the answer that says so.
    pub fn accept(&self, offers: &str) -> Option<(Deflate, String)> {
        offers.split(',').filter_map(|offer| Said::read(offer.trim())).find_map(|said| self.fitted(&said))
    }

    fn fitted(&self, offer: &Said) -> Option<(Deflate, String)> {
        let server = Side {
            takeover: self.server.takeover && !offer.server_no_takeover,
            bits: self.server.bits.min(offer.server_bits.unwrap_or(Some(MAX_BITS))?),
        };
        // Only who offers it can be asked for a smaller window (§7.1.2.2).
        let asked = offer.client_bits.map(|bits| self.client.bits.min(bits.unwrap_or(MAX_BITS)));
        let client = Side {
            takeover: self.client.takeover && !offer.client_no_takeover,
            bits: asked.unwrap_or(MAX_BITS),
        };
        // zlib has no window of 8 bits to compress with: such an offer is declined (§5.1).
        if server.bits < MIN_BITS {
            return None;
        }
        let agreed = Deflate { server, client, threshold: self.threshold };
        let answer = agreed.parameters(|text, bits| {
            if let Some(bits) = bits.filter(|&bits| bits < MAX_BITS) {
                let _written = write!(text, "; {CLIENT_BITS}={bits}");
            }
        });
        Some((agreed, format!("{NAME}{answer}")))
    }
}

/// A server has chosen an extension, or a parameter, that was not offered to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOffered;

/// One offer, or the answer to one.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    server_no_takeover: bool,
    client_no_takeover: bool,
    /// Said; with a value.
    server_bits: Option<Option<u8>>,
    client_bits: Option<Option<u8>>,
}

impl Said {
    /// `None`: another extension, an unknown parameter, one twice, or a value that cannot be (§7.1).
    fn read(text: &str) -> Option<Said> {
        let mut parts = text.split(';').map(str::trim);
        if parts.next() != Some(NAME) {
            return None;
        }
        let mut said = Said::default();
        for part in parts {
            let (name, value) = part.split_once('=').map_or((part, None), |(name, value)| {
                (name.trim_end(), Some(value.trim().trim_matches('"')))
            });
            match (name, value) {
                (SERVER_NO_TAKEOVER, None) if !said.server_no_takeover => said.server_no_takeover = true,
                (CLIENT_NO_TAKEOVER, None) if !said.client_no_takeover => said.client_no_takeover = true,
                (SERVER_BITS, Some(value)) if said.server_bits.is_none() => {
                    said.server_bits = Some(Some(bits(value)?));
                }
                (CLIENT_BITS, None) if said.client_bits.is_none() => said.client_bits = Some(None),
                (CLIENT_BITS, Some(value)) if said.client_bits.is_none() => {
                    said.client_bits = Some(Some(bits(value)?));
                }
                _ => return None,
            }
        }
        Some(said)
    }
}

/// 8 to 15, without a leading zero (§7.1.2.1).
fn bits(text: &str) -> Option<u8> {
    let bits = text.parse::<u8>().ok()?;
    ((8..=MAX_BITS).contains(&bits) && text == bits.to_string()).then_some(bits)
}

#[cfg(test)]
mod tests;
