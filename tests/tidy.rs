//! The rules of the house, read from the source itself: which room may know which, how long files and functions
//! may be, where `unsafe` may stand, and how many places know every transport.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;

/// (room, the other rooms that it may know), as in ARCHITECTURE.md, "Code map": lower ones only, and `run` and `report` do not
/// know each other. A room that is missing here knows nothing but itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    (
        "cli",
        &[
            "run", "report", "shard", "results", "plan", "scenario", "meter", "drivers", "load", "os",
            "secret",
        ],
    ),
    ("run", &["shard", "results", "plan", "drivers", "meter", "scenario", "os", "secret"]),
    ("report", &["results", "plan", "meter", "scenario"]),
    ("shard", &["load", "drivers", "plan", "meter", "scenario", "os"]),
    ("load", &["drivers", "meter", "scenario"]),
    ("results", &["plan", "meter", "scenario"]),
    ("drivers", &["meter", "os", "secret"]),
    ("plan", &["scenario", "secret"]),
    ("scenario", &["secret"]),
    ("meter", &["os"]),
];

/// Files that may `match` on every transport: the registry, the two bridges from a name to code, and the
/// scenario's keys.
///
/// `plan/traffic` is one of them: what a transport will move is arithmetic on its own way of
/// talking, and a wildcard there would estimate a new transport as if it were an old one.
const KNOW_ALL_TRANSPORTS: &[&str] = &[
    "targets/src/transport.rs",
    "targets/src/serve.rs",
    "src/shard/clients.rs",
    "src/scenario/transports.rs",
    "src/plan/traffic.rs",
];

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
fn few_places_know_every_transport() {
    let variants = variants();
    assert!(variants.len() >= 3, "{variants:?}");
    let mut complaints = Vec::new();
    let mut found = BTreeSet::new();
    for source in sources() {
        let mut matches = Matches { variants: &variants, lines: vec![] };
        matches.visit_file(&source.syntax());
        if KNOW_ALL_TRANSPORTS.contains(&source.path.as_str()) && !matches.lines.is_empty() {
            found.insert(source.path);
            continue;
        }
        complaints.extend(matches.lines.iter().map(|line| {
            format!("{}:{line}: a match that names every transport: a new one must not need it", source.path)
        }));
    }
    none(complaints);
    assert_eq!(found.len(), KNOW_ALL_TRANSPORTS.len(), "the list is longer than it need be: {found:?}");
}

/// The variants of `Transport`, from its own file.
fn variants() -> BTreeSet<String> {
    let sources = sources();
    let registry = sources.iter().find(|source| source.path == "targets/src/transport.rs").unwrap();
    let of = |item: syn::Item| match item {
        syn::Item::Enum(e) if e.ident == "Transport" => Some(e),
        _ => None,
    };
    let registry = registry.syntax().items.into_iter().find_map(of).unwrap();
    registry.variants.iter().map(|variant| variant.ident.to_string()).collect()
}

/// Lines of the `match`es whose patterns name every variant.
struct Matches<'a> {
    variants: &'a BTreeSet<String>,
    lines: Vec<usize>,
}

impl<'a> Visit<'a> for Matches<'_> {
    fn visit_expr_match(&mut self, expression: &'a syn::ExprMatch) {
        let mut named = Named::default();
        expression.arms.iter().for_each(|arm| named.visit_pat(&arm.pat));
        if named.0.is_superset(self.variants) {
            self.lines.push(expression.span().start().line);
        }
        visit::visit_expr_match(self, expression);
    }
}

/// `Transport::X` in patterns.
#[derive(Default)]
struct Named(BTreeSet<String>);

impl<'a> Visit<'a> for Named {
    fn visit_path(&mut self, path: &'a syn::Path) {
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let [.., of, variant] = &words[..]
            && of == "Transport"
        {
            self.0.insert(variant.clone());
        }
    }
}
