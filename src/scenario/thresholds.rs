//! `[[threshold]]`: what must hold in the end, in the unit of its metric.
//!
//! It must not know measurements; who compares is `run`.

use crate::keys::suggest;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use toml::Spanned;
use toml::de::DeValue;

use super::{Metric, Threshold, limits, units};
use crate::keys::error::{Fault, Faults};
use crate::keys::fields::Fields;
use crate::keys::kinds::{Kind, a};
use crate::keys::span::quoted;
use crate::text::Unit;
use crate::transport::Transport;

/// Reads all `[[threshold]]` tables.
pub(super) fn read_all(f: &mut Fields<'_>, transports: &[Transport]) -> Vec<Threshold> {
    let about = "a limit on a metric; a run that crosses it exits with 99";
    f.tables("threshold", about, limits::THRESHOLDS, |f| read(f, transports))
}

/// Reads one, of `[[threshold]]` or of another list of what must hold.
pub(super) fn read(f: &mut Fields<'_>, transports: &[Transport]) -> Option<Threshold> {
    let metric = f.required("metric", "the metric", Name);
    let transport = f.optional("transport", "the transport; every one when left out", Of(transports));
    // A misspelt name does not hide what is wrong with its limit.
    let unit = metric.and_then(|metric| metric.meant).map(Metric::unit);
    let metric = metric.and_then(|metric| metric.written);
    let max = f.optional("max", "largest allowed value, in the metric's unit", Limit(unit));
    let min = f.optional("min", "smallest allowed value, in the metric's unit", Limit(unit));
    let example = unit.map_or("0", |unit| unit.limit().1);
    f.any_of(&["max", "min"], &format!("such as max = {example}"));
    if let (Some(max), Some(min)) = (max, min)
        && min > max
    {
        f.wrong("min", "`min` is above `max`: no value could pass", "above `max`");
    }
    Some(Threshold { metric: metric?, transport, max, min })
}

/// Between the metric and its limit, where a threshold is a flag, and the key it stands for.
const SIGNS: [(&str, &str); 2] = [("<=", "max"), (">=", "min")];

/// A threshold as a flag says it: `latency.p99 of websocket <= 50ms`, or without a transport, of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule<'a> {
    /// Its name.
    pub metric: &'a str,
    /// Name or label.
    pub transport: Option<&'a str>,
    /// `max` or `min`.
    pub side: &'static str,
    /// As it was written.
    pub limit: &'a str,
}

impl<'a> Rule<'a> {
    /// Takes a flag apart; `None` where it has no sign.
    pub fn of(text: &'a str) -> Option<Rule<'a>> {
        SIGNS.iter().find_map(|(sign, side)| {
            let (left, limit) = text.split_once(sign)?;
            let (metric, transport) = match left.split_once(" of ") {
                Some((metric, transport)) => (metric, Some(transport.trim())),
                None => (left, None),
            };
            Some(Rule { metric: metric.trim(), transport, side, limit: limit.trim() })
        })
    }
}

/// A threshold as it stands in a file: with the unit of its numbers, and of the value beside it, for those who read it
/// without this program. Read again, the metric alone decides.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    metric: Metric,
    #[serde(default)]
    unit: String,
    transport: Option<String>,
    max: Option<f64>,
    min: Option<f64>,
}

impl From<Threshold> for Written {
    fn from(threshold: Threshold) -> Written {
        let Threshold { metric, transport, max, min } = threshold;
        Written { metric, unit: metric.unit().sign().to_owned(), transport, max, min }
    }
}

impl From<Written> for Threshold {
    fn from(Written { metric, transport, max, min, .. }: Written) -> Threshold {
        Threshold { metric, transport, max, min }
    }
}

impl Threshold {
    /// Whether it speaks of this transport: its name, its label, or none.
    pub fn concerns(&self, transport: &Transport) -> bool {
        self.transport.as_deref().is_none_or(|name| name == transport.name() || name == transport.label())
    }
}

/// The name of a metric.
struct Name;

/// The metric of a name, and the one that was meant by it.
#[derive(Clone, Copy)]
struct Named {
    written: Option<Metric>,
    meant: Option<Metric>,
}

impl Kind for Name {
    type Value = Named;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<Named> {
        let Some(text) = at.get_ref().as_str() else {
            let message = format!("`{key}` must be a string, not {}", a(at.get_ref()));
            faults.push(Fault::at(at.span(), message).label("such as \"latency.p99\""));
            return None;
        };
        let written = Metric::from_name(text);
        let names: Vec<_> = Metric::ALL.iter().map(|metric| metric.name()).collect();
        if written.is_none() {
            let fault = Fault::at(at.span(), format!("there is no metric {}", quoted(text)));
            faults.push(
                fault
                    .label(suggest::did_you_mean(text, &names))
                    .help(format!("metrics: {}", names.join(", "))),
            );
        }
        let meant = written.or_else(|| Metric::from_name(suggest::meant(text, &names)?));
        Some(Named { written, meant })
    }

    fn schema(&self) -> Json {
        json!({ "enum": Metric::ALL.iter().map(|metric| metric.name()).collect::<Vec<_>>() })
    }

    fn written(&self, value: &Named) -> Json {
        value.written.map_or(Json::Null, |metric| metric.name().into())
    }

    fn example(&self) -> String {
        "\"latency.p99\"".to_owned()
    }
}

/// The name or label of one of the scenario's transports.
struct Of<'a>(&'a [Transport]);

impl Kind for Of<'_> {
    type Value = String;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<String> {
        let Some(text) = at.get_ref().as_str() else {
            faults.push(Fault::at(at.span(), format!("`{key}` must be a string, not {}", a(at.get_ref()))));
            return None;
        };
        let names = names(self.0);
        // Without any the transports are wrong themselves, and that is said already.
        if names.is_empty() || names.iter().any(|name| name == text) {
            return Some(text.to_owned());
        }
        let known: Vec<_> = names.iter().map(String::as_str).collect();
        let fault = Fault::at(at.span(), format!("the scenario has no transport {}", quoted(text)));
        faults.push(
            fault
                .label(suggest::did_you_mean(text, &known))
                .help(format!("it has {}", each(self.0).join(", "))),
        );
        None
    }

    fn schema(&self) -> Json {
        json!({ "type": "string", "examples": ["websocket", "polling 1s"] })
    }

    fn written(&self, value: &String) -> Json {
        value.as_str().into()
    }

    fn example(&self) -> String {
        "\"websocket\"".to_owned()
    }
}

/// One name for each transport, the shortest that is its own.
pub(super) fn each(transports: &[Transport]) -> Vec<String> {
    let alone = |name: &str| transports.iter().filter(|transport| transport.name() == name).count() == 1;
    let name = |t: &Transport| if alone(t.name()) { t.name().to_owned() } else { t.label() };
    transports.iter().map(name).collect()
}

/// The names of the transports and, where they differ, their labels.
pub(super) fn names(transports: &[Transport]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for transport in transports {
        for name in [transport.name().to_owned(), transport.label()] {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// A number in a metric's unit; `None` when the metric is not known.
pub(super) struct Limit(pub(super) Option<Unit>);

impl Limit {
    /// What it is called, and a good value in TOML.
    fn words(&self) -> (&'static str, &'static str) {
        self.0.map_or(("limit", "\"5ms\", \"1KiB\" or 0"), Unit::limit)
    }

    fn text(&self, text: &str) -> Result<f64, String> {
        match self.0 {
            None => any(text),
            Some(Unit::Nanoseconds) => units::duration(text).map(|d| d.as_nanos() as f64),
            Some(Unit::CpuSeconds) => units::duration(text).map(|d| d.as_secs_f64()),
            Some(Unit::Bytes) => units::size(text).map(|bytes| bytes as f64),
            Some(Unit::BitsPerSecond) => units::bit_rate(text),
            Some(Unit::Ratio) => units::ratio(text),
            Some(Unit::PerSecond) => units::rate(text),
            Some(Unit::Count) => units::count(text).map(|count| count as f64),
        }
    }

    fn number(&self, text: &str) -> Result<f64, String> {
        // Where the metric is not known, its limit may be a number.
        match (self.0.or(Some(Unit::Count)), text.parse::<f64>()) {
            (Some(Unit::Ratio | Unit::Count), Ok(value)) if value.is_nan() => Err("it is nan".to_owned()),
            (Some(Unit::Ratio | Unit::Count), Ok(value)) if value.is_infinite() => {
                Err("it is infinite".to_owned())
            }
            (Some(Unit::Ratio | Unit::Count), Ok(value)) if value < 0.0 => Err("it is negative".to_owned()),
            (Some(Unit::Ratio | Unit::Count), Ok(value)) => Ok(value),
            (Some(Unit::Ratio | Unit::Count), Err(_)) => Err("it is not a decimal number".to_owned()),
            _ => Err("it has no unit".to_owned()),
        }
    }
}

/// A limit of a metric that is not known: whether any has such limits.
fn any(text: &str) -> Result<f64, String> {
    let some = Metric::ALL.iter().any(|metric| Limit(Some(metric.unit())).text(text).is_ok());
    if some { Ok(0.0) } else { Err("no metric has such a limit".to_owned()) }
}

impl Kind for Limit {
    type Value = f64;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<f64> {
        let (what, example) = self.words();
        let value = match at.get_ref() {
            DeValue::String(text) => self.text(text),
            DeValue::Integer(number) if number.radix() == 10 => self.number(number.as_str()),
            DeValue::Float(number) => self.number(number.as_str()),
            other => Err(format!("it is {}", a(other))),
        };
        let wrong = |why: String| {
            let fault = Fault::at(at.span(), format!("`{key}` is not a {what}: {why}"));
            faults.push(fault.label(format!("expected a {what} such as {example}")));
        };
        value.map_err(wrong).ok()
    }

    fn schema(&self) -> Json {
        let examples = match self.0 {
            Some(Unit::Count) => json!([2]),
            Some(Unit::Ratio) => json!(["10 %", 0.1]),
            // A schema does not know the metric that stands beside the key.
            _ => json!(["5ms", "1KiB", "1 %", "10 Mbit/s", "100/s", 0]),
        };
        json!({ "type": ["string", "number"], "examples": examples })
    }

    fn written(&self, value: &f64) -> Json {
        json!(value)
    }

    fn example(&self) -> String {
        self.words().1.to_owned()
    }
}
