//! Servers that break the rules of HTTP/2 (RFC 9113 §5, §6): what they do has a name, every byte of it is accounted for, and
//! another client is served as ever.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::drivers::http::two::frames::{
    ACK, CONTINUATION, END_HEADERS, GOAWAY, HEAD, HEADERS, PING, PREFACE, SETTINGS, frame_head,
};
use crate::drivers::memory_budget::{MOST, MemoryBudget};

const DATA: u8 = 0;
const PUSH_PROMISE: u8 = 5;
const WINDOW_UPDATE: u8 = 8;

/// `:status` 200 in the static table.
const OK: u8 = 0x88;

const OUT_OF_ORDER: &str = "HTTP/2: frame out of order, or malformed (PROTOCOL_ERROR)";
const MALFORMED: &str = "HTTP/2: malformed answer, or its head over 256 KiB (PROTOCOL_ERROR)";
const FLOOD: &str = "HTTP/2: flood of frames, or head far over 64 KiB (ENHANCE_YOUR_CALM)";

pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    [frame_head(payload.len(), kind, flags, stream).as_slice(), payload].concat()
}

/// The head of a good answer to the first request.
fn head() -> Vec<u8> {
    frame(HEADERS, END_HEADERS, 1, &[OK])
}

/// A literal field without indexing, names and values of at most 126 bytes.
fn field(name: &[u8], value: &[u8]) -> Vec<u8> {
    [&[0, name.len() as u8], name, &[value.len() as u8], value].concat()
}

/// How a hostile server says it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// Once, to the first client.
    Once,
    /// Until nobody reads it, and itself it reads nothing.
    ForEver,
    /// Once, to every client.
    ToAll,
}

/// A server that says `says` behind its SETTINGS and the first request, and means well with whom it does not attack. How
/// many connections it has had comes out.
fn hostile(says: Vec<u8>, how: How) -> (ClientContext, Receiver<usize>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let context = context_of_two(listener.local_addr().unwrap());
    let (asked, connections) = channel();
    thread::spawn(move || {
        run(async move {
            listener.set_nonblocking(true).unwrap();
            let listener = TcpListener::from_std(listener).unwrap();
            let mut number = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let _nobody_asks = asked.send(number);
                match number == 0 || how == How::ToAll {
                    true => drop(spawn_local(attack(stream, says.clone(), how))),
                    false => {
                        let acts = vec![Act::Answer(b"good"); 9];
                        drop(spawn_local(serve(stream, number, acts, channel().0)));
                    }
                }
                number += 1;
            }
        });
    });
    (context, connections)
}

async fn attack(mut stream: TcpStream, says: Vec<u8>, how: How) {
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    let (mut heard, mut piece) = (vec![], [0; 4096]);
    while !asks(&heard) {
        match stream.read(&mut piece).await {
            Ok(read @ 1..) => heard.extend_from_slice(&piece[..read]),
            _ => return,
        }
    }
    // Until then the windows of the protocol's own hold.
    stream.write_all(&frame(SETTINGS, ACK, 0, &[])).await.unwrap();
    while stream.write_all(&says).await.is_ok() && how == How::ForEver {}
    while let Ok(1..) = stream.read(&mut piece).await {}
}

/// Whether a request is there.
fn asks(heard: &[u8]) -> bool {
    let mut rest = heard.get(PREFACE..).unwrap_or_default();
    while let [a, b, c, kind, ..] = *rest {
        if kind == HEADERS {
            return true;
        }
        rest = rest.get(HEAD + u32::from_be_bytes([0, a, b, c]) as usize..).unwrap_or_default();
    }
    false
}

/// What breaks the connection, or an answer alone (`false`).
fn faults() -> Vec<(&'static str, Vec<u8>, bool, &'static str)> {
    let part = frame(HEADERS, 0, 1, &[OK]);
    let content = |declared: &[u8], content: &[u8]| {
        let block = [&[OK][..], &field(b"content-length", declared)].concat();
        [frame(HEADERS, END_HEADERS, 1, &block), frame(DATA, 1, 1, content)].concat()
    };
    let connection = [&[OK][..], &field(b"connection", b"close")].concat();
    vec![
        ("content before a head", frame(DATA, 0, 1, b"early"), true, OUT_OF_ORDER),
        ("a head of the server's own", frame(HEADERS, END_HEADERS, 2, &[OK]), true, OUT_OF_ORDER),
        ("a head of no request", frame(HEADERS, END_HEADERS, 3, &[OK]), true, OUT_OF_ORDER),
        ("the rest of no head", frame(CONTINUATION, END_HEADERS, 1, &[OK]), true, OUT_OF_ORDER),
        ("content within a head", [&part[..], &frame(DATA, 0, 1, b"x")].concat(), true, OUT_OF_ORDER),
        (
            "the rest of another head",
            [&part[..], &frame(CONTINUATION, END_HEADERS, 3, &[])].concat(),
            true,
            OUT_OF_ORDER,
        ),
        (
            "a promise, which was declined",
            frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x82]),
            true,
            OUT_OF_ORDER,
        ),
        ("SETTINGS of a stream", frame(SETTINGS, 0, 1, &[]), true, OUT_OF_ORDER),
        ("SETTINGS of five bytes", frame(SETTINGS, 0, 0, &[0; 5]), true, OUT_OF_ORDER),
        ("an entry that no table has", frame(HEADERS, END_HEADERS, 1, &[0xff, 0x7f]), true, OUT_OF_ORDER),
        ("more padding than frame", [head(), frame(DATA, 8, 1, &[200, 1])].concat(), true, OUT_OF_ORDER),
        (
            "a frame longer than allowed",
            [head(), frame(DATA, 0, 1, &[7; 16_385])].concat(),
            true,
            "HTTP/2: frame of a size that is not allowed (FRAME_SIZE_ERROR)",
        ),
        (
            "a window beyond all bounds",
            frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]),
            true,
            "HTTP/2: window exceeded (FLOW_CONTROL_ERROR)",
        ),
        ("trailers that end nothing", [head(), head()].concat(), false, MALFORMED),
        ("more than was declared", content(b"3", b"longer"), false, MALFORMED),
        ("less than was declared", content(b"30", b"shorter"), false, MALFORMED),
        ("a field of HTTP/1.1", frame(HEADERS, END_HEADERS, 1, &connection), false, MALFORMED),
        ("empty frames for ever", [head(), frame(DATA, 0, 1, &[]).repeat(200)].concat(), true, FLOOD),
    ]
}

/// The victim fails by that name; others do not, and nor does the victim over its next connection.
fn has_a_name(what: &str, says: Vec<u8>, how: How, failure: Failure, goes_on: bool, named: &[&str]) {
    run(async {
        let (context, _connections) = hostile(says, how);
        let ask = get(&context);
        // What is answered is waited for however slow the machine is.
        let limit = Duration::from_millis(if how == How::ForEver { 1_500 } else { 10_000 });
        let victim = Connection::new(another(&context), Purpose::Questions, limit, true);
        let (mut victim, mut other) = (victim, opened(&another(&context)));
        victim.open().await.unwrap();
        assert_eq!(exchange(&mut other, &ask).await.unwrap(), b"good", "{what}");
        assert_eq!(exchange(&mut victim, &ask).await, Err(failure), "{what}");
        assert_eq!(exchange(&mut other, &ask).await.unwrap(), b"good", "{what}");
        if goes_on {
            assert_eq!(exchange(&mut victim, &ask).await.unwrap(), b"good", "{what}");
        }
        victim.close().await;
        other.close().await;
        balanced(&context).await;
        let names: Vec<String> = reasons_of(&context).into_iter().map(|reason| reason.0).collect();
        assert_eq!(names, named, "{what}");
    });
}

#[test]
fn each_broken_rule_has_a_name() {
    for (what, says, of_all, named) in faults() {
        has_a_name(what, says, How::Once, Failure::Protocol, of_all, &[named]);
    }
}

/// 4,000 bytes once, and then a byte for each time that they are meant: 48 MB in one frame. And a head that has no end
/// (CVE-2024-27316).
#[test]
fn heads_that_explode_do_not_go_off() {
    let first = [&[OK, 0x40, 1, b'x', 0x7f, 0xa1, 0x1e][..], &[b'v'; 4000]].concat();
    let bomb = frame(HEADERS, END_HEADERS, 1, &[&first[..], &[0xbe; 12_000]].concat());
    has_a_name("a bomb", bomb, How::Once, Failure::Protocol, true, &[FLOOD]);
    let some = field(b"x", &[b'v'; 100]).repeat(150);
    let endless = [frame(HEADERS, 0, 1, &[OK]), frame(CONTINUATION, 0, 1, &some).repeat(100)].concat();
    has_a_name("no end", endless, How::Once, Failure::Protocol, true, &[FLOOD]);
    // 4,000 bytes for each of 17 names: over the limit of HTTP/1.1, too, and by the same name.
    let long = frame(HEADERS, END_HEADERS, 1, &[&first[..], &[0xbe; 17]].concat());
    has_a_name("long", long, How::Once, Failure::TooLarge, false, &[reasons::LONG_HEAD]);
}

/// What must be answered comes without end, and the server reads no answer: neither is kept.
#[test]
fn floods_that_must_be_answered_are_not_kept() {
    for flood in [frame(PING, 0, 0, &[7; 8]).repeat(500), frame(SETTINGS, 0, 0, &[]).repeat(500)] {
        has_a_name("a flood", flood, How::ForEver, Failure::Timeout, true, &[]);
    }
}

/// A client that looks elsewhere while more comes than its window allows.
#[test]
fn more_than_the_window_allows_has_a_name() {
    run(async {
        let pieces = (6 << 20) / 16_384 + 1;
        let says = [head(), frame(DATA, 0, 1, &[7; 16_384]).repeat(pieces)].concat();
        let all = says.len() as u64;
        let (context, _connections) = hostile(says, How::Once);
        let mut victim = listening(&context).await;
        arrived(all, &context).await;
        assert_eq!(to_the_end(&mut victim).await, Err(Failure::Protocol));
        assert_eq!(exchange(&mut opened(&another(&context)), &get(&context)).await.unwrap(), b"good");
        victim.close().await;
        balanced(&context).await;
        let named = ("HTTP/2: window exceeded (FLOW_CONTROL_ERROR)".to_owned(), 1);
        assert_eq!(reasons_of(&context), [named]);
    });
}

/// What nobody has read is on the account of all clients, and gone from it with its reader.
#[test]
fn what_nobody_reads_has_a_limit_together() {
    run(async {
        let says = [head(), frame(DATA, 0, 1, &[7; 16_384]).repeat(128)].concat();
        let all = says.len() as u64;
        let (context, _connections) = hostile(says, How::ToAll);
        let mut others = MemoryBudget::default();
        others.hold(MOST - (3 << 20), &context.shard.meter).unwrap();
        let mut first = listening(&context).await;
        arrived(all, &context).await;
        let mut second = listening(&context).await;
        // Who takes each piece as it comes has nothing unread, and would wait for an end that is never sent.
        until(|| !reasons_of(&context).is_empty()).await;
        assert_eq!(to_the_end(&mut second).await, Err(Failure::TooLarge));
        assert_eq!(reasons_of(&context), [(reasons::LONG_TOGETHER.to_owned(), 1)]);
        // There is room for what the first holds, and for others behind it.
        for _ in 0..64 {
            assert!(first.piece().await.unwrap());
            first.drop_body();
        }
        drop(first);
        drop(second);
        others.hold(MOST, &context.shard.meter).unwrap();
        balanced(&context).await;
    });
}

/// Waits until so many bytes are here, however slow the machine is.
async fn arrived(bytes: u64, context: &ClientContext) {
    until(|| context.shard.meter.tally().traffic.total().down.counted >= bytes).await;
}

async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Another client: with a connection of its own.
fn another(context: &ClientContext) -> ClientContext {
    ClientContext { pool: Some(Rc::new(Pool::of(1))), ..context.clone() }
}

async fn listening(context: &ClientContext) -> Connection {
    let mut client = Connection::new(another(context), Purpose::Stream, Duration::from_secs(5), true);
    client.begin(now());
    client.request(&get(context)).await.unwrap();
    client
}

/// Takes what comes.
async fn to_the_end(client: &mut Connection) -> Result<(), Failure> {
    while client.piece().await? {
        client.drop_body();
    }
    Ok(())
}

/// A thousand times it is said that the connection will end, with a text each; the answer comes all the same.
#[test]
fn a_storm_of_graceful_goodbyes_ends_nothing() {
    run(async {
        let goodbye = frame(GOAWAY, 0, 0, &[&[0, 0, 0, 1, 0, 0, 0, 0][..], &[b'.'; 4000]].concat());
        let answer = [head(), frame(DATA, 1, 1, b"late")].concat();
        let (context, connections) = hostile([goodbye.repeat(1000), answer].concat(), How::Once);
        let (ask, mut client) = (get(&context), opened(&another(&context)));
        assert_eq!(exchange(&mut client, &ask).await.unwrap(), b"late");
        assert_eq!(exchange(&mut client, &ask).await.unwrap(), b"good");
        client.close().await;
        balanced(&context).await;
        let tally = context.shard.meter.tally();
        assert_eq!((tally.failures.total(), tally.counts.reconnects), (0, 1));
        assert_eq!(connections.try_iter().count(), 2);
    });
}

/// Every connection is sent away at once: a request is asked twice, and no more; then its client waits.
#[test]
fn a_server_that_sends_everybody_away_is_not_stormed() {
    run(async {
        let calm = frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 11]);
        let (context, connections) = hostile(calm, How::ToAll);
        let (ask, mut client) = (get(&context), opened(&another(&context)));
        assert_eq!(exchange(&mut client, &ask).await, Err(Failure::Closed));
        assert_eq!(connections.try_iter().count(), 2);
        let began = now();
        client.ready().await;
        assert!(now().since(began) > 20_000_000, "it did not wait");
        client.close().await;
        balanced(&context).await;
        assert_eq!(reasons_of(&context), [("GOAWAY with ENHANCE_YOUR_CALM".to_owned(), 1)]);
    });
}
