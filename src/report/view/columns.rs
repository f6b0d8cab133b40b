//! Which numbers the tables of a load show.
//!
//! It must not know how a table looks. Its other end is [`super::table`].

use crate::plan::Where;
use crate::results::{Cell, Measurement};
use crate::scenario::{Load, Metric, Timing};
use crate::text::{self, Scale, Shown, Unit};

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
    /// Shown in tables alone, and defined here; no threshold can name it.
    Own(fn(&Measurement) -> Option<f64>, &'static str),
    /// How many times that of the baseline another number is.
    Ratio(&'static Column),
}

const fn metric(group: &'static str, head: &'static str, unit: Unit, metric: Metric) -> Column {
    Column { group, head, unit, number: Number::Metric(metric) }
}

const fn own(
    group: &'static str,
    head: &'static str,
    unit: Unit,
    of: fn(&Measurement) -> Option<f64>,
    about: &'static str,
) -> Column {
    Column { group, head, unit, number: Number::Own(of, about) }
}

const fn ratio(of: &'static Column) -> Column {
    Column { group: of.group, head: "ratio", unit: Unit::Ratio, number: Number::Ratio(of) }
}

const OVERHEAD: Column = metric("overhead", "bit/s", Unit::BitsPerSecond, Metric::OverheadRate);
const BYTES: Column = metric("bytes/message", "mean", Unit::Bytes, Metric::BytesPerMessage);
/// What applications have, and what of it passes.
const DELIVERED: Column = metric("payload per message", "delivered", Unit::Bytes, Metric::PayloadPerMessage);
const COMPRESSED: Column =
    metric("payload per message", "on wire", Unit::Bytes, Metric::WirePayloadPerMessage);
const CPU: Column = metric("server", "CPU", Unit::Ratio, Metric::TargetCpu);
const MEMORY: Column = metric("server", "mem/client", Unit::Bytes, Metric::TargetMemoryPerClient);

/// Of a load with messages, timed as `group` says.
const fn of_messages(group: &'static str) -> [Column; 9] {
    [
        OVERHEAD,
        BYTES,
        ratio(&BYTES),
        DELIVERED,
        COMPRESSED,
        metric(group, "p50", Unit::Nanoseconds, Metric::LatencyP50),
        metric(group, "p99", Unit::Nanoseconds, Metric::LatencyP99),
        CPU,
        MEMORY,
    ]
}

const DELIVERY: &[Column] = &of_messages("delivery latency");
const ECHO: &[Column] = &of_messages("round trip");
const STANDING_BY: Column =
    own("bytes/s per client", "above TCP", Unit::Bytes, Measurement::bytes_per_second_and_client, ABOVE_TCP);
const ABOVE_TCP: &str = "bytes above TCP, both directions, per second of the window and client";
/// An idle client asks for nothing; one that polls asks all the same, and its answers are timed.
const IDLE: &[Column] = &[
    STANDING_BY,
    ratio(&STANDING_BY),
    own(
        "bytes/s per client",
        "on the wire",
        Unit::Bytes,
        Measurement::wire_bytes_per_second_and_client,
        "bytes with TCP and IP headers, both directions, per second of the window and client",
    ),
    metric("response", "p50", Unit::Nanoseconds, Metric::ResponseP50),
    metric("response", "p99", Unit::Nanoseconds, Metric::ResponseP99),
    CPU,
    MEMORY,
];
const CONNECTION: Column = metric("bytes per", "connection", Unit::Bytes, Metric::BytesPerMessage);
/// A session that can carry messages is what a message is elsewhere, over however many TCP connections it was opened.
const CONNECT: &[Column] = &[
    metric("connections", "per second", Unit::PerSecond, Metric::Received),
    CONNECTION,
    ratio(&CONNECTION),
    metric("scheduled to usable", "p50", Unit::Nanoseconds, Metric::LatencyP50),
    metric("scheduled to usable", "p99", Unit::Nanoseconds, Metric::LatencyP99),
    CPU,
];

/// Without a clock in common there is a rhythm, and no latency.
const LISTEN: &[Column] = &[
    metric("received", "per second", Unit::PerSecond, Metric::Received),
    own("bytes/s", "per client", Unit::Bytes, Measurement::bytes_per_second_and_client, ABOVE_TCP),
    metric("between messages", "p50", Unit::Nanoseconds, Metric::GapP50),
    metric("between messages", "p99", Unit::Nanoseconds, Metric::GapP99),
    metric("response", "p50", Unit::Nanoseconds, Metric::ResponseP50),
    metric("response", "p99", Unit::Nanoseconds, Metric::ResponseP99),
];

const WIRE: Column = metric("wire traffic, bit/s", "total", Unit::BitsPerSecond, Metric::WireRate);
const WIRE_DOWN: Column = metric("wire traffic, bit/s", "down", Unit::BitsPerSecond, Metric::WireRateDown);
const WIRE_PER_CLIENT: Column =
    metric("wire traffic, bit/s", "per client", Unit::BitsPerSecond, Metric::WireRatePerClient);

/// What a user pays for and sees: with TCP/IP, and however many messages a client was content with.
const DISPLAY: &[Column] = &[
    WIRE,
    ratio(&WIRE),
    WIRE_DOWN,
    WIRE_PER_CLIENT,
    metric("age of displayed value", "mean", Unit::Nanoseconds, Metric::AgeMean),
    metric("age of displayed value", "p99", Unit::Nanoseconds, Metric::AgeP99),
];
const TOTALS: &[Column] = &[WIRE, ratio(&WIRE), WIRE_DOWN, WIRE_PER_CLIENT];

/// What HTTP/2 makes of heads, and what it says of itself.
const HTTP_2: [Column; 3] = [
    own(
        "heads per message",
        "HTTP/2",
        Unit::Bytes,
        Measurement::field_blocks,
        "heads of requests and answers as they passed, compressed by HPACK, per message received; handshakes are not in it",
    ),
    own(
        "heads per message",
        "as HTTP/1.1",
        Unit::Bytes,
        Measurement::field_blocks_as_http_1,
        "what the same fields would take in HTTP/1.1, computed; a client of HTTP/1.1 sends a few others",
    ),
    own(
        "control frames",
        "per message",
        Unit::Bytes,
        Measurement::control,
        "what HTTP/2 says of itself (SETTINGS, WINDOW_UPDATE, PING ..), per message received",
    ),
];

/// Where there is room, latencies at length.
const fn percentiles(group: &'static str) -> [Column; 6] {
    [
        metric(group, "p50", Unit::Nanoseconds, Metric::LatencyP50),
        metric(group, "p90", Unit::Nanoseconds, Metric::LatencyP90),
        metric(group, "p95", Unit::Nanoseconds, Metric::LatencyP95),
        metric(group, "p99", Unit::Nanoseconds, Metric::LatencyP99),
        metric(group, "p99.9", Unit::Nanoseconds, Metric::LatencyP999),
        metric(group, "max", Unit::Nanoseconds, Metric::LatencyMax),
    ]
}

/// The columns of a table of what is HTTP/2's own, where any of these cells speaks it.
pub fn of_http_2(cells: &[&Cell<'_>]) -> Vec<Column> {
    if cells.iter().any(|cell| cell.sum.over_http_2()) { HTTP_2.to_vec() } else { vec![] }
}

/// The columns of another table, of a load that has latencies.
pub fn at_length(load: &Load) -> Vec<Column> {
    match load.profile().timing {
        Timing::Delivery => percentiles("delivery latency").to_vec(),
        Timing::RoundTrip => percentiles("round trip").to_vec(),
        Timing::Connection => percentiles("scheduled to usable").to_vec(),
        Timing::Nothing | Timing::Gap => vec![],
    }
}

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
/// divided by those that came compares nothing. What nobody has a number for is no column: of a server by URL what it costs, of
/// one row alone its ratios.
pub fn tables(cells: &[&Cell<'_>], compared: bool) -> [Vec<Column>; 2] {
    let Some(first) = cells.first() else { return [vec![], vec![]] };
    let (load, external) = (&first.trial().load, cells.iter().all(|cell| by_url(cell)));
    let compresses = cells.iter().any(|cell| cell.sum.compressed());
    let overwriting = cells.iter().any(|cell| cell.overwritten().is_some());
    let comparable = |column: &Column| column.group != BYTES.group || !overwriting;
    let shown = |column: &&Column| {
        !(external && column.of_the_server())
            && (!column.is_ratio() || compared && comparable(column))
            && (compresses || !column.of_compression())
    };
    let mut tables = [of(load), totals_of(load)].map(|all| all.iter().filter(shown).copied().collect());
    if overwriting {
        tables.reverse();
    }
    tables
}

fn by_url(cell: &Cell<'_>) -> bool {
    matches!(cell.trial().target, Where::Url(_))
}

impl Column {
    fn of_the_server(&self) -> bool {
        matches!(self.number, Number::Metric(metric) if metric.family().source.needs_server())
    }

    /// What it shows; a ratio is said elsewhere.
    pub fn about(&self) -> Option<&'static str> {
        match self.number {
            Number::Metric(metric) => Some(metric.about()),
            Number::Own(_, about) => Some(about),
            Number::Ratio(_) => None,
        }
    }

    fn of_compression(&self) -> bool {
        use Metric::{PayloadPerMessage, WirePayloadPerMessage};
        matches!(self.number, Number::Metric(PayloadPerMessage | WirePayloadPerMessage))
    }

    /// Whether it tells how many times that of the baseline another is.
    pub fn is_ratio(&self) -> bool {
        matches!(self.number, Number::Ratio(_))
    }

    /// The value of a cell, base unit; of a ratio, to `base`.
    pub fn value(&self, cell: &Cell<'_>, base: Option<&Cell<'_>>) -> Option<f64> {
        match self.number {
            Number::Ratio(of) => {
                let ratio = of.value(cell, None)? / of.value(base?, None)?;
                ratio.is_finite().then_some(ratio)
            }
            Number::Metric(_) | Number::Own(..) => self.of_trials(&cell.sum),
        }
    }

    /// The value of one trial, or of several added up.
    fn of_trials(&self, trials: &Measurement) -> Option<f64> {
        match self.number {
            Number::Metric(metric) => trials.value(metric),
            Number::Own(of, _) => of(trials),
            Number::Ratio(_) => None,
        }
    }

    /// The scale of the whole column, if its values compare.
    pub fn scale(&self, cells: &[&Cell<'_>]) -> Option<Scale> {
        text::shared(self.unit, cells.iter().filter_map(|cell| self.value(cell, None)))
    }

    /// The value of a cell as text.
    pub fn show(&self, cell: &Cell<'_>, base: Option<&Cell<'_>>, scale: Option<Scale>) -> Shown {
        let value = self.value(cell, base);
        match value {
            Some(ratio) if self.is_ratio() => Shown { number: text::ratio(ratio), unit: "" },
            value => text::show(self.unit, value, scale),
        }
    }

    /// `72.6–72.8`: least and most of the repeats, in the unit of the cell above where they keep their digits in it; empty
    /// without repeats.
    pub fn spread(&self, cell: &Cell<'_>, scale: Option<Scale>) -> Shown {
        let Some((least, most)) = cell.spread(|trial| self.of_trials(trial)) else { return Shown::default() };
        let scale = scale.unwrap_or_else(|| text::natural(self.unit, self.value(cell, None).unwrap_or(most)));
        let keeps = least >= 0.1 * scale.factor && most < 999.5 * scale.factor;
        let one = |value: f64| match keeps {
            true => text::show(self.unit, Some(value), Some(scale)).number,
            false => text::show(self.unit, Some(value), None).joined(),
        };
        let (least, most) = (one(least), one(most));
        let number = if least == most { least } else { format!("{least}–{most}") };
        Shown { number, unit: "" }
    }
}
