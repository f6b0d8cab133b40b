//! How a target speaks to whoever started it. To a program in lines ([`crate::wire::line`]), by anything that can be
//! written to; to a person in words of that starter's own.

use std::io::{self, Write};
use std::net::SocketAddr;

use crate::own_usage::OwnUsage;
use crate::wire::{Published, line};

/// Says when a target begins and what it has done.
pub trait ServeObserver {
    /// It listens `at`; `requests` are those it answers, as a person would try them for client 0.
    ///
    /// # Errors
    /// When nobody can be told: the target ends.
    fn ready(&mut self, at: SocketAddr, requests: &[String]) -> io::Result<()>;

    /// What it cost over the window of its schedule, if that is over. Who serves by hand has no window.
    ///
    /// # Errors
    /// When nobody can be told.
    fn used(&mut self, _usage: &OwnUsage) -> io::Result<()> {
        Ok(())
    }

    /// It has ended, and published that.
    ///
    /// # Errors
    /// When nobody can be told.
    fn ended(&mut self, published: &Published) -> io::Result<()>;
}

impl<W: Write> ServeObserver for W {
    fn ready(&mut self, at: SocketAddr, _requests: &[String]) -> io::Result<()> {
        say(self, &line::ready(at))
    }

    fn used(&mut self, usage: &OwnUsage) -> io::Result<()> {
        say(self, &line::used(usage)?)
    }

    fn ended(&mut self, published: &Published) -> io::Result<()> {
        say(self, &line::published(published)?)
    }
}

fn say(to: &mut impl Write, line: &str) -> io::Result<()> {
    writeln!(to, "{line}").and_then(|()| to.flush())
}
