//! The top of a scenario file, and the way from bytes to a [`Scenario`].
//!
//! One function reads the keys, and its asking is the schema. It must not know what a trial is.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use toml::Spanned;
use toml::de::DeTable;

use super::dialect::Dialect;
use super::draft::Draft;
use super::groups::AsGroups;
use super::overlay::overlay;
use super::{
    Load, Scenario, headers, limits, loads, search, session, syntax, target, thresholds, transports, values,
};
use crate::keys::error::{Fault, Faults, ScenarioErrors};
use crate::keys::fields::Fields;
use crate::keys::kinds::{Count, Flag, OneOrMore, Text, duration, rate};
use crate::keys::span::quoted;
use crate::session::Session;
use wsbench_targets::content::Content;

impl Scenario {
    /// Reads a scenario's text; `file_name` is what errors call it.
    ///
    /// # Errors
    /// All that is wrong with the text, in its order.
    pub fn parse(file_name: &str, text: &[u8]) -> Result<Scenario, ScenarioErrors> {
        let text = syntax::text(file_name, text)?;
        read_all(file_name, text, DeTable::parse_recoverable(text))
    }

    /// Reads a scenario's text with what flags say laid over it.
    ///
    /// # Errors
    /// All that is wrong with the text, and with the flags.
    pub(super) fn parse_with(
        file_name: &str,
        text: &[u8],
        flags: &Draft,
    ) -> Result<Scenario, ScenarioErrors> {
        let text = syntax::text(file_name, text)?;
        let (mut table, wrong) = DeTable::parse_recoverable(text);
        // Behind the file, so that a place is that of one of them.
        let padded = format!("{}\n{}", " ".repeat(text.len()), flags.text());
        let (more, slips) = DeTable::parse_recoverable(&padded);
        debug_assert!(slips.is_empty(), "{slips:?}");
        overlay(table.get_mut(), more.into_inner());
        let both = format!("{text}\n{}", flags.text());
        let lines = text.matches('\n').count() + 1;
        read_all(file_name, &both, (table, wrong)).map_err(|errors| flags.blame(file_name, lines, errors))
    }

    /// Reads a scenario file.
    ///
    /// # Errors
    /// The file cannot be read or is too large; all that is wrong with its text.
    pub fn read(path: &Path) -> Result<Scenario, ScenarioErrors> {
        Scenario::parse(&path.display().to_string(), &bytes(path)?)
    }
}

fn read_all(
    file_name: &str,
    text: &str,
    (table, wrong): (Spanned<DeTable<'_>>, Vec<toml::de::Error>),
) -> Result<Scenario, ScenarioErrors> {
    if table.get_ref().is_empty() && wrong.is_empty() {
        let help = "`wsbench init` writes commented examples; `wsbench list` names the built-in ones";
        return Err(ScenarioErrors::whole(file_name, "there is nothing in the file", help));
    }
    let (faults, keys) = (Faults::default(), keys());
    let mut top = Fields::top(Some(table.get_ref()), &keys, &faults);
    let folder = Path::new(file_name).parent().unwrap_or(Path::new(""));
    // One that is unknown is said where it stands.
    let known = top.text("dialect").filter(|name| super::dialect::named(name).is_ok());
    let dialect = known.map(|name| Dialect::load(name, folder)).transpose()?;
    let scenario = read(&mut top, folder, dialect.as_ref());
    let grouped = top.has("groups");
    scenario.iter().for_each(|scenario| values::check(scenario, grouped, text, &faults));
    let own = scenario.iter().filter_map(|scenario| scenario.session.as_ref());
    // A dialect's own texts are another file's.
    own.for_each(|own| session::check(own, text, &faults));
    top.close();
    let (slips, torn) = syntax::faults(text, wrong);
    faults.beside(slips, torn, text);
    match (faults.placed(file_name, text), scenario) {
        (None, Some(scenario)) => Ok(scenario),
        (Some(errors), _) => Err(errors),
        (None, None) => Err(ScenarioErrors::whole(file_name, "it could not be read", "")),
    }
}

/// The file's bytes, one more than allowed at the most.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, ScenarioErrors> {
    let cannot = |why: std::io::Error| {
        let help = "name a scenario file, or a built-in scenario (`wsbench list`)";
        ScenarioErrors::whole(&path.display().to_string(), format!("cannot read it: {why}"), help)
    };
    crate::os::file::read(path, limits::FILE).map_err(cannot)
}

/// The JSON Schema (2020-12) of scenario files.
pub fn schema() -> Json {
    let faults = Faults::default();
    let mut top = Fields::top(None, &[], &faults);
    read(&mut top, Path::new(""), None);
    let mut schema = top.schema();
    if let Json::Object(schema) = &mut schema {
        schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        schema.insert("title".to_owned(), json!("wsbench scenario"));
    }
    schema
}

/// The keys of the top of a file.
fn keys() -> Vec<&'static str> {
    let faults = Faults::default();
    let mut top = Fields::top(None, &[], &faults);
    read(&mut top, Path::new(""), None);
    top.keys().to_vec()
}

fn count((least, most): (u64, u64)) -> Count {
    Count { least, most }
}

/// `folder` is where files are that the scenario names; `spoken` is its dialect.
fn read(f: &mut Fields<'_>, folder: &Path, spoken: Option<&Dialect>) -> Option<Scenario> {
    let name = f.required("name", "names the report's folder", Text { parse: name, example: "\"my-test\"" });
    let about_kind = Text { parse: about, example: "\"What do headers cost?\"" };
    let about = f.or("about", "the question that the scenario answers", about_kind, String::new());
    let sizes = OneOrMore { kind: count(limits::CLIENTS), most: limits::SIZES, example: "[1_000, 10_000]" };
    let clients = f.required("clients", "how many clients connect; each number is a trial of its own", sizes);
    let rooms = "rooms that the clients are in: a number (client number mod groups), or a column such as \"{user.room}\"; {group} is the \
                 client's";
    let groups = f.optional("groups", rooms, AsGroups);
    let (least, most) = limits::WARMUP;
    let warmup = f.or("warmup", "load before the window", duration(least, most), Duration::from_secs(3));
    let (least, most) = limits::MEASURE;
    let measure =
        f.or("measure", "the window that is measured", duration(least, most), Duration::from_secs(10));
    let repeat = f.or("repeat", "how many times each trial is run", count(limits::REPEAT), 1);
    let seeds = Count { least: 0, most: i64::MAX.cast_unsigned() };
    let seed = f.or("seed", "random seed of the message schedule and of the order of the trials", seeds, 42);
    let (least, most) = limits::CONNECT_RATE;
    let connect_rate = f.or(
        "connect-rate",
        "new connections per second at the start",
        rate(least, most),
        limits::CONNECT_RATE_BY_DEFAULT,
    );
    let (shards, pin, shared_machine) = machine(f);
    // A server that is not ours gets messages of the user's own form.
    let external = f.has_in("target", &target::SERVERS);
    let load = load(f, external, spoken, folder);
    let mut transports = transports::read_all(f);
    let headers = headers::read_table(f);
    // Those with a fault have no name to compare with.
    let all_known = f.length("transport") == transports.len();
    let known = if all_known { &transports[..] } else { &[] };
    let thresholds = thresholds::read_all(f, known);
    let search = search::read_table(f, known);
    let target::Named { url: target, third_party, tls, http, ipv6 } = target::read_table(f);
    target::speaking(&mut transports, tls, http);
    let values = values::read_table(f, folder);
    let session = set_up(f, external, spoken);
    Some(Scenario {
        name: name?,
        about,
        clients: clients?.into_iter().map(small).collect(),
        groups,
        warmup,
        measure,
        repeat: small(repeat),
        seed,
        load: load.as_ref()?.0.clone(),
        content: load?.1,
        transports,
        headers,
        thresholds,
        search,
        target,
        third_party,
        ipv6,
        values,
        session,
        shards: shards.map(small),
        pin,
        shared_machine,
        connect_rate,
    })
}

/// Reads `[load]`.
fn load(
    f: &mut Fields<'_>,
    external: bool,
    spoken: Option<&Dialect>,
    folder: &Path,
) -> Option<(Load, Content)> {
    let what = format!("what the clients do: one of {}", loads::NAMES.join(", "));
    let load = f.table("load", &what, |f| loads::read(f, external, spoken, folder));
    f.must("load");
    if !f.describing() && !f.has("load") {
        f.lacks(
            "no load: there is nothing to do",
            if external {
                "add a table such as [load.echo], for a server that sends back what it gets, or [load.listen]"
            } else {
                "add a table such as [load.push] with every = \"1s\", payload = \"21B\""
            },
        );
    }
    load
}

/// What clients say and hear besides the load: by `[session]`, and by the dialect.
fn set_up(f: &mut Fields<'_>, external: bool, spoken: Option<&Dialect>) -> Option<Arc<Session>> {
    let what = "a protocol that the clients speak: one of `wsbench list`, or a file of your own";
    f.optional("dialect", what, Text { parse: super::dialect::named, example: "\"graphql-transport-ws\"" });
    let own = session::read_table(f);
    if let Some((name, known)) = spoken.zip(own.as_ref()).and_then(|(dialect, own)| dialect.lacks(own)) {
        let message =
            format!("`parameters` in [session] has {}, which the dialect does not use", quoted(&name));
        absent(f, &message, &known);
    }
    let session = match spoken {
        Some(dialect) => Some(dialect.with(own)),
        None => own,
    };
    if session.is_some() && !external {
        let help = "name a server in [target], or remove the table";
        absent(
            f,
            "[session] and `dialect` have no meaning for a reference target, which needs no set-up",
            help,
        );
    }
    session.map(Arc::new)
}

/// How the machine is used: shards, whether they have cores of their own, whether others use it too.
fn machine(f: &mut Fields<'_>) -> (Option<u64>, Option<bool>, bool) {
    let shards = f.optional(
        "shards",
        "processes that drive clients; by default one per core that the target leaves free",
        count(limits::SHARDS),
    );
    let pin = f.optional(
        "pin",
        "each shard on a core of its own, a target started here on those that are left; by default where there are enough",
        Flag,
    );
    let shared_machine = f.optional(
        "shared-machine",
        "other programs are known to use this machine: `busy-machine` becomes a note (latencies then include their effect)",
        Flag,
    );
    (shards, pin, shared_machine.unwrap_or(false))
}

/// The limits keep it within 32 bits.
fn small(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// It becomes a folder's name, so nothing in it may climb out or hide.
fn name(text: &str) -> Result<String, (String, String)> {
    const MOST: usize = 64;
    let wrong = |why: &str| {
        let label = "expected letters, digits, `-`, `_`, `.`";
        Err((why.to_owned(), label.to_owned()))
    };
    if text.is_empty() {
        return wrong("is empty");
    }
    if text.chars().count() > MOST {
        return wrong(&format!("is longer than {MOST} characters"));
    }
    if text.starts_with('.') {
        return wrong("begins with a dot: its folder would be hidden");
    }
    if let Some(bad) = text.chars().find(|c| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.')) {
        return wrong(&format!("may not contain {bad:?}"));
    }
    Ok(text.to_owned())
}

pub(super) fn about(text: &str) -> Result<String, (String, String)> {
    const MOST: usize = 1_000;
    if text.chars().count() > MOST {
        return Err((format!("is longer than {MOST} characters"), "a sentence or two is enough".to_owned()));
    }
    match text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        Some(bad) => Err((format!("may not contain {bad:?}"), "expected plain text".to_owned())),
        None => Ok(text.trim().to_owned()),
    }
}

/// For a place without a table: a fault about the file.
pub(super) fn absent(f: &Fields<'_>, message: &str, help: &str) {
    f.faults.push(Fault::missing(None, message).help(help));
}
