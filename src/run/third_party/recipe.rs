//! `target.toml`: how a third-party server is started, asked whether it is ready, and stopped; and where these
//! files are looked for.
//!
//! It must not know processes. Its other end is `targets/third_party/<name>/`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;

use super::spoken::Spoken;

/// Where the folders of the servers are.
pub const VARIABLE: &str = "WSBENCH_THIRD_PARTY";
const USUAL: &str = "targets/third_party";

/// What `target.toml` says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recipe {
    /// What it is, in a line; for whoever reads the file.
    #[allow(dead_code, reason = "every file must say it, and nothing is done with it")]
    about: String,
    /// The command that installs it, from the root of the repository.
    install: String,
    /// There once it is installed.
    installed: PathBuf,
    /// Program and arguments, with places to be filled in.
    start: Vec<String>,
    /// A configuration with the same places.
    pub(super) template: Option<String>,
    /// When it is ready.
    #[serde(deserialize_with = "ready")]
    ready: Ready,
    /// One that is not ready by then will not be.
    #[serde(default = "usual_patience", with = "humantime_serde")]
    pub(super) starting: Duration,
    /// The signal that ends it in good order.
    pub(super) stop: Stop,
    /// Transports that it speaks, and the path of each; of a proxy, none of its own.
    #[serde(default)]
    transports: BTreeMap<String, String>,
    /// What it speaks, and places of its own as they are filled for each: `{how}` by `speaks.http2.how`.
    #[serde(default)]
    speaks: BTreeMap<Spoken, BTreeMap<String, String>>,
    /// What a proxy speaks to the server behind it.
    #[serde(default)]
    pub(super) asks: Spoken,
    /// Its folder.
    #[serde(skip)]
    pub(super) folder: PathBuf,
}

/// When a server is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ready {
    /// It listens.
    Tcp,
    /// It answers this path with 2xx.
    Http(String),
}

/// How a server is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Stop {
    Term,
    Int,
    Quit,
}

fn usual_patience() -> Duration {
    Duration::from_secs(10)
}

fn ready<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Ready, D::Error> {
    match String::deserialize(from)? {
        tcp if tcp == "tcp" => Ok(Ready::Tcp),
        path if path.starts_with('/') => Ok(Ready::Http(path)),
        other => Err(serde::de::Error::custom(format!("{other:?}: expected \"tcp\" or a path"))),
    }
}

impl Recipe {
    /// The recipe of that name.
    ///
    /// # Errors
    /// There is no such folder, and where it was looked for; its file is wrong; the server is not installed.
    pub(super) fn of(name: &str) -> Result<Recipe> {
        let folder = root()?.join(name);
        let file = folder.join("target.toml");
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("there is no third-party server `{name}`: {}", file.display()))?;
        let recipe = Recipe::parse(&text, folder).with_context(|| file.display().to_string())?;
        if !recipe.folder.join(&recipe.installed).exists() {
            let (installed, install) = (recipe.folder.join(&recipe.installed), &recipe.install);
            bail!(
                "the third-party server `{name}` is not installed ({} is missing)\n  = help: {install}",
                installed.display()
            );
        }
        Ok(recipe)
    }

    fn parse(text: &str, folder: PathBuf) -> Result<Recipe> {
        let recipe: Recipe = toml::from_str(text)?;
        if recipe.start.is_empty() {
            bail!("`start` is empty: expected a program and its arguments");
        }
        let mut recipe = Recipe { folder, ..recipe };
        if recipe.speaks.is_empty() {
            recipe.speaks.insert(Spoken::default(), BTreeMap::new());
        }
        Ok(recipe)
    }

    /// Places of its own where that is spoken.
    ///
    /// # Errors
    /// The server does not speak it; and what it speaks.
    pub(super) fn speaking(&self, spoken: Spoken) -> Result<&BTreeMap<String, String>> {
        self.speaks.get(&spoken).ok_or_else(|| {
            let known: Vec<String> = self.speaks.keys().map(Spoken::to_string).collect();
            anyhow!("it does not speak {spoken}; it speaks {}", known.join(", "))
        })
    }

    /// When it is ready. Only where HTTP/1.1 is spoken without TLS is it asked; else it is once it listens.
    pub(super) fn ready(&self, spoken: Spoken) -> Ready {
        if spoken == Spoken::Http1 { self.ready.clone() } else { Ready::Tcp }
    }

    /// The path of a transport.
    ///
    /// # Errors
    /// The server does not speak it; and what it speaks.
    pub(super) fn path(&self, transport: &str) -> Result<&str> {
        let path = self.transports.get(transport).map(String::as_str);
        path.ok_or_else(|| {
            let known: Vec<&str> = self.transports.keys().map(String::as_str).collect();
            anyhow!("it does not support {transport}; it supports {}", known.join(", "))
        })
    }

    /// Program and arguments, filled in, without those that are filled with nothing; a program that is named by a path is
    /// found from the server's folder.
    pub(super) fn command(&self, places: &Places<'_>) -> (PathBuf, Vec<String>) {
        let mut words = self.start.iter().map(|word| places.fill(word)).filter(|word| !word.is_empty());
        let program = words.next().unwrap_or_default();
        let program = if program.contains('/') { self.folder.join(program) } else { program.into() };
        (program, words.collect())
    }
}

/// What is filled into a command and a configuration.
pub(super) struct Places<'a> {
    /// `{port}`: where it listens.
    pub(super) port: u16,
    /// `{folder}`: a fresh one of its own.
    pub(super) folder: &'a Path,
    /// `{server}`: the port of the server behind it.
    pub(super) server: Option<u16>,
    /// `{connections}`: so many at a time.
    pub(super) connections: u64,
    /// Those of its recipe, in which others may stand.
    pub(super) own: &'a BTreeMap<String, String>,
}

impl Places<'_> {
    /// The text with its places filled in; what it asks for without need stays as it is.
    pub(super) fn fill(&self, text: &str) -> String {
        let own = self.own.iter();
        let text = own.fold(text.to_owned(), |text, (name, own)| text.replace(&format!("{{{name}}}"), own));
        let text = text.replace("{port}", &self.port.to_string());
        let text = text.replace("{folder}", &self.folder.display().to_string());
        let text = text.replace("{connections}", &self.connections.to_string());
        self.server.map_or(text.clone(), |server| text.replace("{server}", &server.to_string()))
    }
}

/// Whether there is a recipe of that name.
pub(super) fn is_known(name: &str) -> bool {
    let plain = !name.is_empty() && !name.contains(['/', '\0']) && !name.starts_with('.');
    plain && root().is_ok_and(|root| root.join(name).join("target.toml").is_file())
}

/// The folder of all servers: the variable's, or that of the repository around the working directory or this program.
fn root() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os(VARIABLE) {
        return Ok(folder.into());
    }
    let here = std::env::current_dir().context("finding the working directory")?;
    let program = std::env::current_exe().context("finding this program's own file")?;
    let around = here.ancestors().chain(program.ancestors()).map(|folder| folder.join(USUAL));
    around.into_iter().find(|folder| folder.is_dir()).ok_or_else(|| {
        anyhow!(
            "no folder {USUAL} in or above {} or {}\n  = help: run it from wsbench's repository, or name the folder \
             in {VARIABLE}",
            here.display(),
            program.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const GOOD: &str = "about = \"\"\ninstall = \"\"\ninstalled = \"x\"\nstart = [\"a\"]\nready = \"tcp\"\nstop = \"TERM\"\n";

    #[test]
    fn every_recipe_of_the_repository_is_read() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(USUAL);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&root).unwrap() {
            let folder = entry.unwrap().path();
            // Servers of scripts/field, which starts them itself; and clients.
            if folder.ends_with("field") || folder.ends_with("checks") {
                continue;
            }
            let text = std::fs::read_to_string(folder.join("target.toml")).unwrap();
            let recipe = Recipe::parse(&text, folder.clone()).unwrap();
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            assert_eq!(recipe.install, format!("scripts/third-party {name}"));
            let template = recipe.template.map(|file| std::fs::read_to_string(folder.join(file)).unwrap());
            let proxy = template.as_ref().is_some_and(|text| text.contains("{server}"));
            assert_eq!(proxy, recipe.transports.is_empty(), "{name}: a proxy has no path");
            // Whatever is spoken, no place of its own is left as it is.
            let texts = [&recipe.start[..], template.as_slice()].concat().join("\n");
            let own = recipe.speaks.values().flat_map(|own| own.keys()).collect::<BTreeSet<_>>();
            for (spoken, filled) in &recipe.speaks {
                assert_eq!(filled.keys().collect::<BTreeSet<_>>(), own, "{name}: {spoken}");
            }
            assert!(own.iter().all(|own| texts.contains(&format!("{{{own}}}"))), "{name}: {own:?}");
            names.push(name);
        }
        names.sort();
        let real = ["action-cable", "graphql-ws", "mosquitto", "rabbitmq", "rabbitmq-mqtt"];
        let emulated = ["centrifugo", "phoenix", "pusher", "sessions", "signalr", "sticky"];
        let older = ["nginx-direct", "nginx-upstream", "socket.io", "sockjs-tornado", "ws"];
        let newer = ["nghttpx", "nghttpx-h2", "node-http2", "websockets"];
        let mut all = [&real[..], &emulated, &older, &newer].concat();
        all.sort_unstable();
        assert_eq!(names, all);
    }

    #[test]
    fn places_are_filled_and_other_braces_stay() {
        let own = BTreeMap::from([("key".to_owned(), "{folder}/key".to_owned())]);
        let places = Places { port: 1, folder: Path::new("/f"), server: Some(2), connections: 3, own: &own };
        let filled = places.fill("{port} {folder} {server} {connections} {key} { x }");
        assert_eq!(filled, "1 /f 2 3 /f/key { x }");
    }

    /// A word that is filled with nothing is no argument.
    #[test]
    fn what_is_spoken_fills_places_of_its_own() {
        let text = format!("{GOOD}[speaks.http1]\nhow = \"\"\n[speaks.http2-tls]\nhow = \"x\"\n");
        let recipe = Recipe::parse(&text.replace("[\"a\"]", "[\"a\", \"{how}\"]"), PathBuf::new()).unwrap();
        for (spoken, words) in [(Spoken::Http1, vec![]), (Spoken::Http2Tls, vec!["x".to_owned()])] {
            let own = recipe.speaking(spoken).unwrap();
            let places = Places { port: 1, folder: Path::new("/f"), server: None, connections: 3, own };
            assert_eq!(recipe.command(&places), (PathBuf::from("a"), words));
        }
        let said = recipe.speaking(Spoken::Http2).unwrap_err().to_string();
        assert_eq!(said, "it does not speak HTTP/2; it speaks HTTP/1.1, HTTP/2 over TLS");
        // Of which nothing is said speaks what the web began with.
        let recipe = Recipe::parse(GOOD, PathBuf::new()).unwrap();
        assert!(recipe.speaking(Spoken::Http1).is_ok() && recipe.speaking(Spoken::Http1Tls).is_err());
        let text = GOOD.replace("\"tcp\"", "\"/up\"");
        let recipe = Recipe::parse(&text, PathBuf::new()).unwrap();
        assert_eq!(recipe.ready(Spoken::Http1), Ready::Http("/up".to_owned()));
        assert_eq!(recipe.ready(Spoken::Http2), Ready::Tcp);
    }

    #[test]
    fn what_is_wrong_with_a_recipe_is_said() {
        Recipe::parse(GOOD, PathBuf::new()).unwrap();
        for (from, to, said) in [
            ("\"tcp\"", "\"soon\"", "expected \"tcp\" or a path"),
            ("[\"a\"]", "[]", "`start` is empty"),
            ("TERM", "KILL", "unknown variant `KILL`"),
            ("about", "abuot", "unknown field `abuot`"),
        ] {
            let error = Recipe::parse(&GOOD.replace(from, to), PathBuf::new()).unwrap_err();
            assert!(format!("{error:#}").contains(said), "{error:#}");
        }
    }
}
