//! `junit.xml`: what passed and what did not, as CI systems show tests. Valid by the schema of Ant's JUnit task
//! (github.com/windyroad/JUnit-Schema), which is the strictest one in use.
//!
//! It must not know what is a case: [`super::view::cases`] says.

use std::fmt::Write as _;

use super::escape::xml as safe;
use super::format::{Artifact, Format};
use super::view::View;
use super::view::cases::{Case, Outcome, Suite, suites};

/// The name of the file.
const FILE: &str = "junit.xml";

/// The format `junit`.
pub struct JUnit;

impl Format for JUnit {
    fn name(&self) -> &'static str {
        "junit"
    }

    fn about(&self) -> &'static str {
        "junit.xml: a test case per row, per threshold, and per rule of a comparison"
    }

    fn on_request(&self) -> bool {
        true
    }

    fn renderings(&self) -> Vec<String> {
        vec![FILE.to_owned()]
    }

    fn render(&self, view: &View<'_>) -> anyhow::Result<Vec<Artifact>> {
        let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
        for (id, of) in suites(view.reports, view.comparison.as_ref()).iter().enumerate() {
            suite(id, of, &mut text)?;
        }
        text += "</testsuites>\n";
        Ok(vec![Artifact { name: FILE.to_owned(), bytes: text.into_bytes() }])
    }
}

fn suite(id: usize, suite: &Suite, text: &mut String) -> std::fmt::Result {
    let count = |is: fn(&Outcome) -> bool| suite.cases.iter().filter(|case| is(&case.outcome)).count();
    let (failures, errors) =
        (count(|of| matches!(of, Outcome::Failed(_))), count(|of| matches!(of, Outcome::Error(_))));
    let skipped = count(|of| matches!(of, Outcome::Skipped(_)));
    writeln!(
        text,
        "  <testsuite id=\"{id}\" package=\"wsbench\" name=\"{}\" timestamp=\"{}\" hostname=\"localhost\" tests=\"{}\" \
         failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"{:.3}\">\n    <properties/>",
        safe(&suite.name),
        timestamp(&suite.began),
        suite.cases.len(),
        suite.took_s
    )?;
    suite.cases.iter().try_for_each(|of| case(of, text))?;
    writeln!(text, "    <system-out/>\n    <system-err/>\n  </testsuite>")
}

/// The schema wants it without a zone.
fn timestamp(began: &str) -> String {
    let plain: String = began.chars().take(19).collect();
    let digits = |c: (usize, char)| match c.0 {
        4 | 7 => c.1 == '-',
        10 => c.1 == 'T',
        13 | 16 => c.1 == ':',
        _ => c.1.is_ascii_digit(),
    };
    let well = plain.chars().count() == 19 && plain.char_indices().all(digits);
    if well { plain } else { "1970-01-01T00:00:00".to_owned() }
}

fn case(case: &Case, text: &mut String) -> std::fmt::Result {
    let head = format!(
        "    <testcase classname=\"wsbench.{}\" name=\"{}\" time=\"{:.3}\"",
        safe(&case.of),
        safe(&case.name),
        case.seconds
    );
    let with = |tag: &str, kind: &str, why: &str| {
        let why = safe(why);
        format!("{head}>\n      <{tag} message=\"{why}\" type=\"{kind}\">{why}</{tag}>\n    </testcase>")
    };
    let line = match &case.outcome {
        Outcome::Passed => format!("{head}/>"),
        Outcome::Failed(why) => with("failure", "failed", why),
        Outcome::Error(why) => with("error", "not-measured", why),
        Outcome::Skipped(why) => {
            format!("{head}>\n      <skipped message=\"{}\"/>\n    </testcase>", safe(why))
        }
    };
    writeln!(text, "{line}")
}
