//! permessage-deflate below tungstenite, which has none: compressed messages of a client reach it whole, as if they had
//! been sent so, and what it sends is compressed before.
//!
//! Everything else passes as it came, whatever is wrong with it: that is tungstenite's to refuse. It must not know what a
//! message is for.

use std::io::{self, Cursor, ErrorKind};
use std::mem::take;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame, FrameHeader};

use crate::deflate::{Deflate, Deflater, Inflater, Unfit};
use crate::limits::MAX_MESSAGE;
use crate::memory_budget::Held;
use crate::metered::Metered;

/// Room for one read.
const ROOM: usize = 4096;

/// A client's socket, whose messages may be compressed.
pub(crate) struct Deflated<'a> {
    socket: Metered<'a>,
    /// Boxed: most connections have none.
    codec: Option<Box<Codec>>,
}

impl<'a> Deflated<'a> {
    pub(crate) fn of(socket: Metered<'a>) -> Deflated<'a> {
        Deflated { socket, codec: None }
    }

    /// From now on both ends may compress.
    pub(crate) fn begin(&mut self, agreed: &Deflate) {
        self.codec = Some(Box::new(Codec::new(agreed)));
    }

    /// So many of the bytes that were read are kept no more.
    pub(crate) fn done_with(&mut self, bytes: usize) {
        self.socket.done_with(bytes);
        if bytes == usize::MAX {
            self.codec.iter_mut().for_each(|codec| codec.held = Held::default());
        }
    }

    /// A message as it is to be sent.
    pub(crate) fn shrunk(&mut self, message: Message) -> Message {
        let Some(codec) = &mut self.codec else { return message };
        let (kind, bytes) = match &message {
            Message::Text(text) => (Data::Text, text.as_bytes()),
            Message::Binary(bytes) => (Data::Binary, &bytes[..]),
            _ => return message,
        };
        let mut small = Vec::new();
        if !codec.deflater.deflate(bytes, &mut small) {
            return message;
        }
        let header = FrameHeader { rsv1: true, opcode: OpCode::Data(kind), ..FrameHeader::default() };
        Message::Frame(Frame::from_payload(header, Bytes::from(small)))
    }
}

/// What is between the frames of a client and those that tungstenite sees.
struct Codec {
    deflater: Deflater,
    inflater: Inflater,
    /// The begin of a header.
    head: Vec<u8>,
    state: State,
    /// A compressed message that is not whole.
    message: Vec<u8>,
    under_way: Option<OpCode>,
    /// What tungstenite has not read yet.
    out: Vec<u8>,
    read: usize,
    /// On the account for messages made whole.
    held: Held,
}

enum State {
    Head,
    /// So many bytes pass as they come.
    Passing(u64),
    /// So many bytes of a compressed message are missing in this frame.
    Gathering {
        left: usize,
        mask: [u8; 4],
        at: usize,
        last: bool,
    },
}

fn refused(kind: ErrorKind, why: &'static str) -> io::Error {
    io::Error::new(kind, why)
}

impl Codec {
    fn new(agreed: &Deflate) -> Codec {
        Codec {
            deflater: Deflater::new(agreed.server, agreed.threshold),
            inflater: Inflater::new(agreed.client),
            head: Vec::new(),
            state: State::Head,
            message: Vec::new(),
            under_way: None,
            out: Vec::new(),
            read: 0,
            held: Held::default(),
        }
    }

    /// Hands over what is there, if anything is.
    fn give(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let rest = self.out.get(self.read..).unwrap_or_default();
        let given = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..given]);
        self.read += given;
        if self.read == self.out.len() {
            (self.out, self.read) = (Vec::new(), 0);
        }
        given > 0
    }

    fn take(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            bytes = match self.state {
                State::Head => self.take_head(bytes)?,
                State::Passing(left) => {
                    let now = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    self.out.extend_from_slice(&bytes[..now]);
                    self.go_to(State::Passing(left - now as u64), left == now as u64);
                    &bytes[now..]
                }
                State::Gathering { left, mask, at, last } => {
                    let (now, rest) = bytes.split_at(bytes.len().min(left));
                    let unmasked = now.iter().zip(at..).map(|(byte, at)| byte ^ mask[at % 4]);
                    self.message.extend(unmasked);
                    let (left, at) = (left - now.len(), at + now.len());
                    self.go_to(State::Gathering { left, mask, at, last }, left == 0);
                    if left == 0 && last {
                        self.whole()?;
                    }
                    rest
                }
            };
        }
        Ok(())
    }

    fn go_to(&mut self, state: State, over: bool) {
        self.state = if over { State::Head } else { state };
    }

    /// Reads on in a header; the bytes behind it.
    fn take_head<'b>(&mut self, bytes: &'b [u8]) -> io::Result<&'b [u8]> {
        let before = self.head.len();
        self.head.extend_from_slice(bytes);
        let mut cursor = Cursor::new(&self.head[..]);
        let parsed = FrameHeader::parse(&mut cursor);
        let length = usize::try_from(cursor.position()).unwrap_or(usize::MAX);
        match parsed {
            Ok(None) => Ok(&[]),
            // tungstenite reads it too, and says what is wrong.
            Err(_) => {
                self.out.append(&mut self.head);
                self.state = State::Passing(u64::MAX);
                Ok(&[])
            }
            Ok(Some((header, payload))) => {
                self.begin(&header, payload, length)?;
                self.head.clear();
                Ok(bytes.get(length - before..).unwrap_or_default())
            }
        }
    }

    fn begin(&mut self, header: &FrameHeader, payload: u64, length: usize) -> io::Result<()> {
        let compressed = match header.opcode {
            OpCode::Control(_) => false,
            OpCode::Data(Data::Continue) => self.under_way.is_some() && !header.rsv1,
            OpCode::Data(_) if self.under_way.is_some() => {
                return Err(refused(ErrorKind::InvalidInput, "a message within a fragmented one"));
            }
            OpCode::Data(_) => header.rsv1,
        };
        let (true, Some(mask), false) = (compressed, header.mask, header.rsv2 || header.rsv3) else {
            self.out.extend_from_slice(&self.head[..length]);
            self.go_to(State::Passing(payload), payload == 0);
            return Ok(());
        };
        let left = usize::try_from(payload).unwrap_or(usize::MAX);
        if left > MAX_MESSAGE - self.message.len().min(MAX_MESSAGE) {
            return Err(refused(ErrorKind::FileTooLarge, "message too large"));
        }
        self.under_way.get_or_insert(header.opcode);
        let last = header.is_final;
        self.go_to(State::Gathering { left, mask, at: 0, last }, left == 0);
        if left == 0 && last { self.whole() } else { Ok(()) }
    }

    /// The message that has come is made whole, and passes as one frame.
    fn whole(&mut self) -> io::Result<()> {
        let (small, mut whole) = (take(&mut self.message), Vec::new());
        let Some(opcode) = self.under_way.take() else { return Ok(()) };
        self.inflater.inflate(&small, MAX_MESSAGE, &mut whole).map_err(|unfit| match unfit {
            Unfit::Corrupt => refused(ErrorKind::InvalidData, "a message that is no DEFLATE"),
            Unfit::TooLong => refused(ErrorKind::FileTooLarge, "message too large"),
        })?;
        self.held.grow(whole.len())?;
        let header = FrameHeader { opcode, mask: Some([0; 4]), ..FrameHeader::default() };
        header.format(whole.len() as u64, &mut self.out).map_err(io::Error::other)?;
        self.out.append(&mut whole);
        Ok(())
    }
}

impl AsyncRead for Deflated<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Deflated { socket, codec } = &mut *self;
        let Some(codec) = codec else { return Pin::new(socket).poll_read(cx, buffer) };
        while !codec.give(buffer) {
            let mut room = [0; ROOM];
            let mut came = ReadBuf::new(&mut room);
            ready!(Pin::new(&mut *socket).poll_read(cx, &mut came))?;
            if came.filled().is_empty() {
                break;
            }
            codec.take(came.filled())?;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Deflated<'_> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
