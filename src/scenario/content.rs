//! `content` of a load: what its messages are filled with, so that compression is measured on something real.
//!
//! It must not know how it is made: that is `wsbench_targets::content`.

use std::path::Path;

use wsbench_targets::content::Content;

use crate::keys::fields::Fields;
use crate::keys::kinds::{Choice, Text};
use crate::os::file;

/// Bytes of a file of samples.
const MOST: u64 = 1 << 20;

#[derive(Clone, Copy, PartialEq)]
enum Made {
    Dots,
    Json,
    Random,
}

const MADE: Choice<Made> = Choice(&[("dots", Made::Dots), ("json", Made::Json), ("random", Made::Random)]);

/// Reads `content`, or the file of samples in `folder`, the scenario's. `formed`: a dialect has messages of its own.
pub(super) fn read(f: &mut Fields<'_>, formed: bool, folder: &Path) -> Content {
    let about =
        "what fills a message behind its stamp: dots, JSON records, or random letters, which hardly compress";
    let made = f.or("content", about, MADE, Made::Dots);
    let about = "file of sample messages, one a line, that fill messages instead";
    let file = f.optional("samples", about, Text { parse: path, example: "\"samples.jsonl\"" });
    if formed || f.has("message") {
        for key in ["content", "samples"] {
            f.wrong(
                key,
                format!("`{key}` has no place beside a message of another form, whose filler is dots"),
                "remove one of them",
            );
        }
    }
    if f.has("samples") {
        f.wrong("content", "`content` has no effect beside `samples`", "remove one of them");
    }
    match (file, made) {
        (Some(file), _) => sample(&folder.join(file)).unwrap_or_else(|why| {
            f.wrong(
                "samples",
                format!("`samples` cannot be used: the file {why}"),
                "expected a message a line",
            );
            Content::Dots
        }),
        (None, Made::Dots) => Content::Dots,
        (None, Made::Json) => Content::Json,
        (None, Made::Random) => Content::Random,
    }
}

fn path(text: &str) -> Result<String, (String, String)> {
    match text.is_empty() || text.contains('\0') {
        true => Err(("is no path".to_owned(), "expected such as \"samples.jsonl\"".to_owned())),
        false => Ok(text.to_owned()),
    }
}

fn sample(path: &Path) -> Result<Content, String> {
    let bytes = file::read(path, MOST).map_err(|why| format!("cannot be read: {why}"))?;
    if bytes.len() as u64 > MOST {
        return Err("is larger than 1 MiB".to_owned());
    }
    Content::sample(&String::from_utf8(bytes).map_err(|_| "is no UTF-8".to_owned())?)
}
