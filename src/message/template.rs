//! A text with the places of [`super::place`], read once for all clients and filled by each whenever it is needed.
//!
//! What a client fills in is the same each time, also where it is random: nobody has to keep the filled text. Pure; filling
//! allocates nothing. It must not know where the text stands.

use std::hash::{BuildHasher, RandomState};
use std::io::Write;

use wsbench_targets::pacer::Random;

use super::place::{self, Place};
use super::values::Values;

/// How a value is written where its place stands.
pub type Writing = fn(&str, &mut Vec<u8>);

/// As it is.
pub fn plain(value: &str, into: &mut Vec<u8>) {
    into.extend_from_slice(value.as_bytes());
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
}

/// What stands between the places, and the places.
#[derive(Clone, Debug, Default)]
pub struct Template {
    text: Vec<u8>,
    holes: Vec<Hole>,
}

#[derive(Clone, Debug)]
struct Hole {
    /// Where in the text between the places it stands.
    at: usize,
    place: Place,
    writing: Writing,
    /// Tells it from the other random places of a client.
    key: u64,
}

impl Template {
    /// Adds a text without places.
    pub fn literal(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    /// Adds a text with places, whose values are written by `writing`. Two places are told from each other by `name`, that of
    /// the text, and by where they stand in it.
    pub fn places(&mut self, name: &str, text: &str, writing: Writing, chance: &RandomState) {
        place::split(text, |at, piece| match piece {
            Ok(Place::Env(name)) => self.literal(&std::env::var(name).unwrap_or_default()),
            Ok(place) => {
                let key = chance.hash_one((name, at));
                self.holes.push(Hole { at: self.text.len(), place, writing, key });
            }
            Err(text) => self.literal(text),
        });
    }

    /// Without its places.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// How many bytes it has when it is filled.
    pub fn length(&self, own: &Own<'_>, scratch: &mut Vec<u8>) -> usize {
        let before = scratch.len();
        let holes = self.holes.iter().map(|hole| {
            hole.fill(own, scratch);
            let length = scratch.len() - before;
            scratch.truncate(before);
            length
        });
        self.text.len() + holes.sum::<usize>()
    }

    /// Appends it, filled.
    pub fn fill(&self, own: &Own<'_>, into: &mut Vec<u8>) {
        let mut from = 0;
        for hole in &self.holes {
            into.extend_from_slice(&self.text[from..hole.at]);
            hole.fill(own, into);
            from = hole.at;
        }
        into.extend_from_slice(&self.text[from..]);
    }
}

impl Hole {
    fn fill(&self, own: &Own<'_>, into: &mut Vec<u8>) {
        let random = || Random::new(own.chance.hash_one((self.key, own.client)), 0);
        match &self.place {
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

/// `text` filled for one client.
pub fn filled(name: &str, text: &str, writing: Writing, own: &Own<'_>) -> String {
    let (mut template, mut into) = (Template::default(), Vec::new());
    template.places(name, text, writing, own.chance);
    template.fill(own, &mut into);
    String::from_utf8_lossy(&into).into_owned()
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
        let own = |client| Own { client, values: Some(&values), chance: &chance };
        let mut template = Template::default();
        template.literal("GET {uuid} ");
        template.places("", "/a?t={user.token}&n={client}{{x}} {", in_angles, &chance);
        template.literal("\r\n");
        template.places("x-b", "{user.token}", plain, &chance);
        for (client, expected) in
            [(0, "GET {uuid} /a?t=<t0>&n=0{x}} {\r\nt0"), (1, "GET {uuid} /a?t=<t1>&n=1{x}} {\r\nt1")]
        {
            let mut into = b"..".to_vec();
            let length = template.length(&own(client), &mut into);
            template.fill(&own(client), &mut into);
            assert_eq!(
                (String::from_utf8_lossy(&into).as_ref(), length),
                (&*format!("..{expected}"), expected.len())
            );
        }
    }

    /// A client says the same each time, and says another thing at another place; another client says neither.
    #[test]
    fn what_is_random_stays() {
        let chance = RandomState::new();
        let fill =
            |name, text, client| filled(name, text, plain, &Own { client, values: None, chance: &chance });
        let all =
            [fill("", "{uuid}", 0), fill("", "{uuid}", 1), fill("a", "{uuid}", 0), fill("b", "{uuid}", 0)];
        assert!(all.iter().enumerate().all(|(nth, one)| !all[..nth].contains(one)), "{all:?}");
        assert_eq!([fill("", "{uuid}", 0), fill("a", "{uuid}", 0)], [all[0].clone(), all[2].clone()]);
        let twice = fill("", "{random.hex 8}{random.hex 8}", 0);
        assert!(twice.len() == 16 && twice[..8] != twice[8..], "{twice}");
    }
}
