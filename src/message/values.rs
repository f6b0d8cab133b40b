//! Values that clients have of their own: a table, a row for each client, all of it secret; and the group of each.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cells::Cells;
use super::groups::Groups;

/// The table, or the part of it that a shard needs.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Values {
    columns: Vec<String>,
    /// A row for each client, one behind the other.
    cells: Arc<Cells>,
    /// Whose rows these are, where they are a part of all.
    part: Option<Part>,
    groups: Option<Groups>,
}

/// The clients of a part, and behind their rows those of all publishers, whose numbers begin behind all clients.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    clients: Range<u32>,
    publishers: u32,
}

impl Part {
    fn row(&self, client: u32) -> Option<usize> {
        let publisher = || Some(self.clients.len() + client.checked_sub(self.publishers)? as usize);
        match self.clients.contains(&client) {
            true => Some((client - self.clients.start) as usize),
            false => publisher(),
        }
    }
}

impl Values {
    /// A table whose first row is client 0's; each row has a value for each column.
    pub fn new(columns: Vec<String>, rows: Vec<Vec<String>>) -> Values {
        debug_assert!(rows.iter().all(|row| row.len() == columns.len()), "every row has every column");
        Values { columns, cells: Arc::new(rows.into_iter().flatten().collect()), part: None, groups: None }
    }

    /// The same with clients in these groups.
    pub fn in_groups(&self, groups: Groups) -> Values {
        Values { groups: Some(groups), ..self.clone() }
    }

    /// The groups of the clients, if they are in some.
    pub fn groups(&self) -> Option<&Groups> {
        self.groups.as_ref()
    }

    /// What the group of a client is called.
    pub fn group(&self, client: u32) -> Option<String> {
        self.groups.as_ref().map(|groups| groups.name(client).into_owned())
    }

    /// The names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.cells.count().checked_div(self.columns.len()).unwrap_or_default()
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
        let nth = match &self.part {
            Some(part) => part.row(client)?,
            None => (client as usize).checked_rem(self.rows())?,
        };
        debug_assert!(column < self.columns.len(), "a column that is there");
        self.cells.get(nth * self.columns.len() + column)
    }

    /// The rows of these clients alone, and those of the publishers, if there are: a publisher is one of its group.
    pub fn slice(&self, clients: Range<u32>, publishers: Range<u32>) -> Values {
        let like =
            |publisher: u32| self.groups.as_ref().map_or(0, |groups| groups.first(groups.of(publisher)));
        let all = clients.clone().chain(publishers.clone().map(like));
        let columns = 0..self.columns.len();
        let cells = all.flat_map(|client| columns.clone().map(move |column| (client, column)));
        let cells = cells.map(|(client, column)| self.at(client, column).unwrap_or_default()).collect();
        Values {
            columns: self.columns.clone(),
            cells: Arc::new(cells),
            part: Some(Part { clients, publishers: publishers.start }),
            groups: self.groups.clone(),
        }
    }

    /// `text` without any of the values in it that are long enough to be told from other words.
    pub fn hide(&self, text: &str) -> String {
        const LEAST: usize = 4;
        let long = self.cells.each().filter(|value| value.len() >= LEAST && text.contains(value));
        long.fold(text.to_owned(), |text, value| text.replace(value, crate::secret::REDACTED))
    }
}

/// How many there are, and no more.
impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Values({} rows)", self.rows())
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
        let (all, part) = (values(), values().slice(2..5, 9..11));
        for client in 0..9 {
            assert_eq!(all.get(client, "n"), Some(format!("value{}", client % 3).as_str()));
        }
        for client in 2..5 {
            assert_eq!(part.get(client, "n"), all.get(client, "n"));
        }
        // The publishers, behind all clients, are the same to every shard.
        assert_eq!([9, 10, 11].map(|client| part.get(client, "n")), [Some("value0"), Some("value0"), None]);
        let part = all.in_groups(Groups::numbered(2, 9)).slice(4..5, 9..11);
        assert_eq!([4, 9, 10].map(|client| part.get(client, "n")), [1, 0, 1].map(|n| all.get(n, "n")));
        assert_eq!(part.group(4).as_deref(), Some("0"));
        assert_eq!((all.rows(), part.get(2, "other"), Values::default().get(0, "n")), (3, None, None));
    }

    #[test]
    fn values_are_hidden_wherever_they_stand() {
        let table = Values::new(vec!["a".into(), "b".into()], vec![vec!["long one".into(), "ab".into()]]);
        assert_eq!(table.hide("a long one, ab"), "a [redacted], ab");
        assert_eq!(format!("{table:?}"), "Values(1 rows)");
    }
}
