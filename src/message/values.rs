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
}

impl Values {
    /// A table whose first row is client 0's; each row has a value for each column.
    pub fn new(columns: Vec<String>, rows: Vec<Vec<String>>) -> Values {
        debug_assert!(rows.iter().all(|row| row.len() == columns.len()), "every row has every column");
        Values { columns, rows, first: 0 }
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
        let row = self.rows.get(nth.checked_rem(self.rows.len())?)?;
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
