//! The machine's floor: what the same work costs when nothing but the work is done.
//!
//! One thread, bare epoll, own minimal framing, no ledger, no phases, no reconnects. `scripts/versus` sets wsbench
//! beside it: what is between the two is the price of measuring, what is below both is the kernel's.

use std::collections::VecDeque;
use std::error::Error;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::time::Duration;

use hdrhistogram::Histogram;
use rustix::event::{Timespec, epoll};
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, clock_gettime, timerfd_create,
    timerfd_settime,
};
use wsbench_targets::clock::{Tick, now};
use wsbench_targets::wire::{Headers, Stamp, TrialKey, route};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: floor http HOST:PORT/PATH CONNS SECONDS
       floor ws-echo HOST:PORT CONNS SECONDS [MESSAGES A SECOND; without it a closed loop]
       floor ws-push HOST:PORT CONNS SECONDS
A slice of a crowd: clients numbered from FIRST, 10,000 from one source address; it says `ready`, and loads after a line:
       floor ws-crowd HOST:PORT CONNS SECONDS FIRST            clients that are pushed to
       floor poll-crowd HOST:PORT CONNS SECONDS FIRST EVERY    pollers every EVERY seconds, with the article's headers\n";

/// Load before the window, not measured.
const WARMUP: Duration = Duration::from_millis(500);
/// Bytes of an echoed message.
const PAYLOAD: usize = 32;
const BUFFER: usize = 64 * 1024;
const CLIENTS_PER_ADDRESS: usize = 10_000;
/// The timer's place among the tokens; connections count from 0.
const TIMER: u64 = u64::MAX;
/// The handshake's nonce need not be random: nobody caches here.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// What is asked, and so how an answer is recognised.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Http,
    /// A reference target's polling endpoint, on a schedule.
    Poll,
    Echo,
    Push,
}

impl Work {
    fn upgrades(self) -> bool {
        matches!(self, Work::Echo | Work::Push)
    }
}

struct Conn {
    stream: TcpStream,
    /// What was read and is not yet whole.
    carry: Vec<u8>,
    /// When what is under way was due.
    due: VecDeque<Tick>,
    /// A poll that was due while the one before it was out: it goes when that is answered.
    behind: Option<Tick>,
}

struct Floor {
    work: Work,
    epoll: OwnedFd,
    timer: OwnedFd,
    conns: Vec<Conn>,
    /// Number of the first client.
    first: usize,
    /// What is sent each time.
    bytes: Vec<u8>,
    /// ns between messages; 0 is a closed loop.
    every: u64,
    start: Tick,
    /// When a server's schedule began, at the latest.
    published_from: u64,
    /// Messages sent on the schedule.
    sent: u64,
    measuring: bool,
    operations: u64,
    latency: Histogram<u64>,
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["http", at, conns, seconds] => measure(Work::Http, at, conns, seconds, "0"),
        ["ws-echo", at, conns, seconds] => measure(Work::Echo, at, conns, seconds, "0"),
        ["ws-echo", at, conns, seconds, rate] => measure(Work::Echo, at, conns, seconds, rate),
        ["ws-push", at, conns, seconds] => measure(Work::Push, at, conns, seconds, "0"),
        ["ws-crowd", at, conns, seconds, first] => crowd(Work::Push, at, conns, seconds, first, "0"),
        ["poll-crowd", at, conns, seconds, first, every] => {
            crowd(Work::Poll, at, conns, seconds, first, every)
        }
        // `cargo bench` calls every bench: this one measures nothing by itself.
        _ => Ok(std::io::stdout().write_all(USAGE.as_bytes())?),
    }
}

fn measure(work: Work, at: &str, conns: &str, seconds: &str, rate: &str) -> Result<()> {
    let mut floor = Floor::connect(work, at, 0..conns.parse()?)?;
    let rate: f64 = rate.parse()?;
    floor.every = if rate > 0.0 { (1e9 / rate) as u64 } else { 0 };
    let line = floor.run(Duration::from_secs_f64(seconds.parse()?))?;
    Ok(std::io::stdout().write_all(line.as_bytes())?)
}

/// One slice of a crowd: connected first, loaded when all slices are. Pollers take turns evenly.
fn crowd(work: Work, at: &str, conns: &str, seconds: &str, first: &str, every: &str) -> Result<()> {
    let (first, conns, every): (usize, usize, f64) = (first.parse()?, conns.parse()?, every.parse()?);
    let mut floor = Floor::connect(work, at, first..first + conns)?;
    floor.every = (every * 1e9 / conns as f64) as u64;
    std::io::stdout().write_all(b"ready\n")?;
    std::io::stdin().read_line(&mut String::new())?;
    let line = floor.run(Duration::from_secs_f64(seconds.parse()?))?;
    Ok(std::io::stdout().write_all(line.as_bytes())?)
}

/// A connection of client `number`; large crowds come from several addresses, as wsbench's do.
fn dial(address: SocketAddr, number: usize) -> Result<TcpStream> {
    let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None)?;
    let source = number / CLIENTS_PER_ADDRESS;
    if source > 0 {
        let source = Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + u32::try_from(source)?);
        socket.bind(&SocketAddr::from((source, 0)).into())?;
    }
    socket.connect(&address.into())?;
    socket.set_tcp_nodelay(true)?;
    Ok(socket.into())
}

impl Floor {
    fn connect(work: Work, at: &str, numbers: Range<usize>) -> Result<Floor> {
        let (address, path) = at.split_once('/').unwrap_or((at, ""));
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK)?;
        epoll::add(&epoll, &timer, epoll::EventData::new_u64(TIMER), epoll::EventFlags::IN)?;
        let (first, mut conns) = (numbers.start, Vec::with_capacity(numbers.len()));
        for number in numbers {
            let mut stream = dial(address.parse()?, number)?;
            let mut carry = vec![];
            if work.upgrades() {
                let number = u32::try_from(number)?;
                let path =
                    if work == Work::Push { route::path(route::PUSH, number, 0) } else { "/".to_owned() };
                carry = upgrade(&mut stream, address, &path)?;
            }
            stream.set_nonblocking(true)?;
            let token = epoll::EventData::new_u64(conns.len() as u64);
            epoll::add(&epoll, &stream, token, epoll::EventFlags::IN)?;
            conns.push(Conn { stream, carry, due: VecDeque::new(), behind: None });
        }
        let bytes = match work {
            Work::Http => format!("GET /{path} HTTP/1.1\r\nHost: {address}\r\n\r\n").into_bytes(),
            Work::Poll => article().into_bytes(),
            Work::Echo => masked(&[b'.'; PAYLOAD]),
            Work::Push => vec![],
        };
        let latency = Histogram::new_with_bounds(1, 3_600_000_000_000, 3)?;
        let (every, start, sent, measuring, operations) = (0, now(), 0, false, 0);
        Ok(Floor {
            work,
            epoll,
            timer,
            conns,
            first,
            bytes,
            every,
            start,
            published_from: u64::MAX,
            sent,
            measuring,
            operations,
            latency,
        })
    }

    /// Loads, measures for `window` behind the warm-up; the line to print.
    fn run(&mut self, window: Duration) -> Result<String> {
        self.start = now();
        let (begin, end) = (self.start + WARMUP, self.start + WARMUP + window);
        match (self.work, self.every) {
            (Work::Push, _) => {}
            (_, 0) => (0..self.conns.len()).try_for_each(|number| self.send(number, now()))?,
            _ => self.arm()?,
        }
        let (mut events, mut buffer) = (Vec::with_capacity(256), vec![0; BUFFER]);
        let (mut began, mut before) = (begin, [0.0; 3]);
        loop {
            events.clear();
            let limit = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
            epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), Some(&limit))?;
            let at = now();
            if at >= begin && !self.measuring {
                (self.measuring, began, before) = (true, at, cpu()?);
            }
            if at >= end {
                return Ok(self.line(at.since(began) as f64 / 1e9, before, cpu()?));
            }
            for event in &events {
                match event.data.u64() {
                    TIMER => self.fire()?,
                    number => self.readable(usize::try_from(number)?, &mut buffer)?,
                }
            }
        }
    }

    fn line(&self, seconds: f64, before: [f64; 3], after: [f64; 3]) -> String {
        let [cpu, user, system] = [0, 1, 2].map(|i| after[i] - before[i]);
        let at = |quantile| self.latency.value_at_quantile(quantile) as f64 / 1e3;
        format!(
            "{{\"operations\": {}, \"seconds\": {seconds:.6}, \"cpu_s\": {cpu:.6}, \"user_s\": {user:.2}, \
             \"system_s\": {system:.2}, \"p50_us\": {:.1}, \"p99_us\": {:.1}}}\n",
            self.operations,
            at(0.5),
            at(0.99)
        )
    }

    fn send(&mut self, number: usize, due: Tick) -> Result<()> {
        let conn = &mut self.conns[number];
        if self.work == Work::Poll {
            let mut digits = &mut self.bytes[b"GET ".len() + route::POLL.len()..][..route::DIGITS];
            write!(digits, "{:0width$}", self.first + number, width = route::DIGITS)?;
        }
        let written = conn.stream.write(&self.bytes)?;
        conn.due.push_back(due);
        if written == self.bytes.len() { Ok(()) } else { Err("the socket's buffer is full".into()) }
    }

    /// When message `sent` is due.
    fn next_due(&self) -> Tick {
        Tick(self.start.0 + self.sent * self.every)
    }

    fn arm(&self) -> Result<()> {
        let due = i64::try_from(self.next_due().0)?;
        let at = Timespec { tv_sec: due / 1_000_000_000, tv_nsec: due % 1_000_000_000 };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: at };
        timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &once)?;
        Ok(())
    }

    /// Sends all that is due, one connection after the other.
    fn fire(&mut self) -> Result<()> {
        rustix::io::read(&self.timer, &mut [0; 8])?;
        while self.next_due() <= now() {
            let number = usize::try_from(self.sent)? % self.conns.len();
            let (due, conn) = (self.next_due(), &mut self.conns[number]);
            if self.work == Work::Poll && !conn.due.is_empty() {
                // One at a time, as pollers do.
                conn.behind = Some(due);
            } else {
                self.send(number, due)?;
            }
            self.sent += 1;
        }
        self.arm()
    }

    /// One read, whatever is there; the operations that it ends.
    fn readable(&mut self, number: usize, buffer: &mut [u8]) -> Result<()> {
        let conn = &mut self.conns[number];
        let read = conn.stream.read(buffer)?;
        if read == 0 {
            return Err("the server has closed".into());
        }
        let mut carry = std::mem::take(&mut conn.carry);
        let mut rest = &buffer[..read];
        if !carry.is_empty() {
            carry.extend_from_slice(rest);
            rest = &carry;
        }
        while let Some((length, stamp)) = operation(self.work, rest) {
            rest = &rest[length..];
            let due = stamp.map(|s| self.scheduled(s)).or_else(|| self.conns[number].due.pop_front());
            self.done(due.unwrap_or_default())?;
            if let Some(due) = self.conns[number].behind.take() {
                self.send(number, due)?;
            } else if self.work != Work::Push && self.every == 0 {
                self.send(number, now())?;
            }
        }
        if !rest.is_empty() {
            self.conns[number].carry = rest.to_vec();
        }
        Ok(())
    }

    /// When a published message was due, as if the fastest so far had taken no time: when the server's schedule began is not
    /// known here.
    fn scheduled(&mut self, stamp: Stamp) -> Tick {
        let since_start = stamp.due.0;
        self.published_from = self.published_from.min(now().0.saturating_sub(since_start));
        Tick(self.published_from + since_start)
    }

    fn done(&mut self, due: Tick) -> Result<()> {
        if self.measuring {
            self.operations += 1;
            self.latency.record(now().since(due).max(1))?;
        }
        Ok(())
    }
}

/// The length of the operation's answer at the front of `bytes`, and its stamp, when it is whole.
fn operation(work: Work, bytes: &[u8]) -> Option<(usize, Option<Stamp>)> {
    match work {
        Work::Http | Work::Poll => answer(bytes).map(|length| (length, None)),
        Work::Echo => frame(bytes).map(|(head, payload)| (head + payload, None)),
        Work::Push => {
            let (head, payload) = frame(bytes)?;
            let reading = bytes.get(head..).and_then(|text| TrialKey::default().decode(text));
            Some((head + payload, reading.map(|reading| reading.stamp)))
        }
    }
}

/// A poll as wsbench sends it with the article's headers; the client's digits are still to be written.
fn article() -> String {
    let lines = Headers::article()
        .request
        .iter()
        .map(|line| format!("{}: {}\r\n", line.0, line.1))
        .collect::<String>();
    format!("GET {} HTTP/1.1\r\n{lines}\r\n", route::path(route::POLL, 0, 0))
}

/// A whole answer with a Content-Length.
fn answer(bytes: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"\r\nContent-Length: ";
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let at = bytes[..head].windows(NAME.len()).position(|name| name == NAME)? + NAME.len();
    let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit());
    let body = digits.fold(0, |value, digit| value * 10 + usize::from(digit - b'0'));
    (bytes.len() >= head + body).then_some(head + body)
}

/// Header and payload bytes of a whole server's frame (RFC 6455 §5.2), up to 64 KiB.
fn frame(bytes: &[u8]) -> Option<(usize, usize)> {
    let (head, payload) = match *bytes {
        [_, 126, high, low, ..] => (4, usize::from(u16::from_be_bytes([high, low]))),
        [_, length @ 0..126, ..] => (2, usize::from(length)),
        _ => return None,
    };
    (bytes.len() >= head + payload).then_some((head, payload))
}

/// A client's text frame of up to 125 bytes.
fn masked(payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x11, 0x22, 0x33, 0x44];
    let mut frame = vec![0x81, 0x80 | payload.len() as u8];
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The opening handshake; what came behind it.
fn upgrade(stream: &mut TcpStream, host: &str, path: &str) -> Result<Vec<u8>> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut inbox = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer)?;
        inbox.extend_from_slice(&buffer[..read]);
        match inbox.windows(4).position(|four| four == b"\r\n\r\n") {
            Some(head) if inbox.starts_with(b"HTTP/1.1 101") => return Ok(inbox.split_off(head + 4)),
            None if read > 0 => {}
            _ => return Err(format!("no upgrade at {path}: {}", String::from_utf8_lossy(&inbox)).into()),
        }
    }
}

/// CPU seconds of this process: all of it to the nanosecond; user and system as the kernel splits it, to 10 ms.
fn cpu() -> Result<[f64; 3]> {
    let all = clock_gettime(ClockId::ProcessCPUTime);
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: Vec<f64> = fields.skip(11).take(2).map(str::parse).collect::<std::result::Result<_, _>>()?;
    let hertz = rustix::param::clock_ticks_per_second() as f64;
    Ok([all.tv_sec as f64 + all.tv_nsec as f64 / 1e9, ticks[0] / hertz, ticks[1] / hertz])
}
