//! The scenarios inside the program, so that `wsbench run overhead` needs no checkout; and how a name on the
//! command line becomes a scenario.

use std::path::Path;

use super::{Overrides, Scenario, file};
use crate::keys::error::ScenarioErrors;
use crate::keys::span::quoted;
use crate::keys::suggest;
use crate::secret::redacted;

/// Names what is piped in.
const STDIN: &str = "-";

/// A scenario inside the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Builtin {
    /// Its name; in the repository it is `scenarios/<name>.toml`.
    pub name: &'static str,
    /// Its text, TOML.
    pub text: &'static str,
}

macro_rules! builtins {
    ($($name:literal)*) => {
        /// All of them, in the order of `wsbench list`.
        pub const ALL: &[Builtin] = &[$(
            Builtin { name: $name, text: include_str!(concat!("../../scenarios/", $name, ".toml")) },
        )*];
    };
}

builtins! { "overhead" "overhead-browser" "overhead-c" "overhead-today" "latency" "comet" "fanout" "ticker" "echo" "idle" "connect" "connect-tls" "compression" "capacity" "smoke" "deployed" }

/// A scenario with the text that it was read from, for the report.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The file as named, or the built-in scenario's name.
    pub path: String,
    /// What was read, without a byte order mark and without its secrets.
    pub text: String,
    /// What it says.
    pub scenario: Scenario,
}

impl Loaded {
    /// Whether it is a scenario inside the program that names a server as an example only.
    pub fn template(&self) -> bool {
        self.scenario.target.is_some()
            && ALL.iter().any(|builtin| builtin.name == self.path && !Path::new(builtin.name).is_file())
    }
}

/// Reads the scenario that a command line names: a file that exists, else a built-in one; `-` is stdin.
///
/// # Errors
/// There is neither; the file cannot be read; all that is wrong with its text.
pub fn load(name_or_path: &str) -> Result<Loaded, ScenarioErrors> {
    load_with(name_or_path, &Overrides::default()).map(|(loaded, _)| loaded)
}

/// The same with the flags laid over it, and notes about what followed from them.
///
/// # Errors
/// The same, and all that is wrong with the flags.
pub fn load_with(name_or_path: &str, flags: &Overrides) -> Result<(Loaded, Vec<String>), ScenarioErrors> {
    let loaded = |path: &str, bytes: &[u8]| loaded(path, bytes, flags);
    if name_or_path == STDIN {
        return loaded("stdin", &file::bytes(Path::new("/dev/stdin"))?);
    }
    let path = Path::new(name_or_path);
    // A folder `overhead` (of reports, say) does not hide the scenario.
    if path.is_file() || (path.exists() && !path.is_dir()) {
        return loaded(name_or_path, &file::bytes(path)?);
    }
    if let Some(builtin) = ALL.iter().find(|builtin| builtin.name == name_or_path) {
        return loaded(builtin.name, builtin.text.as_bytes());
    }
    if path.is_dir() {
        return Err(ScenarioErrors::whole(
            name_or_path,
            "it is a folder, not a scenario file",
            help(name_or_path),
        ));
    }
    Err(ScenarioErrors::whole(
        name_or_path,
        "no such file, and no built-in scenario of that name",
        help(name_or_path),
    ))
}

fn loaded(path: &str, bytes: &[u8], flags: &Overrides) -> Result<(Loaded, Vec<String>), ScenarioErrors> {
    let (mut scenario, notes) = flags.read(path, bytes)?;
    if let (Some(target), Some(folder)) = (&mut scenario.target, Path::new(path).parent()) {
        target.within(folder);
    }
    let text = String::from_utf8_lossy(bytes);
    let text = redacted(text.strip_prefix('\u{feff}').unwrap_or(&text));
    Ok((Loaded { path: path.to_owned(), text, scenario }, notes))
}

fn help(name: &str) -> String {
    let names: Vec<_> = ALL.iter().map(|builtin| builtin.name).collect();
    let stem = Path::new(name).file_stem().map_or(name.into(), |stem| stem.to_string_lossy());
    let near = suggest::meant(&stem, &names)
        .map_or(String::new(), |near| format!("did you mean {}? ", quoted(near)));
    format!("{near}built-in: {}", names.join(", "))
}
