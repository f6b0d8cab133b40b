//! A text with the places of [`super::place`], read once for all clients and filled by each whenever it is needed.
//!
//! What a client fills in is the same each time, also where it is random, until its session saves something else: nobody has
//! to keep the filled text. Pure; filling
//! allocates nothing. It must not know where the text stands.

use std::hash::{BuildHasher, RandomState};
use std::io::Write;

use wsbench_targets::pacer::Random;

use super::place::{self, Piece, Place};
use super::values::Values;

/// How a value is written where its place stands.
pub type Writing = fn(&str, &mut Vec<u8>);

/// As it is.
pub fn plain(value: &str, into: &mut Vec<u8>) {
    into.extend_from_slice(value.as_bytes());
}

/// In a line of a head, which no value may end: control characters are blanks there (RFC 9110 §5.5).
pub fn in_line(value: &str, into: &mut Vec<u8>) {
    into.extend(value.bytes().map(|byte| if byte.is_ascii_control() { b' ' } else { byte }));
}

/// What a session has saved for its client.
pub trait Saved {
    /// Appends what `name` stands for, its values written by `writing`; `false` where that was not saved yet.
    fn write(&self, name: &str, writing: Writing, into: &mut Vec<u8>) -> bool;
}

/// What one client fills places with.
#[derive(Clone, Copy)]
pub struct Own<'a> {
    /// Its number.
    pub client: u32,
    /// What clients have of their own.
    pub values: Option<&'a Values>,
    /// What is random follows from this, from the client and from the place.
    pub chance: &'a RandomState,
    /// What its session has saved, where it is in one.
    pub saved: Option<&'a dyn Saved>,
}

/// What stands between the places, and the places.
#[derive(Clone, Debug, Default)]
pub struct Template {
    text: Vec<u8>,
    holes: Vec<Hole>,
    /// In order, and without a gap up to the last one, behind which all is there.
    parts: Vec<Part>,
}

/// What is there as a whole, or is left out.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    /// Where it ends, in the text between the places and among the places.
    text: usize,
    holes: usize,
    /// It is left out where something in it was not saved yet.
    optional: bool,
}

#[derive(Clone, Debug)]
struct Hole {
    /// Where in the text between the places it stands.
    at: usize,
    filling: Filling,
    writing: Writing,
    /// Tells it from the other random places of a client.
    key: u64,
}

#[derive(Clone, Debug)]
enum Filling {
    Place(Place),
    /// What the client's session has saved by this name.
    Saved(String),
}

impl Template {
    /// Adds a text without places.
    pub fn literal(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    /// Adds a text with places, whose values are written by `writing`. Two places are told from each other by `name`, that of
    /// the text, and by where they stand in it.
    pub fn places(&mut self, name: &str, text: &str, writing: Writing, chance: &RandomState) {
        place::split(text, |at, piece| {
            let filling = match piece {
                Piece::Text(text) => return self.literal(text),
                Piece::Place(Place::Env(name)) => {
                    return self.literal(&std::env::var(name).unwrap_or_default());
                }
                Piece::Place(place) => Filling::Place(place),
                Piece::Name(name) => Filling::Saved(name.to_owned()),
            };
            let key = chance.hash_one((name, at));
            self.holes.push(Hole { at: self.text.len(), filling, writing, key });
        });
    }

    /// What `add` adds is left out as a whole where something in it was not saved yet.
    pub fn optional(&mut self, add: impl FnOnce(&mut Template)) {
        let end = |own: &Template| Part { text: own.text.len(), holes: own.holes.len(), optional: false };
        let before = end(self);
        add(self);
        if self.holes[before.holes..].iter().any(|hole| matches!(hole.filling, Filling::Saved(_))) {
            self.parts.extend([before, Part { optional: true, ..end(self) }]);
        }
    }

    /// Without its places.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Appends it, filled; whether all that it needs was there.
    pub fn fill(&self, own: &Own<'_>, into: &mut Vec<u8>) -> bool {
        let last = Part { text: self.text.len(), holes: self.holes.len(), optional: false };
        let (mut from, mut all) = (Part::default(), true);
        for part in self.parts.iter().chain([&last]) {
            let (begin, mut at, mut saved) = (into.len(), from.text, true);
            for hole in &self.holes[from.holes..part.holes] {
                into.extend_from_slice(&self.text[at..hole.at]);
                saved &= hole.fill(own, into);
                at = hole.at;
            }
            into.extend_from_slice(&self.text[at..part.text]);
            if part.optional && !saved {
                into.truncate(begin);
            }
            (from, all) = (*part, all && saved);
        }
        all
    }
}

impl Hole {
    /// Appends its value; whether there is one.
    fn fill(&self, own: &Own<'_>, into: &mut Vec<u8>) -> bool {
        match &self.filling {
            Filling::Place(place) => {
                self.fill_place(place, own, into);
                true
            }
            Filling::Saved(name) => own.saved.is_some_and(|saved| saved.write(name, self.writing, into)),
        }
    }

    fn fill_place(&self, place: &Place, own: &Own<'_>, into: &mut Vec<u8>) {
        let random = || Random::new(own.chance.hash_one((self.key, own.client)), 0);
        match place {
            Place::User(column) => {
                let value = own.values.and_then(|values| values.get(own.client, column));
                (self.writing)(value.unwrap_or_default(), into);
            }
            Place::Group => {
                let groups = own.values.and_then(Values::groups);
                groups.iter().for_each(|groups| (self.writing)(&groups.name(own.client), into));
            }
            // Writing to a Vec cannot fail.
            Place::Client => drop(write!(into, "{}", own.client)),
            Place::Uuid => into.extend_from_slice(&place::uuid(random())),
            Place::Hex(digits) => into.extend(place::hex(*digits, random())),
            Place::Env(_) => debug_assert!(false, "the same for all clients"),
        }
    }
}

/// `text` filled for one client; `None` where something in it was not saved yet.
pub fn filled(name: &str, text: &str, writing: Writing, own: &Own<'_>) -> Option<String> {
    let (text, whole) = filled_so_far(name, text, writing, own);
    whole.then_some(text)
}

/// The same with nothing in the place of what was not saved yet, and whether all was.
pub fn filled_so_far(name: &str, text: &str, writing: Writing, own: &Own<'_>) -> (String, bool) {
    let (mut template, mut into) = (Template::default(), Vec::new());
    template.places(name, text, writing, own.chance);
    let whole = template.fill(own, &mut into);
    (String::from_utf8_lossy(&into).into_owned(), whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_angles(value: &str, into: &mut Vec<u8>) {
        plain(&format!("<{value}>"), into);
    }

    #[test]
    fn a_text_is_read_once_and_filled_by_each_client() {
        let values = Values::new(vec!["token".into()], vec![vec!["t0".into()], vec!["t1".into()]]);
        let chance = RandomState::new();
        let own = |client| Own { client, values: Some(&values), chance: &chance, saved: None };
        let mut template = Template::default();
        template.literal("GET {uuid} ");
        template.places("", "/a?t={user.token}&n={client}{{x}} {", in_angles, &chance);
        template.literal("\r\n");
        template.places("x-b", "{user.token}", plain, &chance);
        for (client, expected) in
            [(0, "GET {uuid} /a?t=<t0>&n=0{x}} {\r\nt0"), (1, "GET {uuid} /a?t=<t1>&n=1{x}} {\r\nt1")]
        {
            let mut into = b"..".to_vec();
            assert!(template.fill(&own(client), &mut into));
            assert_eq!(String::from_utf8_lossy(&into), format!("..{expected}"));
        }
    }

    /// A client says the same each time, and says another thing at another place; another client says neither.
    #[test]
    fn what_is_random_stays() {
        let chance = RandomState::new();
        let own = |client| Own { client, values: None, chance: &chance, saved: None };
        let fill = |name, text, client| filled(name, text, plain, &own(client)).unwrap();
        let all =
            [fill("", "{uuid}", 0), fill("", "{uuid}", 1), fill("a", "{uuid}", 0), fill("b", "{uuid}", 0)];
        assert!(all.iter().enumerate().all(|(nth, one)| !all[..nth].contains(one)), "{all:?}");
        assert_eq!([fill("", "{uuid}", 0), fill("a", "{uuid}", 0)], [all[0].clone(), all[2].clone()]);
        let twice = fill("", "{random.hex 8}{random.hex 8}", 0);
        assert!(twice.len() == 16 && twice[..8] != twice[8..], "{twice}");
    }
    struct Known(&'static [&'static str]);

    impl Saved for Known {
        fn write(&self, name: &str, writing: Writing, into: &mut Vec<u8>) -> bool {
            let known = self.0.contains(&name);
            known.then(|| writing("v", into)).is_some()
        }
    }

    /// A line of a value that was not saved yet is left out as a whole; the others are there.
    #[test]
    fn what_was_not_saved_yet_is_left_out() {
        let chance = RandomState::new();
        let mut template = Template::default();
        template.places("", "GET /{id}\n", in_angles, &chance);
        for line in ["a: {client}\n", "b: x{token}y{client}\n", "c: {{token}\n", "d: {id}{token}\n"] {
            template.optional(|template| template.places("", line, plain, &chance));
        }
        template.literal("end");
        for (known, expected) in [
            (&["id", "token"][..], "GET /<v>\na: 7\nb: xvy7\nc: {token}\nd: vv\nend"),
            (&["id"], "GET /<v>\na: 7\nc: {token}\nend"),
            (&["token"], "GET /\na: 7\nb: xvy7\nc: {token}\nend"),
            (&[], "GET /\na: 7\nc: {token}\nend"),
        ] {
            let known = Known(known);
            let own = Own { client: 7, values: None, chance: &chance, saved: Some(&known) };
            let mut into = b"..".to_vec();
            assert_eq!(template.fill(&own, &mut into), known.0.len() == 2);
            assert_eq!(String::from_utf8(into.split_off(2)).unwrap(), expected);
            assert_eq!(filled("", "{token}", plain, &own).is_some(), known.0.contains(&"token"));
        }
    }
}
