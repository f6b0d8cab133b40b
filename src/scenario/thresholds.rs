//! `[[threshold]]`: what must hold in the end, in the unit of its metric.
//!
//! It must not know measurements; who compares is `run`.

use serde_json::{Value as Json, json};
use toml::Spanned;
use toml::de::DeValue;
use wsbench_targets::wire::Transport;

use super::error::{Fault, Faults};
use super::fields::Fields;
use super::kinds::{Kind, a};
use super::place::quoted;
use super::{Metric, Threshold, Unit, limits, suggest, units};

/// Reads all `[[threshold]]` tables.
pub(super) fn read_all(f: &mut Fields<'_>, transports: &[Transport]) -> Vec<Threshold> {
    let about = "what must hold; a run in which it does not exits with 99";
    f.tables("threshold", about, limits::THRESHOLDS, |f| read(f, transports))
}

/// Reads one, of `[[threshold]]` or of another list of what must hold.
pub(super) fn read(f: &mut Fields<'_>, transports: &[Transport]) -> Option<Threshold> {
    let metric = f.required("metric", "which number", Name);
    let transport =
        f.optional("transport", "of which transport; of each when it is not said", Of(transports));
    let unit = metric.map(Metric::unit);
    let max = f.optional("max", "at the most, in the metric's unit", Limit(unit));
    let min = f.optional("min", "at the least, in the metric's unit", Limit(unit));
    let example = unit.map_or("max = 0", |unit| Limit(Some(unit)).words().1);
    f.any_of(&["max", "min"], &format!("such as max = {}", example.trim_start_matches("max = ")));
    if let (Some(max), Some(min)) = (max, min)
        && min > max
    {
        f.wrong("min", "`min` is above `max`: nothing could hold", "above `max`");
    }
    Some(Threshold { metric: metric?, transport, max, min })
}

impl Threshold {
    /// Whether it speaks of this transport: its name, its label, or none.
    pub fn concerns(&self, transport: &Transport) -> bool {
        self.transport.as_deref().is_none_or(|name| name == transport.name() || name == transport.label())
    }
}

/// The name of a metric.
struct Name;

impl Kind for Name {
    type Value = Metric;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<Metric> {
        let Some(text) = at.get_ref().as_str() else {
            let message = format!("`{key}` must be a string, not {}", a(at.get_ref()));
            faults.push(Fault::at(at.span(), message).label("such as \"latency.p99\""));
            return None;
        };
        let metric = Metric::from_name(text);
        if metric.is_none() {
            let names: Vec<_> = Metric::ALL.iter().map(|metric| metric.name()).collect();
            let fault = Fault::at(at.span(), format!("there is no metric {}", quoted(text)));
            faults.push(
                fault
                    .label(suggest::did_you_mean(text, &names))
                    .help(format!("metrics: {}", names.join(", "))),
            );
        }
        metric
    }

    fn schema(&self) -> Json {
        json!({ "enum": Metric::ALL.iter().map(|metric| metric.name()).collect::<Vec<_>>() })
    }

    fn written(&self, value: &Metric) -> Json {
        value.name().into()
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
            fault.label(suggest::did_you_mean(text, &known)).help(format!("it has {}", known.join(", "))),
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
    /// What it is, and a good value in TOML.
    fn words(&self) -> (&'static str, &'static str) {
        match self.0 {
            Some(Unit::Nanoseconds | Unit::CpuSeconds) => ("a duration", "\"5ms\""),
            Some(Unit::Bytes) => ("a size", "\"1KiB\""),
            Some(Unit::BitsPerSecond) => ("a bit rate", "\"10 Mbit/s\""),
            Some(Unit::Ratio) => ("a share", "\"1 %\" or 0.01"),
            Some(Unit::PerSecond) => ("a rate", "\"100/s\""),
            Some(Unit::Count) | None => ("a number", "0"),
        }
    }

    fn text(&self, text: &str) -> Result<f64, String> {
        match self.0 {
            None => Ok(0.0),
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
        match (self.0, text.parse::<f64>()) {
            (None, _) => Ok(0.0),
            (Some(Unit::Ratio | Unit::Count), Ok(value)) if value.is_nan() => Err("it is nan".to_owned()),
            (Some(Unit::Ratio | Unit::Count), Ok(value)) if value.is_infinite() => {
                Err("it is infinite".to_owned())
            }
            (Some(Unit::Ratio | Unit::Count), Ok(value)) if value < 0.0 => Err("it is negative".to_owned()),
            (Some(Unit::Ratio | Unit::Count), Ok(value)) => Ok(value),
            (Some(Unit::Ratio | Unit::Count), Err(_)) => Err("it is no decimal number".to_owned()),
            (Some(_), _) => Err("it has no unit".to_owned()),
        }
    }
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
            let fault = Fault::at(at.span(), format!("`{key}` is not {what}: {why}"));
            faults.push(fault.label(format!("expected {what} such as {example}")));
        };
        value.map_err(wrong).ok()
    }

    fn schema(&self) -> Json {
        json!({ "type": ["string", "number"], "examples": ["5ms", "1KiB", "1 %", "10 Mbit/s", "100/s", 0] })
    }

    fn written(&self, value: &f64) -> Json {
        json!(value)
    }

    fn example(&self) -> String {
        self.words().1.to_owned()
    }
}
