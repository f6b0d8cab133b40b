//! What each byte of HTTP/2 is, by the heads of its frames (RFC 9113 §4.1, §6): pure, bytes in, lengths out.
//!
//! One for each direction of a connection. It must not know what frames mean, nor where the bytes come from. A server may
//! send anything: whatever it is, each byte is something, and nothing grows.

/// Bytes of a frame's head.
pub const HEAD: usize = 9;
/// What a client says first (RFC 9113 §3.4).
pub const PREFACE: usize = 24;

/// Types of frames (RFC 9113 §6).
const DATA: u8 = 0;
/// The first block of fields of a message.
pub const HEADERS: u8 = 1;
/// The end of a stream before its time.
pub const RST_STREAM: u8 = 3;
/// What an end says of itself.
pub const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
/// Whether the other end lives.
#[cfg(test)]
pub const PING: u8 = 6;
/// An end takes no new streams, and why.
pub const GOAWAY: u8 = 7;
/// More of a block of fields.
pub const CONTINUATION: u8 = 9;

/// Of SETTINGS: they were heard.
pub const ACK: u8 = 0x1;
/// The block of fields is whole.
pub const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
/// A priority stands before the block of fields (RFC 7540 §6.2).
pub const PRIORITY: u8 = 0x20;
/// Of a priority: below the stream that it names, nobody else is.
const EXCLUSIVE: u8 = 0x80;

/// What bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The preface, and whole frames that carry nothing of an exchange: SETTINGS, PING, WINDOW_UPDATE, and unknown ones.
    Control,
    /// Heads and padding of frames that do.
    Framing,
    /// Field blocks, compressed.
    Headers,
    /// What DATA carries.
    Content,
}

/// The front of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// So many of them belong together, at least one.
    pub taken: usize,
    /// What they are.
    pub what: What,
    /// How many are told: none of a head that is not whole, and all of it with its last byte.
    pub told: usize,
    /// They end a head.
    pub head: bool,
}

/// How far one direction of a connection is.
#[derive(Debug)]
pub struct Frames {
    state: State,
    head: [u8; HEAD],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Preface(usize),
    /// So many bytes of the head are there.
    Head(usize),
    PadLength,
    Inside {
        left: usize,
        padding: usize,
    },
    Padding(usize),
}

impl Frames {
    /// What a client sends.
    pub fn of_client() -> Frames {
        Frames { state: State::Preface(PREFACE), head: [0; HEAD] }
    }

    /// What a server sends.
    pub fn of_server() -> Frames {
        Frames { state: State::Head(0), head: [0; HEAD] }
    }

    /// What the front of `bytes` is, of which there must be some; the next call begins behind it.
    pub fn step(&mut self, bytes: &[u8]) -> Piece {
        let there = bytes.len();
        let all = |taken: usize, what: What| Piece { taken, what, told: taken, head: false };
        match self.state {
            State::Preface(left) => {
                let taken = there.min(left);
                self.state = if taken == left { State::Head(0) } else { State::Preface(left - taken) };
                all(taken, What::Control)
            }
            State::Head(have) => self.head_on(have, bytes),
            State::PadLength => {
                let padding = bytes.first().map_or(0, |&length| usize::from(length));
                // More padding than frame is a fault that somebody else names.
                let left = (self.length() - 1).saturating_sub(padding);
                self.enter(left, (self.length() - 1) - left);
                all(1, What::Framing)
            }
            State::Inside { left, padding } => {
                let taken = there.min(left);
                self.enter(left - taken, padding);
                all(taken, self.content())
            }
            State::Padding(left) => {
                let taken = there.min(left);
                self.enter(0, left - taken);
                all(taken, What::Framing)
            }
        }
    }

    fn head_on(&mut self, have: usize, bytes: &[u8]) -> Piece {
        let taken = bytes.len().min(HEAD - have);
        self.head[have..have + taken].copy_from_slice(&bytes[..taken]);
        let whole = have + taken == HEAD;
        if !whole {
            self.state = State::Head(have + taken);
            return Piece { taken, what: What::Control, told: 0, head: false };
        }
        let padded = matches!(self.kind(), DATA | HEADERS | PUSH_PROMISE) && self.flags() & PADDED != 0;
        match (self.length(), padded) {
            (1.., true) => self.state = State::PadLength,
            (length, _) => self.enter(length, 0),
        }
        let what = if self.content() == What::Control { What::Control } else { What::Framing };
        Piece { taken, what, told: HEAD, head: true }
    }

    fn enter(&mut self, left: usize, padding: usize) {
        self.state = match (left, padding) {
            (0, 0) => State::Head(0),
            (0, padding) => State::Padding(padding),
            (left, padding) => State::Inside { left, padding },
        };
    }

    /// What the frame under way carries.
    fn content(&self) -> What {
        match self.kind() {
            DATA => What::Content,
            HEADERS | PUSH_PROMISE | CONTINUATION => What::Headers,
            _ => What::Control,
        }
    }

    /// Bytes of a head that are not told yet.
    pub fn untold(&self) -> usize {
        if let State::Head(have) = self.state { have } else { 0 }
    }

    /// Whether the next byte begins a frame.
    pub fn between(&self) -> bool {
        self.state == State::Head(0)
    }

    /// The head of the frame under way, or of the last one.
    pub fn head(&self) -> &[u8; HEAD] {
        &self.head
    }

    /// Its type.
    pub fn kind(&self) -> u8 {
        self.head[3]
    }

    /// Its flags.
    pub fn flags(&self) -> u8 {
        self.head[4]
    }

    /// The stream that it belongs to.
    pub fn stream(&self) -> u32 {
        let [.., a, b, c, d] = self.head;
        u32::from_be_bytes([a, b, c, d]) & 0x7fff_ffff
    }

    /// Bytes behind its head.
    pub fn length(&self) -> usize {
        let [a, b, c, ..] = self.head;
        u32::from_be_bytes([0, a, b, c]) as usize
    }
}

/// A priority of that weight, below the connection itself.
pub fn priority(weight: u8) -> [u8; 5] {
    [EXCLUSIVE, 0, 0, 0, weight]
}

/// The head of a frame.
pub fn frame_head(length: usize, kind: u8, flags: u8, stream: u32) -> [u8; HEAD] {
    let [_, a, b, c] = (length as u32).to_be_bytes();
    let [d, e, f, g] = stream.to_be_bytes();
    [a, b, c, kind, flags, d, e, f, g]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bytes of control, framing, headers and content, and those of a head that is not whole.
    fn read(mut frames: Frames, bytes: &[u8], cuts: &[usize]) -> ([usize; 4], usize) {
        let (mut sums, mut from) = ([0; 4], 0);
        for &cut in cuts.iter().chain([&bytes.len()]) {
            let mut rest = bytes.get(from..cut).unwrap_or_default();
            from = from.max(cut);
            while !rest.is_empty() {
                let piece = frames.step(rest);
                assert!(piece.taken > 0);
                sums[piece.what as usize] += piece.told;
                rest = &rest[piece.taken..];
            }
        }
        (sums, frames.untold())
    }

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        [frame_head(payload.len(), kind, flags, 1).as_slice(), payload].concat()
    }

    /// The answer of PROTOCOLS: SETTINGS, a head of 29 bytes, 21 of body with 3 of padding, a GOAWAY with text.
    fn answer() -> Vec<u8> {
        let body = [&[3][..], &[b'x'; 21], &[0; 3]].concat();
        [
            frame(SETTINGS, 0, &[0; 12]),
            frame(HEADERS, END_HEADERS, &[0; 29]),
            frame(DATA, PADDED, &body),
            frame(7, 0, b"\0\0\0\x01\0\0\0\0bye"),
        ]
        .concat()
    }

    #[test]
    fn every_byte_is_something_wherever_it_is_cut() {
        let bytes = answer();
        let sums = [(9 + 12) + (9 + 11), 9 + 9 + 1 + 3, 29, 21];
        assert_eq!(read(Frames::of_server(), &bytes, &[]), (sums, 0));
        let each: Vec<usize> = (0..bytes.len()).collect();
        assert_eq!(read(Frames::of_server(), &bytes, &each), (sums, 0));
        let client = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &bytes].concat();
        assert_eq!(read(Frames::of_client(), &client, &[7]).0[0], sums[0] + PREFACE);
        assert_eq!(read(Frames::of_server(), &bytes[..4], &[]), ([0; 4], 4));
    }

    /// Longer than the frame (RFC 9113 §6.1 forbids it), or with nothing to be long in.
    #[test]
    fn padding_that_cannot_be_takes_nothing_else() {
        assert_eq!(read(Frames::of_server(), &frame(DATA, PADDED, &[200, 1, 2]), &[]), ([0, 12, 0, 0], 0));
        assert_eq!(read(Frames::of_server(), &frame(DATA, PADDED, &[]), &[]), ([0, 9, 0, 0], 0));
        assert_eq!(read(Frames::of_server(), &frame(HEADERS, PADDED, &[0]), &[]), ([0, 10, 0, 0], 0));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_told_once(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0..300_usize) {
            let (sums, untold) = read(Frames::of_server(), &bytes, &[cut.min(bytes.len())]);
            prop_assert_eq!(sums.iter().sum::<usize>() + untold, bytes.len());
        }
    }
}
