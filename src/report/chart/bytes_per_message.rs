//! What a delivered message (an echo, a connection) weighs on the wire: payload, framing, headers, TLS, TCP/IP, up and down.
//!
//! It must not know other charts. Its other end is the byte ledger (`meter::traffic`).

use super::axis;
use super::frame::{Key, Swatch, Words, frame};
use super::scale::Scale;
use super::series::{Series, Subject, mark, sound};
use super::sheet::{Area, Ink, Sheet, Type};
use super::stroke::marker;
use super::timed::Timed;
use super::units::{Unit, count, listed, text, tick};
use crate::meter::Flow;
use crate::results::Cell;

/// (name, colour) of the parts in the order of the stack: told apart by brightness too.
const PARTS: [(&str, Ink); 5] = [
    ("payload", Ink(0x22, 0x22, 0x22)),
    ("framing", Ink(0xCC, 0x79, 0xA7)),
    ("headers", Ink(0xE6, 0x9F, 0x00)),
    ("TLS", Ink(0x56, 0xB4, 0xE9)),
    ("TCP/IP", Ink(0xC4, 0xC4, 0xC4)),
];

/// What leaves messages out divides its bytes by few.
const NOT_COMPARED: &str = "Not to be compared: messages that newer ones overwrote were never sent. What was moved in all \
                            is drawn as traffic";

/// Bytes of each part for one message, one way.
type Stack = [f64; 5];

/// One transport's two bars.
struct Row<'a> {
    series: &'a Series<'a>,
    cell: &'a Cell<'a>,
    up: Stack,
    down: Stack,
}

/// The chart; `None` when no message was received.
pub fn draw(subject: &Subject<'_>) -> Option<Sheet> {
    let rows: Vec<Row<'_>> = subject.all.iter().filter_map(row).collect();
    if rows.is_empty() {
        return None;
    }
    let used = |part: usize| rows.iter().any(|row| row.up[part] + row.down[part] > 0.0);
    let keys: Vec<Key> = (0..PARTS.len())
        .filter(|&part| used(part))
        .map(|part| Key { text: PARTS[part].0.to_owned(), swatch: Swatch::Box(PARTS[part].1) })
        .collect();
    let timed = Timed::of(subject);
    let pitch = if rows.len() > 6 { 84.0 } else { 112.0 };
    let words = words(subject, timed, &rows);
    let (mut sheet, area) = frame(subject, &words, &keys, pitch * rows.len() as f64 + FOOT);
    draw_rows(&mut sheet, area, (timed, pitch), &rows);
    Some(sheet)
}

/// The largest size at which messages came.
fn row<'a>(series: &'a Series<'a>) -> Option<Row<'a>> {
    let (cell, (up, down)) = series.largest(|cell| {
        let window = &cell.tally().traffic.window;
        let received = cell.tally().counts.received;
        (received > 0).then(|| (stack(&window.up, received), stack(&window.down, received)))
    })?;
    Some(Row { series, cell, up, down })
}

/// Of all repeats together: the sum of a stack is what a table says.
fn stack(flow: &Flow, received: u64) -> Stack {
    [flow.payload, flow.framing, flow.headers, flow.tls, flow.tcp_ip]
        .map(|bytes| bytes as f64 / received as f64)
}

fn total(stack: &Stack) -> f64 {
    stack.iter().sum()
}

/// Below the rows, for the axis.
const FOOT: f64 = 66.0;

fn draw_rows(sheet: &mut Sheet, whole: Area, (timed, pitch): (Timed, f64), rows: &[Row<'_>]) {
    let name = Type::new(if rows.len() > 6 { 20.0 } else { 24.0 }, Ink::BLACK).bold();
    let names = rows.iter().map(|row| name.width(&row.series.label)).fold(190.0, f64::max) + 34.0;
    let area = whole.inset(names + 84.0, 0.0, 150.0, FOOT);
    let longest = rows.iter().flat_map(|row| [total(&row.up), total(&row.down)]);
    let scale = Scale::linear(longest, area.left, area.right);
    let ticks: Vec<(f64, String)> =
        scale.ticks().into_iter().map(|v| (scale.at(v), tick(Unit::Bytes, v))).collect();
    axis::horizontal(sheet, area, &ticks, &format!("bytes per {}", timed.one()));
    for (n, row) in rows.iter().enumerate() {
        let top = area.top + pitch * n as f64;
        label(sheet, (whole.left, top + pitch / 2.0), row, name);
        let (bar, middle) = (pitch * 0.36, top + pitch / 2.0);
        let (up, down) = (
            Area { top: middle - 3.0 - bar, bottom: middle - 3.0, ..area },
            Area { top: middle + 3.0, bottom: middle + 3.0 + bar, ..area },
        );
        draw_bar(sheet, up, ("up", &row.up), &scale);
        draw_bar(sheet, down, ("down", &row.down), &scale);
    }
    sheet.line(&[(area.left, area.top), (area.left, area.bottom)], 2.0, Ink::AXIS);
}

/// Name, size and sum of a row.
fn label(sheet: &mut Sheet, (left, middle): (f64, f64), row: &Row<'_>, name: Type) {
    let look = row.series.look_of(row.cell);
    let size = count(row.cell.clients(), "client") + mark(row.cell);
    let sum = format!("{} in all", bytes(total(&row.up) + total(&row.down)));
    marker(sheet, (left + 9.0, middle - 27.0), 9.0, look.marker, look.ink, false);
    sheet.centred((left + 30.0, middle - 27.0), &row.series.label, name);
    sheet.centred((left + 30.0, middle), &size, Type::new(19.0, Ink::QUIET));
    sheet.centred((left + 30.0, middle + 26.0), &sum, Type::new(20.0, Ink::TEXT).bold());
}

fn bytes(value: f64) -> String {
    text(Unit::Bytes, value)
}

/// Of a part: without what is behind the point, unless that is much of it.
fn whole(value: f64) -> String {
    let round = value.round();
    bytes(if value > 10.0 || (value - round).abs() < 0.05 { round } else { value })
}

fn draw_bar(sheet: &mut Sheet, bar: Area, (way, stack): (&str, &Stack), scale: &Scale) {
    let middle = f64::midpoint(bar.top, bar.bottom);
    let size = (bar.height() * 0.75).clamp(16.0, 21.0);
    sheet.centred((bar.left - 14.0, middle), way, Type::new(size, Ink::QUIET).end());
    let (mut sum, mut unnamed) = (0.0, Vec::new());
    for ((name, ink), &value) in PARTS.iter().zip(stack) {
        let piece = Area { left: scale.at(sum), right: scale.at(sum + value), ..bar };
        sum += value;
        if value > 0.0 {
            sheet.rect(piece, *ink);
            if !named_inside(sheet, piece, (name, value), (*ink, size)) {
                unnamed.push(format!("{} {name}", whole(value)));
            }
        }
    }
    let bold = Type::new(size + 1.0, Ink::BLACK).bold();
    let (end, text) = (scale.at(sum) + 12.0, bytes(sum));
    let quiet = Type::new(size - 1.0, Ink::QUIET);
    let mut parts = if unnamed.is_empty() { String::new() } else { format!("with {}", unnamed.join(", ")) };
    let from = end + bold.width(&text) + 10.0;
    // What found no room within, beside it, as long as it stays on the sheet.
    if from + quiet.width(&parts) > bar.right + 150.0 || sum == 0.0 {
        parts.clear();
    }
    // Grid lines do not run through it.
    let behind = Area { left: end - 4.0, right: from + quiet.width(&parts), ..bar };
    sheet.rect(behind.inset(0.0, 4.0, 0.0, 4.0), Ink::WHITE);
    sheet.centred((end, middle), &text, bold);
    sheet.centred((from, middle), &parts, quiet);
}

/// Writes a piece's value, and its name if that fits too, into it.
fn named_inside(sheet: &mut Sheet, piece: Area, (name, value): (&str, f64), (ink, size): (Ink, f64)) -> bool {
    let back = if ink.brightness() > 0.45 { Ink::BLACK } else { Ink::WHITE };
    let font = Type::new(size, back).middle();
    let texts = [format!("{} {name}", whole(value)), whole(value)];
    let Some(text) = texts.iter().find(|text| font.width(text) + 12.0 < piece.width()) else { return false };
    let middle = (f64::midpoint(piece.left, piece.right), f64::midpoint(piece.top, piece.bottom));
    sheet.centred(middle, text, font);
    true
}

fn words(subject: &Subject<'_>, timed: Timed, rows: &[Row<'_>]) -> Words {
    let mut sums: Vec<(f64, &str)> = rows
        .iter()
        .filter(|row| sound(row.cell))
        .map(|row| (total(&row.up) + total(&row.down), row.series.label.as_str()))
        .collect();
    sums.sort_by(|a, b| a.0.total_cmp(&b.0));
    let finding = match &sums[..] {
        _ if subject.overwritten() => NOT_COMPARED.to_owned(),
        [] => String::new(),
        each => format!("One {} takes, TCP/IP included, {}", timed.one(), listed(each, bytes)),
    };
    Words {
        title: format!("Bytes on the wire per {}", timed.one()),
        finding,
        notes: vec![
            "up: client to server; down: server to client. Counted at the socket in the window; TCP/IP: IP and TCP \
             headers of all segments by the kernel's account, pure ACKs included."
                .to_owned(),
        ],
    }
}
