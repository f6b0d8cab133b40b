//! A target process from its configuration to its last line: listen, say where, take the word to start,
//! publish, end.
//!
//! It must not know how a transport works, only which there are: [`serve`] holds the one `match`. Its other
//! end is whoever started it: a coordinator at both ends of its pipes, or a person at a terminal.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use hyper::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::clock::{Clock, now};
use crate::http::Http;
use crate::hub::Hub;
use crate::limits::{ACCEPT_PAUSE, BACKLOG, MAX_MESSAGE};
use crate::own_usage::OwnUsage;
use crate::serve_observer::ServeObserver;
use crate::server_errors::ServerErrors;
use crate::socket::Stream;
use crate::stdin::Stdin;
use crate::tls::acceptor;
use crate::version::Version;
use crate::websocket::Frames;
use crate::wire::{Command, Header, MIN_PAYLOAD, Served, Span, Start, TargetConfig};

pub use crate::serve_error::ServeError;

/// The server's end of one transport.
pub(crate) trait Server: 'static {
    /// Messages to keep a stream, of those the config offers.
    fn keep(&self, ring: usize) -> usize {
        ring
    }

    /// The requests that it answers, as a person would try them for client 0 of a target at that address.
    fn requests(&self, at: SocketAddr, publishes: bool) -> Vec<String>;

    /// How long a client may be connected and say nothing.
    fn patience(&self) -> Duration;

    /// Serves one connection to its end. The error says what broke it; a client that hangs up is none.
    async fn serve(self: &Rc<Self>, hub: &Rc<Hub>, socket: Stream, version: Version) -> Result<(), String>;
}

/// Runs a target in this process until it is told to end: the whole of `wsbench serve`.
///
/// Says by `observer` when it listens and when it has ended; to stdout, that is `ready <address>` and `published {json}`.
/// With [`Start::OnWord`] it reads words from stdin and ends with it, or on SIGTERM; Ctrl-C is left to who started it.
/// With [`Start::Now`] it ends on SIGINT or SIGTERM, and with stdin only if that is a pipe: a terminal or
/// /dev/null says nothing about how long a person wants it to run.
pub fn run(config: TargetConfig, observer: impl ServeObserver) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|cause| ServeError::Runtime { what: "start the runtime", cause })?;
    runtime.block_on(async {
        let words = if reads_words(config.start)? { Some(stdin()?) } else { None };
        let stop = stop_signal(config.start)?;
        serve(config, words, stop, observer).await
    })
}

fn stdin() -> Result<BufReader<Stdin>, ServeError> {
    Stdin::open().map_err(|cause| ServeError::Runtime { what: "wait for words on stdin", cause })
}

fn reads_words(start: Start) -> Result<bool, ServeError> {
    let kind = rustix::fs::fstat(io::stdin())
        .map(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode))
        .map_err(|e| ServeError::Runtime { what: "look at stdin", cause: e.into() })?;
    Ok(start == Start::OnWord || kind == rustix::fs::FileType::Fifo)
}

/// Completes on the signal that ends the process.
fn stop_signal(start: Start) -> Result<impl Future<Output = ()>, ServeError> {
    let on = |kind| signal(kind).map_err(|cause| ServeError::Runtime { what: "wait for signals", cause });
    // Taking SIGINT and not acting on it is how Ctrl-C, which goes to all of a terminal's processes, is left to
    // the coordinator.
    let (mut interrupt, mut terminate) = (on(SignalKind::interrupt())?, on(SignalKind::terminate())?);
    Ok(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => if start == Start::Now { return },
                _ = terminate.recv() => return,
            }
        }
    })
}

/// Serves `config` until `words` end, `stop` completes or an error makes going on pointless; says by
/// `observer` when it listens and when it has ended. Single-threaded: to be awaited on a `current_thread` runtime.
pub async fn serve(
    config: TargetConfig,
    words: Option<impl AsyncBufRead + Unpin>,
    stop: impl Future<Output = ()>,
    observer: impl ServeObserver,
) -> Result<(), ServeError> {
    check(&config)?;
    raise_file_limit()?;
    let target = Target { config: &config, words, stop, observer };
    let headers = &config.headers;
    let tasks = LocalSet::new();
    match config.transport.clone() {
        Served::Polling(polling) => {
            let idle = polling.every;
            tasks.run_until(target.run(Http::new(polling, &config, idle)?)).await
        }
        Served::LongPolling(long) => {
            let idle = long.hold;
            tasks.run_until(target.run(Http::new(long, &config, idle)?)).await
        }
        Served::Streaming(stream) => {
            tasks.run_until(target.run(Http::new(stream, &config, Duration::ZERO)?)).await
        }
        Served::Sse(sse) => tasks.run_until(target.run(Http::new(sse, &config, Duration::ZERO)?)).await,
        Served::WebSocket(websocket) => tasks.run_until(target.run(Frames::new(&websocket, headers)?)).await,
    }
}

/// What a target needs besides its transport.
struct Target<'a, Words, Stop, V> {
    config: &'a TargetConfig,
    words: Option<Words>,
    stop: Stop,
    observer: V,
}

impl<Words, Stop, V> Target<'_, Words, Stop, V>
where
    Words: AsyncBufRead + Unpin,
    Stop: Future<Output = ()>,
    V: ServeObserver,
{
    async fn run<S: Server>(mut self, server: S) -> Result<(), ServeError> {
        let clock = Clock::new().map_err(ServeError::Clock)?;
        let hub = Hub::new(self.config, server.keep(self.config.ring));
        let tls = self.config.tls.as_ref().map(acceptor).transpose()?;
        let listener = listen(self.config.bind)?;
        let at = listener.local_addr().map_err(|cause| ServeError::Bind { at: self.config.bind, cause })?;
        let mut requests = server.requests(at, hub.publishes());
        if tls.is_some() {
            requests.iter_mut().for_each(|request| *request = request.replacen("://", "s://", 1));
        }
        self.observer.ready(at, &requests).map_err(ServeError::Say)?;
        let (server, errors) = (Rc::new(server), Rc::new(ServerErrors::default()));
        let publisher = Publisher::new(&hub, &clock, self.config.start);
        let usage = Rc::clone(&publisher.usage);
        tokio::select! {
            () = accept(&listener, tls.as_ref(), &server, &hub, &errors) => {}
            ended = spawn_local(clock.clone().run()) => return Err(ServeError::clock(ended)),
            ended = follow(self.words.take().map(AsyncBufReadExt::lines), publisher) => ended?,
            () = self.stop => {}
        }
        errors.report();
        if let Some(usage) = usage.get() {
            self.observer.used(&usage).map_err(ServeError::Say)?;
        }
        self.observer.ended(&hub.published()).map_err(ServeError::Say)
    }
}

/// Starts the hub, once, and looks what this process costs meanwhile.
struct Publisher {
    hub: Rc<Hub>,
    clock: Clock,
    begun: bool,
    /// Once the window is over. Where it cannot be read there is none, and the starter's own readings stand.
    usage: Rc<Cell<Option<OwnUsage>>>,
}

impl Publisher {
    fn new(hub: &Rc<Hub>, clock: &Clock, start: Start) -> Publisher {
        let mut publisher =
            Publisher { hub: Rc::clone(hub), clock: clock.clone(), begun: false, usage: Rc::default() };
        if start == Start::Now {
            publisher.begin(Span::whole(now()));
        }
        publisher
    }

    fn begin(&mut self, span: Span) {
        self.begun = true;
        spawn_local(Rc::clone(&self.hub).publish(self.clock.clone(), span));
        let (clock, usage) = (self.clock.clone(), Rc::clone(&self.usage));
        spawn_local(async move { usage.set(OwnUsage::between(&clock, span.begin, span.end).await.ok()) });
    }
}

/// Does what the words say until they end; without words, waits for ever.
async fn follow<R: AsyncBufRead + Unpin>(
    words: Option<Lines<R>>,
    mut publisher: Publisher,
) -> Result<(), ServeError> {
    let Some(mut words) = words else { return std::future::pending().await };
    for number in 1.. {
        let unread = |why: String| ServeError::Command { line: number, why };
        let Some(text) = words.next_line().await.map_err(|e| unread(e.to_string()))? else { break };
        match serde_json::from_str(&text).map_err(|e| unread(format!("{e}: {text:?}")))? {
            Command::Start(_) if publisher.begun => {
                return Err(unread(format!("the schedule has begun already: {text:?}")));
            }
            Command::Start(span) => publisher.begin(span),
        }
    }
    Ok(())
}

/// Refuses what cannot be served, before a port is taken.
fn check(config: &TargetConfig) -> Result<(), ServeError> {
    let bad = |why: String| Err(ServeError::Config(why));
    if config.ring == 0 {
        return bad("ring is 0: keep at least 1 message a stream".to_owned());
    }
    match config.publication {
        Some(p) if !(MIN_PAYLOAD..=MAX_MESSAGE).contains(&p.payload) => {
            bad(format!("a payload of {} B: choose {MIN_PAYLOAD} B to {MAX_MESSAGE} B", p.payload))
        }
        Some(p) if p.every.is_zero() => bad("a message every 0 s: choose a longer interval".to_owned()),
        _ => Ok(()),
    }
}

/// The profile's lines as hyper wants them; the server writes those about length itself.
pub(crate) fn header_map(lines: &[Header]) -> Result<HeaderMap, ServeError> {
    let mut map = HeaderMap::new();
    for Header(name, value) in lines {
        let bad = |why: &str| ServeError::Config(format!("response header {name:?}: {why}"));
        let parsed: HeaderName = name.parse().map_err(|_| bad("this is no header name"))?;
        if [CONTENT_LENGTH, TRANSFER_ENCODING].contains(&parsed) {
            return Err(bad("the server writes this line itself; leave it out"));
        }
        let value: HeaderValue = value.parse().map_err(|_| bad("its value has control characters"))?;
        map.append(parsed, value);
    }
    Ok(map)
}

/// A file a client: the soft limit is often 1,024 where the hard one is a million.
fn raise_file_limit() -> Result<(), ServeError> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return Ok(());
    }
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
        .map_err(|e| ServeError::Runtime { what: "raise the limit of open files", cause: e.into() })
}

fn listen(at: SocketAddr) -> Result<TcpListener, ServeError> {
    let listen = || {
        let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(at)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|cause| ServeError::Bind { at, cause })
}

/// Accepts for ever; each connection is a task that dies with the target.
async fn accept<S: Server>(
    listener: &TcpListener,
    tls: Option<&TlsAcceptor>,
    server: &Rc<S>,
    hub: &Rc<Hub>,
    errors: &Rc<ServerErrors>,
) {
    loop {
        let socket = match listener.accept().await {
            Ok((socket, _)) => socket,
            Err(e) => {
                errors.of_accepting(&e);
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let tls = tls.cloned();
        let (server, hub, errors) = (Rc::clone(server), Rc::clone(hub), Rc::clone(errors));
        spawn_local(async move {
            if let Err(what) = connected(socket, tls.as_ref(), &server, &hub).await {
                errors.of_a_connection(what);
            }
        });
    }
}

/// One connection, from its first byte to its last.
async fn connected<S: Server>(
    socket: TcpStream,
    tls: Option<&TlsAcceptor>,
    server: &Rc<S>,
    hub: &Rc<Hub>,
) -> Result<(), String> {
    // Boxed, so that what it takes is not carried for as long as the connection lives.
    let (stream, version) = Box::pin(begun(socket, tls, server.patience())).await?;
    server.serve(hub, stream, version).await
}

/// What comes before the first request.
async fn begun(
    socket: TcpStream,
    tls: Option<&TlsAcceptor>,
    patience: Duration,
) -> Result<(Stream, Version), String> {
    socket.set_nodelay(true).map_err(|e| format!("TCP_NODELAY: {e}"))?;
    let stream = Stream::accept(socket, tls).await.map_err(|e| format!("TLS: {e}"))?;
    let told = timeout(patience, Version::of(stream)).await;
    told.map_err(|_| format!("no request in {patience:?}"))?.map_err(|e| format!("its first bytes: {e}"))
}
