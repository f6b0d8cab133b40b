//! Third-party servers: a fresh process for each trial, and one more for the proxy in front of it.
//!
//! It must not know which servers there are: [`recipe`] reads that from `targets/third_party`. Processes are `process`'s
//! affair; a server may have children of its own, so whatever is done here is done to its whole process group.

mod recipe;
mod spoken;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::{sleep, timeout};
use wsbench_targets::tls::Identity;

use super::cores::Cores;
use super::identity::{connecting, identity};
use super::process::{ChildEvent, Process};
use super::processes::Who;
use crate::drivers::http::head::head;
use crate::drivers::{Endpoint, Expects};
use crate::os::limits;
use crate::os::orphan::end_with_parent;
use crate::os::process::{Reading, group, read_group};
use crate::plan::{Needs, Plan, Server, Trial, Where};
use crate::transport::Access;
pub use recipe::VARIABLE;
use recipe::{Places, Ready, Recipe, Stop};
use spoken::Spoken;

/// One that was told to end and has not by then is killed.
const ENDING: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(10);

/// Whether everything that the plan starts is there, installed, and speaks what it is asked to.
///
/// # Errors
/// The first thing that is not, and what to do about it.
pub fn check(plan: &Plan) -> Result<()> {
    for trial in &plan.trials {
        let Where::ThirdParty(server) = &trial.target else { continue };
        let path = Recipe::of(&server.name)?.path(trial.transport.name()).map(drop);
        path.with_context(|| named(&server.name))?;
        all(server, trial.transport.access())?;
    }
    Ok(())
}

fn named(name: &str) -> String {
    format!("the third-party server `{name}`")
}

/// One of those that are started, and what is spoken to it.
struct Part {
    name: String,
    recipe: Recipe,
    spoken: Spoken,
}

impl Part {
    fn of(name: &str, spoken: Spoken, help: &str) -> Result<Part> {
        let (name, recipe) = (name.to_owned(), Recipe::of(name)?);
        recipe.speaking(spoken).map_err(|why| anyhow!("{}: {why}{help}", named(&name)))?;
        Ok(Part { name, recipe, spoken })
    }
}

/// Where a server alone does not speak what is asked for.
const IN_FRONT: &str = "\n  = help: a proxy may: behind = \"nginx\" or \"nghttpx\" in [target] if it speaks HTTP/1.1, \
                        \"nghttpx-h2\" if it speaks HTTP/2";

/// The server, and the proxy in front of it, in the order in which they are started: the clients speak to the last.
fn all(server: &Server, access: &Access) -> Result<Vec<Part>> {
    let by_clients = Spoken::by(access);
    let Some(front) = server.behind.folder() else {
        return Ok(vec![Part::of(&server.name, by_clients, IN_FRONT)?]);
    };
    let front = Part::of(front, by_clients, "")?;
    Ok(vec![Part::of(&server.name, front.recipe.asks, "")?, front])
}

/// Whether there is a recipe of that name, wherever it stands.
pub fn is_known(name: &str) -> bool {
    recipe::is_known(name)
}

/// A server that runs. Dropping it ends its whole group at once.
pub(super) struct ThirdParty {
    name: String,
    process: Process,
    stop: Stop,
    port: u16,
    /// Its configuration and what it writes; gone with it.
    _folder: TempDir,
}

/// Both ends of what is heard of the children.
pub(super) struct Launcher<'a> {
    pub(super) sender: &'a UnboundedSender<(Who, ChildEvent)>,
    pub(super) cores: &'a Cores,
    pub(super) events: &'a mut UnboundedReceiver<(Who, ChildEvent)>,
}

/// Starts the server, and what it stands behind, one after the other; and where the clients connect.
pub(super) async fn start(
    server: &Server,
    trial: &Trial,
    mut launcher: Launcher<'_>,
) -> Result<(Vec<ThirdParty>, Endpoint)> {
    // A server takes over the limit of whoever starts it.
    limits::raise_files().context("raising the limit of open files")?;
    let access = trial.transport.access();
    let identity = access.tls.map(|terms| identity(terms.resumption)).transpose()?;
    let mut third_parties: Vec<ThirdParty> = Vec::new();
    for part in all(server, access)? {
        let behind = third_parties.last().map(|third_party| third_party.port);
        let name = part.name.clone();
        let more = More { trial, behind, identity: identity.as_ref() };
        let third_party = ThirdParty::start(part, third_parties.len(), more, &mut launcher).await;
        third_parties.push(third_party.with_context(|| format!("starting {}", named(&name)))?);
    }
    let port = third_parties.last().context("no server at all")?.port;
    let path = Recipe::of(&server.name)?.path(trial.transport.name())?.to_owned();
    let address = local(port);
    let connect = connecting(access, identity, address.ip());
    Ok((third_parties, Endpoint { expects: Expects::Foreign(path), connect, ..Endpoint::reference(address) }))
}

/// What else it takes to start one.
struct More<'a> {
    trial: &'a Trial,
    /// The port of the server behind it.
    behind: Option<u16>,
    /// The certificate of the trial, where there is one.
    identity: Option<&'a Identity>,
}

impl ThirdParty {
    async fn start(
        part: Part,
        number: usize,
        more: More<'_>,
        launcher: &mut Launcher<'_>,
    ) -> Result<ThirdParty> {
        let Part { name, recipe, spoken } = part;
        let More { trial, behind, identity } = more;
        let folder = TempDir::with_prefix("wsbench-").context("making a folder for it")?;
        if let Some(identity) = identity {
            for (file, pem) in [("certificate.pem", &identity.certificate), ("key.pem", &identity.key)] {
                std::fs::write(folder.path().join(file), pem).context("writing its certificate")?;
            }
        }
        // Its files are its connections: to the clients, and to the server behind it. nginx begins to close those that
        // rest, with a request perhaps on its way, once less than a sixteenth of all is free.
        let files = Needs::of(trial).target_files;
        let connections = files + files / 8;
        let own = recipe.speaking(spoken)?;
        let places = Places { port: free_port()?, folder: folder.path(), server: behind, connections, own };
        if let Some(template) = &recipe.template {
            let from = recipe.folder.join(template);
            let text = std::fs::read_to_string(&from).with_context(|| from.display().to_string())?;
            std::fs::write(folder.path().join(template), places.fill(&text))
                .context("writing its configuration")?;
        }
        let (program, arguments) = recipe.command(&places);
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&recipe.folder).stdin(std::process::Stdio::null());
        end_with_parent(command.as_std_mut());
        let who = Who::ThirdParty(number);
        let process =
            launcher.cores.start(who, || Process::with_group(command, who, launcher.sender.clone()))?;
        let port = places.port;
        let mut third_party = ThirdParty { name, process, stop: recipe.stop, port, _folder: folder };
        third_party.wait((&recipe.ready(spoken), recipe.starting), launcher.events).await?;
        Ok(third_party)
    }

    /// Waits until it is ready. If it never is, what it wrote on stderr is the best reason there is.
    async fn wait(
        &mut self,
        (ready, starting): (&Ready, Duration),
        events: &mut UnboundedReceiver<(Who, ChildEvent)>,
    ) -> Result<()> {
        let asking = async {
            while !answers(ready, self.port).await {
                sleep(LOOK).await;
            }
        };
        tokio::select! {
            () = asking => return Ok(()),
            how = ended(events) => bail!("it {how}"),
            () = sleep(starting) => {}
        }
        self.process.signal_group(Signal::KILL);
        let last = timeout(ENDING, ended(events)).await;
        bail!("not ready after {starting:?}; it {}", last.unwrap_or_else(|_| "printed nothing".to_owned()))
    }

    /// Its name and process group, for whoever looks.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What it and its children have cost so far.
    pub(super) fn reading(&self) -> Result<Reading> {
        let read = read_group(self.process.pid);
        // Its end is told by an event of its own, which may not have been heard yet.
        let gone = read.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        let what = if gone { "it has ended in the middle of the trial" } else { "reading /proc" };
        read.with_context(|| format!("{}: {what}", named(&self.name)))
    }

    /// Asks it to end, and waits; if it does not, kills it, and waits for that: under load both take a while.
    pub(super) async fn stop(mut self) -> Result<()> {
        let asked = match self.stop {
            Stop::Term => Signal::TERM,
            Stop::Int => Signal::INT,
            Stop::Quit => Signal::QUIT,
        };
        for signal in [asked, Signal::KILL] {
            self.process.signal_group(signal);
            if let Ok(outcome) = timeout(ENDING, self.gone()).await {
                outcome.context("reading /proc")?;
                self.process.has_gone();
                break;
            }
        }
        Ok(())
    }

    /// Waits until none of its processes is left.
    async fn gone(&self) -> io::Result<()> {
        while !group(self.process.pid)?.is_empty() {
            sleep(LOOK).await;
        }
        Ok(())
    }
}

/// How the next child ended; lines that a server prints are its own affair.
async fn ended(events: &mut UnboundedReceiver<(Who, ChildEvent)>) -> String {
    loop {
        match events.recv().await {
            Some((_, ChildEvent::Ended(how))) => return how,
            Some((_, ChildEvent::Line(_))) => {}
            None => return "stopped responding".to_owned(),
        }
    }
}

/// Whether it is ready now; that it is not yet is no error.
async fn answers(ready: &Ready, port: u16) -> bool {
    match ready {
        Ready::Tcp => TcpStream::connect(local(port)).await.is_ok(),
        Ready::Http(path) => asked(port, path).await.unwrap_or(false),
    }
}

/// Whether a `GET` of `path` is answered well; its head is enough.
async fn asked(port: u16, path: &str) -> io::Result<bool> {
    let address = local(port);
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    while stream.read_buf(&mut answer).await? > 0 {
        match head(&answer) {
            Ok(Some(head)) => return Ok(head.good()),
            Ok(None) => {}
            Err(_) => break,
        }
    }
    Ok(false)
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// A port that nobody has at the moment: third-party servers do not tell which one they took.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(local(0)).and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(|e| anyhow!(e).context("looking for a free port"))
}
