//! Which close code answers what: the forms of the Autobahn test suite, chapters 3 to 7.
//!
//! What tungstenite decides is not tested but said: text is looked at once its frame is whole (6.4.3 and 6.4.4 want the end
//! as soon as a byte is wrong), and lengths need not have their shortest form.

use super::*;

/// Masked with zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    assert!(length < 126);
    [&[first, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

/// The text as one frame, and as a frame a byte.
fn forms(text: &[u8]) -> [Vec<u8>; 2] {
    let last = text.len() - 1;
    let piece = |(at, byte): (usize, &u8)| {
        frame(if at == last { 0x80 } else { 0 } | u8::from(at == 0), std::slice::from_ref(byte))
    };
    [frame(0x81, text), text.iter().enumerate().flat_map(piece).collect()]
}

async fn answer(bytes: &[u8], length: usize) -> Vec<u8> {
    let mut client = connected().await;
    client.write_all(bytes).await.unwrap();
    let mut answer = vec![0; length];
    let read = tokio::time::timeout(Duration::from_secs(20), client.read_exact(&mut answer)).await;
    read.unwrap_or_else(|_| panic!("no answer to {bytes:02x?}")).unwrap();
    answer
}

/// Text that is no UTF-8.
const BAD: [&[u8]; 34] = [
    // 6.3, 6.4: in the middle.
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited",
    // 6.6: cut off.
    b"\xce",
    b"\xce\xba\xe1",
    b"\xce\xba\xe1\xbd",
    // 6.8, 6.10: sequences of five and six bytes.
    b"\xf8\x88\x80\x80\x80",
    b"\xfc\x84\x80\x80\x80\x80",
    b"\xf7\xbf\xbf\xbf",
    b"\xfb\xbf\xbf\xbf\xbf",
    b"\xfd\xbf\xbf\xbf\xbf\xbf",
    // 6.11: the first beyond Unicode.
    b"\xf4\x90\x80\x80",
    // 6.12: continuation bytes alone.
    b"\x80",
    b"\xbf",
    b"\x80\xbf",
    b"\x80\xbf\x80\xbf\x80\xbf",
    // 6.13: first bytes alone.
    b"\xc0 \xc1 \xc2 ",
    b"\xe0 \xe1 ",
    b"\xf0 \xf1 ",
    b"\xf8 \xf9 ",
    b"\xfc \xfd ",
    // 6.14, 6.15: the last byte is missing.
    b"\xc0",
    b"\xe0\x80",
    b"\xf0\x80\x80",
    b"\xdf",
    b"\xef\xbf",
    b"\xc0\xe0\x80\xf0\x80\x80",
    // 6.16: what is never a byte of it.
    b"\xfe",
    b"\xff",
    b"\xfe\xfe\xff\xff",
    // 6.17 to 6.19: longer than need be.
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xf0\x8f\xbf\xbf",
    // 6.20, 6.21: surrogates, alone and paired.
    b"\xed\xa0\x80",
    b"\xed\xa0\x80\xed\xb0\x80",
];

/// Text that is, at its edges.
const GOOD: [&str; 7] = [
    "Hello-\u{b5}@\u{df}\u{f6}\u{e4}\u{fc}\u{e0}\u{e1}-UTF-8!!",
    "\u{3ba}\u{1f79}\u{3c3}\u{3bc}\u{3b5}",
    "\u{0}",
    "\u{80}",
    "\u{7ff}\u{800}",
    "\u{d7ff}\u{e000}\u{fffd}",
    "\u{fffe}\u{ffff}\u{10000}\u{10ffff}",
];

#[tokio::test]
async fn text_is_utf8_by_every_form_of_chapter_6() {
    let run = async {
        for text in BAD {
            for sent in forms(text) {
                let close = answer(&sent, 4).await;
                assert_eq!((close[0], u16::from_be_bytes([close[2], close[3]])), (0x88, 1007), "{text:02x?}");
            }
        }
        for text in GOOD {
            for sent in forms(text.as_bytes()) {
                let echo = answer(&sent, text.len() + 2).await;
                assert_eq!((echo[0], &echo[2..]), (0x81, text.as_bytes()), "{text}");
            }
        }
    };
    LocalSet::new().run_until(run).await;
}

#[tokio::test]
async fn what_is_no_frame_is_closed_with_1002_and_a_bad_reason_with_1007() {
    let cases: [(&str, Vec<u8>, u16); 12] = [
        ("3: a reserved bit", frame(0xC1, b"x"), 1002),
        ("4.1: an unknown opcode", frame(0x83, b"x"), 1002),
        ("4.2: an unknown control opcode", frame(0x8B, b"x"), 1002),
        ("5.1: a ping in pieces", frame(0x09, b"x"), 1002),
        ("5.9: a continuation of nothing", frame(0x80, b"x"), 1002),
        ("5.18: a message within a message", [frame(1, b"x"), frame(0x81, b"y")].concat(), 1002),
        ("2.5: a ping of 126 bytes", [&[0x89, 0xFE, 0, 126, 0, 0, 0, 0][..], &[0; 126]].concat(), 1002),
        ("not masked", vec![0x81, 1, b'x'], 1002),
        ("7.3.2: half a close code", frame(0x88, &[3]), 1002),
        ("7.9: a close code that never goes over the wire", frame(0x88, &1005u16.to_be_bytes()), 1002),
        ("7.5.1: a reason that is no text", frame(0x88, b"\x03\xe8\xce\xba\xff"), 1007),
        ("7.1: a close is answered by its own code", frame(0x88, &1000u16.to_be_bytes()), 1000),
    ];
    let run = async {
        for (what, sent, code) in cases {
            let close = answer(&sent, 4).await;
            assert_eq!((close[0], u16::from_be_bytes([close[2], close[3]])), (0x88, code), "{what}");
        }
    };
    LocalSet::new().run_until(run).await;
}
