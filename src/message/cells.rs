//! The cells of a table, one behind the other in one text: a value that a client has costs its own bytes and little more.

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The cells, row by row; a list of texts where they are written.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Cells {
    text: String,
    /// Where each of them ends.
    ends: Vec<usize>,
}

impl Cells {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, nth: usize) -> Option<&str> {
        let begin = nth.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(begin..*self.ends.get(nth)?)
    }

    pub(super) fn each(&self) -> impl Iterator<Item = &str> {
        (0..self.count()).filter_map(|nth| self.get(nth))
    }
}

impl<T: AsRef<str>> FromIterator<T> for Cells {
    fn from_iter<I: IntoIterator<Item = T>>(cells: I) -> Cells {
        let mut all = Cells::default();
        for cell in cells {
            all.text += cell.as_ref();
            all.ends.push(all.text.len());
        }
        all.text.shrink_to_fit();
        all.ends.shrink_to_fit();
        all
    }
}

impl Serialize for Cells {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.each())
    }
}

impl<'de> Deserialize<'de> for Cells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cells, D::Error> {
        deserializer.deserialize_seq(List)
    }
}

/// Reads them one after the other: a list of texts would be several times as large.
struct List;

impl<'de> Visitor<'de> for List {
    type Value = Cells;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of texts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Cells, A::Error> {
        std::iter::from_fn(|| list.next_element::<String>().transpose()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_what_they_were() {
        for cells in [vec![], vec![""], vec!["a", "", "bc", "é"]] {
            let kept: Cells = cells.iter().collect();
            assert_eq!((kept.each().collect::<Vec<_>>(), kept.get(cells.len())), (cells.clone(), None));
            let written = serde_json::to_string(&kept).unwrap();
            assert_eq!(written, serde_json::to_string(&cells).unwrap());
            assert!(serde_json::from_str::<Cells>(&written).unwrap() == kept);
        }
    }
}
