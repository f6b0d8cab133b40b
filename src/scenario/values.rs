//! `[values]`: a file with a row for each client, and the places of the scenario that its columns fill.
//!
//! It must not know who fills them: `message::place` says what a place is, a shard fills it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;

use super::{Grouping, Load, Scenario};
use crate::keys::error::{Fault, Faults};
use crate::keys::fields::Fields;
use crate::keys::kinds::{Flag, Text};
use crate::keys::span::quoted;
use crate::keys::suggest;
use crate::message::Message;
use crate::message::place::{self, Place};
use crate::message::values::Values;
use crate::os::file;

/// Bytes of a file of values.
const MOST: u64 = 256 << 20;

/// Values of the clients.
#[derive(Clone, Debug, PartialEq)]
pub struct ValuesFile {
    /// Where they were read.
    pub file: PathBuf,
    /// Where there are more clients than rows, they begin again.
    pub reuse: bool,
    /// What was in it.
    pub table: Arc<Values>,
}

/// Reads `[values]`, and the file that it names in `folder`, the scenario's.
pub(super) fn read_table(f: &mut Fields<'_>, folder: &Path) -> Option<ValuesFile> {
    f.table("values", "what each client has of its own: a file with a row for each, used as {user.COLUMN}", |f| {
        let kind = Text { parse: name, example: "\"users.csv\"" };
        let about = "CSV with a header row, or JSON Lines (.jsonl); client 0 has the first row. Its values are never shown";
        let file = f.required("file", about, kind);
        let reuse = f.or("reuse", "where there are more clients than rows, begin again at the first", Flag, false);
        let file = folder.join(file?);
        match load(&file) {
            Ok(table) => Some(ValuesFile { file, reuse, table: Arc::new(table) }),
            Err(why) => {
                f.wrong("file", format!("`file` cannot be read: {why}"), "expected CSV with a header row, or JSON Lines");
                None
            }
        }
    })
}

fn name(text: &str) -> Result<String, (String, String)> {
    match text.is_empty() || text.contains('\0') {
        true => Err(("is no path".to_owned(), "expected such as \"users.csv\"".to_owned())),
        false => Ok(text.to_owned()),
    }
}

fn load(file: &Path) -> Result<Values, String> {
    let bytes = file::read(file, MOST).map_err(|why| why.to_string())?;
    if bytes.len() as u64 > MOST {
        return Err("it is larger than 256 MiB".to_owned());
    }
    let lines = file.extension().is_some_and(|end| end == "jsonl" || end == "ndjson");
    let (columns, rows) = if lines { of_json(&bytes)? } else { of_csv(&bytes)? };
    if rows.is_empty() {
        return Err("it has no row".to_owned());
    }
    for (nth, row) in rows.iter().enumerate() {
        // A line break in a header would be a second header.
        if let Some(column) = row.iter().position(|value| value.contains(char::is_control)) {
            return Err(format!("row {} has a control character in `{}`", nth + 1, columns[column]));
        }
    }
    Ok(Values::new(columns, rows))
}

type Table = (Vec<String>, Vec<Vec<String>>);

fn of_csv(bytes: &[u8]) -> Result<Table, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::Reader::from_reader(bytes);
    // What is wrong is said without what stands there.
    let wrong = |why: &csv::Error| match why.position() {
        Some(place) => {
            format!("line {} is no row of it (another number of fields, or no UTF-8)", place.line())
        }
        None => "it is no CSV".to_owned(),
    };
    let columns =
        reader.headers().map_err(|why| wrong(&why))?.iter().map(|name| name.trim().to_owned()).collect();
    let rows =
        reader.records().map(|row| Ok(row.map_err(|why| wrong(&why))?.iter().map(str::to_owned).collect()));
    Ok((columns, rows.collect::<Result<_, String>>()?))
}

/// An object of texts, numbers and truths in each line, all with the keys of the first.
fn of_json(bytes: &[u8]) -> Result<Table, String> {
    let (mut columns, mut rows) = (Vec::new(), Vec::new());
    let lines = bytes.split(|&byte| byte == b'\n').enumerate();
    for (nth, line) in lines.filter(|(_, line)| !line.trim_ascii().is_empty()) {
        let row: serde_json::Map<String, Json> =
            serde_json::from_slice(line).map_err(|_| format!("line {} is no JSON object", nth + 1))?;
        if rows.is_empty() {
            columns = row.keys().cloned().collect();
        }
        let value = |column: &String| match row.get(column) {
            Some(Json::String(text)) => Ok(text.clone()),
            Some(other @ (Json::Number(_) | Json::Bool(_))) => Ok(other.to_string()),
            _ => Err(format!("line {} has no text or number in {}", nth + 1, quoted(column))),
        };
        rows.push(columns.iter().map(value).collect::<Result<_, _>>()?);
    }
    Ok((columns, rows))
}

/// Says of every place in the scenario that is none, or that nothing fills, where it stands in `text`. `grouped`: there are
/// groups, even if what is said of them is wrong.
pub(super) fn check(scenario: &Scenario, grouped: bool, text: &str, faults: &Faults) {
    let columns = scenario.values.as_ref().map(|values| values.table.columns());
    let session = scenario.session.as_deref();
    needed_at_once(scenario, text, faults);
    // A name of the session's own stands in braces as well.
    let is_name =
        |written: &str| session.is_some_and(|session| session.knows(written.trim_matches(['{', '}'])));
    for of in texts(scenario) {
        for (place, written) in place::all(&of) {
            let wrong = match place {
                Err(_) if is_name(written) => None,
                Err((why, label)) => Some((format!("a text {why}"), label)),
                Ok(Place::User(column)) => unfilled(&column, columns),
                Ok(Place::Group) if !grouped && !is_name(written) => {
                    let why = "{group} needs `groups`: the clients are in none".to_owned();
                    Some((
                        why,
                        "add groups = 50 at the top, or a column: groups = \"{user.room}\"".to_owned(),
                    ))
                }
                Ok(Place::Env(name)) if std::env::var(&name).is_err() => {
                    let why = format!("a text needs the environment variable `{name}`, which is not set");
                    Some((why, format!("run it as {name}=.. wsbench ..")))
                }
                Ok(_) => None,
            };
            if let Some((message, label)) = wrong {
                let at = text.find(written).map(|at| at..at + written.len());
                let fault =
                    at.map_or_else(|| Fault::missing(None, &message), |span| Fault::at(span, &message));
                faults.push(fault.label(label));
            }
        }
    }
}

/// Headers that must be there from the start: no session saves something before they are needed.
fn needed_at_once(scenario: &Scenario, text: &str, faults: &Faults) {
    let post = scenario.load.post();
    let urls = scenario.target.iter().chain(post.map(|post| &post.url)).flat_map(|url| &url.headers);
    for header in urls.chain(post.iter().flat_map(|post| &post.headers)) {
        let needed = ["host", "content-type"].iter().any(|name| header.name.eq_ignore_ascii_case(name));
        if needed && place::has_names(header.value.reveal()) {
            let message = format!("`{}` cannot name what a session saves", header.name);
            let at = text.find(header.value.reveal()).map(|at| at..at + header.value.reveal().len());
            let fault = at.map_or_else(|| Fault::missing(None, &message), |span| Fault::at(span, &message));
            faults.push(fault.label("expected a text that is known before the first request"));
        }
    }
}

fn unfilled(column: &str, columns: Option<&[String]>) -> Option<(String, String)> {
    let Some(columns) = columns else {
        let why = format!("{} needs [values]", quoted(&format!("{{user.{column}}}")));
        return Some((why, "add [values] with file = \"users.csv\"".to_owned()));
    };
    let known: Vec<&str> = columns.iter().map(String::as_str).collect();
    let label = match suggest::meant(column, &known) {
        Some(near) => format!("did you mean {{user.{near}}}?"),
        None => format!("it has {}", known.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")),
    };
    (!known.contains(&column))
        .then(|| (format!("the file of [values] has no column {}", quoted(column)), label))
}

/// Every text that may have places; of messages, what is read as one there.
fn texts(scenario: &Scenario) -> Vec<String> {
    let mut all = Vec::new();
    let post = scenario.load.post();
    for url in scenario.target.iter().chain(post.map(|post| &post.url)) {
        all.push(url.path.reveal().to_owned());
        all.extend(url.headers.iter().map(|header| header.value.reveal().to_owned()));
        all.extend(url.subprotocols.iter().cloned());
    }
    all.extend(post.iter().flat_map(|post| &post.headers).map(|header| header.value.reveal().to_owned()));
    let paths = scenario.transports.iter().filter_map(|transport| transport.access().path.as_ref());
    let others = scenario.transports.iter().filter_map(|transport| transport.access().url.as_ref());
    all.extend(paths.chain(others).map(|path| path.reveal().to_owned()));
    all.extend(scenario.transports.iter().flat_map(|transport| transport.texts()).map(str::to_owned));
    let columns = match &scenario.load {
        Load::Echo(echo) => echo.message.as_ref(),
        Load::Publish(publish) => Some(&publish.message),
        _ => None,
    };
    // Of a session's texts it is said elsewhere what is no place at all.
    let steps = scenario.session.iter().flat_map(|session| session.texts());
    all.extend(
        steps
            .flat_map(|own| place::all(own))
            .filter(|(place, _)| place.is_ok())
            .map(|(_, own)| own.to_owned()),
    );
    all.extend(scenario.session.iter().flat_map(|session| session.subprotocols.iter().cloned()));
    let in_group = columns.is_some_and(Message::names_group);
    all.extend(in_group.then(|| "{group}".to_owned()));
    all.extend(scenario.groups.iter().filter_map(Grouping::text).map(str::to_owned));
    all.extend(
        columns.iter().flat_map(|message| message.columns()).map(|column| format!("{{user.{column}}}")),
    );
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_csv_and_of_json_are_the_same() {
        let (columns, rows) = of_csv(b"\xef\xbb\xbftoken,name\nabc,\"A, B\"\ndef,C\n").unwrap();
        assert_eq!(
            (columns, rows.len(), rows[0][1].as_str()),
            (vec!["token".to_owned(), "name".to_owned()], 2, "A, B")
        );
        let (columns, rows) = of_json(b"{\"id\":7,\"ok\":true}\n\n{\"ok\":\"no\",\"id\":\"x\"}\n").unwrap();
        assert_eq!(
            (columns, rows),
            (
                vec!["id".to_owned(), "ok".to_owned()],
                vec![vec!["7".to_owned(), "true".to_owned()], vec!["x".to_owned(), "no".to_owned()]]
            )
        );
    }

    #[test]
    fn what_is_wrong_is_said_without_what_stands_there() {
        for wrong in [
            of_csv(b"a,b\ns3cret\n").unwrap_err(),
            of_csv(b"a\n\xff\xfe\n").unwrap_err(),
            of_json(b"{\"a\":\"s3cret\"}\nno\n").unwrap_err(),
            of_json(b"{\"a\":\"s3cret\"}\n{}\n").unwrap_err(),
        ] {
            assert!(wrong.contains("line 2") && !wrong.contains("s3cret"), "{wrong}");
        }
    }
}
