//! Documents hold what the code says: metrics, checks, exit codes and scenario keys are written into them from the code
//! (`WSBENCH_BLESS=1` writes them anew), links lead somewhere, and examples are scenarios that are read.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;
use wsbench::cli::exit::TABLE;
use wsbench::results::Severity::{self, Failed, Invalid, Note, Suspect};
use wsbench::run::verdict::{RULES, Rule, SERVER_RULES};
use wsbench::scenario::{Metric, Scenario, builtin, schema};

/// Writes a part of a page.
type Write = fn() -> String;

/// (page, which part of it, what stands there).
const GENERATED: &[(&str, &str, Write)] = &[
    ("README.md", "picture", picture),
    ("docs/metrics.md", "metrics", metrics),
    ("docs/quality-checks.md", "checks of the measurement", checks),
    ("docs/quality-checks.md", "checks of the server", server_checks),
    ("docs/exit-codes.md", "exit codes", exit_codes),
    ("docs/scenario-reference.md", "keys", keys),
    ("docs/scenarios.md", "built-in scenarios", scenarios),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(page: &str) -> String {
    fs::read_to_string(root().join(page)).unwrap_or_else(|e| panic!("{page}: {e}"))
}

#[test]
fn generated_parts_are_what_the_code_says() {
    let mut stale = Vec::new();
    for (page, part, text) in GENERATED {
        let (old, text) = (read(page), text());
        let (begin, end) = (format!("<!-- generated: {part} -->\n"), "<!-- end of what is generated -->");
        let (before, rest) = old.split_once(&begin).unwrap_or_else(|| panic!("{page} lacks {begin}"));
        let (_, after) = rest.split_once(end).unwrap_or_else(|| panic!("{page} lacks {end}"));
        let new = format!("{before}{begin}\n{text}\n{end}{after}");
        if new != old && std::env::var_os("WSBENCH_BLESS").is_some() {
            fs::write(root().join(page), &new).unwrap();
        } else if new != old {
            stale.push(format!("{page}: {part}"));
        }
    }
    assert!(stale.is_empty(), "WSBENCH_BLESS=1 writes anew:\n{}", stale.join("\n"));
}

/// The end of a published run, as its terminal showed it.
fn picture() -> String {
    format!("```\n$ wsbench run overhead-c\n{}\n```\n", read("reports/overhead-c/report.txt").trim_end())
}

fn metrics() -> String {
    let row = |metric: &Metric| {
        let (name, unit, about) = (metric.name(), metric.unit(), metric.about());
        format!("| `{name}` | {} | `{}` | {about} |\n", unit.sign(), unit.limit().1)
    };
    let rows: String = Metric::ALL.iter().map(row).collect();
    format!("| metric | unit in files | a limit, such as | definition |\n|---|---|---|---|\n{rows}")
}

fn checks() -> String {
    let row = |rule: &Rule| {
        let [note, suspect, invalid] = limits(rule, [Note, Suspect, Invalid]);
        format!("| `{}` | {} | {note} | {suspect} | {invalid} |\n", rule.check.name(), rule.about)
    };
    let rows: String = RULES.iter().map(row).collect();
    format!(
        "| code | what is checked | note from | SUSPECT from | INVALID from |\n|---|---|---:|---:|---:|\n{rows}"
    )
}

fn server_checks() -> String {
    let row = |rule: &Rule| {
        let [note, failed] = limits(rule, [Note, Failed]);
        format!("| `{}` | {} | {note} | {failed} |\n", rule.check.name(), rule.about)
    };
    let rows: String = SERVER_RULES.iter().map(row).collect();
    format!("| code | what is checked | note from | FAILED from |\n|---|---|---:|---:|\n{rows}")
}

/// Where it begins; `-` for never.
fn limits<const N: usize>(rule: &Rule, of: [Severity; N]) -> [String; N] {
    of.map(|severity| {
        Some(rule.threshold(severity)).filter(|text| !text.is_empty()).unwrap_or("-".to_owned())
    })
}

fn exit_codes() -> String {
    let rows: String = TABLE.iter().map(|(exit, means)| format!("| {} | {means} |\n", *exit as u8)).collect();
    format!("| exit code | meaning |\n|---:|---|\n{rows}")
}

/// Each built-in scenario with the question that it answers.
fn scenarios() -> String {
    let row = |builtin: &builtin::Builtin| {
        let scenario = Scenario::parse(builtin.name, builtin.text.as_bytes()).unwrap();
        format!("| [`{0}`](../scenarios/{0}.toml) | {1} |\n", builtin.name, scenario.about)
    };
    let rows: String = builtin::ALL.iter().map(row).collect();
    format!("| scenario | question |\n|---|---|\n{rows}")
}

/// A table of keys for each table of a scenario, those within behind it.
fn keys() -> String {
    let mut text = String::new();
    table("A scenario file", "", &schema(), &mut text);
    text.trim_end().to_owned() + "\n"
}

/// Instead of a list of all.
const METRIC: &str = "one of the [metrics](metrics.md#metrics-for-thresholds)";

fn table(title: &str, path: &str, of: &Json, into: &mut String) {
    let about = of["description"].as_str().filter(|_| !path.is_empty());
    let about = about.map_or_else(String::new, |about| format!("{}.\n\n", capital(about)));
    into.push_str(&format!("### {title}\n\n{about}"));
    let properties = of["properties"].as_object().unwrap();
    if properties.is_empty() {
        into.push_str("This table has no keys.\n\n");
        return;
    }
    into.push_str("| key | value | default | meaning |\n|---|---|---|---|\n");
    let required = |key: &str| of["required"].as_array().is_some_and(|all| all.iter().any(|one| one == key));
    for (key, value) in properties {
        let default = if required(key) { "required".to_owned() } else { default(value) };
        let about = value["description"].as_str().unwrap_or_default();
        let what = if key == "metric" { METRIC.to_owned() } else { kind(value) };
        into.push_str(&format!("| `{key}` | {what} | {default} | {} |\n", bar(about)));
    }
    into.push('\n');
    for (key, value) in properties {
        let either = value["anyOf"].as_array().filter(|all| all[0]["type"] == "boolean").map(|all| &all[1]);
        let inner =
            if value["items"]["properties"].is_object() { &value["items"] } else { either.unwrap_or(value) };
        let Some(_) = inner["properties"].as_object() else { continue };
        let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let mut inner = inner.clone();
        inner["description"] = value["description"].clone();
        let (title, mut text) = (name(&below, value), String::new());
        table(&title, &below, &inner, &mut text);
        // What several transports have alike stands behind the first.
        let rows = text.split_once("|---|").map_or(&text[..], |(_, rows)| rows);
        if either.is_none() || !into.contains(rows) {
            into.push_str(&text);
        }
    }
}

/// As it is written in a file.
fn name(path: &str, of: &Json) -> String {
    match path.split_once('.') {
        _ if of["type"] == "array" => format!("`[[{path}]]`"),
        Some(("transport", key)) if !key.contains('.') => format!("`{key} = {{ .. }}` of a `[[transport]]`"),
        Some(("transport", key)) => format!(
            "`{} = {{ .. }}` of `{}`",
            key.rsplit('.').next().unwrap(),
            key.split('.').next().unwrap()
        ),
        _ => format!("`[{path}]`"),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + chars.as_str())
}

/// What may stand there.
fn kind(of: &Json) -> String {
    let options = |all: &Json| all.as_array().map(|all| all.iter().map(code).collect::<Vec<_>>().join(", "));
    let either =
        || of["anyOf"].as_array().and_then(|all| all.iter().map(kind).reduce(|a, b| format!("{a}; or {b}")));
    let ty = of["type"].as_str().unwrap_or_default();
    match ty {
        "boolean" => "`true`, `false`".to_owned(),
        "integer" => match (of["minimum"].as_i64(), of["maximum"].as_i64()) {
            (Some(least), Some(most)) => format!("{least} to {most}"),
            _ => "a number".to_owned(),
        },
        "array" if of["items"]["properties"].is_object() => "tables, see below".to_owned(),
        "array" => format!("list of {}", kind(&of["items"])),
        "object" if of["properties"].is_object() => "table, see below".to_owned(),
        "object" => "table of names and texts".to_owned(),
        _ => options(&of["enum"])
            .or_else(|| options(&of["examples"]).map(|examples| format!("such as {examples}")))
            .or_else(either)
            .unwrap_or_else(|| "text".to_owned()),
    }
}

fn default(of: &Json) -> String {
    match &of["default"] {
        Json::Null => "-".to_owned(),
        Json::String(text) if text.is_empty() => "-".to_owned(),
        value => code(value),
    }
}

/// As it is written in TOML.
fn code(value: &Json) -> String {
    match value {
        // Keys whose text is JSON have an example with its quotes.
        Json::String(text) if text.starts_with('\'') => format!("`{}`", bar(text)),
        value => format!("`{}`", bar(&value.to_string())),
    }
}

/// Within a table.
fn bar(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Every page, and what else a visitor reads first.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    pages.extend(
        ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(|name| root().join(name)),
    );
    pages.sort();
    pages
}

#[test]
fn every_page_is_in_the_summary() {
    let summary = read("docs/SUMMARY.md");
    for page in pages().iter().filter(|page| page.parent().unwrap().ends_with("docs")) {
        let name = page.file_name().unwrap().to_str().unwrap();
        assert!(
            name == "SUMMARY.md" || summary.contains(&format!("({name})")),
            "docs/SUMMARY.md lacks {name}"
        );
    }
}

/// Files and headings; what is on other hosts is not asked for.
#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let to = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let there =
                to.exists() && (heading.is_empty() || anchors(&to).iter().any(|anchor| anchor == heading));
            if !there {
                broken.push(format!("{}: {link}", page.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Headings as hosts of Markdown name them.
fn anchors(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    let headings =
        text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let anchor = |heading: &str| {
        let kept = heading
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
            .collect::<String>();
        kept.replace(' ', "-")
    };
    headings.map(anchor).collect()
}

/// Whole examples of scenarios, those with a name, can be copied.
#[test]
fn examples_are_scenarios() {
    let mut read = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for block in
            blocks(&text, "toml").filter(|block| block.contains("name = \"") && block.contains("[load."))
        {
            let parsed = Scenario::parse("example", block.as_bytes());
            assert!(parsed.is_ok(), "{}:\n{}", page.display(), parsed.unwrap_err());
            read += 1;
        }
    }
    assert!(read > 1, "only {read} examples");
}

/// Flags that are printed are flags that there are: each command is asked for its help, behind all that it is given.
#[test]
fn commands_that_are_printed_are_understood() {
    let mut asked = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for command in blocks(&text, "sh").flat_map(str::lines).flat_map(commands) {
            let ran =
                Command::new("sh").arg("-c").arg(format!("{command} --help")).env("PATH", path()).output();
            let ran = ran.unwrap();
            let stderr = String::from_utf8_lossy(&ran.stderr);
            assert!(ran.status.success(), "{}: {command}\n{stderr}", page.display());
            asked += 1;
        }
    }
    assert!(asked > 20, "only {asked} commands");
}

/// Those of ours in a line of shell.
fn commands(line: &str) -> impl Iterator<Item = &str> {
    let line = line.split(" #").next().unwrap();
    let ours = |part: &&str| part.starts_with("wsbench ");
    line.split("&&").map(|part| part.split('|').next().unwrap().trim()).filter(ours)
}

/// Where the program is, first.
fn path() -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_wsbench")).parent().unwrap();
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap())
}

/// Blocks of code in that language.
fn blocks<'a>(page: &'a str, language: &str) -> impl Iterator<Item = &'a str> {
    let begin = format!("```{language}\n");
    let rests: Vec<&str> = page.split(&begin).skip(1).collect();
    rests.into_iter().filter_map(|rest| Some(rest.split_once("```")?.0))
}

/// A page that is read in one go.
#[test]
fn the_readme_is_short() {
    let length = read("README.md").len();
    assert!((7_500..=10_500).contains(&length), "README.md has {length} bytes");
}
