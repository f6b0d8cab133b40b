//! The words that users read, held against the terms that this project once had for itself: each has the field's term in
//! its place (wrk2, k6, HdrHistogram and OpenTelemetry are the dictionary). What is looked at: documents, scenarios, what
//! reports say (snapshots), and the texts in the source, with those comments that become `--help`.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

use crate::source::sources;

/// (what must not be said, what to say instead). Found as whole words, in any case.
const TERMS: &[(&str, &str)] = &[
    ("doubt", "check (the rule), warning (its finding)"),
    ("doubts", "warnings"),
    ("doubted", "passed with warnings"),
    ("due", "scheduled"),
    ("held", "run, passed"),
    ("did not hold", "failed"),
    ("bear", "sustain"),
    ("bears", "sustains"),
    ("bytes a message", "bytes per message"),
    ("b a message", "B per message"),
    ("bytes a connection", "bytes per connection"),
    ("a second and client", "per second and client"),
    ("messages a second", "messages per second"),
    ("requests a second", "requests per second"),
    ("connections a second", "connections per second"),
    ("polls a second", "polls per second"),
    ("a message received", "per message received"),
    ("row a trial", "row per trial"),
    ("other makers", "third-party"),
    ("another maker", "third-party"),
    ("foreign", "external (server), unrecognised (message)"),
    ("server by url", "external server"),
    ("servers by url", "external servers"),
    ("missed by design", "overwritten by newer values"),
    ("each size", "each number of clients"),
    ("sizes", "clients, steps"),
    ("its ways", "its transports, variants"),
    ("kin", "variant"),
    ("side by side", "compare"),
    ("ledger", "byte accounting"),
    ("three accounts", "byte accounting"),
    ("byte accounts", "byte accounting"),
    ("your word", "authorisation"),
    ("user's word", "authorisation"),
    ("gone on with", "resumed"),
    ("whoever", "any, who it is"),
    ("nobody", "no one in particular: say what is not done"),
    ("somebody", "say who"),
    ("not to be believed", "untrusted"),
    ("is there twice", "duplicate"),
    ("cannot be that", "invalid value"),
    ("younger", "newer"),
    ("x fewer", "a ratio to the baseline"),
    (MICROSECONDS, "µs"),
];

/// The unit, in a text for people; `us` is a part of names of columns.
const MICROSECONDS: &str = " us";

/// Where one of them may stand, and why.
const EXCEPTIONS: &[Exception] = &[
    Exception {
        term: "due",
        at: "",
        within: "nothing-due",
        why: "a code of results.json, stable for machines",
    },
    Exception {
        term: "ledger",
        at: "",
        within: "`ledger`",
        why: "a code of results.json, stable for machines",
    },
    Exception { term: "ledger", at: "tests/snapshots/", within: "ledger:", why: "the same, in a report" },
];

/// `at` is the beginning of a path, `within` a text around the term.
struct Exception {
    term: &'static str,
    at: &'static str,
    within: &'static str,
    why: &'static str,
}

/// Documents and other files that users read whole, and folders of them.
const READ: &[&str] = &[
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs",
    "scenarios",
    "targets/README.md",
    "tests/snapshots",
    "tests/bad_scenarios",
    ".github",
    "Containerfile",
];

/// Files whose comments are the help of a flag.
const HELP: &[&str] = &["src/cli/args", "src/cli/measure/args"];

/// A text, and where it stands.
struct Said {
    at: String,
    text: String,
}

#[test]
fn users_read_words_that_they_know() {
    let said: Vec<Said> = documents().into_iter().chain(texts()).collect();
    assert!(said.len() > 1_000, "only {} texts", said.len());
    super::none(said.iter().flat_map(complaints).collect());
}

#[test]
fn every_exception_is_needed() {
    let said: Vec<Said> = documents().into_iter().chain(texts()).collect();
    let used = |exception: &&Exception| {
        said.iter().any(|said| concerned(said).any(|term| exception.covers(said, term)))
    };
    let idle = EXCEPTIONS.iter().filter(|exception| !used(exception));
    super::none(idle.map(|exception| format!("{}: {}", exception.term, exception.why)).collect());
}

impl Exception {
    fn covers(&self, said: &Said, term: &str) -> bool {
        // Without the text around it nothing of the term may be left.
        let rest = || plain(&said.text.replace(self.within, " "));
        let at = self.term == term && said.at.starts_with(self.at);
        at && (self.within.is_empty() || !has(&rest(), term))
    }
}

/// The terms that a text has.
fn concerned(said: &Said) -> impl Iterator<Item = &'static str> {
    let text = plain(&said.text);
    TERMS.iter().map(|(term, _)| *term).filter(move |term| match *term {
        MICROSECONDS => microseconds(&text),
        term => has(&text, term),
    })
}

/// Behind a number, or behind one that is filled in.
fn microseconds(text: &str) -> bool {
    let number = |before: &str| before.ends_with(|c: char| c.is_ascii_digit() || c == '}');
    text.match_indices(MICROSECONDS).any(|(at, _)| {
        let after = text[at + MICROSECONDS.len()..].chars().next();
        number(&text[..at]) && !after.is_some_and(char::is_alphanumeric)
    })
}

fn complaints(said: &Said) -> Vec<String> {
    let bad = |term: &&str| !EXCEPTIONS.iter().any(|exception| exception.covers(said, term));
    let instead = |term: &str| TERMS.iter().find(|(bad, _)| *bad == term).map_or("", |(_, good)| good);
    concerned(said).filter(bad).map(|term| format!("{}: `{term}`: {}", said.at, instead(term))).collect()
}

/// In small letters, words apart by one blank.
fn plain(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether it is there as words of their own.
fn has(text: &str, term: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(term).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + term.len()..]);
        !before.ends_with(inside) && !after.starts_with(inside)
    })
}

/// Each line of each document, with the next behind it where a term may go over the end.
fn documents() -> Vec<Said> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    READ.iter().for_each(|place| walk(&root.join(place), &mut paths));
    assert!(paths.len() > 40, "only {} documents", paths.len());
    paths.iter().flat_map(|path| lines(root, path)).collect()
}

fn lines(root: &Path, path: &Path) -> Vec<Said> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let name = path.strip_prefix(root).unwrap().display();
    let line =
        |(number, line): (usize, &str)| Said { at: format!("{name}:{}", number + 1), text: line.to_owned() };
    text.lines().enumerate().map(line).collect()
}

fn walk(path: &Path, paths: &mut Vec<PathBuf>) {
    let known = ["md", "txt", "toml", "yml", "csv"];
    if path.is_dir() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries.iter().for_each(|entry| walk(entry, paths));
    } else if path.is_file() && path.extension().is_none_or(|e| known.iter().any(|known| e == *known)) {
        paths.push(path.to_owned());
    }
}

/// What the source says: texts with a blank in them, which names and codes have not.
fn texts() -> Vec<Said> {
    let mut all = Vec::new();
    for source in sources() {
        if source.path.ends_with("/tests.rs") || source.path.contains("/tests/") {
            continue;
        }
        let mut found = Texts { help: source.is_of(HELP), found: Vec::new() };
        found.read(source.tokens());
        let said = |(line, text)| Said { at: format!("{}:{line}", source.path), text };
        all.extend(found.found.into_iter().filter(|(_, text)| text.contains(' ')).map(said));
    }
    all
}

/// Literals outside tests, macros included; comments where they are help.
struct Texts {
    help: bool,
    found: Vec<(usize, String)>,
}

impl Texts {
    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.to_string() == word);
        // Of a comment within, too: `#![doc = ..]`.
        let hash = |at: usize| at > 0 && (is(at - 1, "#") || at > 1 && is(at - 1, "!") && is(at - 2, "#"));
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(_) if at > 1 && is(at - 2, "mod") && is(at - 1, "tests") => {}
                TokenTree::Group(group) if hash(at) && !self.help && attribute(group) => {}
                TokenTree::Group(group) => self.read(group.stream()),
                TokenTree::Literal(literal) => {
                    if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                        self.found.push((literal.span().start().line, text.value()));
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

/// Of a comment, or the reason for a lint: what the compiler reads.
fn attribute(group: &proc_macro2::Group) -> bool {
    let first = group.stream().into_iter().next().map(|token| token.to_string());
    first.is_some_and(|word| ["doc", "allow", "expect", "cfg_attr"].contains(&word.as_str()))
}
