//! Groups of clients, rooms: who is in which.
//!
//! Pure. It must not know loads or transports; which message goes to which group is `turns`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The groups of a trial's clients; each has a member.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Groups {
    /// Clients of the trial; whoever has a higher number publishes.
    clients: u32,
    /// How many groups there are.
    number: u32,
    /// Where a text of each client says which is its group; else its number does.
    named: Option<Arc<Named>>,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    /// Of each group, in the order of their first members.
    names: Vec<String>,
    firsts: Vec<u32>,
    /// The group of each client.
    of: Vec<u32>,
}

impl Groups {
    /// So many groups: a client's is its number mod theirs.
    pub fn numbered(number: u32, clients: u32) -> Groups {
        Groups { clients, number: number.max(1), named: None }
    }

    /// Clients with the same name are in one group; `names` has one for each client.
    pub fn named(names: impl Iterator<Item = String>) -> Groups {
        let (mut known, mut named) = (HashMap::new(), Named { names: vec![], firsts: vec![], of: vec![] });
        for (client, name) in (0..).zip(names) {
            let group = *known.entry(name).or_insert_with_key(|name: &String| {
                named.names.push(name.clone());
                named.firsts.push(client);
                u32::try_from(named.names.len() - 1).unwrap_or(u32::MAX)
            });
            named.of.push(group);
        }
        let count = |list: usize| u32::try_from(list).unwrap_or(u32::MAX);
        let (clients, number) = (count(named.of.len()), count(named.names.len()).max(1));
        Groups { clients, number, named: Some(Arc::new(named)) }
    }

    /// How many there are.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Whether a client's number says which is its group, and so no value of its own does.
    pub fn by_number(&self) -> bool {
        self.named.is_none()
    }

    /// The group of a client. Publishers, behind all clients, are in the groups in turn.
    pub fn of(&self, client: u32) -> u32 {
        match (&self.named, client.checked_sub(self.clients)) {
            (Some(named), None) => named.of.get(client as usize).copied().unwrap_or_default(),
            (_, Some(publisher)) => publisher % self.number,
            (None, None) => client % self.number,
        }
    }

    /// What the group of a client is called.
    pub fn name(&self, client: u32) -> Cow<'_, str> {
        let group = self.of(client);
        match self.named.as_ref().and_then(|named| named.names.get(group as usize)) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(group.to_string()),
        }
    }

    /// The first member of a group.
    pub fn first(&self, group: u32) -> u32 {
        let named = self.named.as_ref().and_then(|named| named.firsts.get(group as usize).copied());
        named.unwrap_or(group)
    }

    /// How many of these clients are in each group.
    pub fn members(&self, clients: Range<u32>) -> Vec<u64> {
        let mut members = vec![0; self.number as usize];
        clients.for_each(|client| members[self.of(client) as usize] += 1);
        members
    }

    /// Members of the smallest and of the largest group.
    pub fn sizes(&self) -> (u64, u64) {
        let members = self.members(0..self.clients);
        let of = |size: Option<&u64>| size.copied().unwrap_or_default();
        (of(members.iter().min()), of(members.iter().max()))
    }
}

/// How many there are, and not their names: those are values of clients.
impl fmt::Debug for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Groups({} of {} clients)", self.number, self.clients)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_or_a_name_says_which_group() {
        let three = Groups::numbered(3, 7);
        assert_eq!((0..7).map(|client| three.of(client)).collect::<Vec<_>>(), [0, 1, 2, 0, 1, 2, 0]);
        assert_eq!((three.members(0..7), three.members(2..4)), (vec![3, 2, 2], vec![1, 0, 1]));
        assert_eq!((three.name(5), three.first(2), three.sizes()), ("2".into(), 2, (2, 3)));
        // Publishers, behind the clients.
        assert_eq!([7, 8, 9, 10].map(|publisher| three.of(publisher)), [0, 1, 2, 0]);
        let rooms = Groups::named(["b", "a", "b", "b"].map(str::to_owned).into_iter());
        assert_eq!((0..4).map(|client| rooms.of(client)).collect::<Vec<_>>(), [0, 1, 0, 0]);
        assert_eq!((rooms.number(), rooms.sizes(), rooms.first(1)), (2, (1, 3), 1));
        assert_eq!([0, 1, 4, 5].map(|number| rooms.name(number).into_owned()), ["b", "a", "b", "a"]);
        assert_eq!(format!("{rooms:?}"), "Groups(2 of 4 clients)");
    }

    proptest! {
        #[test]
        fn every_client_is_in_one_group_and_every_group_has_its_first_member(
            names in proptest::collection::vec("[a-d]{0,2}", 1..60), number in 1..9u32,
        ) {
            let clients = u32::try_from(names.len()).unwrap();
            let named = Groups::named(names.clone().into_iter());
            let numbered = Groups::numbered(number.min(clients), clients);
            for groups in [&named, &numbered] {
                let members = groups.members(0..clients);
                prop_assert_eq!(members.iter().sum::<u64>(), u64::from(clients));
                prop_assert!(members.iter().all(|count| *count > 0));
                prop_assert!((0..groups.number()).all(|group| groups.of(groups.first(group)) == group));
                let again: Groups = serde_json::from_str(&serde_json::to_string(groups).unwrap()).unwrap();
                prop_assert_eq!(&again, groups);
            }
            for (client, name) in (0..).zip(&names) {
                prop_assert_eq!(&named.name(client), name);
            }
        }
    }
}
