//! No two files of `src/report` need each other, over however many others: a reader can begin at the bottom.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};

use crate::source::{Source, sources};

/// Paths of a file that begin at the crate or above it, each as the names on the way.
struct Named {
    /// `["report", "view", "names"]`.
    module: Vec<String>,
    paths: Vec<Vec<String>>,
}

impl Named {
    fn take(&mut self, path: &[String]) {
        let mut at = self.module.clone();
        let mut rest = path;
        match rest.first().map(String::as_str) {
            Some("crate") => (at, rest) = (vec![], &rest[1..]),
            Some("self") => rest = &rest[1..],
            Some("super") => {}
            _ => return,
        }
        while rest.first().is_some_and(|name| name == "super") {
            at.pop();
            rest = &rest[1..];
        }
        at.extend(rest.iter().cloned());
        self.paths.push(at);
    }

    fn tree(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.tree(&path.tree, &with(&path.ident)),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(tree, before)),
            syn::UseTree::Name(name) if name.ident == "self" => self.take(before),
            syn::UseTree::Name(name) => self.take(&with(&name.ident)),
            syn::UseTree::Rename(name) => self.take(&with(&name.ident)),
            syn::UseTree::Glob(_) => self.take(before),
        }
    }
}

impl<'a> Visit<'a> for Named {
    /// A module of tests looks at the file that it is in.
    fn visit_item_mod(&mut self, _: &'a syn::ItemMod) {}

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.tree(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.take(&names);
        visit::visit_path(self, path);
    }
}

/// `src/report/view/mod.rs` is `report::view`.
fn module(source: &Source) -> Vec<String> {
    let below = source.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    below.split('/').map(str::to_owned).collect()
}

/// Which files of the room each of them needs.
fn needs(room: &str) -> BTreeMap<String, BTreeSet<String>> {
    let all: Vec<Source> = sources().into_iter().filter(|source| source.path.starts_with(room)).collect();
    let files: BTreeMap<Vec<String>, String> = all.iter().map(|s| (module(s), s.path.clone())).collect();
    let file_of =
        |path: &Vec<String>| (1..=path.len()).rev().find_map(|end| files.get(&path[..end]).cloned());
    let one = |source: &Source| {
        let mut named = Named { module: module(source), paths: vec![] };
        named.visit_file(&source.syntax());
        let others = named.paths.iter().filter_map(file_of).filter(|file| *file != source.path);
        (source.path.clone(), others.collect())
    };
    all.iter().map(one).collect()
}

/// Everything that can be reached from a file.
fn reached(from: &str, needs: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let (mut found, mut open) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(file) = open.pop() {
        for next in needs.get(&file).into_iter().flatten() {
            if found.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    found
}

#[test]
fn no_circle_between_files_of_report() {
    let needs = needs("src/report/");
    assert!(needs.len() > 30 && needs.values().any(|needs| needs.len() > 3), "{needs:?}");
    let circles: Vec<&String> = needs.keys().filter(|file| reached(file, &needs).contains(*file)).collect();
    assert!(circles.is_empty(), "these need themselves: {circles:#?}\n{needs:#?}");
}
