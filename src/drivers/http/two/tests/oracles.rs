//! What answers cost over HTTP/2, to the byte, by an encoder that puts every field into its table: the figures of the
//! literature. `hostile` has the same server for answers that break rules.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wsbench_targets::wire::{Header, Headers};

use super::hostile::frame;
use super::*;
use crate::drivers::Driver;
use crate::drivers::http::two::frames::{END_HEADERS, HEAD, HEADERS, PREFACE, SETTINGS};
use crate::drivers::http::two::hpack::{Block, Encoder, Field};
use crate::drivers::sse::Sse;
use crate::meter::PhaseTraffic;
use crate::transport::Sse as Options;

const DATA: u8 = 0;
const END_STREAM: u8 = 1;

const FIRST: &str = "Thu, 15 Aug 2013 08:44:07 GMT";
const SECOND: &str = "Thu, 15 Aug 2013 08:44:08 GMT";

/// Fields of one answer, the status first.
fn block(fields: &[(&str, &str)]) -> Block {
    let field = |&(name, value): &(&str, &str)| Field {
        name: name.to_ascii_lowercase(),
        value: value.as_bytes().to_vec(),
        stays: true,
    };
    Block { fields: fields.iter().map(field).collect(), path: None, more: vec![], weight: None }
}

/// A server of one connection whose answers have these fields and `body`; `ends` says whether they end.
fn answering(
    answers: Vec<Vec<(&'static str, &'static str)>>,
    body: &'static [u8],
    ends: bool,
) -> ClientContext {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let context = context_of_two(listener.local_addr().unwrap());
    thread::spawn(move || {
        run(async move {
            listener.set_nonblocking(true).unwrap();
            let (mut stream, _) = TcpListener::from_std(listener).unwrap().accept().await.unwrap();
            stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
            let (mut heard, mut piece, mut encoder) = (vec![], [0; 4096], Encoder::default());
            for (number, fields) in (0..).zip(&answers) {
                while requests(&heard) <= number {
                    let read = stream.read(&mut piece).await.unwrap();
                    assert!(read > 0, "the client is gone");
                    heard.extend_from_slice(&piece[..read]);
                }
                let (mut head, end) = (vec![], if ends { END_STREAM } else { 0 });
                encoder.encode(&block(fields), &mut head);
                let stream_id = 2 * number as u32 + 1;
                let head = frame(HEADERS, END_HEADERS, stream_id, &head);
                stream.write_all(&[head, frame(DATA, end, stream_id, body)].concat()).await.unwrap();
            }
            while let Ok(1..) = stream.read(&mut piece).await {}
        });
    });
    context
}

/// How many have come.
fn requests(heard: &[u8]) -> usize {
    let (mut rest, mut requests) = (heard.get(PREFACE..).unwrap_or_default(), 0);
    while let [a, b, c, kind, ..] = *rest {
        requests += usize::from(kind == HEADERS);
        rest = rest.get(HEAD + u32::from_be_bytes([0, a, b, c]) as usize..).unwrap_or_default();
    }
    requests
}

/// What each answer cost down: framing, headers, payload.
fn down(answers: Vec<Vec<(&'static str, &'static str)>>, body: &'static [u8]) -> Vec<[u64; 3]> {
    run(async {
        let number = answers.len();
        let context = answering(answers, body, true);
        let article = Headers::article();
        let ask = |context: &ClientContext| Request::new(context, "GET", "", &article.request, &[]);
        let down = |context: &ClientContext| {
            let down = context.shard.meter.tally().traffic.total().down;
            [down.framing, down.headers, down.payload]
        };
        one_by_one(&context, number, ask, down).await
    })
}

/// The article's answer: five fields that stay, and its `date`. 38 + 30 when that is new, 14 + 30 without it.
#[test]
fn the_articles_answer_is_68_bytes_with_a_new_date_and_44_without() {
    let fields = |date: Option<&'static str>| {
        let stay = [
            (":status", "200"),
            ("x-powered-by", "Servlet/2.5"),
            ("server", "Sun Java System Application Server 9.1_02"),
            ("content-type", "text/html;charset=UTF-8"),
            ("content-length", "21"),
        ];
        stay.into_iter().chain(date.map(|date| ("date", date))).collect::<Vec<_>>()
    };
    let answers = vec![fields(Some(FIRST)), fields(Some(SECOND)), fields(Some(SECOND)), fields(None)];
    let each = down(answers, b"a message of 21 bytes");
    assert_eq!(each[1..], [[18, 5 + 24, 21], [18, 5 + 1, 21], [18, 5, 21]]);
    let frames = |[framing, headers, payload]: [u64; 3]| (framing - 9 + headers, 9 + payload);
    assert_eq!((frames(each[1]), frames(each[3])), ((38, 30), (14, 30)));
}

/// Chrome 60 and Node 8.4, by their HARs: an answer of 39 bytes has a status and a `date`.
#[test]
fn nodes_answer_of_39_bytes_is_82_with_a_new_date_and_59_without() {
    let fields = |date: &'static str| vec![(":status", "200"), ("date", date)];
    let each = down([FIRST, SECOND, SECOND].map(fields).to_vec(), b"an answer to a poll, of 39 bytes in all");
    let sums: Vec<u64> = each.iter().map(|parts| parts.iter().sum()).collect();
    assert_eq!(sums[1..], [82, 59]);
}

/// What the same fields would be in HTTP/1.1 is told beside: the article's 671 + 193 bytes, less what HTTP/2 has not.
#[test]
fn the_same_heads_in_http_1_are_told_beside() {
    run(async {
        let article = Headers::article();
        let mut fields = vec![(":status", "200")];
        let line = |header: &Header| -> (&'static str, &'static str) {
            (Box::leak(header.0.clone().into_boxed_str()), Box::leak(header.1.clone().into_boxed_str()))
        };
        fields.extend(article.response.iter().map(line));
        let context = answering(vec![fields.clone(), fields.clone()], b"a message of 21 bytes", true);
        let mut connection = opened(&context);
        let ask = Request::new(&context, "GET", "", &article.request, &[]);
        for _ in 0..2 {
            exchange(&mut connection, &ask).await.unwrap();
        }
        let PhaseTraffic { up, down, .. } = context.shard.meter.tally().traffic.total();
        assert_eq!((up.field_blocks, down.field_blocks), (up.headers, down.headers));
        let written = |lines: &[Header]| -> usize {
            let kept = lines.iter().filter(|line| !["Connection", "Keep-Alive"].contains(&&*line.0));
            kept.map(|line| line.0.len() + line.1.len() + 4).sum()
        };
        let host = context.endpoint.authority.len() + 8;
        let has_host = article.request.iter().any(|line| line.0.eq_ignore_ascii_case("host"));
        let asked =
            "GET /feed HTTP/1.1\r\n\r\n".len() + written(&article.request) + if has_host { 0 } else { host };
        let answered = "HTTP/1.1 200 OK\r\n\r\n".len() + written(&article.response);
        assert_eq!(
            (up.field_blocks_as_http_1, down.field_blocks_as_http_1),
            (2 * asked as u64, 2 * answered as u64)
        );
        connection.close().await;
        balanced(&context).await;
    });
}

/// An event of 21 bytes without an `id` line: 38. (The reference target's has one, and is 49.)
#[test]
fn an_event_of_21_bytes_is_38() {
    const EVENT: &[u8] = b"data: a message of 21 bytes\n\n";
    run(async {
        let head = vec![(":status", "200"), ("content-type", "text/event-stream")];
        let mut context = answering(vec![head], EVENT, false);
        Rc::get_mut(&mut context.shard).unwrap().hears_all = true;
        let mut client = Sse::connect(context.clone(), &Options::default()).await.unwrap();
        client.recv().await.unwrap();
        let down = context.shard.meter.tally().traffic.total().down;
        // Its head is a frame too. The end of a line of data is a message's.
        assert_eq!((down.framing - 9 + down.payload, down.payload), (38, 22));
        client.close().await;
        balanced(&context).await;
    });
}
