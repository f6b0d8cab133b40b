use super::*;
use crate::session::condition::Condition;
use crate::session::{Expect, Heartbeat, Step};
use std::time::Duration;

/// A URL is written as often as it is asked for, and says the same each time until something else is saved.
#[test]
fn a_text_outside_takes_what_is_saved_and_no_number() {
    let save = Save { name: "token".to_owned(), from: Source::Pointer("/t".to_owned()) };
    let steps = vec![Step::Expect(Box::new(Expect {
        condition: Condition::default(),
        fail: None,
        save: vec![save.clone()],
        timeout: Duration::ZERO,
    }))];
    let client = client(Session { steps, ..Session::default() });
    let said = |name: &str| {
        let mut into = vec![];
        client.write(name, plain, &mut into).then(|| String::from_utf8(into).unwrap())
    };
    let all = || ["token", "n", "n", "other"].map(|name| said(name).unwrap_or_default());
    assert_eq!(all(), ["", "1", "1", ""]);
    client.save(std::slice::from_ref(&save), b"{\"t\":\"a\"}", &|_| None).unwrap();
    assert_eq!(all(), ["a", "1", "1", ""]);
    assert_eq!(client.text("{n}", plain), "1");
    client.save(std::slice::from_ref(&save), b"{\"t\":\"b\"}", &|_| None).unwrap();
    assert_eq!(all(), ["b", "2", "2", ""]);
}

fn client(session: Session) -> ClientSession {
    ClientSession::new(Arc::new(session), 3, None)
}

#[test]
fn messages_end_with_the_separator() {
    let separated = client(Session { separator: Some("\r\n".to_owned()), ..Session::default() });
    assert_eq!(separated.first(b"ab\r\ncd"), 4);
    assert_eq!(separated.first(b"cd"), 2);
    assert_eq!(client(Session::default()).first(b"ab\r\ncd"), 6);
}

#[test]
fn what_comes_during_the_steps_waits_and_what_is_left_is_the_loads() {
    let client = client(Session::default());
    client.begin();
    assert!(!client.hears(b"one", Tick(1)) && !client.hears(b"two", Tick(2)));
    assert!(client.calls());
    assert_eq!(client.next_heard().as_deref(), Some(&b"one"[..]));
    assert_eq!(client.joined(Tick(3)), [(b"two".to_vec(), Tick(2))]);
    assert!(client.hears(b"three", Tick(4)) && !client.calls());
    client.broke();
    assert!(client.calls());
}

/// Steps that have failed are due again, whatever was not heard.
#[test]
fn steps_that_failed_are_due_again() {
    let client = client(Session::default());
    client.begin();
    assert!(!client.calls());
    client.failed();
    assert!(client.calls());
}

#[test]
fn a_server_cannot_fill_the_memory_during_the_steps() {
    let client = client(Session::default());
    client.begin();
    (0..100).for_each(|_| assert!(!client.hears(&vec![b'x'; 100_000], Tick(1))));
    assert!(client.joined(Tick(2)).len() <= 11);
}

#[test]
fn a_heartbeat_comes_once_the_steps_are_done() {
    let beat =
        Heartbeat { every: Duration::from_nanos(10), send: Said { text: "{n}".to_owned(), binary: false } };
    let client = client(Session { heartbeat: Some(beat), ..Session::default() });
    client.begin();
    assert_eq!(client.next_beat(), None);
    client.joined(Tick(100));
    assert_eq!(client.next_beat(), Some(Tick(110)));
    client.beat(Tick(115));
    assert_eq!(client.next_owed().map(|owed| owed.bytes), Some(b"1".to_vec()));
    assert_eq!(client.next_beat(), Some(Tick(125)));
}

#[test]
fn only_what_is_a_delivery_is_the_loads() {
    let message = Condition { contains: Some("next".to_owned()), ..Condition::default() };
    let client = client(Session { message: Some(message), ..Session::default() });
    client.begin();
    client.joined(Tick(1));
    assert!(client.hears(b"{\"type\":\"next\"}", Tick(2)) && !client.hears(b"{\"type\":\"ack\"}", Tick(2)));
}
