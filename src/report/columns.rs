//! Which numbers a table shows; the load decides.
//!
//! It must not know how a table looks: the terminal and Markdown both come here.

use crate::plan::Where;
use crate::results::{Cell, Measurement};
use crate::scenario::{Load, Metric, Timing};
use crate::text::{Scale, Shown, Unit, natural, shared, show};

/// One column.
#[derive(Clone, Copy)]
pub struct Column {
    /// What stands above the head, over all neighbours of the same group.
    pub group: &'static str,
    /// Head; with the unit when the cells carry a prefix only.
    pub head: &'static str,
    /// Base unit.
    pub unit: Unit,
    number: Number,
}

#[derive(Clone, Copy)]
enum Number {
    Metric(Metric),
    /// Shown in tables alone; no threshold can name it.
    Own(fn(&Measurement) -> Option<f64>),
}

const fn metric(group: &'static str, head: &'static str, unit: Unit, metric: Metric) -> Column {
    Column { group, head, unit, number: Number::Metric(metric) }
}

const fn own(
    group: &'static str,
    head: &'static str,
    unit: Unit,
    of: fn(&Measurement) -> Option<f64>,
) -> Column {
    Column { group, head, unit, number: Number::Own(of) }
}

const OVERHEAD: Column = metric("overhead", "bit/s", Unit::BitsPerSecond, Metric::OverheadRate);
const BYTES: Column = metric("bytes per", "message", Unit::Bytes, Metric::BytesPerMessage);
const CPU: Column = metric("server", "CPU", Unit::Ratio, Metric::TargetCpu);
const MEMORY: Column = metric("server", "mem/client", Unit::Bytes, Metric::TargetMemoryPerClient);

const DELIVERY: &[Column] = &[
    OVERHEAD,
    BYTES,
    metric("delivery latency", "p50", Unit::Nanoseconds, Metric::LatencyP50),
    metric("delivery latency", "p99", Unit::Nanoseconds, Metric::LatencyP99),
    CPU,
    MEMORY,
];
const ECHO: &[Column] = &[
    OVERHEAD,
    BYTES,
    metric("round trip", "p50", Unit::Nanoseconds, Metric::LatencyP50),
    metric("round trip", "p99", Unit::Nanoseconds, Metric::LatencyP99),
    CPU,
    MEMORY,
];
/// Who stands by asks for nothing; a poller asks all the same, and its answers are timed.
const IDLE: &[Column] = &[
    own("bytes/s per client", "above TCP", Unit::Bytes, Measurement::bytes_per_second_and_client),
    own("bytes/s per client", "on the wire", Unit::Bytes, Measurement::wire_bytes_per_second_and_client),
    metric("response", "p50", Unit::Nanoseconds, Metric::ResponseP50),
    metric("response", "p99", Unit::Nanoseconds, Metric::ResponseP99),
    CPU,
    MEMORY,
];
/// A session that can carry messages is what a message is elsewhere, over however many TCP connections it was opened.
const CONNECT: &[Column] = &[
    metric("connects", "per second", Unit::PerSecond, Metric::Received),
    metric("bytes per", "connect", Unit::Bytes, Metric::BytesPerMessage),
    metric("due to usable", "p50", Unit::Nanoseconds, Metric::LatencyP50),
    metric("due to usable", "p99", Unit::Nanoseconds, Metric::LatencyP99),
    CPU,
];

/// Without a clock in common there is a rhythm, and no latency.
const LISTEN: &[Column] = &[
    metric("received", "per second", Unit::PerSecond, Metric::Received),
    own("bytes/s", "per client", Unit::Bytes, Measurement::bytes_per_second_and_client),
    metric("between messages", "p50", Unit::Nanoseconds, Metric::GapP50),
    metric("between messages", "p99", Unit::Nanoseconds, Metric::GapP99),
    metric("response", "p50", Unit::Nanoseconds, Metric::ResponseP50),
    metric("response", "p99", Unit::Nanoseconds, Metric::ResponseP99),
];

const WIRE: Column = metric("wire traffic, bit/s", "in all", Unit::BitsPerSecond, Metric::WireRate);
const WIRE_DOWN: Column = metric("wire traffic, bit/s", "down", Unit::BitsPerSecond, Metric::WireRateDown);
const WIRE_PER_CLIENT: Column =
    metric("wire traffic, bit/s", "per client", Unit::BitsPerSecond, Metric::WireRatePerClient);

/// What a user pays for and sees: with TCP/IP, and however many messages a client was content with.
const DISPLAY: &[Column] = &[
    WIRE,
    WIRE_DOWN,
    WIRE_PER_CLIENT,
    metric("age of displayed value", "mean", Unit::Nanoseconds, Metric::AgeMean),
    metric("age of displayed value", "p99", Unit::Nanoseconds, Metric::AgeP99),
];
const TOTALS: &[Column] = &[WIRE, WIRE_DOWN, WIRE_PER_CLIENT];

/// The columns of a load.
fn of(load: &Load) -> &'static [Column] {
    match load.profile().timing {
        Timing::Delivery => DELIVERY,
        Timing::RoundTrip => ECHO,
        Timing::Nothing => IDLE,
        Timing::Connection => CONNECT,
        Timing::Gap => LISTEN,
    }
}

/// A second table below the first: totals, and what a client displays.
fn totals_of(load: &Load) -> &'static [Column] {
    match load.profile().timing {
        Timing::Delivery => DISPLAY,
        Timing::RoundTrip | Timing::Nothing | Timing::Connection | Timing::Gap => TOTALS,
    }
}

/// The columns of the two tables of cells of one load, the more telling first: where messages were left out by design, what is
/// divided by those that came compares nothing.
pub fn tables(cells: &[&Cell<'_>]) -> [Vec<Column>; 2] {
    let mut tables = [shown(cells), totals(cells)];
    if cells.iter().any(|cell| cell.overwritten().is_some()) {
        tables.reverse();
    }
    tables
}

/// The columns of the second table of cells of one load.
fn totals(cells: &[&Cell<'_>]) -> Vec<Column> {
    cells.first().map_or_else(Vec::new, |first| totals_of(&first.trial().load).to_vec())
}

/// The columns of cells of one load. A server by URL is not ours to look at: what it costs has no column.
pub fn shown(cells: &[&Cell<'_>]) -> Vec<Column> {
    let Some(first) = cells.first() else { return vec![] };
    let seen = cells.iter().any(|cell| !matches!(cell.trial().target, Where::Url(_)));
    of(&first.trial().load).iter().filter(|column| seen || !column.of_the_server()).copied().collect()
}

impl Column {
    fn of_the_server(&self) -> bool {
        matches!(self.number, Number::Metric(metric) if metric.family().source.needs_server())
    }

    /// The value of a cell, base unit.
    pub fn value(&self, cell: &Cell<'_>) -> Option<f64> {
        match self.number {
            Number::Metric(metric) => cell.value(metric),
            Number::Own(of) => of(&cell.sum),
        }
    }

    /// The scale of the whole column, if its values compare.
    pub fn scale(&self, cells: &[&Cell<'_>]) -> Option<Scale> {
        shared(self.unit, cells.iter().filter_map(|cell| self.value(cell)))
    }

    /// The value of a cell as text.
    pub fn show(&self, cell: &Cell<'_>, scale: Option<Scale>) -> Shown {
        show(self.unit, self.value(cell), scale)
    }

    /// `72.6–72.8`: least and most of the repeats, in the unit of the cell above; empty without repeats.
    pub fn spread(&self, cell: &Cell<'_>, scale: Option<Scale>) -> Shown {
        let spread = match self.number {
            Number::Metric(metric) => cell.spread(|m| m.value(metric)),
            Number::Own(of) => cell.spread(of),
        };
        let Some((least, most)) = spread else { return Shown::default() };
        let scale = scale.unwrap_or_else(|| natural(self.unit, self.value(cell).unwrap_or(most)));
        let [least, most] = [least, most].map(|v| show(self.unit, Some(v), Some(scale)));
        let number = if least == most { least.number } else { format!("{}–{}", least.number, most.number) };
        Shown { number, unit: "" }
    }
}
