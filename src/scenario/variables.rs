//! `${NAME}` in a text: the value of an environment variable, so that a secret need not stand in a file.
//!
//! It must not know what the text is for.

use std::env::{VarError, var};

use super::url::{Wrong, wrong};
use crate::keys::span::quoted;
use crate::message::place::{self, Place};

/// `text` with the values in the places of the names; `{env.NAME}` is another way to write one.
pub(super) fn expanded(text: &str) -> Result<String, Wrong> {
    let value = |name: &str| var(name);
    let mut text = expand(text, &value)?;
    let written = text.clone();
    for (place, written) in place::all(&written) {
        if let Ok(Place::Env(name)) = place {
            let value = value(&name).or_else(|why| missing(&name, &why))?;
            text = text.replace(written, &value);
        }
    }
    Ok(text)
}

fn expand(text: &str, value: &dyn Fn(&str) -> Result<String, VarError>) -> Result<String, Wrong> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once("${") {
        let Some((name, after)) = behind.split_once('}') else {
            return wrong("has a `${` without its `}`", "expected ${NAME}");
        };
        let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(good) {
            let label = "expected ${NAME}: letters, digits and `_`";
            return wrong(format!("names no environment variable: {}", quoted(name)), label);
        }
        out += before;
        out += &value(name).or_else(|why| missing(name, &why))?;
        rest = after;
    }
    Ok(out + rest)
}

fn missing(name: &str, why: &VarError) -> Result<String, Wrong> {
    let how = match why {
        VarError::NotPresent => "is not set",
        VarError::NotUnicode(_) => "is not UTF-8 text",
    };
    Err((
        format!("needs the environment variable `{name}`, which {how}"),
        format!("run it as {name}=.. wsbench .."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_and_missing_ones_named() {
        let value = |name: &str| if name == "A" { Ok("1".to_owned()) } else { Err(VarError::NotPresent) };
        assert_eq!(expand("x${A}y${A}", &value).unwrap(), "x1y1");
        assert_eq!(expand("$A {A} $", &value).unwrap(), "$A {A} $");
        for (text, word) in [("${B}", "`B`"), ("${A", "without"), ("${}", "names no"), ("${a b}", "names no")]
        {
            let why = expand(text, &value).unwrap_err().0;
            assert!(why.contains(word), "{text}: {why}");
        }
    }
}
