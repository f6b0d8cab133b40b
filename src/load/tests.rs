use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use tokio::time::timeout;
use wsbench_targets::clock::{Tick, now};
use wsbench_targets::hist::Hist;
use wsbench_targets::pacer::Arrivals;

use super::scripted::{Script, Scripted, context, run};
use super::*;
use crate::drivers::Endpoint;
use crate::drivers::polling::Polling;
use crate::drivers::streaming::Streaming;
use crate::meter::{Tally, Window};
use crate::scenario::{Echo, EchoPace};

type PollingOptions = <Polling as Driver>::Options;
type StreamingOptions = <Streaming as Driver>::Options;

const MS: Duration = Duration::from_millis(1);
/// How long messages are sent ...
const WINDOW: Duration = Duration::from_millis(1_000);
/// ... and how long what is under way is waited for then.
const REST: Duration = Duration::from_millis(300);
/// A machine that is busy may delay anything so long; every pause that must not be seen is longer.
const MARGIN: Duration = Duration::from_millis(40);

fn nowhere() -> Endpoint {
    Endpoint::reference(([127, 0, 0, 1], 1).into())
}

fn echo(every: Duration, pace: EchoPace) -> Load {
    Load::Echo(Echo { every, pace, payload: 21, message: None })
}

/// A client under `load` for [`WINDOW`] and [`REST`]; what it has measured.
fn measured<D: Driver>(load: &Load, at: Endpoint, options: &D::Options) -> Tally {
    run(async {
        let context = context(at);
        let meter = context.shard.meter.clone();
        let mut driver = D::connect(context.clone(), options).await.unwrap();
        let mut client = Client::new(context);
        let begin = now();
        client.context.shard.start.set(begin);
        meter.set_window(Window { begin, end: begin + WINDOW });
        meter.enter(crate::meter::Phase::Window);
        let load = super::run(load, &mut driver, &mut client);
        let _never_ends_by_itself = timeout(WINDOW + REST, load).await;
        meter.rotate(now(), true);
        meter.tally()
    })
}

fn most(of: &Hist) -> Duration {
    Duration::from_nanos(of.max().unwrap_or_default())
}

/// What failed ten times holds nobody back: not the next call, and not what comes after it.
#[test]
fn failures_are_counted_and_pause_nothing() {
    let breaks: Vec<_> = (1..=10).map(|n| (20 * n * MS, Failure::Reset)).collect();
    let tally = measured::<Scripted>(&Load::Idle, nowhere(), &Script { breaks, ..Script::default() });
    assert_eq!((tally.failures.reset, tally.failures.total()), (10, 10));
}

#[test]
fn failures_on_the_way_neither_delay_echoes_nor_thin_out_the_schedule() {
    let every = 10 * MS;
    let refused = |n| (Duration::ZERO, if n % 5 == 4 { Err(Failure::Status) } else { Ok(()) });
    let breaks = (1..=9).map(|n| (100 * n * MS, Failure::Closed)).collect();
    let script = Script { sends: (0..200).map(refused).collect(), breaks, ..Script::default() };
    let tally = measured::<Scripted>(&echo(every, EchoPace::Open(Arrivals::Constant)), nowhere(), &script);
    let due = script.sent.borrow().len();
    assert!((99..=101).contains(&due), "{due}");
    assert_eq!((tally.failures.status, tally.failures.closed), (due as u64 / 5, 9));
    assert_eq!(tally.latency.count(), due as u64 - tally.failures.status);
    let (late, slowest) = (most(&tally.lateness), most(&tally.latency));
    assert!(late < MARGIN && slowest < MARGIN, "{late:?} {slowest:?}");
}

/// A send that waits for its connection holds up those behind it. They leave all the same, with the times they were due
/// at: the wait is in their latency, and not in the generator's lateness.
#[test]
fn a_wait_for_the_connection_is_no_lateness_of_the_generator() {
    let script = Script { sends: vec![(500 * MS, Ok(()))], ..Script::default() };
    let tally = measured::<Scripted>(&echo(10 * MS, EchoPace::Open(Arrivals::Constant)), nowhere(), &script);
    let due = script.sent.borrow().len();
    assert!((99..=101).contains(&due), "{due}");
    assert_eq!((tally.latency.count(), tally.failures.total()), (due as u64, 0));
    let (late, slowest) = (most(&tally.lateness), most(&tally.latency));
    assert!(late < MARGIN && slowest >= 480 * MS, "{late:?} {slowest:?}");
}

#[test]
fn a_closed_loop_has_no_schedule_and_so_no_lateness() {
    let script = Script { echo_after: 5 * MS, ..Script::default() };
    let tally = measured::<Scripted>(&echo(MS, EchoPace::Closed), nowhere(), &script);
    assert!(tally.latency.count() > 10, "{}", tally.latency.count());
    assert_eq!((tally.lateness.count(), tally.counts.lost), (0, 0));
}

/// A closed loop of so much patience, until `messages` were sent.
fn impatient(patience: Duration, script: &Script, messages: usize) -> Tally {
    let Load::Echo(echo) = echo(MS, EchoPace::Closed) else { unreachable!() };
    run(async {
        let context = context(nowhere());
        let meter = context.shard.meter.clone();
        meter.set_window(Window { begin: Tick(0), end: Tick(u64::MAX) });
        let mut driver = Scripted::connect(context.clone(), script).await.unwrap();
        let mut client = Client::new(context);
        let mut sender = echo::Sender { echo: &echo, form: echo.form(), message: vec![] };
        client.sent = 0;
        let enough = async {
            while script.sent.borrow().len() < messages {
                tokio::time::sleep(MS).await;
            }
        };
        tokio::select! {
            () = echo::closed(&mut driver, &mut client, &mut sender, patience) => {}
            () = enough => {}
        }
        meter.tally()
    })
}

/// The pause that follows a failure is ours. The message that meets it has not been waited for in vain.
#[test]
fn the_patience_of_a_closed_loop_does_not_contain_the_pause_behind_a_failure() {
    let sends = vec![(Duration::ZERO, Ok(())), (600 * MS, Ok(()))];
    let breaks = vec![(10 * MS, Failure::Closed)];
    let script = Script { sends, breaks, echo_after: 30 * MS, ..Script::default() };
    let tally = impatient(300 * MS, &script, 4);
    assert_eq!((tally.failures.closed, tally.failures.total()), (1, 1));
}

#[test]
fn a_message_of_a_closed_loop_counts_one_failure() {
    // The first is never sent whole; the second fails when it has waited for long.
    let sends = vec![(Duration::from_secs(60), Ok(())), (200 * MS, Err(Failure::Refused))];
    let script = Script { sends, echo_after: MS, ..Script::default() };
    let tally = impatient(100 * MS, &script, 3);
    assert_eq!((tally.failures.timeout, tally.failures.refused, tally.failures.total()), (1, 1, 2));
}

/// An HTTP server; `answer` is asked with the number of the request on its connection, and with its method.
fn server(answer: fn(usize, &str) -> &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            // A client that has gone ends its conversation.
            thread::spawn(move || drop(converse(stream, answer)));
        }
    });
    address
}

fn converse(stream: TcpStream, answer: fn(usize, &str) -> &'static str) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    for number in 0.. {
        let (mut first, mut line) = (String::new(), String::new());
        while !line.ends_with("\r\n") || line.len() > 2 {
            line.clear();
            if stream.read_line(&mut line)? == 0 {
                break;
            }
            first = if first.is_empty() { line.clone() } else { first };
        }
        let method = first.split(' ').next().unwrap_or_default();
        if method == "POST" {
            stream.read_exact(&mut [0; 21])?;
        }
        stream.get_mut().write_all(answer(number, method).as_bytes())?;
    }
    Ok(())
}

/// Three polls of four are refused on a connection that is kept. A poll keeps to its slot all the same, and its response
/// time is the server's.
#[test]
fn a_refused_poll_leaves_the_slots_of_the_next_ones_as_they_were() {
    let at = server(|number, _| match number % 4 {
        3 => "HTTP/1.1 204 No Content\r\n\r\n",
        _ => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
    });
    let options = PollingOptions { every: 20 * MS, ..PollingOptions::default() };
    let tally = measured::<Polling>(&Load::Idle, Endpoint::reference(at), &options);
    let (window, slots) = (tally.traffic.window, 65);
    assert!((slots - 10..=slots + 1).contains(&window.requests), "{} requests", window.requests);
    assert!(tally.counts.missed_slots < 5, "{} missed", tally.counts.missed_slots);
    assert!(most(&tally.response) < MARGIN, "{:?}", most(&tally.response));
}

/// Every other `POST` is refused, at once. The deadline of the others runs while they are under way and at no other time.
#[test]
fn a_refused_post_lets_no_other_run_out_of_its_time() {
    let at = server(|number, method| match (method, number % 2) {
        ("GET", _) => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        (_, 0) => "HTTP/1.1 204 No Content\r\n\r\n",
        _ => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
    });
    let options = StreamingOptions { timeout: 100 * MS, ..StreamingOptions::default() };
    let load = echo(20 * MS, EchoPace::Open(Arrivals::Constant));
    let tally = measured::<Streaming>(&load, Endpoint::reference(at), &options);
    assert!((20..=26).contains(&tally.failures.status), "{:?}", tally.failures);
    assert_eq!(tally.failures.timeout, 0, "{:?}", tally.failures);
    assert!(most(&tally.lateness) < MARGIN, "{:?}", most(&tally.lateness));
}
