//! Two outcomes of a trial that are never one for the other: may the measurement be believed, and how did the server do?
//!
//! It must not know the rules that find them (`run::verdict`), nor which exit code follows (`cli::exit`).

use serde::{Deserialize, Serialize};

use super::check::Check;

/// The warnings about one trial; none means valid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Verdict {
    /// Everything that speaks against the numbers, and plain notes.
    pub warnings: Vec<Warning>,
}

/// A verdict as it stands in a file: with both outcomes in a word, for those who read it without this program. Read
/// again, the warnings alone decide.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    status: Option<Status>,
    #[serde(default)]
    server: Option<Server>,
    #[serde(alias = "doubts")]
    warnings: Vec<Warning>,
}

impl From<Verdict> for Written {
    fn from(verdict: Verdict) -> Written {
        let (status, server) = (Some(verdict.status()), Some(verdict.server()));
        Written { status, server, warnings: verdict.warnings }
    }
}

impl From<Written> for Verdict {
    fn from(written: Written) -> Verdict {
        Verdict { warnings: written.warnings }
    }
}

/// What one check has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// Which check. Programs that read results know it as `code`.
    #[serde(rename = "code")]
    pub check: Check,
    /// How bad.
    pub severity: Severity,
    /// Whose fault it is; in files older than this field, the measurement's.
    #[serde(default)]
    pub blames: Blame,
    /// What was found, and what to do.
    pub text: String,
}

/// Whose fault something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blame {
    /// The generator's, the machine's or the accounting's: it speaks against the numbers.
    #[default]
    Measurement,
    /// The server's: the numbers are right, and say how it did.
    Server,
}

impl Blame {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Blame::Measurement => "measurement",
            Blame::Server => "server",
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; the numbers stand.
    Note,
    /// The numbers may be off.
    Suspect,
    /// The server did not do what it should; the numbers stand.
    Failed,
    /// The numbers are wrong, or are not what was asked for.
    Invalid,
}

impl Severity {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Suspect => "suspect",
            Severity::Failed => "failed",
            Severity::Invalid => "invalid",
        }
    }
}

/// Whether to believe the measurement, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Nothing speaks against the numbers.
    Valid,
    /// The numbers may be off.
    Suspect,
    /// The numbers must not be used.
    Invalid,
}

impl Status {
    /// In capitals, as reports print it.
    pub fn name(self) -> &'static str {
        match self {
            Status::Valid => "VALID",
            Status::Suspect => "SUSPECT",
            Status::Invalid => "INVALID",
        }
    }
}

/// How the server did, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Server {
    /// It did what was asked of it.
    Ok,
    /// The measurement is invalid: nobody can tell whose fault it was.
    Unknown,
    /// It did not: messages were lost, connections refused.
    Failed,
}

impl Server {
    /// Behind the word "server", as reports print it.
    pub fn name(self) -> &'static str {
        match self {
            Server::Ok => "OK",
            Server::Unknown => "not judged",
            Server::Failed => "FAILED",
        }
    }
}

impl Verdict {
    /// Whether to believe the measurement: the worst that is blamed on it decides.
    pub fn status(&self) -> Status {
        match self.worst(Blame::Measurement) {
            Some(Severity::Invalid) => Status::Invalid,
            Some(Severity::Suspect) => Status::Suspect,
            Some(Severity::Note | Severity::Failed) | None => Status::Valid,
        }
    }

    /// How the server did.
    pub fn server(&self) -> Server {
        match self.worst(Blame::Server) {
            _ if self.status() == Status::Invalid => Server::Unknown,
            Some(severity) if severity >= Severity::Failed => Server::Failed,
            _ => Server::Ok,
        }
    }

    /// Whether a check has found something, however grave.
    pub fn found(&self, check: Check) -> bool {
        self.warnings.iter().any(|warning| warning.check == check)
    }

    fn worst(&self, blames: Blame) -> Option<Severity> {
        self.warnings.iter().filter(|warning| warning.blames == blames).map(|warning| warning.severity).max()
    }

    /// Adds what speaks against the measurement.
    pub fn warn(&mut self, severity: Severity, check: Check, text: impl Into<String>) {
        self.blame(Blame::Measurement, severity, check, text);
    }

    /// Adds what is the fault of `blames`.
    pub fn blame(&mut self, blames: Blame, severity: Severity, check: Check, text: impl Into<String>) {
        self.warnings.push(Warning { check, severity, blames, text: text.into() });
    }
}
