//! The hot pieces, one by one, without a socket: what a request, a frame and a measured value cost in user space.
//!
//! `cargo bench --bench pieces`; a part of a name behind `--` picks some. The kernel's share of an operation is 5 to
//! 10 us (`benches/floor.rs`): a piece of 50 ns is half a percent of it.

use std::cell::Cell;
use std::error::Error;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use divan::{Bencher, black_box};
use wsbench::drivers::http::body::Step;
use wsbench::drivers::http::head::head;
use wsbench::drivers::http::profile::profile;
use wsbench::drivers::http::request::Request;
use wsbench::drivers::websocket::decoder::Decoder;
use wsbench::drivers::websocket::frame::{Opcode, encode};
use wsbench::drivers::{ClientContext, Endpoint, ShardContext};
use wsbench::meter::{Direction, Displayed, Part, Phase, Recorder, Window};
use wsbench_targets::clock::{Clock, Tick, now};
use wsbench_targets::headers::{Headers, RequestKind};
use wsbench_targets::hist::Hist;
use wsbench_targets::pacer::{Arrivals, Pacer, Random};
use wsbench_targets::wire::{Stamp, TrialKey, route};

const ARTICLE: &[u8] =
    b"HTTP/1.1 200 OK\r\nX-Powered-By: Servlet/2.5\r\nServer: Sun Java System Application \
    Server 9.1_02\r\nContent-Type: text/html;charset=UTF-8\r\nContent-Length: 21\r\nDate: Sat, 07 Nov 2009 \
    00:32:46 GMT\r\n\r\n0123456789abcdefghij\n";
const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n0123456789abcdefghij\n\r\n\
    15\r\n0123456789abcdefghij\n\r\n15\r\n0123456789abcdefghij\n\r\n15\r\n0123456789abcdefghij\n\r\n0\r\n\r\n";
const STAMP: Stamp = Stamp { stream: 17, seq: 12_345, due: Tick(987_654_321_000) };

fn key() -> TrialKey {
    TrialKey::new(42, Tick(987_000_000_000))
}
/// Spread as latencies are, and never the same bucket twice in a row.
const LATENCIES: [u64; 8] = [61_234, 48_211, 93_400, 55_120, 1_204_000, 70_311, 52_900, 310_744];

fn main() {
    divan::main();
}

mod http {
    use super::*;

    /// Reads one answer, head and body; bytes of its body that are there.
    fn decode(bytes: &[u8]) -> Option<usize> {
        let mut head = head(bytes).ok()??;
        let (mut at, mut length) = (head.length, 0);
        loop {
            match head.body.step(&bytes[at..]).ok()? {
                Step::Data(taken) => (at, length) = (at + taken, length + taken),
                Step::Framing(taken) => at += taken,
                Step::More | Step::End => return Some(length),
            }
        }
    }

    #[divan::bench]
    fn decode_the_articles_response(bencher: Bencher<'_, '_>) {
        bencher.bench(|| decode(black_box(ARTICLE)));
    }

    /// A head unlike the thread's last is parsed; the one above is seen to be the same.
    #[divan::bench]
    fn decode_two_heads_by_turns(bencher: Bencher<'_, '_>) {
        let later = String::from_utf8_lossy(ARTICLE).replace("46 GMT", "47 GMT").into_bytes();
        bencher.bench(|| [ARTICLE, &later].map(|bytes| decode(black_box(bytes))));
    }

    #[divan::bench]
    fn decode_four_chunks(bencher: Bencher<'_, '_>) {
        bencher.bench(|| decode(black_box(CHUNKED)));
    }

    /// In three reads, as a slow network hands it over: the head is looked for from the start again.
    #[divan::bench]
    fn decode_in_three_reads(bencher: Bencher<'_, '_>) {
        bencher.bench(|| [70, 150, ARTICLE.len()].map(|end| decode(black_box(&ARTICLE[..end]))));
    }

    #[divan::bench]
    fn build_the_articles_request(bencher: Bencher<'_, '_>) {
        with_context(|context| {
            bencher.bench_local(|| {
                Request::new(context, "GET", route::POLL, &profile(context, RequestKind::Fetch), &[])
            });
        });
    }

    #[divan::bench]
    fn patch_the_cursor(bencher: Bencher<'_, '_>) {
        with_context(|context| {
            let mut request =
                Request::new(context, "GET", route::POLL, &profile(context, RequestKind::Fetch), &[]);
            bencher.bench_local(|| request.set_cursor(black_box(1_234_567)));
        });
    }
}

mod stamp {
    use super::*;

    #[divan::bench]
    fn write() -> [u8; 20] {
        key().encode(black_box(STAMP))
    }

    #[divan::bench]
    fn read(bencher: Bencher<'_, '_>) {
        let text = key().encode(STAMP);
        bencher.bench(|| key().decode(black_box(&text)));
    }
}

mod pacing {
    use super::*;

    fn due(bencher: Bencher<'_, '_>, arrivals: Arrivals) {
        let mut pacer = Pacer::new(arrivals, Duration::from_millis(1), Tick(0), 0.5, Random::new(42, 7));
        bencher.bench_local(|| pacer.next_due(black_box(Tick(0))));
    }

    #[divan::bench]
    fn constant(bencher: Bencher<'_, '_>) {
        due(bencher, Arrivals::Constant);
    }

    #[divan::bench]
    fn poisson(bencher: Bencher<'_, '_>) {
        due(bencher, Arrivals::Poisson);
    }

    #[divan::bench]
    fn read_the_clock() -> Tick {
        now()
    }
}

mod meter {
    use super::*;

    fn recorder() -> Recorder {
        let recorder = Recorder::default();
        recorder.set_window(Window { begin: Tick(0), end: Tick(u64::MAX) });
        recorder.enter(Phase::Window);
        recorder
    }

    /// The next of [`LATENCIES`].
    fn next(at: &Cell<usize>) -> u64 {
        at.set(at.get() + 1);
        LATENCIES[at.get() % LATENCIES.len()]
    }

    #[divan::bench]
    fn arrival(bencher: Bencher<'_, '_>) {
        let (recorder, at) = (recorder(), Cell::new(0));
        bencher.bench_local(|| recorder.arrival(Tick(1_000), Tick(1_000 + next(&at))));
    }

    /// A message each millisecond, some late: what is displayed is told each time.
    #[divan::bench]
    fn displayed(bencher: Bencher<'_, '_>) {
        let mut displayed = Displayed::new(Rc::new(recorder()));
        let (due, at) = (Cell::new(1_000_000_000), Cell::new(0));
        bencher.bench_local(|| {
            due.set(due.get() + 1_000_000);
            displayed.arrived(Tick(due.get()), Tick(due.get() + next(&at)));
        });
    }

    #[divan::bench]
    fn attribute_and_event(bencher: Bencher<'_, '_>) {
        let recorder = recorder();
        bencher.bench_local(|| {
            recorder.attribute(Direction::Down, Part::Headers, black_box(193));
            recorder.attribute(Direction::Down, Part::Payload, black_box(21));
            recorder.event(|phase| phase.messages_down += 1);
        });
    }

    #[divan::bench]
    fn hist_record(bencher: Bencher<'_, '_>) {
        let (mut hist, at) = (Hist::default(), Cell::new(0));
        bencher.bench_local(|| hist.record(next(&at)));
    }

    #[divan::bench]
    fn hist_merge(bencher: Bencher<'_, '_>) {
        let (mut sum, mut other) = (Hist::default(), Hist::default());
        LATENCIES.iter().for_each(|&ns| other.record(ns));
        bencher.bench_local(|| sum += black_box(&other));
    }
}

mod websocket {
    use super::*;

    #[divan::bench]
    fn frame_in(bencher: Bencher<'_, '_>) {
        let frame = [&[0x81, 21][..], &key().encode(STAMP), b"\n"].concat();
        let mut decoder = Decoder::default();
        bencher
            .bench_local(|| decoder.decode(black_box(&frame)).map(|frame| frame.map(|frame| frame.length)));
    }

    #[divan::bench]
    fn frame_out(bencher: Bencher<'_, '_>) {
        let (text, mut frame) = (".".repeat(32), Vec::with_capacity(64));
        bencher.bench_local(|| {
            frame.clear();
            encode(Opcode::Text, black_box(text.as_bytes()), black_box([1, 2, 3, 4]), &mut frame);
            black_box(frame.len())
        });
    }
}

/// Runs `work` with a client's context; a context has a timer, and that needs a runtime.
fn with_context(work: impl FnOnce(&ClientContext)) {
    // A bench has nobody to give an error to: where a machine has no timerfd, these measure nothing.
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let _inside = runtime.enter();
    if let Ok(context) = context() {
        work(&context);
    }
}

fn context() -> Result<ClientContext, Box<dyn Error>> {
    let address: SocketAddr = "127.0.0.1:80".parse()?;
    let shard = ShardContext::new(Headers::profile("article").ok_or("no such profile")?, Clock::new()?, 42);
    let endpoint = Rc::new(Endpoint::reference(address));
    Ok(ClientContext::new(7, endpoint, Rc::new(shard), false))
}
