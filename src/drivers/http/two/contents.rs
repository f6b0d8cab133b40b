//! What the contents of DATA are on their way up: by stream until the crate h2 writes them, in whatever order it does, and
//! then in the order in which they leave. Pure.
//!
//! It must not know what is sent, nor how it leaves.

use std::collections::VecDeque;

use crate::meter::Part;

/// What was given to h2 and has not left.
#[derive(Debug, Default)]
pub struct Contents {
    /// Not written by h2 yet.
    said: VecDeque<Said>,
    /// Written, and not gone.
    leaving: VecDeque<Said>,
}

/// Bytes of one stream. `part` is `None` where somebody else says what they are once they have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Said {
    stream: u32,
    part: Option<Part>,
    bytes: usize,
}

impl Contents {
    /// So many bytes that are given to h2 for `stream` are `part`.
    pub fn say(&mut self, stream: u32, part: Option<Part>, bytes: usize) {
        if bytes > 0 {
            self.said.push_back(Said { stream, part, bytes });
        }
    }

    /// h2 writes so many bytes of DATA of `stream`.
    pub fn written(&mut self, stream: u32, mut bytes: usize) {
        while bytes > 0 {
            // Nearly always the first: h2 takes streams in turn.
            let Some(place) = self.said.iter().position(|said| said.stream == stream) else {
                // Of a stream that was reset while the frame was under way: nobody's, but bytes all the same.
                return self.leaving.push_back(Said { stream, part: Some(Part::Headers), bytes });
            };
            let said = &mut self.said[place];
            let taken = bytes.min(said.bytes);
            said.bytes -= taken;
            bytes -= taken;
            let part = said.part;
            if said.bytes == 0 {
                self.said.remove(place);
            }
            self.leaving.push_back(Said { stream, part, bytes: taken });
        }
    }

    /// So many bytes of DATA have left: `account` is told what they were.
    pub fn left(&mut self, mut bytes: usize, mut account: impl FnMut(Part, usize)) {
        while bytes > 0 {
            let Some(first) = self.leaving.front_mut() else {
                debug_assert!(false, "{bytes} bytes of DATA were not written");
                return account(Part::Headers, bytes);
            };
            let taken = bytes.min(first.bytes);
            first.part.iter().for_each(|&part| account(part, taken));
            first.bytes -= taken;
            bytes -= taken;
            if first.bytes == 0 {
                self.leaving.pop_front();
            }
        }
    }

    /// Whether something of `stream` has not left.
    pub fn waits(&self, stream: u32) -> bool {
        self.leaving.iter().chain(&self.said).any(|said| said.stream == stream)
    }

    /// `stream` was reset: h2 writes no more of it.
    pub fn void(&mut self, stream: u32) {
        self.said.retain(|said| said.stream != stream || said.part.is_none());
    }

    /// Nobody waits for `stream` any more. So many bytes stand as somebody's that h2 has not written.
    pub fn forget(&mut self, stream: u32) -> usize {
        let theirs = |said: &Said| said.stream == stream && said.part.is_none();
        let bytes = self.said.iter().filter(|said| theirs(said)).map(|said| said.bytes).sum();
        self.said.retain(|said| !theirs(said));
        bytes
    }

    /// So many bytes stand as somebody's that have not left.
    pub fn others(&self) -> usize {
        let all = self.leaving.iter().chain(&self.said);
        all.filter(|said| said.part.is_none()).map(|said| said.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What has left, by what it was.
    fn left(contents: &mut Contents, bytes: usize) -> Vec<(Part, usize)> {
        let mut all = vec![];
        contents.left(bytes, |part, bytes| all.push((part, bytes)));
        all
    }

    #[test]
    fn streams_that_take_turns_keep_their_own() {
        let mut contents = Contents::default();
        contents.say(1, Some(Part::Framing), 2);
        contents.say(1, Some(Part::Payload), 8);
        contents.say(3, None, 5);
        contents.say(3, Some(Part::Control), 0);
        // h2 writes some of the first, all of the second, and the rest of the first; it leaves in other pieces.
        contents.written(1, 4);
        contents.written(3, 5);
        assert_eq!((contents.waits(1), contents.waits(3), contents.others()), (true, true, 5));
        assert_eq!(left(&mut contents, 3), [(Part::Framing, 2), (Part::Payload, 1)]);
        contents.written(1, 6);
        assert_eq!(left(&mut contents, 8), [(Part::Payload, 1), (Part::Payload, 2)]);
        assert_eq!((contents.waits(1), contents.waits(3), contents.others()), (true, false, 0));
        assert_eq!(left(&mut contents, 4), [(Part::Payload, 4)]);
        assert!(!contents.waits(1));
    }

    #[test]
    fn what_was_written_leaves_though_its_stream_is_reset() {
        let mut contents = Contents::default();
        contents.say(1, Some(Part::Payload), 8);
        contents.say(3, Some(Part::Payload), 2);
        contents.written(1, 3);
        contents.void(1);
        assert!(contents.waits(1), "three bytes are on their way");
        contents.written(3, 2);
        // A frame that was under way.
        contents.written(1, 1);
        assert_eq!(left(&mut contents, 6), [(Part::Payload, 3), (Part::Payload, 2), (Part::Headers, 1)]);
        assert!(!contents.waits(1) && !contents.waits(3));
    }

    /// Whoever says what they are has said so already: it is taken back.
    #[test]
    fn what_never_leaves_is_known_where_it_stands_as_somebodys() {
        let mut contents = Contents::default();
        contents.say(1, None, 8);
        contents.say(3, None, 2);
        contents.written(1, 3);
        contents.void(1);
        assert_eq!(contents.others(), 10);
        assert_eq!(contents.forget(1), 5);
        assert_eq!((contents.forget(1), contents.others()), (0, 5));
        assert_eq!(left(&mut contents, 3), []);
        assert_eq!((contents.others(), contents.waits(1), contents.waits(3)), (2, false, true));
    }
}
