//! What no server may send (RFC 6455), by name: for the report, and for the Close that answers it.

use std::fmt;

use crate::meter::{Failure, reasons};

/// What is wrong with a frame, or with where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// Only a client masks (§5.1).
    Masked,
    /// RSV1, 2 or 3 belongs to an extension, and none is spoken (§5.2).
    ReservedBit(u32),
    /// (§5.2.)
    UnknownOpcode(u8),
    /// A shorter form could hold the length (§5.2).
    LongForm,
    /// Control frames are never fragments (§5.5).
    FragmentedControl,
    /// Nor longer than 125 bytes (§5.5).
    LongControl,
    /// A continuation of no message (§5.4).
    NothingToContinue,
    /// Another message before the last one has ended (§5.4).
    Interleaved,
    /// Text, or the reason of a Close (§8.1).
    NotUtf8,
    /// A Close of one byte has half a code (§5.5.1).
    HalfCloseCode,
    /// One that never goes over the wire (§7.4).
    BadCloseCode(u16),
    /// More than [`crate::drivers::limits::MAX_MESSAGE_BYTES`].
    TooLong,
    /// The same once it is made whole (RFC 7692): perhaps a bomb.
    Bomb,
    /// It is no DEFLATE, or refers to what was never sent.
    Corrupt,
}

impl ProtocolError {
    /// Its kind.
    pub fn failure(self) -> Failure {
        match self {
            ProtocolError::TooLong | ProtocolError::Bomb => Failure::TooLarge,
            _ => Failure::Protocol,
        }
    }

    /// What the Close says that answers it (§7.4.1).
    pub fn close_code(self) -> u16 {
        match self {
            ProtocolError::NotUtf8 | ProtocolError::Corrupt => 1007,
            ProtocolError::TooLong | ProtocolError::Bomb => 1009,
            _ => 1002,
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProtocolError::Masked => f.write_str("masked frame"),
            ProtocolError::ReservedBit(bit) => write!(f, "{} (RSV{bit})", reasons::RESERVED_BIT),
            ProtocolError::UnknownOpcode(opcode) => write!(f, "unknown opcode {opcode}"),
            ProtocolError::LongForm => f.write_str("length not in its shortest form"),
            ProtocolError::FragmentedControl => f.write_str("fragmented control frame"),
            ProtocolError::LongControl => f.write_str("control frame over 125 bytes"),
            ProtocolError::NothingToContinue => f.write_str("continuation of no message"),
            ProtocolError::Interleaved => f.write_str("message within a fragmented message"),
            ProtocolError::NotUtf8 => f.write_str("text that is not UTF-8"),
            ProtocolError::HalfCloseCode => f.write_str("half a close code"),
            ProtocolError::BadCloseCode(code) => write!(f, "bad close code {code}"),
            ProtocolError::TooLong => f.write_str(reasons::LONG_MESSAGE),
            ProtocolError::Bomb => f.write_str(reasons::LONG_INFLATED),
            ProtocolError::Corrupt => f.write_str(reasons::NO_DEFLATE),
        }
    }
}
