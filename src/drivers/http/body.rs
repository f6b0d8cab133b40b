//! Decodes a body piece by piece (of HTTP/1.1 by RFC 9112 §6, §7.1): which bytes are the body's and which carry it.
//!
//! No I/O and no copy: bytes in, lengths out, whatever they are split into. It must not know what a body means.

use crate::drivers::limits::MAX_HEAD_BYTES;
use crate::meter::Failure;

/// How far a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body {
    state: State,
    /// Bytes of the chunk line or trailers so far: a server that sends more than [`MAX_HEAD_BYTES`] breaks the protocol.
    line: usize,
}

/// What the front of the bytes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many bytes of the body, at least one.
    Data(usize),
    /// So many bytes of chunk lines and trailers, at least one.
    Framing(usize),
    /// There are none: give me more.
    More,
    /// The body is whole; what follows is no part of it.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    UntilClose,
    /// What carries it says where it ends; whether its head said how long it is.
    Carried {
        declared: bool,
    },
    Length(usize),
    /// At the start of a chunk's size: no digit yet.
    Start,
    Size(usize),
    /// Behind a `;` or a blank: what an extension says does not matter.
    Extension(usize),
    /// The size's CR was seen.
    SizeEnd(usize),
    Chunk(usize),
    /// The chunk's data is in: its CR, then its LF.
    ChunkCr,
    ChunkLf,
    /// At the start of a trailer line.
    Trailers,
    Trailer,
    /// The CR of the last, blank line was seen.
    LastLf,
    End,
}

impl Body {
    /// A body that ends with the connection.
    pub fn until_close() -> Body {
        Body { state: State::UntilClose, line: 0 }
    }

    /// A body whose end is said by what carries it (RFC 9113 §8.1). `declared`: its head said how long it is.
    pub fn carried(declared: bool) -> Body {
        Body { state: State::Carried { declared }, line: 0 }
    }

    /// A body of so many bytes.
    pub fn of(length: usize) -> Body {
        Body { state: if length == 0 { State::End } else { State::Length(length) }, line: 0 }
    }

    /// A body in chunks.
    pub fn chunked() -> Body {
        Body { state: State::Start, line: 0 }
    }

    /// Whether its head said how long it is.
    pub fn has_length(&self) -> bool {
        matches!(self.state, State::Length(_) | State::End | State::Carried { declared: true })
    }

    /// Whether nothing but the end of the connection ends it.
    pub fn ends_with_connection(&self) -> bool {
        self.state == State::UntilClose
    }

    /// Whether the body may end here, where the connection does.
    pub fn may_end(&self) -> bool {
        matches!(self.state, State::UntilClose | State::Carried { .. } | State::End)
    }

    /// Whether the body is whole.
    pub fn ended(&self) -> bool {
        self.state == State::End
    }

    /// What the front of `bytes` is; the next call begins behind it.
    ///
    /// # Errors
    /// [`Failure::Protocol`] for what is no chunk.
    pub fn step(&mut self, bytes: &[u8]) -> Result<Step, Failure> {
        match (&mut self.state, bytes.len()) {
            (State::End, _) => Ok(Step::End),
            (_, 0) => Ok(Step::More),
            (State::UntilClose | State::Carried { .. }, there) => Ok(Step::Data(there)),
            (State::Length(left), there) => {
                let taken = there.min(*left);
                self.state = if taken == *left { State::End } else { State::Length(*left - taken) };
                Ok(Step::Data(taken))
            }
            (State::Chunk(left), there) => {
                let taken = there.min(*left);
                self.state = if taken == *left { State::ChunkCr } else { State::Chunk(*left - taken) };
                Ok(Step::Data(taken))
            }
            _ => self.lines(bytes).map(Step::Framing),
        }
    }

    /// Takes bytes up to the next data, or the end.
    fn lines(&mut self, bytes: &[u8]) -> Result<usize, Failure> {
        let mut taken = 0;
        for &byte in bytes {
            self.state = self.state.after(byte)?;
            taken += 1;
            self.line += 1;
            match self.state {
                State::Chunk(_) | State::End => {
                    self.line = 0;
                    break;
                }
                _ if self.line > MAX_HEAD_BYTES => return Err(Failure::Protocol),
                _ => {}
            }
        }
        Ok(taken)
    }
}

impl State {
    /// The state behind one byte of a chunk line or trailer.
    fn after(self, byte: u8) -> Result<State, Failure> {
        Ok(match (self, byte) {
            (State::Start, _) => State::Size(digit(byte).ok_or(Failure::Protocol)?),
            (State::Size(size), b'\r') | (State::Extension(size), b'\r') => State::SizeEnd(size),
            (State::Size(size), b';' | b' ' | b'\t') => State::Extension(size),
            (State::Size(size), _) => State::Size(longer(size, byte).ok_or(Failure::Protocol)?),
            (State::Extension(size), _) if byte != b'\n' => State::Extension(size),
            (State::SizeEnd(0), b'\n') => State::Trailers,
            (State::SizeEnd(size), b'\n') => State::Chunk(size),
            (State::ChunkCr, b'\r') => State::ChunkLf,
            (State::ChunkLf, b'\n') => State::Start,
            (State::Trailers, b'\r') => State::LastLf,
            (State::Trailer, b'\n') => State::Trailers,
            (State::Trailers | State::Trailer, _) => State::Trailer,
            (State::LastLf, b'\n') => State::End,
            _ => return Err(Failure::Protocol),
        })
    }
}

fn digit(byte: u8) -> Option<usize> {
    char::from(byte).to_digit(16).map(|digit| digit as usize)
}

fn longer(size: usize, byte: u8) -> Option<usize> {
    size.checked_mul(16)?.checked_add(digit(byte)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The body, the bytes that carry it, and whether it has ended; `cuts` says where the bytes are split.
    fn read(mut body: Body, bytes: &[u8], cuts: &[usize]) -> Result<(Vec<u8>, usize, bool), Failure> {
        let (mut data, mut framing, mut from) = (Vec::new(), 0, 0);
        for &cut in cuts.iter().chain([&bytes.len()]) {
            let mut piece = bytes.get(from..cut).unwrap_or_default();
            from = from.max(cut);
            loop {
                let taken = match body.step(piece)? {
                    Step::Data(taken) => {
                        data.extend_from_slice(&piece[..taken]);
                        taken
                    }
                    Step::Framing(taken) => {
                        framing += taken;
                        taken
                    }
                    Step::More => break,
                    Step::End => return Ok((data, framing, true)),
                };
                assert!(taken > 0);
                piece = &piece[taken..];
            }
        }
        Ok((data, framing, false))
    }

    const CHUNKED: &[u8] = b"5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n";

    #[test]
    fn chunks_split_at_every_byte_or_at_all() {
        let whole = (b"hello0123456789".to_vec(), CHUNKED.len() - 15, true);
        for cut in 0..=CHUNKED.len() {
            assert_eq!(read(Body::chunked(), CHUNKED, &[cut]), Ok(whole.clone()), "cut at {cut}");
            let (_, _, ended) = read(Body::chunked(), &CHUNKED[..cut], &[]).unwrap();
            assert_eq!(ended, cut == CHUNKED.len(), "ended at {cut}");
        }
        let all: Vec<usize> = (0..CHUNKED.len()).collect();
        assert_eq!(read(Body::chunked(), CHUNKED, &all), Ok(whole));
    }

    #[test]
    fn a_length_or_the_connection_ends_a_body_too() {
        assert_eq!(read(Body::of(3), b"abcd", &[1]), Ok((b"abc".to_vec(), 0, true)));
        assert_eq!(read(Body::of(0), b"", &[]), Ok((vec![], 0, true)));
        assert_eq!(read(Body::until_close(), b"abcd", &[2]), Ok((b"abcd".to_vec(), 0, false)));
        assert!(Body::until_close().may_end() && Body::of(0).may_end());
        assert!(!Body::of(1).may_end() && !Body::chunked().may_end());
    }

    #[test]
    fn nonsense_is_a_protocol_failure() {
        let endless = [b"1;".as_slice(), &[b'x'; MAX_HEAD_BYTES]].concat();
        let trailers = [b"0\r\n".as_slice(), &b"A: b\r\n".repeat(MAX_HEAD_BYTES / 6 + 1)].concat();
        let table: &[&[u8]] =
            &[b"zz\r\n", b"\r\n", b"2\nab", b"2\r\nabc", b"10000000000000000\r\n", &endless, &trailers];
        for bytes in table {
            let text = String::from_utf8_lossy(&bytes[..bytes.len().min(20)]);
            assert_eq!(read(Body::chunked(), bytes, &[]), Err(Failure::Protocol), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_chunked_comes_back(chunks: Vec<Vec<u8>>, cuts: [prop::sample::Index; 3]) {
            let mut bytes = Vec::new();
            for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
                bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
            let mut cuts = cuts.map(|cut| cut.index(bytes.len()));
            cuts.sort_unstable();
            let data = chunks.concat();
            let framing = bytes.len() - data.len();
            prop_assert_eq!(read(Body::chunked(), &bytes, &cuts), Ok((data, framing, true)));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _answer = read(Body::chunked(), &bytes, &[]);
        }
    }
}
