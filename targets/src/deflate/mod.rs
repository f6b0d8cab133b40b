//! permessage-deflate (RFC 7692): what both ends agree on ([`terms`]), and how a message is made smaller and whole again
//! ([`codec`]).
//!
//! It must not know frames: RSV1 and fragments are those of who reads and writes them.

pub mod codec;
pub mod terms;

pub use codec::{Deflater, Inflater, Unfit};
pub use terms::{Deflate, Side};
