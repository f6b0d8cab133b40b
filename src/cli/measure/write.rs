//! From flags to the settings of a scenario: what is taken where nothing was said, and then what was said.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use super::args::MeasureArgs;
use crate::cli::Wrong;
use crate::scenario::dialect::Dialect;
use crate::scenario::draft::{Draft, Setting};
use crate::scenario::flags::{URL, any};
use crate::scenario::units;
use crate::transport::{Scheme, Transport};

/// Messages, polls or connections per second of all clients where no rate is given: in ten seconds twice the 1,000 samples
/// that a p99 needs, and little enough for any server.
const TOTAL: u32 = 200;
/// Messages per second that are published where no rate is given: each goes to all clients.
const PUBLISHED: u32 = 10;
/// Clients where nothing is said.
const CLIENTS: &str = "10";

/// The scenario of these flags.
///
/// # Errors
/// An option or header that is not one; a rate that is not one, where it becomes an interval.
pub(super) fn draft(args: &MeasureArgs) -> Result<Draft> {
    let (transport, load, polls) = chosen(args)?;
    let mut settings = vec![
        Setting::new("", "", &["name"], "measure"),
        Setting::new("--clients", "", &["clients"], any(CLIENTS)),
        Setting::new("--warmup", "", &["warmup"], "3s"),
        Setting::new("--duration", "", &["measure"], "10s"),
    ];
    settings.extend(count(args, load, polls)?);
    let head = format!("[load.{load}]");
    settings.push(Setting::new("--load", &head, &[], true));
    let per_second = match load {
        "echo" => Some(each(args)),
        "connect" => Some(TOTAL),
        "publish" => Some(PUBLISHED),
        _ => None,
    };
    if load == "publish" {
        settings.push(Setting::new("--load", &head, &["via"], "client"));
    }
    settings.extend(per_second.map(|n| Setting::new("--rate", &head, &["rate"], format!("{n}/s"))));
    settings.extend(written(args, transport.name(), polls)?);
    settings.extend(URL.settings("URL", std::slice::from_ref(&args.url)).map_err(Wrong::from)?);
    for given in args.keys.0.iter().filter(|given| !(polls && given.flag.name == "rate")) {
        settings.extend(given.flag.settings(&given.label, &given.values).map_err(Wrong::from)?);
    }
    settings.iter_mut().for_each(|setting| setting.head = setting.head.replace("[load.*]", &head));
    Ok(Draft::of(&settings))
}

/// What is taken where no rate was given; `None` where there is none, or one was.
///
/// # Errors
/// No such transport.
pub(super) fn usual_rate(args: &MeasureArgs) -> Result<Option<String>> {
    let (transport, load, polls) = chosen(args)?;
    let paced = args.option.iter().any(|option| option.starts_with("every="));
    let what = match load {
        "echo" => "messages",
        "connect" => {
            return Ok(rate(args).is_none().then(|| format!("without --rate: {TOTAL} connections/s")));
        }
        "publish" => {
            return Ok(rate(args)
                .is_none()
                .then(|| format!("without --rate: {PUBLISHED} messages/s to all")));
        }
        _ if polls && !paced => "polls",
        _ => return Ok(None),
    };
    let (each, name) = (each(args), transport.name());
    Ok(rate(args).is_none().then(|| format!("without --rate: {each} {what}/s of each client by {name}")))
}

/// Transport and load, as they were named or as the URL asks for them; and whether the rate is that of the polls.
fn chosen(args: &MeasureArgs) -> Result<(Transport, &str, bool)> {
    let transport = match &args.transport {
        Some(name) => Transport::named(name),
        None => usual(&args.url),
    };
    let transport = transport.context("no such transport")?;
    // By those that go one way a server of somebody else's is listened to.
    let usual = match spoken(args) {
        Some(Dialect { echo: None, publish: Some(_), .. }) => "publish",
        Some(_) => "echo",
        None if transport.both_ways() => "echo",
        None => "listen",
    };
    let load = args.load.as_deref().unwrap_or(usual);
    let polls = transport.poll_interval().is_some() && matches!(load, "listen" | "idle");
    Ok((transport, load, polls))
}

/// The dialect. What is wrong with it is said by the scenario's reader.
fn spoken(args: &MeasureArgs) -> Option<Dialect> {
    Dialect::load(said(args, "dialect")?.last()?, Path::new("")).ok()
}

/// How one talks to such a URL.
fn usual(url: &str) -> Option<Transport> {
    let http = url.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"));
    let scheme = if http { Scheme::Http } else { Scheme::Ws };
    Transport::all().into_iter().find(|transport| transport.chosen_for() == Some(scheme))
}

/// What was said by a flag.
fn said<'a>(args: &'a MeasureArgs, flag: &str) -> Option<&'a [String]> {
    args.keys.0.iter().find(|given| given.flag.name == flag).map(|given| &given.values[..])
}

fn rate(args: &MeasureArgs) -> Option<&str> {
    said(args, "rate")?.last().map(String::as_str)
}

/// The largest number of clients. One that is none is said by the scenario's reader.
fn clients(args: &MeasureArgs) -> u64 {
    let all = said(args, "clients").unwrap_or_default();
    all.iter().filter_map(|text| units::count(text).ok()).max().unwrap_or(10).max(1)
}

/// What one client does a second, unless told.
fn each(args: &MeasureArgs) -> u32 {
    TOTAL.div_ceil(u32::try_from(clients(args)).unwrap_or(u32::MAX))
}

/// The window that takes so many messages: every client sends as many, one per interval. With several numbers of clients it
/// is that of the largest.
fn count(args: &MeasureArgs, load: &str, polls: bool) -> Result<Option<Setting>> {
    let Some(count) = args.count else { return Ok(None) };
    let usual = match load {
        "connect" => format!("{TOTAL}/s"),
        "echo" => format!("{}/s", each(args)),
        _ if polls => format!("{}/s", each(args)),
        _ => {
            let why = format!("with `--load {load}` a client sends no message");
            return Err(Wrong::from(format!(
                "error: `--count` has no use here: {why}\n  = help: use --duration"
            )));
        }
    };
    let every = interval(rate(args).unwrap_or(&usual))?;
    let each = if load == "connect" { count } else { count.div_ceil(clients(args)) };
    let window = every.saturating_mul(u32::try_from(each).unwrap_or(u32::MAX));
    Ok(Some(Setting::new("--count", "", &["measure"], units::show_duration(window))))
}

/// The transport with its options; `polls`: the rate is that of the polls.
fn written(args: &MeasureArgs, transport: &'static str, polls: bool) -> Result<Vec<Setting>> {
    let options = args.option.iter().map(|option| option_of(option)).collect::<Result<Vec<_>>>()?;
    let paced = options.iter().any(|(key, _)| *key == "every");
    if let (true, true, Some(rate)) = (polls, paced, rate(args)) {
        let why = format!("error: `--rate {rate}` and `--option every` both say how often");
        return Err(Wrong::from(why + "\n  = help: remove one of them"));
    }
    let every = match rate(args) {
        Some(rate) if polls => Some(interval(rate)?),
        None if polls && !paced => Some(Duration::from_secs(1) / each(args)),
        _ => None,
    };
    let of = |flag: &str, key: &[&str], value: toml::Value| Setting::new(flag, "[[transport]]", key, value);
    let every = every.map(|every| of("--rate", &[transport, "every"], units::show_duration(every).into()));
    let options =
        options.iter().map(|(key, value)| of(&format!("--option {key}"), &[transport, key], any(value)));
    let mut settings: Vec<Setting> = every.into_iter().chain(options).collect();
    if settings.is_empty() {
        settings.push(of("--as", &[transport], toml::Table::new().into()));
    }
    Ok(settings)
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
