//! What must hold of a comparison: `latency.p99 of websocket > 1.2x` fails it.
//!
//! It must not know what follows from that. Chance alone must not make it red: a limit is crossed where the ratio is beyond it
//! and the interval is on one side of 1. Exact numbers need no interval.

use serde::Serialize;

use super::Cell;
use super::pair::Pair;
use super::row::Row;
use crate::plan::Trial;
use crate::scenario::Metric;
use crate::text::factor;

/// A limit of a ratio.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// Of which metric.
    pub metric: Metric,
    /// Name or label; every transport without one.
    transport: Option<String>,
    /// Beyond it is above it.
    above: bool,
    limit: f64,
    /// As it was written.
    text: String,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The ratio is beyond the limit, and not by chance.
    Crossed,
    /// Nothing of its interval is beyond the limit; of numbers without one, the ratio is not.
    Holds,
    /// Neither can be told.
    CannotTell,
    /// There is no such number.
    NotMeasured,
}

/// A gate for one row.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    /// As it was written.
    pub gate: String,
    /// `websocket, 1,000 clients`.
    pub row: String,
    /// What was found.
    pub ratio: Option<f64>,
    /// What became of it.
    pub state: State,
    /// All of it in a line.
    pub text: String,
}

impl Gate {
    /// Reads `METRIC [of TRANSPORT] > 1.2x`, or `< 0.9x`.
    ///
    /// # Errors
    /// What it is instead.
    pub fn parse(text: &str) -> Result<Gate, String> {
        let how = "write it as 'latency.p99 > 1.2x' or 'received.rate of websocket < 0.9x'";
        let sides = text.split_once('>').map(|sides| (sides, true));
        let sides = sides.or_else(|| text.split_once('<').map(|sides| (sides, false)));
        let ((name, limit), above) = sides.ok_or_else(|| format!("it has neither > nor <: {how}"))?;
        let (name, transport) = match name.split_once(" of ") {
            Some((name, transport)) => (name.trim(), Some(transport.trim().to_owned())),
            None => (name.trim(), None),
        };
        let metric = Metric::from_name(name);
        let metric = metric.ok_or_else(|| format!("there is no metric {name}: `wsbench list` names them"))?;
        let number = limit.trim().strip_suffix('x').and_then(|number| number.trim_end().parse::<f64>().ok());
        let limit = number.filter(|limit| limit.is_finite() && *limit > 0.0);
        let limit = limit.ok_or_else(|| format!("its limit is no ratio such as 1.2x: {how}"))?;
        Ok(Gate { metric, transport, above, limit, text: text.trim().to_owned() })
    }

    /// Whether it speaks of this row.
    pub fn concerns(&self, trial: &Trial) -> bool {
        self.transport.as_deref().is_none_or(|name| trial.is_called(name))
    }

    fn beyond(&self, ratio: f64) -> bool {
        if self.above { ratio > self.limit } else { ratio < self.limit }
    }

    fn state(&self, row: &Row) -> State {
        let Some(ratio) = row.ratio.filter(|_| row.base.is_some() && row.new.is_some()) else {
            let nothing = row.exact && row.new == Some(0.0);
            return if nothing { State::Holds } else { State::NotMeasured };
        };
        match row.interval {
            _ if row.exact => {
                if self.beyond(ratio) {
                    State::Crossed
                } else {
                    State::Holds
                }
            }
            None => State::CannotTell,
            Some(interval) => {
                let certain = if self.above { interval.low > 1.0 } else { interval.high < 1.0 };
                let farthest = if self.above { interval.high } else { interval.low };
                match () {
                    () if self.beyond(ratio) && certain => State::Crossed,
                    () if !self.beyond(farthest) => State::Holds,
                    () => State::CannotTell,
                }
            }
        }
    }
}

/// One entry a row that it speaks of; one that says so where there is none.
pub fn judge(gate: &Gate, pairs: &[Pair<'_>], cells: &[Cell]) -> Vec<Judged> {
    let judged = |row: &str, of: Option<&Row>| {
        let state = of.map_or(State::NotMeasured, |of| gate.state(of));
        let ratio = of.and_then(|of| of.ratio);
        let text = format!("{}: {} ({row})", gate.text, found(state, ratio, of));
        Judged { gate: gate.text.clone(), row: row.to_owned(), ratio, state, text }
    };
    let concerned = pairs.iter().zip(cells).filter(|(pair, _)| gate.concerns(pair.trial()));
    let all: Vec<Judged> = concerned
        .map(|(_, cell)| judged(&cell.label, cell.rows.iter().find(|row| row.metric == gate.metric.name())))
        .collect();
    if all.is_empty() { vec![judged("no row", None)] } else { all }
}

/// `1.34x, 1.21–1.48`; and what keeps it from being told.
fn found(state: State, ratio: Option<f64>, row: Option<&Row>) -> String {
    let Some((ratio, row)) = ratio.zip(row) else {
        return if state == State::Holds { "nothing in either" } else { "not measured" }.to_owned();
    };
    let number = factor(ratio);
    let range = super::words::interval(row);
    match state {
        State::CannotTell if row.interval.is_none() => format!("{number}, cannot tell: {range}"),
        State::CannotTell => format!("{number}, cannot tell: {range}{}", super::words::more(row)),
        _ => format!("{number}, {range}"),
    }
}
