//! `wsbench serve`: a reference target alone, in words for a person, or as a child of `run`, in lines for a program.

use std::io;
use std::net::SocketAddr;

use anyhow::{Context, Error, Result, anyhow};
use wsbench_targets::content::Content;
use wsbench_targets::headers::Headers;
use wsbench_targets::pacer::Arrivals;
use wsbench_targets::serve::ServeError;
use wsbench_targets::serve_observer::ServeObserver;
use wsbench_targets::stdin::first_line;
use wsbench_targets::wire::{Audience, Delimiting, Publication, Published, Reply, Start, TargetConfig, line};

use super::output::{Output, child};
use super::{Exit, Wrong, args::ServeArgs};
use crate::run::identity::identity;
use crate::scenario::limits;
use crate::text::grouped;
use crate::text::{Unit, text};
use crate::transport::{ServeFlags, Transport};

/// Messages kept a stream for clients that are behind.
const RING: usize = 1024;

/// Serves until told to end.
pub(super) fn serve(args: &ServeArgs, output: &Output) -> Result<Exit> {
    let config = chosen(args)?;
    let person = Person {
        output,
        clients: config.clients.end,
        publishes: config.publication.is_some(),
        tls: config.tls.is_some(),
    };
    wsbench_targets::serve::run(config, person).map_err(wrong)?;
    Ok(Exit::Good)
}

/// Serves as a child of `run`, which says on stdin what.
pub(super) fn target() -> Result<Exit> {
    child(wsbench_targets::serve::run(assigned()?, io::stdout()).map_err(wrong))?;
    Ok(Exit::Good)
}

fn wrong(error: ServeError) -> Error {
    match error {
        ServeError::Config(_) => Wrong::from(format!("error: {error}")),
        other => other.into(),
    }
}

/// Whoever typed the command. The first line on stdout is that of the protocol: scripts wait for it, too.
struct Person<'a> {
    output: &'a Output,
    clients: u32,
    publishes: bool,
    tls: bool,
}

impl ServeObserver for Person<'_> {
    fn ready(&mut self, at: SocketAddr, requests: &[String]) -> io::Result<()> {
        self.say(&line::ready(at))?;
        if !at.ip().is_loopback() {
            self.output.alarm(&format!(
                "warning: {at} may be reached from other machines, and this server has no authentication"
            ));
        }
        for request in requests {
            self.output.note(&format!("  {request}"));
        }
        self.output.note(if self.tls {
            "By HTTP/1.1 or HTTP/2, as the client chooses by ALPN."
        } else {
            "By HTTP/1.1, or HTTP/2 with prior knowledge."
        });
        if !self.publishes {
            self.output.note("What comes goes back. Ctrl-C ends it.");
            return Ok(());
        }
        let last = grouped(u64::from(self.clients.saturating_sub(1)));
        self.output.note(&format!(
            "The two numbers, of ten digits each: the client, 0 to {last}, each with one connection, and the next message \
             wanted. Ctrl-C ends it."
        ));
        Ok(())
    }

    fn ended(&mut self, published: &Published) -> io::Result<()> {
        if !self.publishes {
            return self.say("ended; it had nothing to publish");
        }
        let late = |p| {
            let ns = published.lateness.percentile(p);
            ns.map_or("-".to_owned(), |ns| text(Unit::Nanoseconds, ns as f64))
        };
        let (p50, p99) = (late(0.5), late(0.99));
        let (messages, missed) = (grouped(published.messages), grouped(published.missed_ticks));
        self.say(&format!(
            "published {messages} messages, late by {p50} (p50), {p99} (p99); missed ticks: {missed}"
        ))
    }
}

impl Person<'_> {
    fn say(&self, line: &str) -> io::Result<()> {
        self.output
            .say(&format!("{line}\n"))
            .map_err(|error| error.downcast().unwrap_or_else(io::Error::other))
    }
}

/// The configuration that `run` says on stdin; the words that follow are the target's to read.
fn assigned() -> Result<TargetConfig> {
    let line = first_line().context("reading the configuration")?;
    serde_json::from_str(&line).context("reading the configuration")
}

fn chosen(args: &ServeArgs) -> Result<TargetConfig> {
    let (least, most) = limits::CLIENTS;
    if !(least..=most).contains(&args.clients.into()) {
        return Err(Wrong::from(format!("error: --clients {}: expected {least} to {most}", args.clients)));
    }
    let mut transport = Transport::named(&args.transport).context("no such transport")?;
    transport.take_flags(&ServeFlags {
        reply: if args.reply == "since" { Reply::Since } else { Reply::Latest },
        hold: args.hold,
        deflate: args.deflate,
        body: if args.body == "close-delimited" { Delimiting::Close } else { Delimiting::Chunked },
    });
    let audience = if args.broadcast { Audience::All } else { Audience::Each };
    let payload = usize::try_from(args.payload)?;
    let publication = Publication { every: args.every, arrivals: Arrivals::Constant, payload, audience };
    Ok(TargetConfig {
        transport: transport.served().context("there is no reference target for it")?,
        publication: (!args.echo).then_some(publication),
        content: match args.content.as_str() {
            "json" => Content::Json,
            "random" => Content::Random,
            _ => Content::Dots,
        },
        clients: 0..args.clients,
        seed: args.seed,
        headers: Headers::profile(&args.headers).ok_or_else(|| anyhow!("no such header profile"))?,
        tls: args.tls.then(|| identity(true)).transpose()?,
        compress: args.compress,
        bind: args.bind,
        start: Start::Now,
        ring: RING,
    })
}
