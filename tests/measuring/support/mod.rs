//! What the integration tests share: a folder with a scenario in it, the real program, and its processes.
//!
//! Whatever a test starts ends with it: a `Running` that is dropped is killed, and its children go with it.

pub mod deployed;
pub mod engine;
pub mod feeds;
pub mod nghttpx;
pub mod rooms;
pub mod server;
mod turn;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use wsbench::report::json;
use wsbench::results::{Measurement, Report};

pub use turn::{alone, at_once};

/// No run of a test takes so long, however slow the machine.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_millis(10);

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_wsbench");

/// Waits until `what` gives something.
pub fn until<T>(why: &str, mut what: impl FnMut() -> Option<T>) -> T {
    let began = SystemTime::now();
    loop {
        if let Some(found) = what() {
            return found;
        }
        assert!(began.elapsed().unwrap_or_default() < PATIENCE, "waited too long for: {why}");
        std::thread::sleep(LOOK);
    }
}

/// A folder with `scenario.toml` in it.
pub struct Scene {
    folder: TempDir,
    _turn: Option<turn::Turn>,
}

/// How a program ended, and what it said.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Scene {
    pub fn new(scenario: &str) -> Scene {
        let scene = Scene { folder: TempDir::new().unwrap(), _turn: turn::shared() };
        fs::write(scene.path("scenario.toml"), scenario).unwrap();
        scene
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program in this folder; flags come from `arguments` alone, not from whoever runs the tests.
    pub fn wsbench(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("WSBENCH_") || name == "NO_COLOR" {
                command.env_remove(name);
            }
        }
        // The program may have been built anywhere.
        command.env("WSBENCH_THIRD_PARTY", concat!(env!("CARGO_MANIFEST_DIR"), "/targets/third_party"));
        command
    }

    /// Starts `command`; stdout and stderr go into files, so that nobody waits for a reader.
    pub fn start(&self, command: Command) -> Running {
        self.start_into(command, "")
    }

    /// The same beside another one that runs.
    pub fn start_apart(&self, command: Command) -> Running {
        self.start_into(command, "-apart")
    }

    fn start_into(&self, mut command: Command, more: &str) -> Running {
        let (out, err) = (self.path(&format!("stdout{more}")), self.path(&format!("stderr{more}")));
        let child = command
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&err).unwrap())
            .spawn()
            .unwrap_or_else(|e| panic!("{command:?}: {e}"));
        Running { child, out, err }
    }

    /// Runs the program with these arguments to its end.
    pub fn say(&self, arguments: &[&str]) -> Ran {
        self.start(self.wsbench(arguments)).end()
    }

    /// Starts a run of the scenario into `out/`.
    pub fn begin(&self, more: &[&str]) -> Running {
        self.start(self.wsbench(&[&["run", "scenario.toml", "--out", "out"], more].concat()))
    }

    /// Runs the scenario to its end and reads what it left behind; no trial may have failed.
    pub fn measure(&self) -> Vec<Measurement> {
        self.measured(self.begin(&[]))
    }

    /// The same of a run that has begun.
    pub fn measured(&self, running: Running) -> Vec<Measurement> {
        let ran = running.end();
        let report = self.report();
        assert!(report.failed.is_empty() && matches!(ran.code, Some(0 | 4 | 99)), "{ran:#?}");
        assert!(report.complete(), "{ran:#?}");
        report.measurements
    }

    /// The report in `out/`.
    pub fn report(&self) -> Report {
        json::read(&self.path("out")).unwrap_or_else(|e| panic!("{e:#}"))
    }
}

/// All that a run has let out: both streams, and every file below `folder`, whatever it is.
pub fn outputs(ran: &Ran, folder: &Path) -> Vec<(String, String)> {
    let mut all = vec![("what it said".to_owned(), format!("{}{}", ran.stdout, ran.stderr))];
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                all.push((path.display().to_string(), text));
            }
        }
    }
    assert!(all.len() > 5, "{} places", all.len());
    all
}

/// A program that runs. It is killed when dropped.
pub struct Running {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        send(self.pid(), signal);
    }

    /// What it has said so far: stdout and stderr.
    pub fn said(&self) -> (String, String) {
        let text = |path: &PathBuf| String::from_utf8(fs::read(path).unwrap()).unwrap();
        (text(&self.out), text(&self.err))
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ran {
        let status = until("the end of a run", || self.child.try_wait().unwrap());
        let (stdout, stderr) = self.said();
        Ran { code: status.code(), stdout, stderr }
    }

    /// Waits until `what` gives something, and not longer than it runs.
    pub fn until<T>(&self, why: &str, mut what: impl FnMut() -> Option<T>) -> T {
        until(why, || {
            let found = what();
            assert!(found.is_some() || lives(self.pid()), "it ended without {why}: {:#?}", self.said());
            found
        })
    }

    /// Its child process whose command line holds `word`, as soon as there is one.
    pub fn child(&self, word: &str) -> u32 {
        self.until(word, || children(self.pid()).into_iter().find(|(_, line)| line.contains(word))).0
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended cannot be killed: both fail, and both are well.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Sends a signal to a process that is there.
pub fn send(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, signal).unwrap_or_else(|e| panic!("{signal:?} to {pid:?}: {e}"));
}

/// Whether a process is there and no zombie.
pub fn lives(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| state != "Z")
}

/// The children of a process, with their command lines.
pub fn children(of: u32) -> Vec<(u32, String)> {
    let pids = fs::read_dir("/proc").unwrap().filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok());
    let mine =
        pids.filter(|&pid: &u32| stat(pid).is_some_and(|(state, parent)| parent == of && state != "Z"));
    let line = |pid: u32| fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    mine.map(|pid| (pid, line(pid).replace('\0', " "))).collect()
}

/// State and parent (proc(5), /proc/<pid>/stat, fields 3 and 4).
fn stat(pid: u32) -> Option<(String, u32)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

/// A scenario with so many clients, this load and these transports, each an inline table such as
/// `polling = { every = "1s" }`. Other tests, and whatever else there is, use the machine as well.
pub fn scenario(clients: u32, times: (&str, &str), load: &str, transports: &[String]) -> String {
    let (warmup, measure) = times;
    let mut text = format!(
        "name = \"test\"\npin = false\nshared-machine = true\nclients = {clients}\nwarmup = \"{warmup}\"\nmeasure = \"{measure}\"\n{load}\n"
    );
    transports.iter().for_each(|transport| text += &format!("[[transport]]\n{transport}\n"));
    text
}

/// A run of a second or two: enough heartbeats for a verdict that one late one does not decide.
pub fn short(more: &str) -> Scene {
    let load = format!("[load.push]\nevery = \"50ms\"\n{more}");
    Scene::new(&scenario(
        10,
        ("100ms", "1200ms"),
        &load,
        &["websocket = {}".into(), "long-polling = {}".into()],
    ))
}

/// It ended with exit code 0.
pub fn good(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

/// The server failed. On a machine that others kept too busy to measure nobody can tell, and that is said.
pub fn server_failed(ran: &Ran) {
    let (code, word) = if ran.code == Some(4) { (4, "INVALID") } else { (99, "server FAILED") };
    assert!(ran.code == Some(code) && ran.stdout.contains(word), "{ran:?}");
}

/// Under `[load.publish]` so many messages came to each of so many clients, once. Their order is that in which the server was
/// posted to, and posts do not wait for each other.
pub fn all_delivered(m: &Measurement, messages: u64, clients: u64) {
    let (counts, published) = (m.tally.counts, m.published.clone().unwrap());
    let all = messages * clients;
    assert_eq!((published.messages, published.failed), (messages, 0), "{}: {counts:?}", m.label());
    assert_eq!((counts.sent, counts.delivered, counts.lost), (all, all, 0), "{}: {counts:?}", m.label());
    assert_eq!((counts.duplicated, counts.unrecognised), (0, 0), "{}: {counts:?}", m.label());
    assert_eq!(m.tally.latency.count(), all, "{}", m.label());
    assert_eq!(m.tally.failures.total(), 0, "{}: {:?}", m.label(), m.tally.failures);
}

/// The three accounts of the same bytes agree over the whole trial.
pub fn ledger_closes(m: &Measurement) {
    let total = m.tally.traffic.total();
    for (way, flow) in [("up", total.up), ("down", total.down)] {
        let accounts = (flow.attributed(), flow.kernel);
        assert_eq!(
            accounts,
            (flow.counted, flow.counted),
            "{} {way}: attributed, kernel; counted",
            m.label()
        );
    }
}
