//! Values that clients have of their own: a table, a row for each client. All of it is secret.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The table, or the part of it that a shard needs.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Values {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    /// The client of the first row.
    first: u32,
    /// These are the rows of some clients alone; whoever else there is, a publisher, has the first one.
    part: bool,
}

impl Values {
    /// A table whose first row is client 0's; each row has a value for each column.
    pub fn new(columns: Vec<String>, rows: Vec<Vec<String>>) -> Values {
        debug_assert!(rows.iter().all(|row| row.len() == columns.len()), "every row has every column");
        Values { columns, rows, first: 0, part: false }
    }

    /// The names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The value of a client in a column.
    pub fn get(&self, client: u32, column: &str) -> Option<&str> {
        self.at(client, self.column(column)?)
    }

    /// The place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// The value of a client in the column at that place. Where there are more clients than rows, they begin again.
    pub fn at(&self, client: u32, column: usize) -> Option<&str> {
        let nth = client.wrapping_sub(self.first) as usize;
        let again = if self.part { 0 } else { nth.checked_rem(self.rows.len())? };
        let row = self.rows.get(nth).or_else(|| self.rows.get(again))?;
        row.get(column).map(String::as_str)
    }

    /// The rows of these clients alone.
    pub fn slice(&self, clients: std::ops::Range<u32>) -> Values {
        let row = |client: u32| -> Vec<String> {
            (0..self.columns.len())
                .map(|column| self.at(client, column).unwrap_or_default().to_owned())
                .collect()
        };
        Values {
            columns: self.columns.clone(),
            rows: clients.clone().map(row).collect(),
            first: clients.start,
            part: true,
        }
    }

    /// `text` without any of the values in it that are long enough to be told from other words.
    pub fn hide(&self, text: &str) -> String {
        const LEAST: usize = 4;
        let long =
            self.rows.iter().flatten().filter(|value| value.len() >= LEAST && text.contains(value.as_str()));
        long.fold(text.to_owned(), |text, value| text.replace(value.as_str(), crate::secret::REDACTED))
    }
}

/// How many there are, and no more.
impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Values({} rows)", self.rows.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        Values::new(vec!["n".to_owned()], (0..3).map(|n| vec![format!("value{n}")]).collect())
    }

    #[test]
    fn a_shard_has_the_rows_of_its_clients() {
        let (all, part) = (values(), values().slice(2..5));
        for client in 0..9 {
            assert_eq!(all.get(client, "n"), Some(format!("value{}", client % 3).as_str()));
        }
        for client in 2..5 {
            assert_eq!(part.get(client, "n"), all.get(client, "n"));
        }
        // The publisher, behind all clients.
        assert_eq!(part.get(9, "n"), part.get(2, "n"));
        assert_eq!((part.rows(), part.get(2, "other"), Values::default().get(0, "n")), (3, None, None));
    }

    #[test]
    fn values_are_hidden_wherever_they_stand() {
        let table = Values::new(vec!["a".into(), "b".into()], vec![vec!["long one".into(), "ab".into()]]);
        assert_eq!(table.hide("a long one, ab"), "a [redacted], ab");
        assert_eq!(format!("{table:?}"), "Values(1 rows)");
    }
}
