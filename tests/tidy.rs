//! The rules of the house, read from the source itself: which room may know which, how long files and functions
//! may be, where `unsafe` may stand, and how many places know every transport.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
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
            "plan",
            "scenario",
            "transport",
            "meter",
            "drivers",
            "load",
            "os",
            "secret",
        ],
    ),
    ("run", &["shard", "results", "plan", "drivers", "meter", "scenario", "transport", "os", "secret"]),
    // Files that somebody else has named are read by `os`, which knows nobody.
    ("report", &["results", "plan", "meter", "scenario", "transport", "os"]),
    ("shard", &["load", "drivers", "plan", "meter", "scenario", "transport", "os"]),
    ("load", &["drivers", "meter", "scenario"]),
    ("results", &["plan", "meter", "scenario"]),
    ("drivers", &["transport", "meter", "os", "secret"]),
    ("plan", &["scenario", "transport", "secret"]),
    ("scenario", &["transport", "keys", "secret", "os"]),
    ("transport", &["keys", "secret"]),
    ("keys", &["secret"]),
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

struct Source {
    /// From the root of the repository.
    path: String,
    text: String,
}

impl Source {
    fn tokens(&self) -> TokenStream {
        self.text.parse().unwrap_or_else(|e| panic!("{}: {e}", self.path))
    }

    fn syntax(&self) -> syn::File {
        syn::parse_file(&self.text).unwrap_or_else(|e| panic!("{}: {e}", self.path))
    }

    /// Whether it is one of these files, or in one of these folders.
    fn is_of(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }

    fn words(&self) -> Words {
        let mut words = Words::default();
        words.read(self.tokens());
        words
    }

    /// `src/load/echo.rs` is of the room `load`.
    fn room(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path);
        below.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// Steps from the root of the crate to this module: `src/load/echo.rs` is two below.
    fn depth(&self) -> usize {
        let below = self.path.split_once("src/").unwrap().1.trim_end_matches(".rs");
        below.trim_end_matches("/mod").split('/').count()
    }
}

/// Every source of both crates, tests of their own included.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    walk(&root.join("src"), &mut paths);
    walk(&root.join("targets/src"), &mut paths);
    assert!(paths.len() > 80, "only {} files", paths.len());
    let source = |path: PathBuf| Source {
        path: path.strip_prefix(root).unwrap().display().to_string(),
        text: fs::read_to_string(&path).unwrap(),
    };
    paths.into_iter().map(source).collect()
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, paths);
        } else if path.extension().is_some_and(|e| e == "rs") {
            paths.push(path);
        }
    }
}

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

/// Names of functions, and lines of their bodies.
#[derive(Default)]
struct Functions(Vec<(String, usize)>);

impl Functions {
    fn add(&mut self, name: &syn::Ident, body: &syn::Block) {
        let span = body.span();
        self.0.push((name.to_string(), span.end().line - span.start().line + 1));
    }
}

impl<'a> Visit<'a> for Functions {
    fn visit_item_fn(&mut self, f: &'a syn::ItemFn) {
        self.add(&f.sig.ident, &f.block);
        visit::visit_item_fn(self, f);
    }

    fn visit_impl_item_fn(&mut self, f: &'a syn::ImplItemFn) {
        self.add(&f.sig.ident, &f.block);
        visit::visit_impl_item_fn(self, f);
    }

    fn visit_trait_item_fn(&mut self, f: &'a syn::TraitItemFn) {
        f.default.iter().for_each(|body| self.add(&f.sig.ident, body));
        visit::visit_trait_item_fn(self, f);
    }
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

/// Which rooms a file names: `crate::room`, `crate::{room, ..}`; and whether `super::` leaves its own.
#[derive(Default)]
struct Paths {
    rooms: BTreeSet<String>,
    climbs: bool,
}

impl Paths {
    fn read(&mut self, tokens: TokenStream, depth: usize) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.to_string() == word);
        for (at, token) in tokens.iter().enumerate() {
            if is(at, "crate") && is(at + 1, ":") && is(at + 2, ":") {
                self.head(tokens.get(at + 3));
            }
            let supers = (0..).take_while(|n| is(at + 3 * n, "super") && is(at + 3 * n + 1, ":")).count();
            self.climbs |= supers >= depth;
            if let TokenTree::Group(group) = token {
                let inner = at > 1 && is(at - 2, "mod") && group.delimiter() == Delimiter::Brace;
                self.read(group.stream(), depth + usize::from(inner));
            }
        }
    }

    fn head(&mut self, token: Option<&TokenTree>) {
        match token {
            Some(TokenTree::Ident(room)) => drop(self.rooms.insert(room.to_string())),
            Some(TokenTree::Group(group)) => {
                let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
                let parts = tokens.split(|token| token.to_string() == ",");
                parts.for_each(|part| self.head(part.first()));
            }
            _ => {}
        }
    }
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

/// A line, and `Head::Tail` in it.
type NamedPath = (usize, String, String);

/// What a source says outside its own tests, inside macros too.
#[derive(Default)]
struct Words {
    idents: BTreeSet<String>,
    paths: Vec<NamedPath>,
    literals: Vec<(usize, String)>,
}

impl Words {
    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.to_string() == word);
        for (at, token) in tokens.iter().enumerate() {
            let line = token.span().start().line;
            match token {
                TokenTree::Ident(head) => {
                    self.idents.insert(head.to_string());
                    if let (true, true, Some(TokenTree::Ident(tail))) =
                        (is(at + 1, ":"), is(at + 2, ":"), tokens.get(at + 3))
                    {
                        self.paths.push((line, head.to_string(), tail.to_string()));
                    }
                }
                TokenTree::Group(_) if at > 1 && is(at - 2, "mod") && is(at - 1, "tests") => {}
                TokenTree::Group(group) => self.read(group.stream()),
                TokenTree::Literal(literal) => self.literals.push((line, literal.to_string())),
                TokenTree::Punct(_) => {}
            }
        }
    }
}

/// Paths in patterns: of `match`, `if let`, `let .. else` and `matches!`.
#[derive(Default)]
struct Patterns(Vec<NamedPath>);

impl<'a> Visit<'a> for Patterns {
    fn visit_pat(&mut self, pattern: &'a syn::Pat) {
        let mut named = Named::default();
        named.visit_pat(pattern);
        self.0.extend(named.0);
    }

    fn visit_macro(&mut self, call: &'a syn::Macro) {
        if call.path.is_ident("matches") {
            let mut words = Words::default();
            let pattern = call.tokens.clone().into_iter().skip_while(|token| token.to_string() != ",");
            words.read(pattern.collect());
            self.0.extend(words.paths);
        }
    }
}

#[derive(Default)]
struct Named(Vec<NamedPath>);

impl<'a> Visit<'a> for Named {
    fn visit_path(&mut self, path: &'a syn::Path) {
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let [.., head, tail] = &words[..] {
            self.0.push((path.span().start().line, head.clone(), tail.clone()));
        }
    }
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
