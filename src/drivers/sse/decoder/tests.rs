use proptest::prelude::*;

use super::*;

/// (type, data, last id) of each event, and the bytes of message and of all else; `cuts` says where reads end.
type Read = (Vec<[String; 3]>, usize, usize);

fn read(bytes: &[u8], cuts: &[usize]) -> (Read, Decoder) {
    let (mut decoder, mut events, mut at, mut payload, mut framing) = (Decoder::default(), vec![], 0, 0, 0);
    for &cut in cuts.iter().chain([&bytes.len()]) {
        loop {
            let taken = decoder.take(&bytes[at..cut.max(at)]).unwrap();
            at += taken.payload + taken.framing;
            payload += taken.payload;
            framing += taken.framing;
            if !taken.event {
                break;
            }
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            events.push([text(decoder.kind()), text(decoder.data()), text(decoder.last_id())]);
        }
    }
    ((events, payload, framing), decoder)
}

fn events(text: &str) -> Vec<[String; 3]> {
    read(text.as_bytes(), &[]).0.0
}

fn event(kind: &str, data: &str, id: &str) -> [String; 3] {
    [kind, data, id].map(str::to_owned)
}

/// Byte order mark, comments, every field, every line end, two lines of data, characters of several bytes.
const ALL: &str = "\u{feff}: hello\r\nid: 1\r\ndata: grüße\r\ndata:  zwei\r\n\r\nevent: tick\rdata\rid\r\r\
    retry: 1500\nid: a\0b\ndata:€\n\n:\n\ndata: cut off";

#[test]
fn every_line_of_the_format_split_at_every_byte() {
    let (whole, decoder) = read(ALL.as_bytes(), &[]);
    let expected = [event("message", "grüße\n zwei", "1"), event("tick", "", ""), event("message", "€", "")];
    assert_eq!(whole.0, expected);
    assert_eq!(decoder.retry(), Some(1_500));
    assert_eq!(whole.1 + whole.2, ALL.len() - "data: cut off".len());
    assert_eq!(whole.1, "grüße\n zwei\n\n€\n".len());
    for cut in 0..=ALL.len() {
        assert_eq!(read(ALL.as_bytes(), &[cut]).0, whole, "cut at {cut}");
    }
    let each: Vec<usize> = (0..ALL.len()).collect();
    assert_eq!(read(ALL.as_bytes(), &each).0, whole);
}

/// The examples of WHATWG HTML §9.2.6.
#[test]
fn the_standards_own_examples() {
    let stock = "data: YHOO\ndata: +2\ndata: 10\n\n";
    assert_eq!(events(stock), [event("message", "YHOO\n+2\n10", "")]);
    let ids = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n";
    let expected = [("first event", "1"), ("second event", ""), (" third event", "")]
        .map(|(d, i)| event("message", d, i));
    assert_eq!(events(ids), expected);
    assert_eq!(events("data\n\ndata\ndata\n\ndata:"), [event("message", "", ""), event("message", "\n", "")]);
    assert_eq!(
        events("data:test\n\ndata: test\n\n"),
        [event("message", "test", ""), event("message", "test", "")]
    );
}

#[test]
fn what_is_no_field_changes_nothing() {
    let table = [
        "retry: -1\n",
        "retry: 1 s\n",
        "retry\n",
        "Data: x\n",
        "dat\n",
        ":data: x\n",
        "retry: 99999999999999999999\n",
    ];
    for line in table {
        let (read, decoder) = read(format!("{line}\n").as_bytes(), &[]);
        assert_eq!((read.0.len(), read.1, decoder.retry()), (0, 0, None), "{line:?}");
    }
    assert_eq!(
        events("event: a\n\ndata: b\n\n"),
        [event("message", "b", "")],
        "a type without data is dropped"
    );
    assert_eq!(events("id: 7\n\ndata: b\n\n"), [event("message", "b", "7")], "an id without data stays");
    assert_eq!(
        events("id: 7\nid: 8\0\ndata: b\n\n"),
        [event("message", "b", "7")],
        "an id with NUL is ignored"
    );
}

#[test]
fn a_new_stream_keeps_id_and_delay_alone() {
    let (_, mut decoder) = read(b"id: 7\nretry: 20\ndata: a\n\ndata: half\nid: 8\n", &[]);
    decoder.restart();
    assert_eq!((decoder.last_id(), decoder.retry()), (&b"7"[..], Some(20)));
    assert!(decoder.take(b"\xEF\xBB\xBFdata: whole\n\n").unwrap().event);
    assert_eq!((decoder.data(), decoder.last_id()), (&b"whole"[..], &b"7"[..]));
}

#[test]
fn an_event_without_end_is_too_large() {
    let mut decoder = Decoder::default();
    let line = vec![b'x'; MAX_EVENT + 1];
    assert_eq!(decoder.take(&line), Err(Failure::TooLarge));
    let (mut decoder, lines) = (Decoder::default(), b"data: 0123456789\n".repeat(100_000));
    let failed = (0..1_000).find_map(|_| decoder.take(&lines).err());
    assert_eq!(failed, Some(Failure::TooLarge));
}

#[test]
fn the_reference_targets_event_is_read_back() {
    let text = wsbench_targets::wire::event::encode(17, b"a message\n");
    let (read, _) = read(&text, &[]);
    let framing = wsbench_targets::wire::event::FRAMING;
    assert_eq!(read, (vec![event("message", "a message", "0000017")], "a message\n".len(), framing));
}

proptest! {
    /// A short fuzz: whatever lines come, every split of them gives the same events and accounts for each byte.
    #[test]
    fn any_stream_is_the_same_in_every_split(
        lines in prop::collection::vec("(data|id|event|retry|:|)(: ?[a-z\u{e9}\0]{0,4})?(\n|\r|\r\n)", 0..20),
        cuts: [prop::sample::Index; 4],
    ) {
        let text = lines.concat();
        let mut cuts = cuts.map(|cut| if text.is_empty() { 0 } else { cut.index(text.len()) });
        cuts.sort_unstable();
        let (whole, _) = read(text.as_bytes(), &[]);
        prop_assert_eq!(whole.1 + whole.2, text.len());
        prop_assert_eq!(read(text.as_bytes(), &cuts).0, whole);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, cut: prop::sample::Index) {
        let cut = if bytes.is_empty() { 0 } else { cut.index(bytes.len()) };
        prop_assert_eq!(read(&bytes, &[cut]).0, read(&bytes, &[]).0);
    }
}

/// A server chooses the length of an id and of a type, too.
#[test]
fn all_that_is_kept_is_told() {
    let mut decoder = Decoder::default();
    let long = "x".repeat(100_000);
    decoder.take(format!("id: {long}\nevent: {long}\ndata: {long}\n\n").as_bytes()).unwrap();
    assert!(decoder.held() >= 400_000, "{}", decoder.held());
}
