use proptest::prelude::*;

use super::*;

const ARTICLE: &[u8] =
    b"HTTP/1.1 200 OK\r\nX-Powered-By: Servlet/2.5\r\nContent-Length: 21\r\n\r\n0123456789abcdefghij\n";
const CHUNKED: &[u8] =
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n";
const UPGRADE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: abc= \r\n\r\n";
const NOTHING: &[u8] = b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n";

/// Every split gives "more" before its end and the same response at it.
fn whole(bytes: &[u8]) -> Response {
    for cut in 0..bytes.len() {
        assert_eq!(decode(&bytes[..cut], false), Ok(None), "cut at {cut}");
        assert_eq!(decode(&bytes[..cut], true), Err(Failure::Closed), "ended at {cut}");
    }
    let response = decode(bytes, false).unwrap().unwrap();
    let followed = [bytes, b"HTTP/1.1 500"].concat();
    assert_eq!(decode(&followed, false).unwrap().unwrap(), response);
    assert_eq!(response.length, bytes.len());
    response
}

#[test]
fn split_at_every_byte_a_fixed_length() {
    let response = whole(ARTICLE);
    assert_eq!((response.status, response.body_length(), response.framing()), (200, 21, 0));
    assert!(response.keep_alive);
    assert_eq!(&ARTICLE[response.body[0].clone()], b"0123456789abcdefghij\n");
}

#[test]
fn split_at_every_byte_chunks() {
    let response = whole(CHUNKED);
    assert_eq!(response.body_length(), 15);
    assert_eq!(response.framing(), "5\r\n\r\nA;x=y\r\n\r\n0\r\nT: v\r\n\r\n".len());
    assert_eq!(&CHUNKED[response.body[1].clone()], b"0123456789");
}

#[test]
fn split_at_every_byte_without_a_body() {
    assert_eq!(whole(UPGRADE).accept.as_deref(), Some("abc="));
    assert_eq!(whole(NOTHING).body_length(), 0);
}

#[test]
fn interim_answers_are_part_of_the_head() {
    let early = b"HTTP/1.1 103 Early Hints\r\nETag: none\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
    let final_one = b"HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: 2\r\n\r\nok";
    let bytes = [early.as_slice(), final_one].concat();
    let response = whole(&bytes);
    assert_eq!((response.status, response.head, response.body_length()), (200, bytes.len() - 2, 2));
    assert_eq!(header(&bytes[..response.head], "etag").as_deref(), Some("\"x\""));
    assert_eq!(line(&bytes, "Content-Length").as_deref(), Some("2"));
    let endless = early.repeat(MAX_HEAD / early.len() + 1);
    assert_eq!(decode(&endless, false), Err(Failure::TooLarge));
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
            let fresh = std::thread::scope(|scope| scope.spawn(|| decode(bytes, false)).join().unwrap());
            assert!(decode(before, false).unwrap().is_some());
            assert_eq!(decode(bytes, false), fresh);
        }
    }
}

#[test]
fn headers_are_found_by_any_spelling() {
    let head = b"HTTP/1.1 304 Not Modified\r\neTag: \"a-1\" \r\nX: \xff\r\n\r\n";
    assert_eq!(header(head, "ETag").as_deref(), Some("\"a-1\""));
    assert_eq!(header(head, "last-modified"), None);
    assert_eq!(header(head, "x"), None);
    assert_eq!(header(b"no head", "x"), None);
}

#[test]
fn a_body_may_last_until_the_end() {
    let bytes = b"HTTP/1.1 200 OK\r\n\r\nall of it";
    assert_eq!(decode(bytes, false), Ok(None));
    let response = decode(bytes, true).unwrap().unwrap();
    assert_eq!((response.body_length(), response.keep_alive), (9, false));
}

#[test]
fn connection_lines_are_obeyed() {
    let table = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n", false),
        ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false),
        ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", true),
    ];
    for (text, keep_alive) in table {
        assert_eq!(decode(text.as_bytes(), false).unwrap().unwrap().keep_alive, keep_alive, "{text}");
    }
}

#[test]
fn nonsense_is_a_protocol_failure() {
    let table: &[&[u8]] = &[
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
    ];
    for bytes in table {
        assert_eq!(decode(bytes, false), Err(Failure::Protocol), "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn more_than_anybody_needs_is_not_read() {
    let head = b"HTTP/1.1 200 OK\r\n".as_slice();
    let long = vec![b'a'; MAX_HEAD];
    let table = [
        [head, b"X: ", &long].concat(),
        // Whole, and still too long.
        [head, b"X: ", &long, b"\r\nContent-Length: 0\r\n\r\n"].concat(),
        [head, b"Content-Length: 16777217\r\n\r\n"].concat(),
        [head, b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"].concat(),
        [head, b"\r\n", &vec![b'a'; MAX_BODY + 1]].concat(),
        [head, b"Transfer-Encoding: chunked\r\n\r\n1;", &vec![b'a'; 2 * MAX_BODY]].concat(),
    ];
    for bytes in table {
        assert_eq!(decode(&bytes, false), Err(Failure::TooLarge));
    }
}

#[test]
fn a_line_of_a_head_is_found_whatever_its_case() {
    let head = b"HTTP/1.1 301 Moved\r\nlocation:  https://a/b \r\n\r\n";
    assert_eq!(line(head, "Location").as_deref(), Some("https://a/b"));
    assert_eq!(line(head, "Server"), None);
    assert_eq!(line(b"nonsense", "Location"), None);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, ended: bool) {
        let _answer = decode(&bytes, ended);
        let _answer = decode(&[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", &bytes[..]].concat(), ended);
    }
}
