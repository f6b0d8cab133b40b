//! The quality checks by name: a closed set, so that a file of results can bring no other text into a report.
//!
//! It must not know what is checked, nor from which value on it matters (`run::verdict::rules`).

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! checks {
    ($($variant:ident $name:literal;)*) => {
        /// One check; what each looks at says `wsbench list`.
        #[allow(missing_docs, reason = "a name says no more than the variant")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Check {
            $(#[serde(rename = $name)] $variant,)*
            /// One of another version of wsbench.
            #[serde(rename = "unknown", other)]
            Unknown,
        }

        impl Check {
            /// Its stable name, for machines and people: `generator-cpu`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Check::$variant => $name,)*
                    Check::Unknown => "unknown",
                }
            }
        }
    };
}

checks! {
    GeneratorCpu "generator-cpu";
    Lateness "lateness";
    GeneratorLag "generator-lag";
    PublisherLate "publisher-late";
    RelativeLag "relative-lag";
    Achieved "achieved";
    LocalFailures "local-failures";
    NothingReceived "nothing-received";
    Strangers "strangers";
    Unrecognised "unrecognised";
    NothingDue "nothing-due";
    UsageSpan "usage-span";
    CutShort "cut-short";
    Overrun "overrun";
    NotSteady "not-steady";
    LatencyDrifts "latency-drifts";
    Floor "floor";
    BusyMachine "busy-machine";
    Throttled "throttled";
    Steal "steal";
    Limits "limits";
    Backlog "backlog";
    ClockStep "clock-step";
    Clocksource "clocksource";
    Ledger "ledger";
    KernelSilent "kernel-silent";
    Saturated "saturated";
    FewSamples "few-samples";
    OtherRuns "other-runs";
    SharedCores "shared-cores";
    Insecure "insecure";
    DebugBuild "debug-build";
    Unreachable "unreachable";
    Failures "failures";
    Loss "loss";
    NotPublished "not-published";
    Duplicated "duplicated";
    Altered "altered";
    Leaked "leaked";
    Invented "invented";
    Reordered "reordered";
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq<str> for Check {
    fn eq(&self, name: &str) -> bool {
        self.name() == name
    }
}

impl PartialEq<&str> for Check {
    fn eq(&self, name: &&str) -> bool {
        self.name() == *name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Results of another version have checks that this one does not know; their text cannot command a terminal.
    #[test]
    fn a_name_from_elsewhere_is_unknown() {
        let read = |text: &str| serde_json::from_str::<Check>(text).unwrap();
        assert_eq!(read("\"generator-cpu\""), Check::GeneratorCpu);
        assert_eq!(read("\"x\\u001b]0;owned\\u0007\""), Check::Unknown);
        assert_eq!(serde_json::to_string(&Check::OtherRuns).unwrap(), "\"other-runs\"");
    }
}
