//! Lays what flags say over what a file says: key by key, before anything is read, so that one reader with its limits and
//! its words is enough for both.
//!
//! It knows the few keys for which that is more than replacing a value.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Stands for the one table that is there, whatever its name: a scenario has one load.
const ANY: &str = "*";
/// Lists to which flags add.
const ADDED_TO: [&str; 3] = ["threshold", "authorised", "step"];
/// A profile of headers replaces the file's own lists.
const HEADERS: &str = "headers";
/// Of two ways to say the same, the flag's replaces the file's.
const INSTEAD: [(&str, &str); 3] = [("rate", "every"), ("third-party", "url"), ("url", "third-party")];

/// Puts `more` over `table`, the top of a file.
pub(super) fn overlay<'a>(table: &mut DeTable<'a>, mut more: DeTable<'a>) {
    if more.contains_key(HEADERS) {
        table.remove(HEADERS);
    }
    permit(table, &mut more);
    put(table, more);
}

/// Where no server is named by URL there is nothing to permit: who may be loaded can be said once, for all runs of a CI job.
fn permit(table: &DeTable<'_>, more: &mut DeTable<'_>) {
    let by_url =
        |table: &DeTable<'_>| inner(table, "target").is_some_and(|target| target.contains_key("url"));
    if by_url(table) || by_url(more) {
        return;
    }
    let Some(DeValue::Table(target)) = more.get_mut("target").map(Spanned::get_mut) else { return };
    target.remove("authorised");
    if target.is_empty() {
        more.remove("target");
    }
}

fn inner<'t, 'a>(table: &'t DeTable<'a>, key: &str) -> Option<&'t DeTable<'a>> {
    table.get(key)?.get_ref().as_table()
}

fn put<'a>(table: &mut DeTable<'a>, more: DeTable<'a>) {
    for (key, value) in more {
        let key = if key.get_ref() == ANY { table.keys().next().cloned().unwrap_or(key) } else { key };
        for (_, former) in INSTEAD.iter().filter(|(new, _)| key.get_ref() == new) {
            table.remove(*former);
        }
        let Some(there) = table.get_mut(key.get_ref().as_ref()) else {
            table.insert(key, value);
            continue;
        };
        let span = value.span();
        match (there.get_mut(), value.into_inner()) {
            (DeValue::Table(there), DeValue::Table(more)) => put(there, more),
            (DeValue::Array(there), DeValue::Array(more)) if ADDED_TO.contains(&key.get_ref().as_ref()) => {
                more.into_iter().for_each(|item| there.push(item));
            }
            // Also the key is the flag's then: a fault in it is.
            (_, value) => {
                table.remove(key.get_ref().as_ref());
                table.insert(key, Spanned::new(span, value));
            }
        }
    }
}
