//! Which lines a request has, and in which order; and what a browser's look like on the wire.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::timeout;
use wsbench_targets::clock::Clock;
use wsbench_targets::wire::Headers;

use super::*;
use crate::drivers::connect_options::{CustomHeader, TlsTrust};
use crate::drivers::scripted::{run, server};
use crate::drivers::{Driver, Endpoint, Expects, ShardContext, WithDriver, with_driver};
use crate::secret::Secret;
use crate::transport::Transport;

fn context(headers: Headers, own: &[(&str, &str)]) -> ClientContext {
    let shard = ShardContext::new(headers, Clock::new().unwrap(), 0);
    let mut endpoint = Endpoint::reference(([127, 0, 0, 1], 80).into());
    let own = own.iter().map(|(name, value)| CustomHeader {
        name: (*name).to_owned(),
        value: Secret::hidden((*value).to_owned()),
    });
    endpoint.connect.headers = own.collect();
    ClientContext::first(endpoint, shard)
}

fn lines(pairs: &[(&str, &str)]) -> Vec<Header> {
    pairs.iter().map(|&(name, value)| Header(name.to_owned(), value.to_owned())).collect()
}

fn text(fields: &[Header]) -> String {
    fields.iter().map(|Header(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn what_is_said_instead_stands_where_the_profile_has_it() {
    for (profile, own, more, expected) in [
        (&[("A", "1"), ("B", "2")][..], &[][..], &[("a", "3")][..], "Host=127.0.0.1:80 a=3 B=2"),
        (&[("A", "1"), ("B", "2")], &[("A", "3")], &[("C", "4")], "Host=127.0.0.1:80 A=3 B=2 C=4"),
        (&[("A", "1")], &[("A", "2"), ("C", "5")], &[("A", "3")], "Host=127.0.0.1:80 A=3 C=5"),
        (&[("A", "1"), ("A", "2")], &[], &[], "Host=127.0.0.1:80 A=1 A=2"),
        (&[("A", "1"), ("A", "2")], &[], &[("A", "3")], "Host=127.0.0.1:80 A=3"),
        (&[("A", "1")], &[("Host", "x")], &[], "Host=x A=1"),
        (&[("A", "1"), ("Host", "y")], &[], &[], "A=1 Host=y"),
        (&[("A", "1"), ("Host", "y")], &[("host", "x")], &[], "A=1 host=x"),
        (&[("Content-Length", ""), ("A", "1")], &[], &[], "Host=127.0.0.1:80 A=1"),
        (
            &[("Content-Length", ""), ("A", "1")],
            &[],
            &[("Content-Length", "7"), ("Content-Type", "x")],
            "Host=127.0.0.1:80 Content-Length=7 A=1 Content-Type=x",
        ),
    ] {
        let merged = merged(&context(Headers::minimal(), own), &lines(profile), &lines(more));
        assert_eq!(text(&merged), expected);
    }
}

#[tokio::test]
async fn a_jar_writes_its_cookies_itself() {
    let context = ClientContext { cookies: Some(Rc::default()), ..context(Headers::minimal(), &[]) };
    let merged = merged(&context, &lines(&[("Cookie", "a=1"), ("A", "1")]), &[]);
    assert_eq!(text(&merged), "Host=127.0.0.1:80 A=1");
}

/// A page's origin is where it asks; over HTTP/2 it says last how urgent that is, but for a WebSocket.
#[tokio::test]
async fn a_browser_says_its_origin_and_over_http_2_its_priority() {
    let mut context = context(Headers::browser(), &[]);
    let value = |context: &ClientContext, kind, name: &str| {
        let found = profile(context, kind).into_iter().find(|header| header.0 == name);
        found.map(|header| header.1)
    };
    let origin = |context: &ClientContext| value(context, RequestKind::Post, "Origin");
    assert_eq!(origin(&context).as_deref(), Some("http://127.0.0.1:80"));
    assert_eq!(value(&context, RequestKind::Fetch, "Referer").as_deref(), Some("http://127.0.0.1:80/"));
    assert_eq!(value(&context, RequestKind::Fetch, "Priority"), None);
    let endpoint = Rc::get_mut(&mut context.endpoint).unwrap();
    (endpoint.connect.http, endpoint.connect.tls) = (Http::Two, Some(TlsTrust::default()));
    assert_eq!(origin(&context).as_deref(), Some("https://127.0.0.1:80"));
    for kind in [RequestKind::Fetch, RequestKind::Post, RequestKind::Events] {
        assert_eq!(text(&profile(&context, kind)[profile(&context, kind).len() - 1..]), "Priority=u=1, i");
    }
    assert_eq!(value(&context, RequestKind::WebSocket, "Priority"), None);
}

/// What Chromium 156 was seen to say (`scripts/test-browser`), its address aside.
const FETCH: &str = r#"
GET /line/0000000000/0000000000 HTTP/1.1
Host: 127.0.0.1:8080
Connection: keep-alive
sec-ch-ua-platform: "Linux"
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36
sec-ch-ua: "Not:A-Brand";v="8", "Chromium";v="156"
sec-ch-ua-mobile: ?0
Accept: */*
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
Referer: http://127.0.0.1:8080/
Accept-Encoding: gzip, deflate, br, zstd
Accept-Language: en-US,en;q=0.9
"#;
const POST: &str = r#"
POST /send/0000000000/0000000000 HTTP/1.1
Host: 127.0.0.1:8080
Connection: keep-alive
Content-Length: 21
sec-ch-ua-platform: "Linux"
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36
sec-ch-ua: "Not:A-Brand";v="8", "Chromium";v="156"
Content-Type: text/plain;charset=UTF-8
sec-ch-ua-mobile: ?0
Accept: */*
Origin: http://127.0.0.1:8080
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
Referer: http://127.0.0.1:8080/
Accept-Encoding: gzip, deflate, br, zstd
Accept-Language: en-US,en;q=0.9
"#;
const EVENTS: &str = r#"
GET /feed/0000000000/0000000000 HTTP/1.1
Host: 127.0.0.1:8080
Connection: keep-alive
Pragma: no-cache
Cache-Control: no-cache
sec-ch-ua-platform: "Linux"
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36
Accept: text/event-stream
sec-ch-ua: "Not:A-Brand";v="8", "Chromium";v="156"
sec-ch-ua-mobile: ?0
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
Referer: http://127.0.0.1:8080/
Accept-Encoding: gzip, deflate, br, zstd
Accept-Language: en-US,en;q=0.9
"#;
const UPGRADE: &str = r#"
GET /push/0000000000/0000000000 HTTP/1.1
Host: 127.0.0.1:8080
Connection: Upgrade
Pragma: no-cache
Cache-Control: no-cache
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36
Upgrade: websocket
Origin: http://127.0.0.1:8080
Sec-WebSocket-Version: 13
Accept-Encoding: gzip, deflate, br, zstd
Accept-Language: en-US,en;q=0.9
Sec-WebSocket-Key: ************************
Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits
"#;

/// A client that sends a message, and waits for one.
struct Speaks(ClientContext);

impl WithDriver for Speaks {
    type Output = Pin<Box<dyn Future<Output = ()>>>;

    fn with<D: Driver>(self, options: &D::Options) -> Self::Output {
        let options = options.clone();
        Box::pin(async move {
            let Ok(mut client) = D::connect(self.0, &options).await else { return };
            let _refused = client.send(b"a message of 21 bytes").await;
            let _over = timeout(Duration::from_secs(1), client.taken()).await;
        })
    }
}

/// The requests of each transport to a reference target, as they pass.
#[test]
fn each_kind_of_request_is_that_of_a_browser() {
    for (name, expected) in
        [("streaming", vec![FETCH, POST]), ("sse", vec![EVENTS, POST]), ("websocket", vec![UPGRADE])]
    {
        let count = expected.len();
        let said = run(async move {
            let (mut context, requests) = server(vec![
                vec![b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"],
                vec![b"HTTP/1.1 204 No Content\r\n\r\n"],
            ]);
            Rc::get_mut(&mut context.endpoint).unwrap().expects = Expects::Reference;
            Rc::get_mut(&mut context.shard).unwrap().headers = Headers::browser();
            let authority = context.endpoint.authority.clone();
            with_driver(&Transport::named(name).unwrap(), Speaks(context)).await;
            let next = || requests.recv_timeout(Duration::from_secs(5)).unwrap();
            let said = (0..count).map(|_| next().replace(&authority, "127.0.0.1:8080"));
            said.collect::<Vec<_>>()
        });
        for (said, expected) in said.iter().zip(expected) {
            let (head, _) = said.split_once("\r\n\r\n").unwrap();
            let lines = head.lines().map(|line| match line.split_once(": ") {
                Some(("Sec-WebSocket-Key", key)) => format!("Sec-WebSocket-Key: {}", "*".repeat(key.len())),
                _ => line.to_owned(),
            });
            assert_eq!(lines.collect::<Vec<_>>().join("\n"), expected.trim(), "{name}");
        }
    }
}
