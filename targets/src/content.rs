//! What fills a message up to its size, behind its stamp: dots, or something that compresses as real messages do.
//!
//! Both ends make the same text of the same number, so that one can tell whether it came as the other wrote it. Pure; it
//! must not know what a message is.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::pacer::Random;

/// Bytes of a text that is made: many times the window of DEFLATE, so that a message hardly ever finds itself in it again.
const MADE: usize = 1 << 20;
/// What no protocol here writes in another way, and no stamp is made of alone: six bits in a byte, and a little more.
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%()*+-./:=?@[]^_|~";
const SYMBOLS: [&str; 8] = ["AAPL", "ADBE", "AMZN", "CSCO", "GOOG", "IBM", "MSFT", "ORCL"];

/// What messages are filled with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// One letter again and again, which compresses to nearly nothing.
    #[default]
    Dots,
    /// Records of trades, as a stock ticker would send them.
    Json,
    /// Letters by chance, which hardly compress.
    Random,
    /// Lines of a file of sample messages, in their order.
    Sample(String),
}

impl Content {
    /// Whether it is what it always was.
    pub fn is_dots(&self) -> bool {
        *self == Content::Dots
    }

    /// How reports call it.
    pub fn name(&self) -> &'static str {
        match self {
            Content::Dots => "dots",
            Content::Json => "json",
            Content::Random => "random",
            Content::Sample(_) => "sample",
        }
    }

    /// Sample messages out of a file, one a line.
    ///
    /// # Errors
    /// What is wrong with it, in half a sentence.
    pub fn sample(file: &str) -> Result<Content, String> {
        let lines: Vec<&str> = file.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() {
            return Err("has no line in it".to_owned());
        }
        // A message is cut at its size, whatever stands there.
        let bad = |line: &&str| !line.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if let Some(number) = lines.iter().position(bad) {
            return Err(format!("has more than printable ASCII in sample {}: write \\u escapes", number + 1));
        }
        Ok(Content::Sample(lines.join("\n")))
    }
}

/// Fills messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filler {
    text: Vec<u8>,
    /// Where a message may begin in it.
    starts: Vec<usize>,
    /// Message after message begins at the next of them; else by chance.
    in_order: bool,
}

impl Filler {
    /// Of that content.
    pub fn of(content: &Content) -> Filler {
        match content {
            Content::Dots => Filler { text: vec![b'.'], starts: vec![0], in_order: true },
            Content::Json => Filler::records(),
            Content::Random => {
                let mut random = Random::new(0, 0);
                let letter = |_| LETTERS[(random.next_u64() % LETTERS.len() as u64) as usize];
                let text = (0..MADE).map(letter).collect();
                Filler { text, starts: (0..MADE).step_by(61).collect(), in_order: false }
            }
            Content::Sample(lines) => Filler::joined(lines.lines(), true),
        }
    }

    fn records() -> Filler {
        let (mut random, mut records, mut length) = (Random::new(0, 1), Vec::new(), 0);
        while length < MADE {
            let record = record(&mut random);
            length += record.len() + 1;
            records.push(record);
        }
        Filler::joined(records.iter().map(String::as_str), false)
    }

    fn joined<'a>(lines: impl Iterator<Item = &'a str>, in_order: bool) -> Filler {
        let mut filler = Filler { text: Vec::new(), starts: Vec::new(), in_order };
        for line in lines {
            filler.starts.push(filler.text.len());
            filler.text.extend_from_slice(line.as_bytes());
            // A newline would end the message.
            filler.text.push(b' ');
        }
        filler
    }

    /// The pieces of which so many bytes of message `seq` consist.
    fn pieces(&self, seq: u64, bytes: usize) -> impl Iterator<Item = &[u8]> {
        let place = if self.in_order { seq } else { Random::new(seq, 2).next_u64() };
        let start = self.starts.get((place % self.starts.len().max(1) as u64) as usize).copied();
        let (mut at, mut left) = (start.unwrap_or_default(), bytes);
        std::iter::from_fn(move || {
            let piece = self.text.get(at..)?;
            let piece = &piece[..piece.len().min(left)];
            (at, left) = (0, left - piece.len());
            (!piece.is_empty()).then_some(piece)
        })
    }

    /// Appends so many bytes of message `seq`.
    pub fn write(&self, seq: u64, bytes: usize, into: &mut Vec<u8>) {
        if let [one] = self.text[..] {
            return into.resize(into.len() + bytes, one);
        }
        self.pieces(seq, bytes).for_each(|piece| into.extend_from_slice(piece));
    }

    /// Whether `text` is what [`Filler::write`] writes of message `seq`.
    pub fn wrote(&self, seq: u64, text: &[u8]) -> bool {
        if let [one] = self.text[..] {
            return text.iter().all(|&byte| byte == one);
        }
        let mut rest = text;
        let mut same =
            self.pieces(seq, text.len()).map(|piece| rest.strip_prefix(piece).map(|left| rest = left));
        same.all(|same| same.is_some())
    }

    /// The one letter that it consists of, if it does.
    pub fn letter(&self) -> Option<u8> {
        if let [one] = self.text[..] { Some(one) } else { None }
    }
}

fn record(random: &mut Random) -> String {
    let mut one = |most: u64| random.next_u64() % most;
    let symbol = SYMBOLS[one(SYMBOLS.len() as u64) as usize];
    let (whole, cents, size, id) = (20 + one(500), one(100), (1 + one(60)) * 100, one(1_000_000_000));
    let (minute, second, milli) = (one(60), one(60), one(1_000));
    let side = if one(2) == 0 { "buy" } else { "sell" };
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _written =
        write!(text, r#"{{"symbol":"{symbol}","price":{whole}.{cents:02},"size":{size},"side":"{side}","#);
    let _written = write!(text, r#""id":{id},"time":"2026-12-01T10:{minute:02}:{second:02}.{milli:03}Z"}},"#);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflate::{Deflater, Side};

    fn contents() -> [Content; 4] {
        let sample = Content::sample("{\"a\":1}\n\n  {\"b\":22}\n").unwrap();
        [Content::Dots, Content::Json, Content::Random, sample]
    }

    #[test]
    fn what_one_end_writes_the_other_knows() {
        for content in contents() {
            let filler = Filler::of(&content);
            for (seq, bytes) in [(0, 0), (0, 1), (1, 21), (7, 10_000), (u64::MAX, 3 << 20)] {
                let mut text = vec![b'x'];
                filler.write(seq, bytes, &mut text);
                assert_eq!(text.len(), 1 + bytes);
                assert!(text.iter().all(|byte| matches!(byte, b' '..=b'~')), "{content:?}");
                assert!(Filler::of(&content).wrote(seq, &text[1..]));
                if bytes > 1 {
                    *text.last_mut().unwrap() = b'\n';
                    assert!(!filler.wrote(seq, &text[1..]), "{content:?}");
                }
            }
        }
    }

    #[test]
    fn samples_are_sent_in_their_order() {
        let filler = Filler::of(&contents()[3]);
        let text = |seq| {
            let mut text = vec![];
            filler.write(seq, 20, &mut text);
            String::from_utf8(text).unwrap()
        };
        assert_eq!([text(0), text(1)], ["{\"a\":1} {\"b\":22} {\"a", "{\"b\":22} {\"a\":1} {\"b"]);
        assert_eq!(text(2), text(0));
        assert!(Content::sample(" \n").unwrap_err().contains("no line"));
        assert!(Content::sample("a\nä").unwrap_err().contains("sample 2"));
    }

    /// What it is for: a kilobyte without context, as zlib makes it.
    #[test]
    fn each_compresses_as_its_like_does() {
        for (content, least, most) in
            [(Content::Dots, 0, 30), (Content::Json, 250, 450), (Content::Random, 780, 1_000)]
        {
            let (mut text, mut small) = (vec![], vec![]);
            Filler::of(&content).write(5, 1_000, &mut text);
            Deflater::new(Side { takeover: false, bits: 15 }, 0).deflate(&text, &mut small);
            assert!((least..most).contains(&small.len()), "{content:?}: {}", small.len());
        }
    }
}
