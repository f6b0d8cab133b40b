//! What a server says of itself in SETTINGS and GOAWAY (RFC 9113 §6.5, §6.8), as far as it matters above the crate h2: how
//! large the table of our heads may be, how many streams it allows, whether it takes WebSockets, and why it leaves. It must
//! not know what follows from it.

use super::frames::{ACK, Frames, GOAWAY, Piece, SETTINGS};

/// Settings that matter here (RFC 9113 §6.5.2, RFC 8441 §3).
const HEADER_TABLE_SIZE: u16 = 1;
const MAX_CONCURRENT_STREAMS: u16 = 3;
const ENABLE_CONNECT_PROTOCOL: u16 = 8;
/// Bytes of one: two of which, four of its value.
const SETTING: usize = 6;
/// Bytes of a GOAWAY that matter: its last stream, and its code.
const GOODBYE: usize = 8;

/// What was said so far.
#[derive(Debug)]
pub struct Settings {
    /// The first frame is whole.
    pub seen: bool,
    /// The first frame was none of SETTINGS, as a server's must be (RFC 9113 §3.4).
    pub strange: bool,
    /// Extended CONNECT is taken (RFC 8441 §3).
    pub connects: bool,
    /// So many streams of ours may be open at a time.
    pub streams: u32,
    /// The code with which it leaves; it may go on with what it has begun.
    pub goodbye: Option<u32>,
    /// A new limit of our table.
    table: Option<usize>,
    /// A setting, or a GOAWAY, that is not whole.
    part: Vec<u8>,
}

/// Before anything is said; of what a server does not say there is no limit.
impl Default for Settings {
    fn default() -> Settings {
        let (streams, part) = (u32::MAX, Vec::new());
        Settings { seen: false, strange: false, connects: false, streams, goodbye: None, table: None, part }
    }
}

impl Settings {
    /// `bytes` came, which are `piece` of `frames`.
    pub fn look(&mut self, piece: Piece, bytes: &[u8], frames: &Frames) {
        // Of a head that is not whole: neither is it inside of a frame, nor is known of which.
        if piece.told == 0 {
            return;
        }
        if !self.seen && piece.head {
            self.strange |= frames.kind() != SETTINGS;
        }
        let read = match frames.kind() {
            SETTINGS if frames.flags() & ACK == 0 => Settings::read,
            GOAWAY => Settings::read_goodbye,
            _ => return,
        };
        if piece.head {
            self.part.clear();
        } else {
            bytes.iter().for_each(|&byte| read(self, byte));
        }
        self.seen |= frames.kind() == SETTINGS && frames.between();
    }

    fn read(&mut self, byte: u8) {
        self.part.push(byte);
        if self.part.len() < SETTING {
            return;
        }
        if let [a, b, c, d, e, f] = self.part[..] {
            let value = u32::from_be_bytes([c, d, e, f]);
            match u16::from_be_bytes([a, b]) {
                MAX_CONCURRENT_STREAMS => self.streams = value,
                HEADER_TABLE_SIZE => self.table = Some(value as usize),
                ENABLE_CONNECT_PROTOCOL => self.connects = value == 1,
                _ => {}
            }
        }
        self.part.clear();
    }

    /// Its text is nobody's.
    fn read_goodbye(&mut self, byte: u8) {
        if self.part.len() == GOODBYE {
            return;
        }
        self.part.push(byte);
        if let [_, _, _, _, a, b, c, d] = self.part[..] {
            self.goodbye = Some(u32::from_be_bytes([a, b, c, d]));
        }
    }

    /// A limit of our table that nobody has heard of yet.
    pub fn take_table(&mut self) -> Option<usize> {
        self.table.take()
    }
}

#[cfg(test)]
mod tests {
    use super::super::frames::frame_head;
    use super::*;

    #[test]
    fn what_matters_is_heard_byte_by_byte() {
        let payload = [0, 1, 0, 0, 1, 0, 0, 3, 0, 0, 0, 9, 0, 8, 0, 0, 0, 1];
        let (mut frames, mut settings) = (Frames::of_server(), Settings::default());
        for byte in [&frame_head(payload.len(), SETTINGS, 0, 0)[..], &payload].concat() {
            assert!(!settings.seen);
            let piece = frames.step(&[byte]);
            settings.look(piece, &[byte], &frames);
        }
        assert!(settings.seen && settings.connects && !settings.strange);
        assert_eq!(settings.streams, 9);
        assert_eq!((settings.take_table(), settings.take_table()), (Some(256), None));
    }

    /// Its first bytes would else be a setting of the frame before: a length of 256 to 511 the size of a table.
    #[test]
    fn a_head_in_two_parts_is_no_setting() {
        for (kind, payload) in [(SETTINGS, vec![]), (SETTINGS, vec![0, 8, 0, 0, 0, 1]), (GOAWAY, vec![])] {
            for split in 1..9 {
                let (mut frames, mut settings) = (Frames::of_server(), Settings::default());
                let first = [&frame_head(payload.len(), kind, 0, 0)[..], &payload].concat();
                let next = frame_head(300, kind, 0, 0);
                for part in [&first[..9], &first[9..], &next[..split], &next[split..]] {
                    if !part.is_empty() {
                        let piece = frames.step(part);
                        settings.look(piece, part, &frames);
                    }
                }
                assert_eq!((settings.take_table(), settings.streams), (None, u32::MAX), "{split}");
                assert_eq!((settings.goodbye, settings.connects), (None, payload.len() == 6), "{split}");
            }
        }
    }

    #[test]
    fn the_last_goodbye_counts_and_its_text_does_not() {
        let (mut frames, mut settings) = (Frames::of_server(), Settings::default());
        for code in [0, 2] {
            let payload = [&[0, 0, 0, 1, 0, 0, 0, code], b"why".as_slice()].concat();
            for byte in [&frame_head(payload.len(), GOAWAY, 0, 0)[..], &payload].concat() {
                let piece = frames.step(&[byte]);
                settings.look(piece, &[byte], &frames);
            }
            assert_eq!((settings.goodbye, settings.seen), (Some(u32::from(code)), false));
        }
    }

    #[test]
    fn an_answer_of_http_1_is_strange() {
        let (mut frames, mut settings) = (Frames::of_server(), Settings::default());
        let piece = frames.step(b"HTTP/1.1 400 Bad Request");
        settings.look(piece, b"HTTP/1.1 ", &frames);
        assert!(settings.strange && !settings.seen);
    }
}
