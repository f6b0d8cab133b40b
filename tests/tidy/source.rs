//! Sources as the rules look at them: their lines, functions, names and patterns.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

pub struct Source {
    /// From the root of the repository.
    pub path: String,
    pub text: String,
}

impl Source {
    pub fn tokens(&self) -> TokenStream {
        self.text.parse().unwrap_or_else(|e| panic!("{}: {e}", self.path))
    }

    pub fn syntax(&self) -> syn::File {
        syn::parse_file(&self.text).unwrap_or_else(|e| panic!("{}: {e}", self.path))
    }

    /// Whether it is one of these files, or in one of these folders.
    pub fn is_of(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }

    pub fn words(&self) -> Words {
        let mut words = Words::default();
        words.read(self.tokens());
        words
    }

    /// `src/load/echo.rs` is of the room `load`.
    pub fn room(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path);
        below.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// Steps from the root of the crate to this module: `src/load/echo.rs` is two below.
    pub fn depth(&self) -> usize {
        let below = self.path.split_once("src/").unwrap().1.trim_end_matches(".rs");
        below.trim_end_matches("/mod").split('/').count()
    }
}

/// Every source of both crates, tests of their own included.
pub fn sources() -> Vec<Source> {
    let all = below(&["src", "targets/src"]);
    assert!(all.len() > 80, "only {} files", all.len());
    all
}

/// Every file of the tests beside them.
pub fn tests() -> Vec<Source> {
    below(&["tests"])
}

fn below(folders: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    folders.iter().for_each(|folder| walk(&root.join(folder), &mut paths));
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

/// Names of functions, and lines of their bodies.
#[derive(Default)]
pub struct Functions(pub Vec<(String, usize)>);

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

/// Which rooms a file names: `crate::room`, `crate::{room, ..}`; and whether `super::` leaves its own.
#[derive(Default)]
pub struct Paths {
    pub rooms: BTreeSet<String>,
    pub climbs: bool,
}

impl Paths {
    pub fn read(&mut self, tokens: TokenStream, depth: usize) {
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

/// A line, and `Head::Tail` in it.
pub type NamedPath = (usize, String, String);

/// What a source says outside its own tests, inside macros too.
#[derive(Default)]
pub struct Words {
    pub idents: BTreeSet<String>,
    pub paths: Vec<NamedPath>,
    pub literals: Vec<(usize, String)>,
}

impl Words {
    pub fn read(&mut self, tokens: TokenStream) {
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
pub struct Patterns(pub Vec<NamedPath>);

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
