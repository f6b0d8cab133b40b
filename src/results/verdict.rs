//! The verdict on ourselves: may the numbers of this trial be believed?

use serde::{Deserialize, Serialize};

/// The doubts about one trial; none means valid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Verdict {
    /// Everything that speaks against the numbers, and plain notes.
    pub doubts: Vec<Doubt>,
}

/// A verdict as it stands in a file: with its status in a word, for those who read it without this program. Read
/// again, the doubts alone decide.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    status: Option<Status>,
    doubts: Vec<Doubt>,
}

impl From<Verdict> for Written {
    fn from(verdict: Verdict) -> Written {
        Written { status: Some(verdict.status()), doubts: verdict.doubts }
    }
}

impl From<Written> for Verdict {
    fn from(written: Written) -> Verdict {
        Verdict { doubts: written.doubts }
    }
}

/// One reason to doubt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Doubt {
    /// Stable code for machines: `generator-cpu`.
    pub code: String,
    /// How bad.
    pub severity: Severity,
    /// What was found, and what to do.
    pub text: String,
}

/// How bad a doubt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; the numbers stand.
    Note,
    /// The numbers may be off.
    Suspect,
    /// The numbers are wrong, or are not what was asked for.
    Invalid,
}

/// A verdict in a word.
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

impl Verdict {
    /// The worst of the doubts decides.
    pub fn status(&self) -> Status {
        match self.doubts.iter().map(|doubt| doubt.severity).max() {
            Some(Severity::Invalid) => Status::Invalid,
            Some(Severity::Suspect) => Status::Suspect,
            Some(Severity::Note) | None => Status::Valid,
        }
    }

    /// Adds a doubt.
    pub fn doubt(&mut self, severity: Severity, code: &str, text: impl Into<String>) {
        self.doubts.push(Doubt { code: code.to_owned(), severity, text: text.into() });
    }
}
