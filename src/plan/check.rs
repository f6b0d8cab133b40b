//! What does not go together: every check that looks at more than one key.
//!
//! Each says what would happen and what to write instead. A single key's range is the scenario's affair.

use std::fmt;
use std::time::Duration;

use wsbench_targets::pacer::Arrivals;
use wsbench_targets::wire::{Audience, Publication};

use super::search::{self, Search};
use super::{Machine, http2, pin, rooms, samples, sharing};
use crate::scenario::limits::CONNECT_RATE_BY_DEFAULT as CONNECT_RATE;
use crate::scenario::units::{show_duration, show_rate};
use crate::scenario::{Metric, Scenario, Sender, TargetUrl, ThirdParty, Threshold, Times, Timing, escaped};
use crate::text::grouped;
use crate::transport::{Scheme, Transport};

/// Two things in a scenario that do not go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    /// What would happen.
    pub message: String,
    /// A way out.
    pub help: String,
}

/// All that does not go together; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanErrors(pub Vec<PlanError>);

impl std::error::Error for PlanErrors {}

impl fmt::Display for PlanErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            let gap = if i == 0 { "" } else { "\n\n" };
            // Names of transports and hosts are the file's.
            write!(f, "{gap}error: {}\n  = help: {}", escaped(&error.message), escaped(&error.help))?;
        }
        Ok(())
    }
}

/// Trials of a run.
const MOST_TRIALS: u64 = 1_000;
/// Of connecting all clients.
const LONGEST_CONNECTING: f64 = 3_600.0;

/// Complaints go in.
pub(super) type Errors = Vec<PlanError>;

pub(super) fn error(errors: &mut Errors, message: impl Into<String>, help: impl Into<String>) {
    let (message, help) = (message.into(), help.into());
    errors.push(PlanError { message, help });
}

/// Checks all, and returns what is worth knowing where nothing is wrong.
pub(super) fn check(scenario: &Scenario, machine: Machine) -> Result<Vec<String>, PlanErrors> {
    let mut errors = Vec::new();
    labels(scenario, &mut errors);
    let search = Search::of(scenario, machine);
    if let Some(search) = &search {
        search::check(search, &mut errors);
        // The fewest messages are due at the smallest size, the most is asked at the largest.
        let smallest = search.at(search.range.from);
        window(&smallest, &mut errors);
        grouping(&smallest, &mut errors);
        let largest = search.at(search.range.to);
        size(&largest, &mut errors);
        pin::check(&largest, machine, &mut errors);
    } else {
        size(scenario, &mut errors);
        grouping(scenario, &mut errors);
        window(scenario, &mut errors);
        pin::check(scenario, machine, &mut errors);
    }
    for transport in &scenario.transports {
        poll(scenario, transport, &mut errors);
        sharing::check(scenario, transport, &mut errors);
    }
    http2::check(scenario, &mut errors);
    match (&scenario.target, &scenario.third_party) {
        (Some(url), _) => by_url(scenario, url, &mut errors),
        (None, Some(server)) => third_party(scenario, server, &mut errors),
        (None, None) => by_reference(scenario, &mut errors),
    }
    if let Some(post) = scenario.load.post() {
        posting(scenario, &post.url, &mut errors);
    }
    let conditions = scenario.search.iter().flat_map(|search| &search.conditions);
    for (what, threshold) in
        scenario.thresholds.iter().map(|t| ("threshold", t)).chain(conditions.map(|c| ("condition", c)))
    {
        measurable(scenario, (what, threshold), &mut errors);
    }
    let mut worth_knowing = notes(scenario);
    // In a search a percentile without its samples holds if even the slowest keeps to it.
    if search.is_none() {
        worth_knowing.extend(samples::notes(scenario));
    }
    worth_knowing.extend(search.iter().flat_map(search::notes));
    worth_knowing.extend(pin::note(scenario));
    worth_knowing.extend(rooms::notes(scenario));
    worth_knowing.extend(http2::note(scenario));
    if errors.is_empty() { Ok(worth_knowing) } else { Err(PlanErrors(errors)) }
}

fn grouping(scenario: &Scenario, errors: &mut Errors) {
    let fewest = scenario.clients.iter().copied().min().unwrap_or(1);
    rooms::check(scenario, fewest, errors);
}

/// Each client has a row of its own, unless the user says otherwise.
fn rows(scenario: &Scenario, clients: u32, errors: &mut Errors) {
    let Some(values) = scenario.values.as_ref().filter(|values| !values.reuse) else { return };
    let rows = values.table.rows() as u64;
    if rows < u64::from(clients) {
        let (file, rows, clients) = (values.file.display(), grouped(rows), grouped(u64::from(clients)));
        let message = format!("{file} has {rows} rows, and {clients} clients need one each");
        error(errors, message, "fewer clients, more rows, or reuse = true in [values]");
    }
}

fn size(scenario: &Scenario, errors: &mut Errors) {
    let trials =
        super::ways(scenario).len() as u64 * scenario.clients.len() as u64 * u64::from(scenario.repeat);
    if trials > MOST_TRIALS {
        let message = format!("{} trials; a run has at most {}", grouped(trials), grouped(MOST_TRIALS));
        error(errors, message, "fewer transports, numbers in `clients` or repeats, or several scenarios");
    }
    let largest = scenario.clients.iter().copied().max().unwrap_or(0);
    rows(scenario, largest, errors);
    let seconds = f64::from(largest) / scenario.connect_rate;
    if seconds > LONGEST_CONNECTING {
        let (clients, rate) = (grouped(u64::from(largest)), show_rate(scenario.connect_rate));
        let message = format!("connecting {clients} clients at {rate} takes more than an hour");
        error(errors, message, "raise connect-rate (default \"5000/s\")");
    }
}

fn labels(scenario: &Scenario, errors: &mut Errors) {
    let labels: Vec<_> = scenario.transports.iter().map(|transport| transport.label()).collect();
    for (i, label) in labels.iter().enumerate() {
        if labels[..i].iter().filter(|other| *other == label).count() == 1 {
            let message = format!("two transports would be called `{label}` in the report");
            error(
                errors,
                message,
                "remove one of the [[transport]] tables, or use repeat = 2 to measure twice",
            );
        }
    }
}

/// Whether anything falls into the window of every transport; the first in whose nothing does is enough.
fn window(scenario: &Scenario, errors: &mut Errors) {
    let mut warmups = scenario.transports.iter().map(|transport| super::warmup(scenario, transport));
    errors.extend(warmups.find_map(|warmup| empty_window(scenario, warmup)));
}

fn empty_window(scenario: &Scenario, warmup: Duration) -> Option<PlanError> {
    let (profile, whole) = (scenario.load.profile(), warmup + scenario.measure);
    let (thing, due, how_often) = match (profile.connections, profile.interval) {
        (Some(rate), _) => {
            let due = rate * scenario.measure.as_secs_f64() >= 1.0;
            ("connection", due, format!("at {}", show_rate(rate)))
        }
        (None, Some(every)) => {
            let stream = scenario.load.stream();
            let due = stream.map_or(every <= whole, |stream| any_due(&stream, warmup, scenario.measure));
            ("message", due, format!("every {}", show_duration(every)))
        }
        (None, None) => return None,
    };
    (!due).then(|| {
        let (measure, warmup) = (show_duration(scenario.measure), show_duration(warmup));
        let message = format!(
            "no {thing} would be scheduled in the window: {measure} after {warmup} of warmup, {thing}s {how_often}"
        );
        PlanError { message, help: format!("a longer `measure`, or more {thing}s") }
    })
}

/// Whether any message falls into the window.
fn any_due(publication: &Publication, warmup: Duration, measure: Duration) -> bool {
    let even = publication.arrivals == Arrivals::Constant && publication.audience == Audience::All;
    match even {
        // Due at 0, every, 2 x every...: the first one not before the window must come before its end.
        true => {
            let first = warmup.as_nanos().next_multiple_of(publication.every.as_nanos().max(1));
            first < (warmup + measure).as_nanos()
        }
        false => publication.every <= warmup + measure,
    }
}

fn poll(scenario: &Scenario, transport: &Transport, errors: &mut Errors) {
    let (label, profile) = (transport.label(), scenario.load.profile());
    let seldom = |every: &Duration| *every > scenario.measure && !profile.connects();
    if let Some(every) = transport.poll_interval().filter(seldom) {
        let measure = show_duration(scenario.measure);
        let message = format!("`{label}` polls less than once in a window of {measure}");
        error(errors, message, format!("a `measure` of several times {}", show_duration(every)));
    }
    if profile.clients_schedule() && !transport.keeps_all() {
        let message = format!(
            "`{label}` answers with the latest message only, so echoes between two polls would be lost"
        );
        error(errors, message, "polling = { reply = \"since\", .. }, or pace = \"closed\" at the load");
    }
}

/// The reference targets publish by themselves, and send what a client sends back to it alone.
fn by_reference(scenario: &Scenario, errors: &mut Errors) {
    if scenario.load.profile().needs_url() {
        let message = format!("[load.{}] is for an external server", scenario.load.name());
        let help =
            "name the server in [target], or use [load.push] or [load.broadcast] with the reference target";
        error(errors, message, help);
    }
    for transport in scenario.transports.iter().filter(|t| !t.reference()) {
        let message = format!("{} needs [target]: there is no reference target for it", transport.name());
        error(errors, message, "[target] and below it url = \"http://127.0.0.1:3000/\"");
    }
    for transport in scenario.transports.iter().filter(|t| t.has_cursor()) {
        let message = format!("`{}` has a cursor, and the reference target keeps its own", transport.label());
        error(errors, message, "remove `cursor`, or name a server in [target]");
    }
}

fn by_url(scenario: &Scenario, url: &TargetUrl, errors: &mut Errors) {
    own_clock(scenario, "an external server", errors);
    for speaks in scenario.transports.iter().filter(|t| !url.tls() && t.access().tls.is_some()) {
        let message = format!("`{}` speaks TLS, and there is none by {}://", speaks.label(), url.scheme);
        error(errors, message, "write https:// or wss:// in [target], or remove `tls`");
    }
    for other in &scenario.transports {
        let url = &url.of(other);
        let Some(scheme) = other.scheme().map(Scheme::name).filter(|&scheme| scheme != url.protocol()) else {
            continue;
        };
        // Its own path is by the scheme that it goes with.
        if other.access().path.is_some() {
            continue;
        }
        let message = format!("`{}` does not go with {}://", other.label(), url.scheme);
        let help = format!(
            "write {scheme}://.. in [target], a path = \"/..\" of its own in the [[transport]], or remove that"
        );
        error(errors, message, help);
    }
}

/// Who posts to a host loads it too.
fn posting(scenario: &Scenario, url: &TargetUrl, errors: &mut Errors) {
    let named = scenario.target.as_ref().is_some_and(|target| url.named_in(&target.authorised));
    if !url.on_loopback() && !named {
        let host = &url.host;
        let message = format!("refusing to `post` to {host}: it is not on this machine and not authorised");
        let help = format!(
            "if you own it or have its owner's consent: authorised = [\"{host}\"] in [target], or --authorised {host}"
        );
        error(errors, message, help);
    }
}

/// A third-party server publishes by a clock that we do not know.
fn own_clock(scenario: &Scenario, who: &str, errors: &mut Errors) {
    if scenario.load.publication().is_none() {
        return;
    }
    let load = scenario.load.name();
    let message =
        format!("[load.{load}] times messages by the server's clock, and {who} shares no clock with wsbench");
    let help = "[load.listen] receives what it pushes and times the gaps; with [load.publish] wsbench sends what all clients \
                get, with [load.echo] what each gets back, both timed by one clock";
    error(errors, message, help);
}

/// Which transports it speaks stands in its own folder; that is looked at when the run starts.
fn third_party(scenario: &Scenario, server: &ThirdParty, errors: &mut Errors) {
    own_clock(scenario, &format!("the third-party server `{}`", server.name), errors);
    if scenario.search.is_some() && server.behind.len() > 1 {
        let message = "a search asks for the limit of one server, and `behind` names several".to_owned();
        error(errors, message, "one of them in `behind`, or no [search]");
    }
}

fn measurable(scenario: &Scenario, (what, threshold): (&str, &Threshold), errors: &mut Errors) {
    if let Some(more) = threshold.max.filter(|&max| threshold.metric == Metric::LostRatio && max > 1.0) {
        let message =
            format!("the {what} on lost.ratio could never be crossed: {more} is {} %", more * 100.0);
        return error(errors, message, "a share is at most 1: write \"1 %\" or 0.01");
    }
    let (name, source) = (threshold.metric.name(), threshold.metric.family().source);
    let mut never = |why: &str, help: &str| {
        let message = format!("the {what} on {name} could never pass: {why}");
        error(errors, message, help);
    };
    // Of a load that only connects, a connection is what a message is elsewhere: all of it is measured.
    let profile = scenario.load.profile();
    let silent = profile.timing == Timing::Nothing;
    let concerned = || scenario.transports.iter().filter(|transport| threshold.concerns(transport));
    if profile.sender == Sender::External && source.needs_schedule() {
        let why = "[load.listen] shares no clock and no schedule with the server";
        never(why, "remove it, or choose another metric such as gap.p99 or received.rate");
    } else if silent && source.needs_messages() {
        let why = format!("[load.{}] has no messages to measure", scenario.load.name());
        never(&why, "remove it, or choose another metric (`wsbench list`)");
    } else if scenario.target.is_some() && source.needs_server() {
        never("the processes of an external server are unknown", "remove it, or [target]");
    } else if threshold.metric == Metric::Leaked
        && (scenario.groups.is_none() || scenario.load.publish().is_none())
    {
        never(
            "only [load.publish] to `groups` has rooms to leak from",
            "add groups = 50 at the top, or remove it",
        );
    } else if source.times() == Some(Times::Gap) && profile.timing != Timing::Gap {
        never("only [load.listen] times one message after the other", "remove it, or choose latency.p99");
    } else if source.times() == Some(Times::Age) && profile.timing != Timing::Delivery {
        let why =
            format!("[load.{}] has no stream whose newest message a client displays", scenario.load.name());
        never(&why, "remove it, or choose latency.p99");
    } else if source.times() == Some(Times::Lateness)
        && let Some(silent) = concerned().find(|transport| !samples::sends(scenario, transport))
    {
        let why = format!("under [load.{}] clients send nothing by {}", scenario.load.name(), silent.name());
        never(&why, "remove it, or choose another metric (`wsbench list`)");
    } else if source.times() == Some(Times::Response)
        && let Some(silent) = concerned().find(|transport| !transport.asks())
    {
        let help = match scenario.transports.iter().find(|transport| transport.asks()) {
            Some(asks) => {
                let asks = asks.name();
                format!("name a transport that has it: transport = \"{asks}\", in a flag `{name} of {asks}`")
            }
            None => "remove it, or choose another metric (`wsbench list`)".to_owned(),
        };
        never(&format!("{} has no requests", silent.name()), &help);
    }
}

/// A window that begins before the longest wait is over would hold too few messages for its bytes.
fn longer_warmup(scenario: &Scenario, transport: &Transport) -> Option<String> {
    let wait = transport.longest_wait();
    let (label, needed) = (transport.label(), show_duration(wait));
    (wait > scenario.warmup).then(|| format!("{label} warms up for {needed}: no poll is answered sooner"))
}

fn notes(scenario: &Scenario) -> Vec<String> {
    let mut notes: Vec<String> =
        scenario.transports.iter().filter_map(|t| longer_warmup(scenario, t)).collect();
    if scenario.load.profile().connects() && scenario.connect_rate != CONNECT_RATE {
        notes
            .push("connect-rate has no effect under [load.connect], whose own rate says how fast".to_owned());
    }
    let Some(publication) = scenario.load.publication() else { return notes };
    for transport in &scenario.transports {
        let Some(every) = transport.poll_interval().filter(|_| !transport.keeps_all()) else { continue };
        let overtaken =
            every > publication.every || (publication.arrivals == Arrivals::Poisson && !every.is_zero());
        if overtaken {
            notes.push(format!(
                "{} answers with the latest message only: those that a newer one overwrites are not delivered, by design",
                transport.label()
            ));
        }
    }
    notes
}
