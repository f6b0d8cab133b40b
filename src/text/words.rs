//! Counted things, and lists, as a sentence has them.
//!
//! It must not know what is counted.

/// `10,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// `trial` of one, `trials` of none or several.
pub fn plural(count: impl TryInto<u64>, what: &str) -> String {
    // What does not fit is more than one.
    if count.try_into().is_ok_and(|count| count == 1) { what.to_owned() } else { format!("{what}s") }
}

/// `1 client`, `10,000 clients`.
pub fn count(count: impl TryInto<u64>, what: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    format!("{} {}", grouped(count), plural(count, what))
}

/// `a`, `a and b`, `a, b and c`.
pub fn list(all: &[impl AsRef<str>]) -> String {
    joined(all, "and")
}

/// `a, b or c`.
pub fn either(all: &[impl AsRef<str>]) -> String {
    joined(all, "or")
}

fn joined(all: &[impl AsRef<str>], word: &str) -> String {
    let all: Vec<&str> = all.iter().map(AsRef::as_ref).collect();
    match all.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} {word} {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_things() {
        let shown = [count(0_u32, "row"), count(1_usize, "row"), count(10_000_u64, "client")];
        assert_eq!(shown, ["0 rows", "1 row", "10,000 clients"]);
        assert_eq!((plural(1_u32, "trial"), plural(2_u32, "trial")), ("trial".into(), "trials".into()));
    }

    #[test]
    fn lists() {
        let lists = [list(&[] as &[&str]), list(&["a"]), list(&["a", "b"]), list(&["a", "b", "c"])];
        assert_eq!(lists, ["", "a", "a and b", "a, b and c"]);
        assert_eq!(either(&["a", "b", "c"]), "a, b or c");
    }
}
