//! Numbers that no run can have left: a file may say anything, and sums of it must neither overflow nor look like results.
//!
//! It looks at text before anything is made of it, holds nothing of it, and names the place. It must not know what the
//! numbers mean beyond the few that have a range of their own.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Counts, bytes and nanoseconds: beyond it a f64 does not hold each whole number, and a sum may overflow.
const MAX_COUNT: u64 = 1 << 53;
/// Any other number.
const MAX_NUMBER: f64 = 1e18;
/// A hundred years; no span is longer.
const MAX_SECONDS: f64 = 3_153_600_000.0;
/// More than any plan has: 20 transports behind 20 things at 20 sizes, 100 times.
const MAX_TRIALS: f64 = 1e6;

/// The first number in results that cannot be, by its place: `measurements[3].window_s is -1, expected ..`.
pub(super) fn implausible(text: &str) -> Option<String> {
    let place = Place { key: Key::Top, above: None };
    place.deserialize(&mut serde_json::Deserializer::from_str(text)).err().map(|error| error.to_string())
}

/// What of results is looked at, and where it stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    key: Key<'a>,
    above: Option<&'a Place<'a>>,
}

#[derive(Clone, Copy)]
enum Key<'a> {
    Top,
    Field(&'a str),
    Entry(usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(above) = self.above {
            above.fmt(f)?;
        }
        match self.key {
            Key::Top => Ok(()),
            Key::Field(name) if self.above.is_none_or(|above| matches!(above.key, Key::Top)) => {
                f.write_str(name)
            }
            Key::Field(name) => write!(f, ".{name}"),
            Key::Entry(number) => write!(f, "[{number}]"),
        }
    }
}

impl Place<'_> {
    fn is(&self, name: &str) -> bool {
        matches!(self.key, Key::Field(own) if own == name)
    }

    /// Least and most of a number here.
    fn range(&self) -> (f64, f64) {
        let Key::Field(name) = self.key else { return (-MAX_NUMBER, MAX_NUMBER) };
        match name {
            "clients" if self.above.is_some_and(|above| above.is("trial")) => (1.0, MAX_COUNT as f64),
            "planned" | "repeat" | "number" => (0.0, MAX_TRIALS),
            // A threshold may be any number.
            "max" | "min" => (f64::MIN, f64::MAX),
            // The timeline begins before the window where a shard was late.
            "from_s" => (-MAX_SECONDS, MAX_SECONDS),
            _ if name.ends_with("_s") => (0.0, MAX_SECONDS),
            _ => (-MAX_NUMBER, MAX_NUMBER),
        }
    }

    fn number<E: Error>(self, value: f64) -> Result<(), E> {
        let (least, most) = self.range();
        if (least..=most).contains(&value) {
            return Ok(());
        }
        Err(E::custom(format!("{self} is {value}, expected {least} to {most}")))
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("results")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        // A name for a schedule, all of whose 64 bits are used.
        if self.is("seed") {
            return Ok(());
        }
        if value > MAX_COUNT {
            return Err(E::custom(format!("{self} is {value}, more than can be counted")));
        }
        self.number(value as f64)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.number(value as f64)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.number(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut number = 0;
        while seq.next_element_seed(Place { key: Key::Entry(number), above: Some(&self) })?.is_some() {
            number += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            // Text of the scenario, and of the machine, is no number.
            if matches!(self.key, Key::Top) && name == "scenario" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            map.next_value_seed(Place { key: Key::Field(&name), above: Some(&self) })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_named_by_its_place() {
        for (text, place) in [
            (r#"{"measurements":[{},{"window_s":-1}]}"#, "measurements[1].window_s is -1, expected 0 to"),
            (r#"{"took_s":1e308}"#, "took_s is 1"),
            (r#"{"a":{"trial":{"clients":0}}}"#, "a.trial.clients is 0, expected 1 to"),
            (
                r#"{"a":[[18446744073709551615]]}"#,
                "a[0][0] is 18446744073709551615, more than can be counted",
            ),
            (r#"{"planned":4294967295}"#, "planned is 4294967295, expected 0 to 1000000"),
            (r#"{"thresholds":[{"value":1e300}]}"#, "thresholds[0].value is 1"),
        ] {
            let found = implausible(text).unwrap();
            assert!(found.starts_with(place) && found.contains("line 1 column"), "{found}");
        }
        for text in [
            r#"{"seed":18446744073709551615,"clients":0,"from_s":-0.2,"max":1e300,"y":"1e400","z":null}"#,
            r#"{"name":"a\"b","scenario":{"text":"\u001b"}}"#,
        ] {
            assert_eq!(implausible(text), None, "{text}");
        }
    }
}
