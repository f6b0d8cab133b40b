use proptest::prelude::*;

use super::*;

const LONG: usize = 1 << 20;

fn ends(takeover: bool, bits: u8) -> (Deflater, Inflater) {
    let side = Side { takeover, bits };
    (Deflater::new(side, 0), Inflater::new(side))
}

fn deflated(deflater: &mut Deflater, message: &[u8]) -> Vec<u8> {
    let mut bytes = vec![];
    assert!(deflater.deflate(message, &mut bytes));
    bytes
}

fn inflated(inflater: &mut Inflater, message: &[u8]) -> Result<Vec<u8>, Unfit> {
    let mut bytes = vec![];
    inflater.inflate(message, LONG, &mut bytes).map(|()| bytes)
}

/// RFC 7692 §7.2.3.1, .2, .3, .4, .5 and .6.
#[test]
fn the_examples_of_the_rfc_are_read_and_written() {
    let (hello, again) = (b"\xf2\x48\xcd\xc9\xc9\x07\x00", b"\xf2\x00\x11\x00\x00");
    let (mut deflater, mut inflater) = ends(true, 15);
    assert_eq!(deflated(&mut deflater, b"Hello"), hello);
    assert_eq!(deflated(&mut deflater, b"Hello"), again);
    assert_eq!(inflated(&mut inflater, hello).unwrap(), b"Hello");
    assert_eq!(inflated(&mut inflater, again).unwrap(), b"Hello");
    let (mut deflater, mut inflater) = ends(false, 15);
    for _ in 0..2 {
        assert_eq!(deflated(&mut deflater, b"Hello"), hello, "without context each begins anew");
        assert_eq!(inflated(&mut inflater, hello).unwrap(), b"Hello");
    }
    assert_eq!(inflated(&mut inflater, again), Err(Unfit::Corrupt), "what was before is not known");
    for (what, bytes) in [
        ("no compression", &b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"[..]),
        ("BFINAL", b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"),
        ("two blocks", b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"),
    ] {
        let (_, mut inflater) = ends(true, 15);
        assert_eq!(inflated(&mut inflater, bytes).as_deref(), Ok(&b"Hello"[..]), "{what}");
    }
    let (mut deflater, mut inflater) = ends(true, 15);
    assert_eq!(deflated(&mut deflater, b""), b"\x00");
    assert_eq!(inflated(&mut inflater, b"\x00").unwrap(), b"");
}

#[test]
fn short_messages_and_windows_that_zlib_has_not_are_left_as_they_are() {
    let mut bytes = vec![];
    assert!(!Deflater::new(Side::default(), 10).deflate(b"nine char", &mut bytes));
    assert!(!Deflater::new(Side { takeover: true, bits: 8 }, 0).deflate(b"Hello", &mut bytes));
    assert_eq!(bytes, b"");
    assert!(Deflater::new(Side::default(), 9).deflate(b"nine char", &mut bytes));
}

/// A few bytes may stand for a thousand times as many: no more is taken than asked for.
#[test]
fn a_bomb_is_refused_at_the_limit() {
    let (mut deflater, mut inflater) = ends(true, 15);
    let bomb = deflated(&mut deflater, &vec![b'.'; 8 * LONG]);
    assert!(bomb.len() < 10_000, "{}", bomb.len());
    let mut bytes = vec![];
    assert_eq!(inflater.inflate(&bomb, LONG, &mut bytes), Err(Unfit::TooLong));
    assert!(bytes.capacity() <= 2 * LONG + 2 * STEP, "{} bytes taken", bytes.capacity());
    // The limit itself passes.
    let (mut deflater, mut inflater) = ends(true, 15);
    let whole = deflated(&mut deflater, &vec![b'.'; LONG]);
    assert_eq!(inflated(&mut inflater, &whole).map(|bytes| bytes.len()), Ok(LONG));
}

proptest! {
    #[test]
    fn what_is_made_small_is_made_whole(
        messages in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..9_000),
            "\\PC{0,300}".prop_map(String::into_bytes),
            (0..70_000_usize).prop_map(|length| b"{\"price\":17.25},".iter().copied().cycle().take(length).collect()),
        ], 1..6),
        takeover in any::<bool>(),
        bits in 9..=15_u8,
    ) {
        let (mut deflater, mut inflater) = ends(takeover, bits);
        for message in messages {
            let small = deflated(&mut deflater, &message);
            prop_assert_eq!(inflated(&mut inflater, &small), Ok(message));
        }
    }

    /// Whatever comes is read or refused, and never more than the limit.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), bits in 8..=15_u8) {
        let (_, mut inflater) = ends(true, bits);
        let mut whole = vec![];
        let _either_way = inflater.inflate(&bytes, 1_000, &mut whole);
        prop_assert!(whole.len() <= 1_001);
    }
}
