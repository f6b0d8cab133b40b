//! Sessions over HTTP: a login before an event stream, a subscription beside it, and steps of clients that ask.

use wsbench_targets::wire::Headers;

use super::*;
use crate::drivers::connect_options::CustomHeader;
use crate::drivers::polling::Polling;
use crate::drivers::scripted::server;
use crate::drivers::sse::Sse;
use crate::drivers::{Endpoint, Expects};
use crate::secret::Secret;
use crate::session::{Method, Request};
use crate::transport::{Polling as PollingOptions, Sse as SseOptions};

const TOKEN: &[u8] = b"HTTP/1.1 200 OK\r\nSet-Cookie: sid=c1\r\nContent-Length: 14\r\n\r\n{\"token\":\"t1\"}";
const EVENTS: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
const TAKEN: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

fn login(status: Option<u16>) -> Step {
    let save = vec![Save { name: "token".to_owned(), from: Source::Pointer("/token".to_owned()) }];
    let save = if status.is_none() { save } else { vec![] };
    let body = Some("{\"user\":\"{client}\"}".to_owned());
    let path = "/login?of={client}".to_owned();
    Step::Request(Box::new(Request { method: Method::Post, path, headers: vec![], body, status, save }))
}

/// In that session with a jar, and a place for the token in the path.
fn with_jar(context: ClientContext, session: Session) -> ClientContext {
    let session = Rc::new(ClientSession::new(std::sync::Arc::new(session), context.client, None));
    let expects = Expects::Foreign("/feed?token={token}".to_owned());
    let mut endpoint = Endpoint { expects, ..Endpoint::clone(&context.endpoint) };
    let headers = [("Authorization", "Bearer {token}"), ("Cookie", "a=b; own={token}"), ("X-Room", "{room}")];
    endpoint.connect.headers = headers.map(|(name, value)| own_header(name, value)).into();
    // The article's profile has cookies, too; the user's own stand in their place.
    let profile = Headers::profile("article").unwrap();
    let cookies = Some(Rc::new(endpoint.jar(&profile, &context.own())));
    ClientContext { endpoint: Rc::new(endpoint), varies: true, cookies, session: Some(session), ..context }
}

fn own_header(name: &str, value: &str) -> CustomHeader {
    CustomHeader { name: name.to_owned(), value: Secret::hidden(value.to_owned()) }
}

fn answer(status: &str, text: &str) -> &'static [u8] {
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{text}", text.len());
    Vec::leak(answer.into_bytes())
}

/// Receives one message, a refusal, and another message.
async fn polls_past_a_refusal(context: &ClientContext) {
    let options = PollingOptions { every: Duration::from_millis(20), ..PollingOptions::default() };
    let mut client = WithSession::<Polling>::connect(context.clone(), &options).await.unwrap();
    assert_eq!(client.recv().await.unwrap().stamp.seq, 0);
    assert_eq!(client.recv().await, Err(Failure::Status));
    assert_eq!(client.recv().await.unwrap().stamp.seq, 1);
    client.close().await;
}

fn event(seq: u64) -> &'static [u8] {
    Vec::leak(format!("data: {}\n\n", stamped(seq)).into_bytes())
}

#[test]
fn a_login_comes_before_the_stream_and_a_subscription_behind_it() {
    run(async {
        let ready: &[u8] = b"data: ready\n\n";
        let (context, requests) = server(vec![
            vec![TOKEN],
            vec![EVENTS, ready, event(4)],
            vec![TAKEN],
            vec![TOKEN],
            vec![EVENTS, ready, event(5)],
            vec![TAKEN],
        ]);
        let steps = vec![login(None), expect("ready"), Step::Send(said("subscribe {token}"))];
        let context = with_jar(context, Session { steps, ..Session::default() });
        let options = SseOptions { retry: Duration::from_millis(10), ..SseOptions::default() };
        let mut client = WithSession::<Sse>::connect(context.clone(), &options).await.unwrap();
        let mut came = vec![];
        while came.len() < 2 {
            came.extend(client.recv().await.map(|arrival| arrival.stamp.seq));
        }
        assert_eq!(came, [4, 5]);
        client.close().await;
        let asked: Vec<String> = requests.iter().collect();
        for three in asked.chunks(3) {
            let [login, stream, post] = three else { panic!("{three:?}") };
            assert!(
                login.starts_with("POST /login?of=0 ") && login.ends_with("\r\n\r\n{\"user\":\"0\"}"),
                "{login}"
            );
            assert!(login.contains("\r\nContent-Type: application/json\r\n"), "{login}");
            assert!(
                stream.starts_with("GET /feed?token=t1 ")
                    && stream.contains("\r\nCookie: a=b; sid=c1; own=t1\r\n"),
                "{stream}"
            );
            assert!(post.starts_with("POST /feed?token=t1 ") && post.ends_with("subscribe t1"), "{post}");
        }
        assert_eq!(asked.len(), 6);
        // The stream's connection and that of the POSTs.
        assert_eq!(context.shard.meter.counts().reconnects, 2);
        balanced(&context).await;
        let total = context.shard.meter.tally().traffic.total();
        // Each with the line's end, unless it came with the step's own event.
        assert!((40..=42).contains(&total.down.payload), "{}", total.down.payload);
        assert_eq!((total.up.payload, total.messages_down), (0, 2));
    });
}

#[test]
fn a_refused_login_is_named_by_its_status() {
    for (answer, status, failure, why) in [
        (
            &b"HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\nwrong key"[..],
            None,
            Failure::Status,
            "403 \"wrong key\"",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            None,
            Failure::Session,
            "step 1: nothing to save as token in the answer \"{}\"",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            Some(302),
            Failure::Status,
            "step 1: status 200 instead of 302 \"hi\"",
        ),
    ] {
        run(async move {
            let (context, _requests) = server(vec![vec![answer]]);
            let context = with_jar(context, Session { steps: vec![login(status)], ..Session::default() });
            let outcome = WithSession::<Sse>::connect(context.clone(), &SseOptions::default()).await.err();
            assert_eq!(outcome, Some(failure));
            assert_eq!(reasons(&context), [why]);
        });
    }
}

/// A redirect is what a login form answers; the cookie in it counts.
#[test]
fn a_redirect_that_is_expected_is_an_answer() {
    run(async {
        let moved =
            b"HTTP/1.1 302 Found\r\nLocation: /home\r\nSet-Cookie: sid=c2\r\nContent-Length: 0\r\n\r\n";
        let (context, requests) = server(vec![vec![moved], vec![EVENTS, event(0)]]);
        let context = with_jar(context, Session { steps: vec![login(Some(302))], ..Session::default() });
        let mut client = WithSession::<Sse>::connect(context.clone(), &SseOptions::default()).await.unwrap();
        assert_eq!(client.recv().await.unwrap().stamp.seq, 0);
        let asked: Vec<String> = requests.iter().take(2).collect();
        assert!(asked[1].contains("\r\nCookie: a=b; sid=c2\r\n"), "{asked:?}");
    });
}

/// A client that asks is known by what it asks with: its steps run once, however often it connects; a refusal ends that.
#[test]
fn who_asks_logs_in_once_and_again_where_it_is_refused() {
    run(async {
        let good = |text: &str| answer("200 OK", text);
        let (context, requests) = server(vec![
            vec![TOKEN],
            vec![good("not yet")],
            vec![good("ready")],
            vec![good(&stamped(0))],
            vec![answer("401 No", "")],
            vec![TOKEN],
            vec![good("ready")],
            vec![good(&stamped(1))],
        ]);
        let context =
            with_jar(context, Session { steps: vec![login(None), expect("ready")], ..Session::default() });
        polls_past_a_refusal(&context).await;
        let asked: Vec<String> = requests.iter().collect();
        let logins = asked.iter().filter(|asked| asked.starts_with("POST /login")).count();
        assert_eq!((logins, asked.len()), (2, 8));
        assert!(asked[2].contains("\r\nCookie: a=b; sid=c1; own=t1\r\n"));
    });
}

/// A step knows what the one before has saved, in cookies too; and what the server sets instead is not taken back.
#[test]
fn a_cookie_that_a_step_saves_goes_with_the_next_step() {
    run(async {
        let own: &[u8] = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=c\r\nContent-Length: 2\r\n\r\n{}";
        let (context, requests) = server(vec![vec![TOKEN], vec![own], vec![EVENTS, event(0)], vec![TOKEN]]);
        let mut ticket = login(Some(200));
        if let Step::Request(asked) = &mut ticket {
            (asked.method, asked.path, asked.body) = (Method::Get, "/ticket".to_owned(), None);
        }
        let context = with_jar(context, Session { steps: vec![login(None), ticket], ..Session::default() });
        let options = SseOptions { retry: Duration::from_millis(10), ..SseOptions::default() };
        let mut client = WithSession::<Sse>::connect(context.clone(), &options).await.unwrap();
        assert_eq!(client.recv().await.unwrap().stamp.seq, 0);
        let _the_server_has_closed = client.recv().await;
        let _no_answer_to_the_ticket = timeout(Duration::from_secs(2), client.recv()).await;
        let asked: Vec<String> = requests.try_iter().collect();
        let cookies = |nth: usize| {
            let line = asked[nth].split("\r\n").find_map(|line| line.strip_prefix("Cookie: "));
            line.unwrap_or_default().to_owned()
        };
        let due = ["a=b", "a=b; sid=c1; own=t1", "a=c; sid=c1; own=t1", "a=c; sid=c1; own=t1"];
        assert_eq!([0, 1, 2, 3].map(cookies), due, "{asked:?}");
    });
}

/// What a client asks with is what its session has saved last; before anything was saved a header that needs it is not there.
#[test]
fn a_token_that_is_new_goes_into_the_next_request() {
    run(async {
        let token = |token: &str| answer("200 OK", &format!("{{\"token\":\"{token}\"}}"));
        let (context, requests) = server(vec![
            vec![token("t1")],
            vec![answer("200 OK", &stamped(0))],
            vec![answer("401 Stale", "")],
            vec![token("t\\r\\n2")],
            vec![answer("200 OK", &stamped(1))],
        ]);
        let context = with_jar(context, Session { steps: vec![login(None)], ..Session::default() });
        polls_past_a_refusal(&context).await;
        let asked: Vec<String> = requests.iter().collect();
        let has = |nth: usize, line: &str| asked[nth].contains(&format!("\r\n{line}\r\n"));
        assert!(!asked[0].contains("Authorization") && has(1, "Authorization: Bearer t1"), "{asked:?}");
        assert!(has(2, "Authorization: Bearer t1") && has(3, "Authorization: Bearer t1"), "{asked:?}");
        // What comes from a server ends no line.
        assert!(asked[4].starts_with("GET /feed?token=t%0D%0A2 "), "{asked:?}");
        assert!(has(4, "Authorization: Bearer t  2") && !asked.iter().any(|all| all.contains("X-Room")));
        balanced(&context).await;
    });
}
