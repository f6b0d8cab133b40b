use proptest::prelude::*;

use super::*;

const ARTICLE: &[u8] = b"HTTP/1.1 200 OK\r\nX-Powered-By: Servlet/2.5\r\nContent-Length: 21\r\n\r\n";
const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const UPGRADE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: abc= \r\n\r\n";
const NOTHING: &[u8] = b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n";

/// Every split gives "more" before the end of the head and the same head at it, whatever follows.
fn whole(bytes: &[u8]) -> Head {
    for cut in 0..bytes.len() {
        assert_eq!(head(&bytes[..cut]), Ok(None), "cut at {cut}");
    }
    let read = head(bytes).unwrap().unwrap();
    assert_eq!(head(&[bytes, b"HTTP/1.1 500"].concat()).unwrap().unwrap(), read);
    assert_eq!(read.length, bytes.len());
    read
}

#[test]
fn a_head_split_at_every_byte() {
    let read = whole(ARTICLE);
    assert_eq!((read.status, read.body, read.keep_alive), (200, Body::of(21), true));
    assert_eq!(whole(CHUNKED).body, Body::chunked());
    assert_eq!((whole(NOTHING).body, whole(UPGRADE).body), (Body::of(0), Body::of(0)));
}

#[test]
fn interim_answers_are_part_of_the_head() {
    let early = b"HTTP/1.1 103 Early Hints\r\nETag: none\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
    let bytes = [early.as_slice(), b"HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: 2\r\n\r\n"].concat();
    let read = whole(&bytes);
    assert_eq!((read.status, read.body), (200, Body::of(2)));
    assert_eq!(field(&bytes, "etag").as_deref(), Some("\"x\""));
    let endless = early.repeat(MAX_HEAD_BYTES / early.len() + 1);
    assert_eq!(head(&endless), Err(Failure::TooLarge));
}

/// A thread remembers the last head; one that has read nothing yet does not.
#[test]
fn what_was_read_before_changes_nothing() {
    let near: [&[u8]; 3] = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n21",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n21",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2",
    ];
    let all = [ARTICLE, CHUNKED, UPGRADE, NOTHING, near[0], near[1], near[2]];
    for (before, bytes) in all.iter().flat_map(|before| all.map(|bytes| (before, bytes))) {
        for cut in 0..=bytes.len() {
            let bytes = &bytes[..cut];
            let fresh = std::thread::scope(|scope| scope.spawn(|| head(bytes)).join().unwrap());
            assert!(head(before).unwrap().is_some());
            assert_eq!(head(bytes), fresh);
        }
    }
}

#[test]
fn fields_of_one_name_are_one_list_by_any_spelling() {
    let bytes = b"HTTP/1.1 304 Not Modified\r\neTag: \"a-1\" \r\nVia: a\r\nX: \xff\r\nvia:  b \r\n\r\n";
    assert_eq!(field(bytes, "ETag").as_deref(), Some("\"a-1\""));
    assert_eq!(field(bytes, "Via").as_deref(), Some("a, b"));
    assert_eq!(field(bytes, "X").as_deref(), Some("\u{fffd}"));
    assert_eq!((field(bytes, "Location"), field(b"no head", "x")), (None, None));
}

fn read(fields: &str) -> Head {
    head(format!("HTTP/1.1 200 OK\r\n{fields}\r\n").as_bytes()).unwrap().unwrap()
}

/// `close` counts wherever it stands (RFC 9110 §7.6.1).
#[test]
fn connection_fields_are_obeyed() {
    for (version, fields, keep_alive) in [
        (1, "", true),
        (1, "Connection: Close\r\n", false),
        (1, "Connection: close\r\nConnection: keep-alive\r\n", false),
        (1, "Connection: upgrade, close\r\n", false),
        (0, "", false),
        (0, "Connection: keep-alive\r\n", true),
    ] {
        let text = format!("HTTP/1.{version} 200 OK\r\nContent-Length: 0\r\n{fields}\r\n");
        assert_eq!(head(text.as_bytes()).unwrap().unwrap().keep_alive, keep_alive, "{text}");
    }
    assert!(!read("").keep_alive, "the body ends with the connection");
}

#[test]
fn how_a_body_ends_and_how_it_is_encoded() {
    for (fields, body, coding) in [
        ("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", Body::chunked(), Coding::Identity),
        ("Transfer-Encoding: gzip, Chunked\r\n", Body::chunked(), Coding::Unknown),
        ("Transfer-Encoding: chunked, gzip\r\n", Body::until_close(), Coding::Unknown),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n", Body::until_close(), Coding::Unknown),
        ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", Body::chunked(), Coding::Unknown),
        ("Transfer-Encoding: deflate\r\n", Body::until_close(), Coding::Unknown),
        ("Content-Length: 3\r\nContent-Encoding: br\r\n", Body::of(3), Coding::Br),
        (
            "Content-Length: 3\r\nContent-Length: 3\r\nContent-Encoding: identity\r\n",
            Body::of(3),
            Coding::Identity,
        ),
        ("", Body::until_close(), Coding::Identity),
    ] {
        let head = read(fields);
        assert_eq!((head.body, head.coding), (body, coding), "{fields}");
    }
}

#[test]
fn what_else_a_head_says() {
    let keeps = |text| read(&format!("Keep-Alive: {text}\r\n")).keeps_for;
    assert_eq!(keeps("max=9, timeout=5"), Some(Duration::from_secs(5)));
    assert_eq!((keeps("timeout=-1"), keeps("max=9")), (None, None));
    assert!(read("Content-Type: Text/Event-Stream; charset=utf-8\r\n").event_stream);
    assert!(!read("Content-Type: text/event-streams\r\n").event_stream);
}

#[test]
fn nonsense_is_a_protocol_failure() {
    let table: &[&[u8]] = &[
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
    ];
    for bytes in table {
        assert_eq!(head(bytes), Err(Failure::Protocol), "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn many_fields_are_read_and_too_much_is_not() {
    let fields = |many: usize| "a: b\r\n".repeat(many);
    assert_eq!(read(&fields(MAX_HEADER_FIELDS)).status, 200);
    let (line, long) = (b"HTTP/1.1 200 OK\r\n".as_slice(), vec![b'a'; MAX_HEAD_BYTES]);
    for bytes in [
        [line, fields(MAX_HEADER_FIELDS + 1).as_bytes(), b"\r\n"].concat(),
        [line, b"X: ", &long].concat(),
        // Whole, and still too long.
        [line, b"X: ", &long, b"\r\nContent-Length: 0\r\n\r\n"].concat(),
    ] {
        assert_eq!(head(&bytes), Err(Failure::TooLarge));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
        let _answer = head(&bytes);
        let _answer = head(&[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", &bytes[..]].concat());
    }
}
