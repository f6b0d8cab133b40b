//! The rules of the house, read from the source itself: which room may know which, how long files and functions
//! may be, where `unsafe` may stand, and how many places know every transport.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

mod circles;
mod source;
mod words;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use source::{Functions, Paths, Patterns, Source, sources, tests};
use syn::visit::Visit;
use wsbench::transport::Transport;

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;

/// (room, the other rooms that it may know), as in ARCHITECTURE.md, "Code map": lower ones only, and `run` and `report` do not
/// know each other. A room that is missing here knows nothing but itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    (
        "cli",
        &[
            "run",
            "report",
            "shard",
            "results",
            "statistics",
            "plan",
            "scenario",
            "transport",
            "meter",
            "drivers",
            "load",
            "os",
            "secret",
            "text",
        ],
    ),
    (
        "run",
        &["shard", "results", "plan", "drivers", "meter", "scenario", "transport", "os", "secret", "text"],
    ),
    // Files that somebody else has named are read by `os`, which knows nobody.
    ("report", &["results", "statistics", "plan", "meter", "scenario", "transport", "os", "text"]),
    ("shard", &["load", "drivers", "session", "plan", "meter", "scenario", "transport", "os"]),
    ("load", &["drivers", "message", "meter", "scenario"]),
    ("results", &["plan", "meter", "scenario", "text"]),
    ("drivers", &["session", "message", "transport", "meter", "os", "secret", "text"]),
    ("plan", &["scenario", "session", "message", "transport", "secret", "text"]),
    ("scenario", &["session", "message", "transport", "keys", "os", "secret", "text"]),
    ("session", &["message", "keys", "secret", "text"]),
    ("transport", &["keys", "secret"]),
    ("keys", &["secret"]),
    ("message", &["keys", "secret"]),
    ("meter", &["os"]),
];

/// Who may name a variant of an enum: everybody else asks for facts (`Facts`, `Load::profile`, `Metric::family`), so that
/// a new variant is a compiler's error here and nothing at all elsewhere.
const VARIANTS: &[Enum] = &[
    Enum {
        name: "Transport",
        at: "src/transport/mod.rs",
        named_in: &["src/transport/mod.rs", "src/drivers/mod.rs"],
    },
    Enum {
        name: "Served",
        at: "targets/src/transport.rs",
        named_in: &["targets/src/serve.rs", "src/transport/"],
    },
    Enum { name: "Load", at: "src/scenario/mod.rs", named_in: &["src/scenario/", "src/load/"] },
];

/// An enum, the file it is in, and the files and folders that may name its variants.
struct Enum {
    name: &'static str,
    at: &'static str,
    named_in: &'static [&'static str],
}

/// Everybody may name a metric, to ask for its value; these alone may have one in a pattern.
const METRICS_TOLD_APART: &[&str] = &["src/scenario/metric.rs", "src/results/measurement.rs"];

/// Who may have the name of a transport as a text: the transports themselves, protocols that say it on the wire, the words
/// that people use for it, an example in the schema.
const NAMES_OF_TRANSPORTS: &[&str] =
    &["src/transport/", "src/drivers/", "src/keys/suggest.rs", "src/scenario/thresholds.rs"];

/// Files that a new transport touches, its own among them.
const MOST_FILES: usize = 8;

/// All complaints at once.
fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn files_and_functions_are_short() {
    let mut complaints = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > FILE_LINES {
            complaints.push(format!("{} has {lines} lines", source.path));
        }
        let mut functions = Functions::default();
        functions.visit_file(&source.syntax());
        let long = functions.0.into_iter().filter(|(_, lines)| *lines > FUNCTION_LINES);
        complaints.extend(long.map(|(name, lines)| format!("{}: fn {name} has {lines} lines", source.path)));
    }
    none(complaints);
}

#[test]
fn files_of_tests_are_short_too() {
    let long = tests().into_iter().map(|source| (source.text.lines().count(), source.path));
    none(
        long.filter(|(lines, _)| *lines > FILE_LINES)
            .map(|(n, path)| format!("{path} has {n} lines"))
            .collect(),
    );
}

#[test]
fn every_module_begins_with_what_it_is() {
    let bare = sources().into_iter().filter(|source| !source.text.starts_with("//! "));
    // A file of tests beside its module has the module's head.
    none(bare.map(|source| source.path).filter(|path| !path.ends_with("/tests.rs")).collect());
}

#[test]
fn unsafe_code_stands_in_os_alone() {
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|source| source.room() != "os") {
        let mut idents = BTreeSet::new();
        all_idents(source.tokens(), &mut idents);
        let found = ["unsafe", "unsafe_code"].into_iter().filter(|word| idents.contains(*word));
        complaints.extend(found.map(|word| format!("{}: {word}", source.path)));
    }
    none(complaints);
}

fn all_idents(tokens: TokenStream, into: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => drop(into.insert(ident.to_string())),
            TokenTree::Group(group) => all_idents(group.stream(), into),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

#[test]
fn rooms_know_lower_rooms_only() {
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|source| source.path.starts_with("src/")) {
        let room = source.room();
        let allowed = LAYERS.iter().find(|(name, _)| *name == room).map_or(&[][..], |(_, below)| below);
        let mut seen = Paths::default();
        seen.read(source.tokens(), source.depth());
        let strange = seen.rooms.iter().filter(|seen| *seen != room && !allowed.contains(&seen.as_str()));
        complaints.extend(strange.map(|seen| format!("{}: crate::{seen} is not below {room}", source.path)));
        if seen.climbs && source.path != "src/lib.rs" {
            complaints.push(format!("{}: `super` climbs out of the room: write crate::", source.path));
        }
    }
    none(complaints);
}

#[test]
fn the_layers_are_about_rooms_that_are_there() {
    let rooms: BTreeSet<String> = sources().iter().map(|source| source.room().to_owned()).collect();
    for (room, below) in LAYERS {
        assert!(rooms.contains(*room), "no room {room}");
        // Lower ones only: nobody below knows who is above.
        for lower in *below {
            assert!(rooms.contains(*lower), "no room {lower}");
            let back = LAYERS.iter().find(|(name, _)| name == lower).is_some_and(|(_, b)| b.contains(room));
            assert!(!back, "{room} and {lower} know each other");
        }
    }
}

#[test]
fn targets_do_not_know_who_measures() {
    let guilty = sources().into_iter().filter(|source| source.path.starts_with("targets/"));
    let guilty = guilty.filter(|source| {
        let mut idents = BTreeSet::new();
        all_idents(source.tokens(), &mut idents);
        idents.contains("wsbench")
    });
    none(guilty.map(|source| source.path).collect());
}

#[test]
fn variants_are_named_where_they_belong() {
    let mut complaints = Vec::new();
    for of in VARIANTS {
        let variants = variants(of);
        assert!(variants.len() >= 5, "{}: {variants:?}", of.name);
        // A file of tests may make any.
        let others = |source: &&Source| !source.is_of(of.named_in) && !source.path.ends_with("/tests.rs");
        for source in sources().iter().filter(others) {
            let named = source.words().paths.into_iter();
            let named = named.filter(|(_, head, tail)| head == of.name && variants.contains(tail));
            complaints.extend(named.map(|(line, head, tail)| {
                format!("{}:{line}: {head}::{tail}: everybody else asks for a fact", source.path)
            }));
        }
    }
    none(complaints);
}

/// The compiler asks for an arm of each variant, and for no entry in the list of all.
#[test]
fn every_transport_is_in_the_list_of_all() {
    assert_eq!(variants(&VARIANTS[0]).len(), Transport::all().len());
}

#[test]
fn metrics_are_told_apart_where_they_are_computed() {
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|source| !source.is_of(METRICS_TOLD_APART)) {
        let mut patterns = Patterns::default();
        patterns.visit_file(&source.syntax());
        let told = patterns.0.into_iter().filter(|(_, head, _)| head == "Metric");
        complaints.extend(told.map(|(line, _, metric)| {
            format!("{}:{line}: a pattern of Metric::{metric}: ask its family", source.path)
        }));
    }
    none(complaints);
}

#[test]
fn transports_have_their_names_in_their_own_files() {
    let names: BTreeSet<String> =
        Transport::all().iter().map(|transport| format!("\"{}\"", transport.name())).collect();
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|s| s.path.starts_with("src/") && !s.is_of(NAMES_OF_TRANSPORTS)) {
        let named = source.words().literals.into_iter().filter(|(_, literal)| names.contains(literal));
        complaints.extend(named.map(|(line, name)| {
            format!("{}:{line}: the transport {name} by its name: ask for a fact", source.path)
        }));
    }
    none(complaints);
}

/// The variants of an enum, from its own file.
fn variants(of: &Enum) -> BTreeSet<String> {
    let sources = sources();
    let file = sources.iter().find(|source| source.path == of.at).unwrap();
    let found = file.syntax().items.into_iter().find_map(|item| match item {
        syn::Item::Enum(e) if e.ident == of.name => Some(e),
        _ => None,
    });
    found.unwrap().variants.iter().map(|variant| variant.ident.to_string()).collect()
}

/// Where a transport that is there is named, as a variant or as a module, a new one must be named too.
#[test]
fn a_transport_touches_the_files_that_are_listed() {
    let (variant, module) = ("LongPolling", "long_polling");
    let names = |source: &Source| {
        let idents = source.words().idents;
        idents.contains(variant) || idents.contains(module)
    };
    let touched: BTreeSet<String> = sources().into_iter().filter(names).map(|source| source.path).collect();
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    let (_, list) = text.split_once("**A transport.**").unwrap();
    let (list, _) = list.split_once("**A format.**").unwrap();
    let path = |line: &str| Some(line.split_once(". `")?.1.split_once('`')?.0.replace("<name>", module));
    let listed: BTreeSet<String> = list.lines().filter_map(path).collect();
    assert_eq!(touched, listed, "where a transport is named, and what ARCHITECTURE.md lists");
    assert!(listed.len() <= MOST_FILES, "{listed:?}");
}
