//! Requests as they go on the wire.

use std::future::poll_fn;
use std::sync::Arc;

use tokio::io::AsyncReadExt;
use wsbench_targets::clock::Clock;
use wsbench_targets::wire::Headers;

use super::*;
use crate::drivers::Endpoint;
use crate::drivers::connect_options::CustomHeader;
use crate::message::values::Values;
use crate::secret::Secret;
use crate::session::{Save, Source};

fn text(request: &Request) -> String {
    let mut bytes = b"before".to_vec();
    request.write_into(&[], &mut bytes);
    String::from_utf8(bytes.split_off("before".len())).unwrap()
}

#[tokio::test]
async fn clients_share_a_head_and_keep_their_digits() {
    let shard = Rc::new(ShardContext::new(Headers::profile("minimal").unwrap(), Clock::new().unwrap(), 0));
    let endpoint = Rc::new(Endpoint::reference(([127, 0, 0, 1], 80).into()));
    let ask = |client| {
        let context = ClientContext::new(client, Rc::clone(&endpoint), Rc::clone(&shard), false);
        Request::new(&context, "GET", route::POLL, &[], &[])
    };
    let (one, mut other) = (ask(1), ask(u32::MAX));
    assert!(Rc::ptr_eq(&one.head, &other.head));
    other.set_cursor(9_876_543_210);
    other.set_body(b"body", 1);
    assert_eq!(
        text(&one),
        format!("GET {} HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n", route::path(route::POLL, 1, 0))
    );
    let path = route::path(route::POLL, u32::MAX, 9_876_543_210);
    assert_eq!(text(&other), format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\nbody"));
}

/// What each has of its own is in its bytes and in nobody's memory.
#[tokio::test]
async fn clients_of_different_values_share_a_head() {
    let values = Values::new(vec!["t".into()], vec![vec!["a b".into()], vec!["{t}".into()]]);
    let mut shard = ShardContext::new(Headers::minimal(), Clock::new().unwrap(), 0);
    shard.values = Some(Arc::new(values));
    let mut endpoint = Endpoint::reference(([127, 0, 0, 1], 80).into());
    endpoint.expects = Expects::Foreign("/?t={user.t}".to_owned());
    let own = CustomHeader { name: "X".to_owned(), value: Secret::hidden("{user.t} {client}".to_owned()) };
    endpoint.connect.headers = vec![own];
    let (endpoint, shard) = (Rc::new(endpoint), Rc::new(shard));
    let more = [Header("Y".to_owned(), "{user.t}".to_owned())];
    let ask = |client| {
        let context = ClientContext::new(client, Rc::clone(&endpoint), Rc::clone(&shard), false);
        Request::new(&context, "GET", "", &[], &more)
    };
    let (one, other) = (ask(0), ask(1));
    assert!(Rc::ptr_eq(&one.head, &other.head));
    for (request, path, value) in [(&one, "/?t=a%20b", "a b 0"), (&other, "/?t=%7Bt%7D", "{t} 1")] {
        let said =
            format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:80\r\nX: {value}\r\nY: {{user.t}}\r\n\r\n");
        assert_eq!((text(request), &*request.path()), (said, path));
        let fields = request.asking(&[]).unwrap().head.fields;
        let has =
            |name: &str, value: &str| fields.iter().any(|f| f.name == name && f.value == value.as_bytes());
        assert!(has(":path", path) && has("x", value) && has("y", "{user.t}"), "{fields:?}");
    }
}

/// What its session saves while a request leaves is for the next one.
#[tokio::test]
async fn a_request_that_leaves_in_parts_is_of_one_piece() {
    let save = Save { name: "t".to_owned(), from: Source::Pointer("/t".to_owned()) };
    let shard = Rc::new(ShardContext::new(Headers::minimal(), Clock::new().unwrap(), 0));
    let mut endpoint = Endpoint::reference(([127, 0, 0, 1], 80).into());
    endpoint.expects = Expects::Foreign("/{t}".to_owned());
    endpoint.connect.headers =
        vec![CustomHeader { name: "X".to_owned(), value: Secret::hidden("{t}".to_owned()) }];
    let mut context = ClientContext::new(0, Rc::new(endpoint), shard, false);
    let session = Rc::new(ClientSession::new(Arc::default(), 0, None));
    context.session = Some(Rc::clone(&session));
    let saves = |value: &str| {
        let text = format!("{{\"t\":\"{value}\"}}");
        session.save(std::slice::from_ref(&save), text.as_bytes(), &|_| None).unwrap();
    };
    let unsaved = Request::new(&context, "POST", "", &[], &[]);
    assert_eq!(text(&unsaved), "POST / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n");
    let names = |request: &Request| -> Vec<String> {
        request.asking(&[]).unwrap().head.fields.iter().map(|field| field.name.to_string()).collect()
    };
    assert!(!names(&unsaved).contains(&"x".to_owned()));
    saves("old");
    let mut request = Request::new(&context, "POST", "", &[], &[]);
    assert!(Rc::ptr_eq(&request.head, &unsaved.head) && names(&unsaved).contains(&"x".to_owned()));
    request.set_body(b"body", 0);
    let before = text(&request);
    for at in 0..before.len() {
        saves("old");
        let (mut ours, mut theirs) = tokio::io::duplex(1);
        let (mut left, mut came) = (Departure::default(), vec![]);
        while !request.has_left(&left) {
            if left.sent() > at {
                saves("another");
            }
            poll_fn(|cx| request.poll_leave(&mut ours, &[], &mut left, cx)).await.unwrap();
            while came.len() < left.sent() {
                theirs.read_buf(&mut came).await.unwrap();
            }
        }
        assert_eq!((String::from_utf8(came).unwrap(), left.head), (before.clone(), before.len() - 4));
    }
    saves("another");
    assert!(text(&request).starts_with("POST /another "));
}

/// A login or a POST between two clients does not keep them from saying the same; what many say once is forgotten.
#[tokio::test]
async fn heads_are_shared_beside_others() {
    let shard = Rc::new(ShardContext::new(Headers::minimal(), Clock::new().unwrap(), 0));
    let endpoint = Rc::new(Endpoint::reference(([127, 0, 0, 1], 80).into()));
    let context = ClientContext::new(7, endpoint, shard, false);
    let ask = |path: &str| Request::new(&context.at(path.to_owned()), "GET", "", &[], &[]).head;
    let first = ask("/poll");
    for nth in 0..9 {
        ask(&format!("/login?of={nth}"));
        assert!(Rc::ptr_eq(&first, &ask("/poll")));
    }
    (0..4).for_each(|nth| drop(ask(&format!("/{nth}"))));
    assert!(!Rc::ptr_eq(&first, &ask("/poll")));
}

/// A socket that takes three bytes at a time gets every one of them once, wherever the head ends.
#[tokio::test]
async fn a_request_that_leaves_in_parts_is_whole() {
    let shard = Rc::new(ShardContext::new(Headers::minimal(), Clock::new().unwrap(), 0));
    let endpoint = Rc::new(Endpoint::reference(([127, 0, 0, 1], 80).into()));
    let context = ClientContext::new(7, endpoint, shard, false);
    for body in ["", "b", "body of some length"] {
        let mut request = Request::new(&context, "POST", route::SEND, &[], &[]);
        request.set_body(body.as_bytes(), 0);
        let (mut ours, mut theirs) = tokio::io::duplex(3);
        let (mut left, mut came) = (Departure::default(), vec![]);
        while !request.has_left(&left) {
            poll_fn(|cx| request.poll_leave(&mut ours, &[], &mut left, cx)).await.unwrap();
            while came.len() < left.sent() {
                theirs.read_buf(&mut came).await.unwrap();
            }
        }
        assert_eq!(String::from_utf8(came).unwrap(), text(&request));
    }
}
