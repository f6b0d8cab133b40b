//! The groups of a trial: who hears what and who publishes it; how large they are, for `wsbench check`; and what of a scenario
//! does not go together with groups and publishers.
//!
//! It must not know how a message gets to its group.

use std::ops::Range;
use std::sync::Arc;

use super::Trial;
use super::check::{Errors, error};
use crate::scenario::place::{self, Place};
use crate::scenario::{Grouping, Groups, Publish, PublishCarrier, Scenario, Turns, Values};
use crate::text::{count, grouped};

/// The groups of a trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rooms {
    /// How many there are.
    pub groups: u32,
    /// Members of the smallest.
    pub smallest: u64,
    /// Of the largest.
    pub largest: u64,
    /// Messages that all clients together are to receive each second, where we publish to groups.
    pub expected_per_second: Option<f64>,
    /// How many publish.
    pub publishers: Option<u32>,
}

impl Rooms {
    /// Those of a trial; `None` where its clients are in no groups.
    pub fn of(trial: &Trial) -> Option<Rooms> {
        let groups = trial.values.as_ref()?.groups()?;
        let (smallest, largest) = groups.sizes();
        let turns = trial.turns();
        let every = trial.load.profile().interval.filter(|every| turns.is_some() && !every.is_zero());
        Some(Rooms {
            groups: groups.number(),
            smallest,
            largest,
            expected_per_second: every.map(|every| trial.hearers() / every.as_secs_f64()),
            publishers: turns.map(|turns| turns.publishers()),
        })
    }

    /// The same in a sentence.
    pub fn words(&self) -> String {
        let members = match self.smallest == self.largest {
            true => format!("of {} each", count(self.largest, "client")),
            false => format!("of {} to {} clients", grouped(self.smallest), grouped(self.largest)),
        };
        let mut words = format!("{} {members}", count(self.groups, "group"));
        if let Some(publishers) = self.publishers {
            words += &format!("; {}", count(publishers, "publisher"));
        }
        if let Some(rate) = self.expected_per_second {
            let rate = grouped(rate.round() as u64);
            words += &format!("; {rate} messages per second expected by all clients together");
        }
        words
    }
}

impl Trial {
    /// Who publishes what, where we publish ourselves.
    pub fn turns(&self) -> Option<Turns> {
        Some(self.load.publish()?.turns(self.clients, self.groups))
    }

    /// Whether we publish to groups, each of which hears its own messages alone.
    pub fn publishes_to_groups(&self) -> bool {
        self.groups.is_some() && self.load.publish().is_some()
    }

    /// The numbers of those in whose names our own publishers write, behind the clients'.
    pub fn writers(&self) -> Range<u32> {
        self.clients..self.clients.saturating_add(self.turns().map_or(0, |turns| turns.writers()))
    }

    /// How many clients hear a message: one; or where it goes to all, all, or in the mean the members of a group.
    pub fn hearers(&self) -> f64 {
        match self.load.profile().to_all {
            true => f64::from(self.clients) / f64::from(self.groups.unwrap_or(1)),
            false => 1.0,
        }
    }
}

/// The groups of so many clients, if they are in some.
pub(super) fn groups(scenario: &Scenario, clients: u32) -> Option<Groups> {
    let table = scenario.values.as_ref().map(|values| &*values.table);
    scenario.groups.as_ref().map(|grouping| grouping.of(clients, table))
}

/// What the clients of a trial have of their own.
pub(super) fn values(scenario: &Scenario, groups: Option<Groups>) -> Option<Arc<Values>> {
    let table = scenario.values.as_ref().map(|values| &values.table);
    match groups {
        Some(groups) => {
            Some(Arc::new(table.map_or_else(Values::default, |table| Values::clone(table)).in_groups(groups)))
        }
        None => table.map(Arc::clone),
    }
}

/// What does not go together with `groups` and `publishers`, where the fewest clients are so many.
pub(super) fn check(scenario: &Scenario, fewest: u32, errors: &mut Errors) {
    let number = groups(scenario, fewest).map(|groups| groups.number());
    if let Some(number) = number {
        members(scenario, number, fewest, errors);
    }
    let Some(publish) = scenario.load.publish() else { return };
    let (groups, publishers) = (number.unwrap_or(1), publish.turns(fewest, number).publishers());
    let (larger, smaller) = (groups.max(publishers), groups.min(publishers));
    if !larger.is_multiple_of(smaller) {
        let (publishers, groups) = (count(publishers, "publisher"), count(groups, "group"));
        let message =
            format!("{publishers} cannot take turns with {groups}: some would get more than others");
        error(errors, message, "one for all, one for each group, or a multiple or a part of them");
    } else if publishers < groups && publish.way == PublishCarrier::Client && connects_by_group(scenario) {
        let message = format!(
            "{} for {}: a client whose connection names its group cannot publish to others",
            count(publishers, "publisher"),
            count(groups, "group")
        );
        error(errors, message, "remove `publishers`, and each group has one of its own");
    } else if publishers < groups && names_no_group(scenario, publish) {
        let (publishers, groups) = (count(publishers, "publisher"), count(groups, "group"));
        let message =
            format!("{publishers} for {groups}, and nothing that is published says for which it is");
        error(errors, message, "{group} in the URL of `post`, or in `message`");
    }
}

/// Every group has a member: what is published to one without would be expected by nobody.
fn members(scenario: &Scenario, groups: u32, fewest: u32, errors: &mut Errors) {
    if scenario.target.is_none() {
        let message = "`groups` has no use without [target]: a reference target knows no rooms";
        error(errors, message, "name the server in [target], or remove `groups`");
    }
    if scenario.target.is_some() && all_say_the_same(scenario) {
        let message =
            format!("{}, and nothing tells the server which client is in which", count(groups, "group"));
        error(errors, message, "{group} in `url`, `headers` or a step of [session]");
    }
    if groups > fewest {
        let message = format!(
            "{} for {}: {} of them have no member that could hear what is published to them",
            count(groups, "group"),
            count(fewest, "client"),
            grouped(u64::from(groups - fewest))
        );
        error(
            errors,
            message,
            format!("at most {} in `groups`, or more clients", grouped(u64::from(fewest))),
        );
    }
}

/// What a client says of itself by connecting, before any session.
fn said_by_connecting(scenario: &Scenario) -> Vec<&str> {
    let url = || scenario.target.iter();
    let urls = scenario.transports.iter().filter_map(|transport| transport.access().url.as_ref());
    let headers = url().flat_map(|url| &url.headers).map(|header| header.value.reveal());
    let names = url().flat_map(|url| &url.subprotocols).map(String::as_str);
    let paths = scenario.transports.iter().filter_map(|transport| transport.access().path.as_ref());
    let paths = url().map(|url| &url.path).chain(paths).chain(urls).map(|path| path.reveal());
    headers.chain(names).chain(paths).collect()
}

/// Whether a client says by connecting which group it is in.
fn connects_by_group(scenario: &Scenario) -> bool {
    let grouping = scenario.groups.as_ref();
    grouping.is_some_and(|of| said_by_connecting(scenario).into_iter().any(|text| names_group(text, of)))
}

/// Whether nothing that clients say differs from one to the other.
fn all_say_the_same(scenario: &Scenario) -> bool {
    let session = scenario.session.iter().flat_map(|session| session.texts());
    !said_by_connecting(scenario).into_iter().chain(session).any(place::varies)
}

/// Whether nothing of what is published says for which group it is, where its publisher is not in one.
fn names_no_group(scenario: &Scenario, publish: &Publish) -> bool {
    let post = scenario.load.post();
    let headers = post.iter().flat_map(|post| &post.headers).map(|header| header.value.reveal());
    let by_post = post.iter().map(|post| post.url.path.reveal()).chain(headers).any(place::varies);
    !by_post && !publish.message.varies()
}

/// By its place, or by the column that says which group it is.
fn names_group(text: &str, grouping: &Grouping) -> bool {
    let columns = grouping.text().map(place::all).unwrap_or_default();
    place::all(text)
        .iter()
        .any(|(place, _)| *place == Ok(Place::Group) || columns.iter().any(|(column, _)| column == place))
}

/// Messages that are fewer than the groups: some of these get none.
pub(super) fn notes(scenario: &Scenario) -> Option<String> {
    let largest = scenario.clients.iter().copied().max()?;
    let groups = groups(scenario, largest)?.number();
    let every = scenario.load.publish()?.every;
    let messages = scenario.measure.as_secs_f64() / every.as_secs_f64().max(1e-9);
    (messages < f64::from(groups)).then(|| {
        format!(
            "{} messages go to {} in the window: some of them get none",
            grouped(messages as u64),
            count(groups, "group")
        )
    })
}
