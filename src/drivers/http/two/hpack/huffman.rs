//! The Huffman code of HPACK (RFC 7541 §5.2, Appendix B), for what is sent.
//!
//! The code is canonical: it follows from the lengths of its words, in the order of the symbols.

/// Bits of the word of each byte.
const BITS: [u8; 256] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28,
    28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6,
    6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7,
    8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7,
    15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24,
    23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23,
    23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26,
    26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20,
    21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27,
    27, 27, 26,
];

/// The word of each byte, in its last bits.
const WORDS: [u32; 256] = words();

const fn words() -> [u32; 256] {
    let mut words = [0; 256];
    let (mut word, mut length) = (0_u32, 1_u8);
    while length <= 30 {
        let mut byte = 0;
        while byte < BITS.len() {
            if BITS[byte] == length {
                words[byte] = word;
                word += 1;
            }
            byte += 1;
        }
        word <<= 1;
        length += 1;
    }
    words
}

/// Bytes that `text` takes.
pub fn length(text: &[u8]) -> usize {
    text.iter().map(|&byte| usize::from(BITS[usize::from(byte)])).sum::<usize>().div_ceil(8)
}

/// Puts `text` behind what is in `out`.
pub fn encode(text: &[u8], out: &mut Vec<u8>) {
    // Never more than 7 + 30 bits wait.
    let (mut bits, mut waiting) = (0_u64, 0_u32);
    for &byte in text {
        let length = u32::from(BITS[usize::from(byte)]);
        bits = bits << length | u64::from(WORDS[usize::from(byte)]);
        waiting += length;
        while waiting >= 8 {
            waiting -= 8;
            out.push((bits >> waiting) as u8);
        }
    }
    if waiting > 0 {
        // The rest is ones: the beginning of a word that is nobody's.
        out.push((bits << (8 - waiting)) as u8 | (0xff >> waiting));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7541 §C.4, §C.6.
    #[test]
    fn the_examples_of_the_rfc() {
        for (text, expected) in [
            ("www.example.com", "f1e3c2e5f23a6ba0ab90f4ff"),
            ("no-cache", "a8eb10649cbf"),
            ("custom-value", "25a849e95bb8e8b4bf"),
            ("Mon, 21 Oct 2013 20:13:21 GMT", "d07abe941054d444a8200595040b8166e082a62d1bff"),
            ("", ""),
        ] {
            let mut out = vec![];
            encode(text.as_bytes(), &mut out);
            let hex: String = out.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!((hex.as_str(), length(text.as_bytes())), (expected, expected.len() / 2), "{text}");
        }
    }
}
