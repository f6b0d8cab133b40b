//! An Engine.IO 4 server by hand: small enough to misbehave on purpose, and to count what a client may not do.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use tokio_tungstenite::tungstenite::{self, Message};

const SEPARATOR: &str = "\u{1e}";
/// A `GET` for which nothing comes ends so, that no thread waits for ever.
const HOLD: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(2);

/// How the server behaves.
#[derive(Clone, Default)]
pub struct Rules {
    /// Packets that answer CONNECT, in this order, in one answer or one write.
    pub greeting: Vec<String>,
    /// Sessions of polling are unknown, with this status, behind so many messages.
    pub forgets: Option<(u16, usize)>,
    /// The packet that follows the first message's echo.
    pub last: Option<&'static str>,
    /// A ping is sent by HTTP while the probe of an upgrade waits for its answer, which comes behind the pong.
    pub pings_during_upgrade: bool,
    /// A ping is sent while the client takes its leave; then the session is known no longer.
    pub pings_at_leave: bool,
    /// A session that is left does not answer the `GET` that waits, as python-socketio.
    pub leaves_the_get: bool,
    /// So long a session takes to open.
    pub opens_after: Duration,
}

/// What it has seen.
#[derive(Default)]
pub struct Seen {
    pub sessions: usize,
    pub messages: usize,
    pub pongs: usize,
    pub upgraded: bool,
    /// Packets that came by `POST`, one for one.
    pub posted: Vec<String>,
    /// All packets that came, either way.
    pub packets: Vec<String>,
    /// The most of each that were under way at a time in one session.
    pub most_gets: usize,
    pub most_posts: usize,
    gets: usize,
    posts: usize,
    outbox: Vec<String>,
    gone: bool,
    /// The session is to move: every waiting `GET` is let go.
    moving: bool,
}

impl Seen {
    fn lets_go(&self) -> bool {
        !self.outbox.is_empty() || self.gone || self.moving
    }
}

/// A running server; it lives as long as the test's process.
#[derive(Clone)]
pub struct Engine {
    pub address: SocketAddr,
    rules: Arc<Rules>,
    seen: Arc<Mutex<Seen>>,
}

impl Engine {
    pub fn start(rules: Rules) -> Engine {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let engine = Engine { address, rules: Arc::new(rules), seen: Arc::default() };
        let server = engine.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (server, stream) = (server.clone(), stream.unwrap());
                stream.set_nodelay(true).unwrap();
                thread::spawn(move || server.serve(stream));
            }
        });
        engine
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    fn serve(&self, stream: TcpStream) {
        let mut head = [0; 2048];
        let Ok(length) = stream.peek(&mut head) else { return };
        if head[..length].windows(9).any(|nine| nine == b"websocket") {
            // A client that leaves ends the conversation; so does a test that has seen enough.
            drop(self.frames(stream));
        } else {
            drop(self.requests(stream));
        }
    }

    fn requests(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let (mut inbox, mut piece) = (Vec::new(), [0; 4096]);
        loop {
            let read = stream.read(&mut piece)?;
            if read == 0 {
                return Ok(());
            }
            inbox.extend_from_slice(&piece[..read]);
            while let Some((request, length)) = request(&inbox) {
                inbox.drain(..length);
                let (status, body) = self.answer(&request);
                let head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n", body.len());
                stream.write_all((head + &body).as_bytes())?;
            }
        }
    }

    fn answer(&self, request: &str) -> (u16, String) {
        if !request.contains("sid=") {
            thread::sleep(self.rules.opens_after);
            return (200, self.open(true));
        }
        if self.unknown(request) {
            let status = self.rules.forgets.map_or(400, |(status, _)| status);
            return (status, r#"{"code":1,"message":"Session ID unknown"}"#.to_owned());
        }
        match request.starts_with("GET") {
            true => self.wait(),
            false => self.posted(request),
        }
    }

    /// A new session, and what the last one left is gone with it.
    fn open(&self, upgrades: bool) -> String {
        let mut seen = self.seen();
        seen.sessions += 1;
        (seen.gone, seen.outbox) = (false, vec![]);
        let upgrades = if upgrades { "\"websocket\"" } else { "" };
        let sid = format!("s{}", seen.sessions);
        format!(r#"0{{"sid":"{sid}","upgrades":[{upgrades}],"pingInterval":3000,"pingTimeout":2000}}"#)
    }

    fn unknown(&self, request: &str) -> bool {
        let seen = self.seen();
        seen.gone || !request.contains(&format!("sid=s{} ", seen.sessions))
    }

    fn wait(&self) -> (u16, String) {
        let mut seen = self.seen();
        seen.gets += 1;
        seen.most_gets = seen.most_gets.max(seen.gets);
        if seen.gets > 1 {
            // A second GET: what engine.io answers, and the session is over.
            (seen.gone, seen.gets) = (true, seen.gets - 1);
            return (400, String::new());
        }
        drop(seen);
        let mut waited = Duration::ZERO;
        while waited < HOLD && !self.seen().lets_go() {
            thread::sleep(LOOK);
            waited += LOOK;
        }
        let mut seen = self.seen();
        seen.gets -= 1;
        let mut packets = std::mem::take(&mut seen.outbox);
        if packets.is_empty() && seen.moving && !seen.gone {
            packets.push("6".to_owned());
        }
        if packets.is_empty() { (400, String::new()) } else { (200, packets.join(SEPARATOR)) }
    }

    fn posted(&self, request: &str) -> (u16, String) {
        {
            let mut seen = self.seen();
            seen.posts += 1;
            seen.most_posts = seen.most_posts.max(seen.posts);
        }
        // Long enough for a second one to overlap, were there one.
        thread::sleep(LOOK);
        let body = request.split_once("\r\n\r\n").unwrap().1;
        for packet in body.split(SEPARATOR) {
            self.seen().posted.push(packet.to_owned());
            let answers = self.take(packet);
            self.seen().outbox.extend(answers);
        }
        self.seen().posts -= 1;
        (200, "ok".to_owned())
    }

    /// What answers one packet.
    fn take(&self, packet: &str) -> Vec<String> {
        let mut seen = self.seen();
        seen.packets.push(packet.to_owned());
        match packet.get(..2).unwrap_or(packet) {
            "40" => self.rules.greeting.clone(),
            // Other events are answers to what it has emitted itself.
            "42" if packet.contains("[\"echo\",") => {
                seen.messages += 1;
                seen.gone = self.rules.forgets.is_some_and(|(_, behind)| seen.messages == behind);
                let name = packet.find("[\"echo\",").unwrap();
                let data = packet[name..].replacen("\"echo\",", "", 1);
                let echo = format!("43{}{data}", &packet[2..name]);
                let last = self.rules.last.filter(|_| seen.messages == 1).map(str::to_owned);
                [echo].into_iter().chain(last).collect()
            }
            "3" => {
                seen.pongs += 1;
                vec![]
            }
            "41" if self.rules.pings_at_leave => vec!["2".to_owned()],
            "1" if self.rules.leaves_the_get => vec![],
            "1" => {
                seen.gone = self.rules.pings_at_leave;
                vec!["6".to_owned()]
            }
            _ => vec![],
        }
    }

    fn frames(&self, stream: TcpStream) -> Result<(), tungstenite::Error> {
        let mut probes = false;
        #[allow(clippy::result_large_err, reason = "tungstenite's own form of a callback")]
        let mut socket = tungstenite::accept_hdr(stream, |request: &Request, response: Response| {
            probes = request.uri().query().is_some_and(|query| query.contains("sid="));
            Ok(response)
        })
        .map_err(|_| tungstenite::Error::ConnectionClosed)?;
        if !probes {
            socket.send(Message::text(self.open(false)))?;
        }
        loop {
            let message = socket.read()?;
            let Ok(text) = message.to_text() else { continue };
            let answers = match text {
                "2probe" => {
                    self.probed();
                    vec!["3probe".to_owned()]
                }
                "5" => {
                    self.seen().upgraded = true;
                    vec![]
                }
                _ if message.is_text() => self.take(text),
                _ => vec![],
            };
            // All in one write.
            for answer in answers {
                socket.write(Message::text(answer))?;
            }
            socket.flush()?;
        }
    }

    /// From now on a waiting `GET` is let go, as engine.io does it every 100 ms; before that, where the rules say so, a ping
    /// is sent and its pong waited for.
    fn probed(&self) {
        if self.rules.pings_during_upgrade {
            self.seen().outbox.push("2".to_owned());
            while self.seen().pongs == 0 {
                thread::sleep(LOOK);
            }
        }
        self.seen().moving = true;
    }
}

type Request = tungstenite::handshake::server::Request;
type Response = tungstenite::handshake::server::Response;

/// The first request in these bytes, and its length.
fn request(bytes: &[u8]) -> Option<(String, usize)> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).unwrap();
    let length = text.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    let end = head + length.map_or(0, |length| length.parse::<usize>().unwrap());
    let whole = bytes.get(..end)?;
    Some((String::from_utf8(whole.to_vec()).unwrap(), end))
}
