//! What one client has saved, by name: a few values, in as little memory as they take, as there are many clients.
//!
//! It must not know where they came from.

/// Names and values.
#[derive(Default)]
pub struct SavedValues(Vec<(Box<str>, Box<str>)>);

impl SavedValues {
    /// The value that was put there last.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| &**own == name).map(|(_, value)| &**value)
    }

    /// Puts a value there.
    pub fn put(&mut self, name: &str, value: &str) {
        match self.0.iter_mut().find(|(own, _)| &**own == name) {
            Some((_, old)) => *old = value.into(),
            None => {
                self.0.reserve_exact(1);
                self.0.push((name.into(), value.into()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_counts() {
        let mut saved = SavedValues::default();
        for (name, value) in [("a", "1"), ("b", "2"), ("a", "3")] {
            saved.put(name, value);
        }
        assert_eq!((saved.get("a"), saved.get("b"), saved.get("c")), (Some("3"), Some("2"), None));
        assert_eq!(saved.0.capacity(), 2);
    }
}
