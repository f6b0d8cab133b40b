//! What a delivered message (an echo, a connection) weighs on the wire: payload, framing, headers, TLS, TCP/IP, up and down.
//!
//! It must not know other charts. Its other end is the byte ledger (`meter::traffic`).

use super::axis;
use super::frame::{Key, Swatch, Words, frame};
use super::scale::Scale;
use super::series::{Cell, Series};
use super::sheet::{Area, Ink, Sheet, Type};
use super::stroke::marker;
use super::timed::Timed;
use super::units::{bytes, in_words};
use crate::meter::{Flow, PhaseTraffic};
use crate::results::Report;

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
pub fn draw(reports: &[Report], all: &[Series<'_>]) -> Option<Sheet> {
    let rows: Vec<Row<'_>> = all.iter().filter_map(row).collect();
    if rows.is_empty() {
        return None;
    }
    let used = |part: usize| rows.iter().any(|row| row.up[part] + row.down[part] > 0.0);
    let keys: Vec<Key> = (0..PARTS.len())
        .filter(|&part| used(part))
        .map(|part| Key { text: PARTS[part].0.to_owned(), swatch: Swatch::Box(PARTS[part].1) })
        .collect();
    let mut sheet = Sheet::default();
    let timed = Timed::of(all);
    let area = frame(&mut sheet, reports, &words(timed, &rows), &keys);
    draw_rows(&mut sheet, area, timed, &rows);
    Some(sheet)
}

/// The largest size at which messages came.
fn row<'a>(series: &'a Series<'a>) -> Option<Row<'a>> {
    let of = |cell: &Cell<'_>| Some((stack(cell, |w| &w.up)?, stack(cell, |w| &w.down)?));
    let (cell, (up, down)) = series.cells.iter().rev().find_map(|cell| Some((cell, of(cell)?)))?;
    Some(Row { series, cell, up, down })
}

fn stack(cell: &Cell<'_>, way: impl Fn(&PhaseTraffic) -> &Flow) -> Option<Stack> {
    let part = |of: fn(&Flow) -> u64| cell.median(|run| run.per_message(of(way(run.window()))));
    Some([
        part(|f| f.payload)?,
        part(|f| f.framing)?,
        part(|f| f.headers)?,
        part(|f| f.tls)?,
        part(|f| f.tcp_ip)?,
    ])
}

fn total(stack: &Stack) -> f64 {
    stack.iter().sum()
}

fn draw_rows(sheet: &mut Sheet, whole: Area, timed: Timed, rows: &[Row<'_>]) {
    let name = Type::new(if rows.len() > 6 { 19.0 } else { 24.0 }, Ink::BLACK).bold();
    let names = rows.iter().map(|row| name.width(&row.series.label)).fold(120.0, f64::max).min(430.0) + 34.0;
    let area = whole.inset(names + 84.0, 0.0, 150.0, 66.0);
    let longest = rows.iter().flat_map(|row| [total(&row.up), total(&row.down)]);
    let scale = Scale::linear(longest, area.left, area.right);
    let ticks: Vec<(f64, String)> = scale.ticks().into_iter().map(|v| (scale.at(v), bytes(v))).collect();
    axis::horizontal(sheet, area, &ticks, &format!("bytes per {}", timed.one()));
    let pitch = area.height() / rows.len() as f64;
    for (n, row) in rows.iter().enumerate() {
        let top = area.top + pitch * n as f64;
        let band = Area { top, bottom: top + pitch, ..area };
        label(sheet, whole.left, band, row, name);
        let (bar, gap) = ((pitch * 0.34).min(64.0), (pitch * 0.06).min(8.0));
        let middle = f64::midpoint(band.top, band.bottom);
        draw_bar(
            sheet,
            Area { top: middle - gap / 2.0 - bar, bottom: middle - gap / 2.0, ..area },
            ("up", &row.up),
            &scale,
        );
        draw_bar(
            sheet,
            Area { top: middle + gap / 2.0, bottom: middle + gap / 2.0 + bar, ..area },
            ("down", &row.down),
            &scale,
        );
    }
    sheet.line(&[(area.left, area.top), (area.left, area.bottom)], 2.0, Ink::AXIS);
}

/// Name, size and sum of a row, in as many lines as there is room for.
fn label(sheet: &mut Sheet, left: f64, band: Area, row: &Row<'_>, name: Type) {
    let (middle, look) = (f64::midpoint(band.top, band.bottom), row.series.look_of(row.cell));
    let mark = row.cell.mark();
    let (size, sum) = (in_words(row.cell.clients) + mark, bytes(total(&row.up) + total(&row.down)));
    let (quiet, strong) = (Type::new(20.0, Ink::QUIET), Type::new(21.0, Ink::TEXT).bold());
    let (up, below) = match band.height() {
        high if high > 104.0 => (30.0, vec![(size, quiet), (format!("{sum} in all"), strong)]),
        high if high > 60.0 => (14.0, vec![(format!("{sum} in all{mark}"), quiet)]),
        _ => (0.0, vec![]),
    };
    let mut y = middle - up;
    marker(sheet, (left + 9.0, y), 9.0, look.marker, look.ink, look.hollow);
    sheet.centred((left + 30.0, y), &row.series.label, name);
    for (text, font) in below {
        y += 30.0;
        sheet.centred((left + 30.0, y), &text, font);
    }
}

fn draw_bar(sheet: &mut Sheet, bar: Area, (way, stack): (&str, &Stack), scale: &Scale) {
    let middle = f64::midpoint(bar.top, bar.bottom);
    let size = (bar.height() * 0.75).clamp(11.0, 21.0);
    sheet.centred((bar.left - 14.0, middle), way, Type::new(size, Ink::QUIET).end());
    let (mut sum, mut unnamed) = (0.0, Vec::new());
    for ((name, ink), &value) in PARTS.iter().zip(stack) {
        let piece = Area { left: scale.at(sum), right: scale.at(sum + value), ..bar };
        sum += value;
        if value > 0.0 {
            sheet.rect(piece, *ink);
            if !named_inside(sheet, piece, (name, value), (*ink, size)) {
                unnamed.push(format!("{} {name}", bytes(value)));
            }
        }
    }
    let bold = Type::new(size + 1.0, Ink::BLACK).bold();
    let (end, text) = (scale.at(sum) + 12.0, bytes(sum));
    sheet.centred((end, middle), &text, bold);
    // What found no room within, beside it, as long as it stays on the sheet.
    let (quiet, from) = (Type::new(size - 1.0, Ink::QUIET), end + bold.width(&text) + 14.0);
    let parts = unnamed.join(" + ");
    if from + quiet.width(&parts) < bar.right + 150.0 && sum > 0.0 {
        sheet.centred((from, middle), &parts, quiet);
    }
}

/// Writes a piece's value, and its name if that fits too, into it.
fn named_inside(sheet: &mut Sheet, piece: Area, (name, value): (&str, f64), (ink, size): (Ink, f64)) -> bool {
    let back = if ink.brightness() > 0.45 { Ink::BLACK } else { Ink::WHITE };
    let font = Type::new(size, back).middle();
    let texts = [format!("{} {name}", bytes(value)), bytes(value)];
    let Some(text) = texts.iter().find(|text| font.width(text) + 12.0 < piece.width()) else { return false };
    let middle = (f64::midpoint(piece.left, piece.right), f64::midpoint(piece.top, piece.bottom));
    sheet.centred(middle, text, font);
    true
}

fn words(timed: Timed, rows: &[Row<'_>]) -> Words {
    let sum = |row: &Row<'_>| total(&row.up) + total(&row.down);
    let by_sum = |a: &&Row<'_>, b: &&Row<'_>| sum(a).total_cmp(&sum(b));
    let sound = || rows.iter().filter(|row| row.cell.sound()).rev();
    let finding = match (sound().max_by(by_sum), sound().min_by(by_sum)) {
        _ if sound().any(|row| row.cell.overwritten()) => NOT_COMPARED.to_owned(),
        (Some(most), Some(least)) if sound().count() > 1 => format!(
            "TCP/IP included, {} takes {} per {}, {} {}",
            most.series.label,
            bytes(sum(most)),
            timed.one(),
            least.series.label,
            bytes(sum(least))
        ),
        _ => String::new(),
    };
    Words {
        title: format!("Bytes on the wire for one {}", timed.one()),
        finding,
        notes: vec![
            "up: client to server; down: server to client. Counted at the socket in the window; TCP/IP: IP and TCP \
             headers of all segments by the kernel's account, pure ACKs included."
                .to_owned(),
        ],
    }
}
