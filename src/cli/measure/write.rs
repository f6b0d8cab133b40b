//! From flags to the lines of a scenario. What a flag's value may be is said by the scenario's reader alone; here
//! stands which key it becomes, and what is taken where nothing was said.

use std::time::Duration;

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::args::MeasureArgs;
use super::draft::Draft;
use crate::cli::Wrong;
use crate::scenario::{Rule, units};
use crate::transport::{Scheme, Transport};

/// Messages, polls or connections a second of all clients where no rate is given: in ten seconds twice the 1,000 samples
/// that a p99 needs, and little enough for any server.
const TOTAL: u32 = 200;

/// The scenario of these flags.
///
/// # Errors
/// An option or header that is not one; a rate that is not one, where it becomes an interval.
pub(super) fn draft(args: &MeasureArgs) -> Result<Draft> {
    let mut draft = Draft::default();
    draft.key("", &["name"], text("measure"));
    draft.key("--clients", &["clients"], args.clients);
    draft.key("--warmup", &["warmup"], text(&args.warmup));
    draft.key("--for", &["measure"], text(&args.window));
    let transport = match &args.transport {
        Some(name) => Transport::named(name),
        None => usual(&args.url),
    };
    let transport = transport.context("no such transport")?;
    // By those that go one way a server of somebody else's is listened to.
    let load = args.load.as_deref().unwrap_or(if transport.both_ways() { "echo" } else { "listen" });
    let polls = transport.poll_interval().is_some() && matches!(load, "listen" | "idle");
    write_load(args, load, polls, &mut draft)?;
    write_transport(args, transport.name(), polls, &mut draft)?;
    write_target(args, &mut draft)?;
    args.threshold.iter().try_for_each(|threshold| write_threshold(threshold, &mut draft))?;
    Ok(draft)
}

/// What may stand on both sides of the sign is the scenario's affair.
fn write_threshold(threshold: &str, draft: &mut Draft) -> Result<()> {
    let flag = format!("--threshold {threshold}");
    let Some(rule) = Rule::of(threshold) else {
        return Err(Wrong::from(format!(
            "error: `{flag}` has no `<=` or `>=`\n  = help: expected such as 'latency.p99 <= 50ms'"
        )));
    };
    draft.table("[[threshold]]", &flag);
    draft.key(&flag, &["metric"], text(rule.metric));
    rule.transport.iter().for_each(|name| draft.key(&flag, &["transport"], text(name)));
    draft.key(&flag, &[rule.side], toml(rule.limit));
    Ok(())
}

/// How one talks to such a URL.
fn usual(url: &str) -> Option<Transport> {
    let http = url.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"));
    let scheme = if http { Scheme::Http } else { Scheme::Ws };
    Transport::all().into_iter().find(|transport| transport.chosen_for() == Some(scheme))
}

/// `polls`: the rate is that of the polls.
fn write_load(args: &MeasureArgs, load: &str, polls: bool, draft: &mut Draft) -> Result<()> {
    draft.table(&format!("[load.{load}]"), "--load");
    let usual = match load {
        "echo" => Some(format!("{}/s", each(args.clients))),
        "connect" => Some(format!("{TOTAL}/s")),
        _ => None,
    };
    let rate = if polls { None } else { args.rate.clone().or(usual) };
    let (message, payload) = (args.message.clone(), args.payload.clone());
    for (key, value) in [("rate", rate), ("message", message), ("payload", payload)] {
        let Some(value) = value else { continue };
        if load != "echo" && (load, key) != ("connect", "rate") {
            let why = format!("with `--load {load}` a client sends no message");
            return Err(Wrong::from(format!("error: `--{key}` has no use here: {why}\n  = help: remove it")));
        }
        draft.key(&format!("--{key}"), &[key], text(&value));
    }
    Ok(())
}

/// What one client does a second, unless told.
fn each(clients: u32) -> u32 {
    TOTAL.div_ceil(clients.max(1))
}

fn write_transport(
    args: &MeasureArgs,
    transport: &'static str,
    polls: bool,
    draft: &mut Draft,
) -> Result<()> {
    let options = args.option.iter().map(|option| option_of(option)).collect::<Result<Vec<_>>>()?;
    let paced = options.iter().any(|(key, _)| *key == "every");
    if let (true, true, Some(rate)) = (polls, paced, &args.rate) {
        let why = format!("error: `--rate {rate}` and `--option every` both say how often");
        return Err(Wrong::from(why + "\n  = help: remove one of them"));
    }
    let every = match &args.rate {
        Some(rate) if polls => Some(interval(rate)?),
        None if polls && !paced => Some(Duration::from_secs(1) / each(args.clients)),
        _ => None,
    };
    draft.table("[[transport]]", "--as");
    if options.is_empty() && every.is_none() {
        draft.key("--as", &[transport], "{}");
    }
    if let Some(every) = every {
        draft.key("--rate", &[transport, "every"], text(&units::show_duration(every)));
    }
    for (key, value) in options {
        draft.key(&format!("--option {key}"), &[transport, key], toml(value));
    }
    Ok(())
}

fn write_target(args: &MeasureArgs, draft: &mut Draft) -> Result<()> {
    draft.table("[target]", "URL");
    draft.secret("URL", "url", text(&args.url), "URL_SECRET");
    let lists = [
        ("--authorised", "authorised", &args.authorised),
        ("--subprotocol", "subprotocols", &args.subprotocol),
    ];
    for (flag, key, list) in lists.into_iter().filter(|(_, _, list)| !list.is_empty()) {
        draft.key(flag, &[key], Value::from(list.clone()));
    }
    if let Some(ca) = &args.ca {
        // A scenario's paths are relative to its folder, and nobody knows yet where this one will be kept.
        let ca = std::path::absolute(ca).map_err(|why| Wrong::from(format!("error: `--ca`: {why}")))?;
        draft.key("--ca", &["ca"], text(&ca.to_string_lossy()));
    }
    if args.insecure {
        draft.key("--insecure", &["insecure"], true);
    }
    for (flag, key, value) in
        [("--connect-to", "connect-to", &args.connect_to), ("--origin", "origin", &args.origin)]
    {
        value.iter().for_each(|value| draft.key(flag, &[key], text(value)));
    }
    if !args.header.is_empty() {
        draft.table("[target.headers]", "--header");
    }
    args.header.iter().try_for_each(|header| write_header(header, draft))
}

/// The value is not shown when it is wrong: it may be a password without its name.
fn write_header(header: &str, draft: &mut Draft) -> Result<()> {
    let Some((key, value)) = header.split_once(':') else {
        return Err(Wrong::from(
            "error: a `--header` has no colon\n  = help: expected such as 'Accept: text/plain'",
        ));
    };
    let variable: String =
        key.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    draft.secret(&format!("--header {key}"), key, text(value.trim()), &variable);
    Ok(())
}

fn option_of(option: &str) -> Result<(&str, &str)> {
    option.split_once('=').ok_or_else(|| {
        Wrong::from(format!("error: `--option {option}` has no value\n  = help: expected such as via=xhr"))
    })
}

fn interval(rate: &str) -> Result<Duration> {
    let wrong = |why: String| {
        Wrong::from(format!("error: `--rate` is not a rate: {why}\n  = help: expected such as 1/s"))
    };
    let rate = units::rate(rate).map_err(wrong)?;
    let every = Duration::try_from_secs_f64(1.0 / rate).map_err(|_| wrong("it is too small".to_owned()))?;
    // An interval of nothing would mean: without a pause.
    if every.is_zero() { Err(wrong("it is too large".to_owned())) } else { Ok(every) }
}

/// A text in TOML.
fn text(text: &str) -> Value {
    Value::from(text)
}

/// The value of an option: TOML if it is, such as `true`, `3` or `{ on = "news" }`; else a text.
fn toml(value: &str) -> Value {
    let read = format!("it = {value}").parse::<Table>().ok().filter(|table| table.len() == 1);
    read.and_then(|mut table| table.remove("it")).unwrap_or_else(|| text(value))
}
