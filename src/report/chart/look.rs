//! How a series looks, the same on every chart of a report. The hue is its transport's own, and variants of one transport
//! have other tints of it, or hues of their own where no other transport needs them. No two have the same marker while there
//! are enough, so that greyscale tells them apart too.
//!
//! It must not know charts. Its other end is `transport::Facts::colour`.

use super::sheet::{Ink, Point, Sheet};
use super::stroke::{MARKERS, Marker, marker};
use crate::transport::Transport;

/// How a series looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    pub ink: Ink,
    /// Lengths on and off; solid when empty.
    pub dash: &'static [f64],
    pub marker: Marker,
}

const DASHES: [&[f64]; 5] = [&[], &[22.0, 8.0], &[7.0, 6.0], &[22.0, 6.0, 6.0, 6.0], &[12.0, 10.0]];
/// What a variant's hue is mixed with, and how much of it.
const TINTS: [(Ink, f64); 5] =
    [(Ink::WHITE, 0.0), (Ink::BLACK, 0.45), (Ink::WHITE, 0.42), (Ink::BLACK, 0.7), (Ink::WHITE, 0.6)];

impl Look {
    /// Of a transport that stands alone.
    pub fn of(transport: &Transport) -> Look {
        let ([red, green, blue], place) = (transport.colour(), transport.place());
        Look {
            ink: Ink(red, green, blue),
            dash: DASHES[place % DASHES.len()],
            marker: MARKERS[place % MARKERS.len()],
        }
    }

    /// For what must not be compared.
    pub fn paler(self) -> Look {
        Look { ink: self.ink.mixed(Ink::WHITE, 0.55), ..self }
    }

    /// Its marker about `at`.
    pub fn mark(self, sheet: &mut Sheet, at: Point, radius: f64) {
        marker(sheet, at, radius, self.marker, self.ink);
    }

    /// The same, hollow.
    pub fn ring(self, sheet: &mut Sheet, at: Point, radius: f64) {
        self.mark(sheet, at, radius);
        marker(sheet, at, radius - 4.5, self.marker, Ink::WHITE);
    }

    fn tinted(self, variant: usize) -> Look {
        let (toward, share) = TINTS[variant % TINTS.len()];
        Look { ink: self.ink.mixed(toward, share), ..self }
    }
}

/// The looks of rows: variants of one transport are told apart.
pub fn looks(transports: &[&Transport]) -> Vec<Look> {
    let names: Vec<&str> = transports.iter().map(|transport| transport.name()).collect();
    let alone = names.iter().all(|name| *name == names[0]);
    let mut looks: Vec<Look> = transports.iter().map(|transport| Look::of(transport)).collect();
    let mut free: Vec<Marker> = MARKERS.to_vec();
    free.retain(|marker| !looks.iter().any(|look| look.marker == *marker));
    for (n, transport) in transports.iter().enumerate() {
        let variant = names[..n].iter().filter(|name| **name == names[n]).count();
        if variant > 0 {
            let look = if alone { hue(transport, variant) } else { looks[n].tinted(variant) };
            let marker = if free.is_empty() { MARKERS[n % MARKERS.len()] } else { free.remove(0) };
            looks[n] = Look { dash: DASHES[(transport.place() + variant) % DASHES.len()], marker, ..look };
        }
    }
    looks
}

/// The hues of all transports, from its own on; then tints of them.
fn hue(transport: &Transport, variant: usize) -> Look {
    let all = Transport::all();
    Look::of(&all[(transport.place() + variant) % all.len()]).tinted(variant / all.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{SockJs, Via, WebSocket};

    /// By hue in colour, by marker in greyscale.
    fn told_apart(transports: &[Transport]) {
        let looks = looks(&transports.iter().collect::<Vec<_>>());
        for (n, a) in looks.iter().enumerate() {
            for b in &looks[..n] {
                let far = |a: u8, b: u8| u32::from(a.abs_diff(b));
                let distance = far(a.ink.0, b.ink.0) + far(a.ink.1, b.ink.1) + far(a.ink.2, b.ink.2);
                assert!(distance > 80 && a.marker != b.marker, "{transports:?}: {a:?} {b:?}");
            }
        }
    }

    #[test]
    fn transports_and_their_variants_are_told_apart() {
        told_apart(&Transport::all());
        let ways = [Via::WebSocket, Via::Raw, Via::XhrStreaming, Via::EventSource, Via::Xhr];
        let variants = ways.map(|via| Transport::SockJs(SockJs { via, ..SockJs::default() }));
        told_apart(&variants);
        let [one, two, three, ..] = variants;
        told_apart(&[one, Transport::WebSocket(WebSocket::default()), two, three]);
    }

    #[test]
    fn a_transport_has_its_own_hue() {
        for transport in Transport::all() {
            let [red, green, blue] = transport.colour();
            assert_eq!(looks(&[&transport])[0].ink, Ink(red, green, blue));
        }
    }
}
