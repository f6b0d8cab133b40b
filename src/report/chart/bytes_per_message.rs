//! What a delivered message (an echo, a connection) weighs on the wire: payload, framing, headers, HTTP/2's control
//! frames, TLS, TCP/IP, up and down.
//!
//! It must not know how bars are drawn (`rows`). Its other end is the byte ledger (`meter::traffic`): a stack is of all repeats
//! together, so that the sum is what a table says.

use super::bar::{Axis, Bar, Part};
use super::frame::{Key, Swatch, Words};
use super::rows::{Group, Panel, Row, Rows};
use super::series::{Series, Subject, common_size, mark, size, sound};
use super::sheet::{Ink, Sheet};
use super::timed::Timed;
use super::units::{Unit, listed, text};
use crate::meter::Flow;
use crate::results::Cell;

/// (name, colour) of the parts in the order of the stack: told apart by brightness too.
const PARTS: [(&str, Ink); 6] = [
    ("payload", Ink(0x22, 0x22, 0x22)),
    ("framing", Ink(0xCC, 0x79, 0xA7)),
    ("headers", Ink(0xE6, 0x9F, 0x00)),
    ("HTTP/2 control", Ink(0x00, 0x9E, 0x73)),
    ("TLS", Ink(0x56, 0xB4, 0xE9)),
    ("TCP/IP", Ink(0xC4, 0xC4, 0xC4)),
];

/// What leaves messages out divides its bytes by few.
const NOT_COMPARED: &str = "Not to be compared: messages that newer ones overwrote were never sent. What was moved in all \
                            is drawn as traffic";

/// Bytes of each part per message, one way.
type Stack = [f64; 6];

/// One transport, at the largest size at which messages came.
struct Weight<'a> {
    series: &'a Series<'a>,
    cell: &'a Cell<'a>,
    up: Stack,
    down: Stack,
}

impl<'a> Weight<'a> {
    fn of(series: &'a Series<'a>) -> Option<Weight<'a>> {
        let received = |cell: &Cell<'_>| Some(cell.tally().counts.received).filter(|count| *count > 0);
        let (cell, received) = series.largest(received)?;
        let stack = |f: &Flow| {
            [f.payload, f.framing, f.headers, f.control, f.tls, f.tcp_ip]
                .map(|bytes| bytes as f64 / received as f64)
        };
        let window = &cell.tally().traffic.window;
        Some(Weight { series, cell, up: stack(&window.up), down: stack(&window.down) })
    }

    fn total(&self) -> f64 {
        self.up.iter().chain(&self.down).sum()
    }

    /// Its name and sum, and a bar for each way; its size too where not all are of the same.
    fn group(&self, common: bool) -> Group {
        let size = if common { String::new() } else { size(self.cell.clients()) };
        let row = |name: &str, stack: &Stack| Row {
            name: name.to_owned(),
            look: self.series.look_of(self.cell),
            bars: vec![Some(bar(stack))],
        };
        Group {
            name: format!("{}{size}{}: {}", self.series.label, mark(self.cell), bytes(self.total())),
            rows: vec![row("up", &self.up), row("down", &self.down)],
        }
    }
}

fn bar(stack: &Stack) -> Bar {
    let part = |(&(name, ink), &value): (&(&str, Ink), &f64)| Part {
        value,
        ink,
        names: [format!("{} {name}", whole(value)), whole(value)],
    };
    let sum = stack.iter().sum();
    Bar { parts: PARTS.iter().zip(stack).map(part).collect(), ..Bar::plain(sum, bytes(sum)) }
}

fn bytes(value: f64) -> String {
    text(Unit::Bytes, value)
}

/// Of a part: without what is behind the point, unless that is much of it.
fn whole(value: f64) -> String {
    let round = value.round();
    bytes(if value > 10.0 || (value - round).abs() < 0.05 { round } else { value })
}

/// The chart; `None` when no message was received.
pub fn draw(subject: &Subject<'_>) -> Option<Sheet> {
    let all: Vec<Weight<'_>> = subject.all.iter().filter_map(Weight::of).collect();
    let one = Timed::of(subject).one;
    let used = |part: usize| all.iter().any(|weight| weight.up[part] + weight.down[part] > 0.0);
    let key = |part: usize| Key { text: PARTS[part].0.to_owned(), swatch: Swatch::Box(PARTS[part].1) };
    let keys: Vec<Key> = (0..PARTS.len()).filter(|&part| used(part)).map(key).collect();
    let common = common_size(all.iter().map(|weight| weight.cell));
    let rows = Rows {
        panels: vec![Panel { title: format!("bytes per {one}"), axis: Axis::Linear, unit: Unit::Bytes }],
        groups: all.iter().map(|weight| weight.group(common.is_some())).collect(),
        left_out: vec![],
    };
    let mut words = words(subject, one, &all);
    words.title += common.as_deref().unwrap_or_default();
    rows.sheet(subject, words, &keys)
}

fn words(subject: &Subject<'_>, one: &str, all: &[Weight<'_>]) -> Words {
    let sound = all.iter().filter(|weight| sound(weight.cell));
    let mut sums: Vec<(f64, &str)> =
        sound.map(|weight| (weight.total(), weight.series.label.as_str())).collect();
    sums.sort_by(|a, b| a.0.total_cmp(&b.0));
    let finding = match &sums[..] {
        _ if subject.overwritten() => NOT_COMPARED.to_owned(),
        [] => String::new(),
        each => format!("One {one} takes, TCP/IP included, {}", listed(each, bytes)),
    };
    Words {
        title: format!("Bytes on the wire per {one}"),
        finding,
        notes: vec![
            "up: client to server; down: server to client. Counted at the socket in the window; TCP/IP: IP and TCP \
             headers of all segments by the kernel's account, pure ACKs included."
                .to_owned(),
        ],
    }
}
