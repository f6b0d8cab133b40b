//! What flags of the command line put in place of what the file says: their settings are laid over the file, and what is
//! more than a key's value is done with the scenario that comes of it.
//!
//! It must not know the command line itself; `cli` fills an [`Overrides`].

use super::draft::{Draft, Setting};
use super::flags::Flag;
use super::thresholds::{each, names};
use super::{Over, Scenario, ScenarioError, ScenarioErrors, Threshold};
use crate::keys::span::quoted;
use crate::keys::suggest;
use crate::secret::redacted;
use crate::transport::Transport;

/// Flags; what was not given stays as the file says.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    settings: Vec<Setting>,
    transport: Vec<String>,
    written: Vec<String>,
}

impl Overrides {
    /// One more flag; `label` is what the user wrote, the flag or a variable.
    ///
    /// # Errors
    /// A value that cannot be taken apart, in a complete text.
    pub fn add(&mut self, flag: &Flag, label: &str, values: &[String]) -> Result<(), String> {
        self.settings.extend(flag.settings(label, values)?);
        let join = if flag.repeatable() { values.to_vec() } else { vec![values.join(",")] };
        self.written.extend(join.iter().map(|value| written(flag, value)));
        Ok(())
    }

    /// Names or labels of the scenario's transports to keep; none keeps all.
    pub fn keep(&mut self, transport: &[String]) {
        self.transport = transport.to_vec();
        self.written.extend(transport.iter().map(|name| format!("--transport {}", shell(name))));
    }

    /// The flags as one writes them, for the report.
    pub fn written(&self) -> Vec<String> {
        self.written.clone()
    }

    /// Reads a file with the flags laid over it; and notes about what followed from them: thresholds that no longer apply.
    ///
    /// # Errors
    /// All that is wrong with the file; then all that is wrong with the flags.
    pub fn read(&self, file_name: &str, text: &[u8]) -> Result<(Scenario, Vec<String>), ScenarioErrors> {
        let own = Scenario::parse(file_name, text)?;
        let draft = Draft::of(&self.settings);
        let mut scenario =
            if draft.is_empty() { own.clone() } else { Scenario::parse_with(file_name, text, &draft)? };
        if self.set("clients") {
            begin_search(&mut scenario, &own.clients);
        }
        let notes = self.filter(&mut scenario, own.thresholds.len())?;
        Ok((scenario, notes))
    }

    fn set(&self, key: &str) -> bool {
        self.settings.iter().any(|setting| setting.head.is_empty() && setting.key == [key])
    }

    /// Leaves out transports that were not asked for, with the file's thresholds on them; a rule of the flags on what another
    /// flag leaves out would be none. `own`: so many thresholds are the file's.
    fn filter(&self, scenario: &mut Scenario, own: usize) -> Result<Vec<String>, ScenarioErrors> {
        if self.transport.is_empty() {
            return Ok(vec![]);
        }
        self.known(&scenario.transports)?;
        scenario.transports.retain(|transport| self.asks(transport));
        let kept = each(&scenario.transports).join(", ");
        let mut notes = Vec::new();
        for (i, threshold) in std::mem::take(&mut scenario.thresholds).into_iter().enumerate() {
            let of = threshold.transport.as_deref().unwrap_or_default();
            if scenario.transports.iter().any(|transport| threshold.concerns(transport)) {
                scenario.thresholds.push(threshold);
            } else if i < own {
                notes.push(left_out(&threshold));
            } else {
                return Err(wrong(format!(
                    "--threshold: {of} is not a transport of this run; it has {kept}"
                )));
            }
        }
        Ok(notes)
    }

    /// Whether all names are of transports that the scenario has.
    fn known(&self, transports: &[Transport]) -> Result<(), ScenarioErrors> {
        let known = names(transports);
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let all = each(transports).join(", ");
        let unknown = self.transport.iter().filter(|name| !known.contains(&name.as_str()));
        let errors: Vec<ScenarioError> = unknown
            .flat_map(|name| {
                let near = suggest::meant(name, &known).map(|near| format!(" (did you mean {near}?)"));
                let (name, near) = (quoted(name).replace('`', ""), near.unwrap_or_default());
                wrong(format!("--transport {name}: the scenario has {all}{near}")).0
            })
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(ScenarioErrors(errors)) }
    }

    /// Whether `--transport` names it.
    fn asks(&self, transport: &Transport) -> bool {
        self.transport.iter().any(|asked| asked == transport.name() || *asked == transport.label())
    }
}

fn wrong(message: String) -> ScenarioErrors {
    ScenarioErrors::whole("", message, "")
}

fn left_out(threshold: &Threshold) -> String {
    let (metric, of) = (threshold.metric.name(), threshold.transport.as_deref().unwrap_or_default());
    format!("the threshold on {metric} of {of} is left out: --transport leaves {of} out")
}

/// `--clients` are a search's limits, and a single number is where it begins: the file's own end stays then, where it is an
/// end; without `to` that is the largest of its `own` sizes, where the search would have begun below.
fn begin_search(scenario: &mut Scenario, own: &[u32]) {
    let Some(search) = scenario.search.as_mut().filter(|search| search.over == Over::Clients) else { return };
    let begin = scenario.clients.iter().copied().max().map_or(0.0, f64::from);
    let sizes = || own.iter().copied().map(f64::from);
    let first = search.from.take().unwrap_or_else(|| sizes().fold(f64::INFINITY, f64::min));
    let end = search.to.or_else(|| sizes().reduce(f64::max).filter(|&largest| largest > first));
    search.to = end.filter(|&to| scenario.clients.len() == 1 && to > begin);
}

/// A flag as one writes it. What a header says is nobody's business.
fn written(flag: &Flag, value: &str) -> String {
    let value = if flag.name == "header" { value.split(':').next().unwrap_or_default() } else { value };
    let value = if flag.switch() && value == "true" { "" } else { value };
    let value = shell(&redacted(value));
    if value.is_empty() {
        format!("--{}", flag.name)
    } else {
        format!("--{}{}{value}", flag.name, if flag.switch() { "=" } else { " " })
    }
}

/// In quotes where a shell would take it apart.
fn shell(value: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:,%=+@".contains(c);
    if value.chars().all(plain) { value.to_owned() } else { format!("'{value}'") }
}
