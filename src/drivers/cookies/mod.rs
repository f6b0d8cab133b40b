//! Cookies of one client, as a browser keeps them (RFC 6265 §5): what a server sets comes with the next requests that it
//! is for, over whichever connection.
//!
//! Public suffixes are not known: a cookie for a whole domain of one word is refused. No I/O; values are secrets, and
//! nothing here is ever shown.

mod date;
mod set_cookie;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::cmp::Reverse;
use std::net::IpAddr;

use wsbench_targets::clock::{Tick, now};

use self::set_cookie::SetCookie;

/// Cookies of a client; beyond them the oldest goes (RFC 6265 §6.1).
const MAX_COOKIES: usize = 50;
/// Bytes of a cookie that are kept, its name, value and attributes; a longer one is ignored.
const MAX_COOKIE_BYTES: usize = 4096;

/// All cookies of a client, in the order in which they came first.
#[derive(Default)]
pub struct Jar(RefCell<Vec<Cookie>>);

struct Cookie {
    name: Vec<u8>,
    value: Vec<u8>,
    /// In lower case.
    domain: String,
    /// It is for that host alone, not for those below it.
    host_only: bool,
    path: String,
    secure: bool,
    expires: Option<Tick>,
}

/// Where a request goes.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// `Host`, with or without a port.
    pub authority: &'a str,
    /// Path and query.
    pub path: &'a str,
    /// It goes by TLS.
    pub secure: bool,
}

impl Site<'_> {
    fn host(&self) -> String {
        let end = match self.authority.starts_with('[') {
            true => self.authority.find(']').map(|at| at + 1),
            false => self.authority.find(':'),
        };
        self.authority[..end.unwrap_or(self.authority.len())].to_ascii_lowercase()
    }

    fn path(&self) -> &str {
        self.path.split(['?', '#']).next().unwrap_or_default()
    }

    /// RFC 6265 §5.1.4.
    fn default_path(&self) -> &str {
        match self.path().rfind('/') {
            Some(at @ 1..) => &self.path()[..at],
            _ => "/",
        }
    }
}

impl Jar {
    /// Takes the value of a `Set-Cookie` field of an answer from `from` (RFC 6265 §5.2, §5.3); one that is not for it to
    /// set is ignored.
    pub fn set(&self, field: &[u8], from: &Site<'_>) {
        let Some(said) = SetCookie::read(field).filter(|_| field.len() <= MAX_COOKIE_BYTES) else { return };
        let host = from.host();
        let domain = said.domain.filter(|domain| *domain != host);
        if domain.as_deref().is_some_and(|domain| !domain.contains('.') || !within(&host, domain)) {
            return;
        }
        if said.secure && !from.secure {
            return;
        }
        let at = now();
        let cookie = Cookie {
            name: said.name,
            value: said.value,
            host_only: domain.is_none(),
            domain: domain.unwrap_or(host),
            path: said.path.unwrap_or_else(|| from.default_path().to_owned()),
            secure: said.secure,
            expires: said.lasts.map(|lasts| lasts.map_or(at, |lasts| at + lasts)),
        };
        self.put(cookie, at);
    }

    fn put(&self, cookie: Cookie, at: Tick) {
        let mut all = self.0.borrow_mut();
        all.retain(|one| one.lives(at));
        let same = |one: &Cookie| {
            (&one.name, &one.domain, &one.path) == (&cookie.name, &cookie.domain, &cookie.path)
        };
        let place = all.iter().position(same);
        match (place, cookie.lives(at)) {
            // Its place stays: it is as old as the first of that name.
            (Some(place), true) => all[place] = cookie,
            (Some(place), false) => drop(all.remove(place)),
            (None, true) => all.push(cookie),
            (None, false) => {}
        }
        if all.len() > MAX_COOKIES {
            all.remove(0);
        }
    }

    /// Writes the `Cookie` line of a request, line end included, in the place of `line`; nothing where there is no cookie for
    /// it (RFC 6265 §5.4).
    pub fn write(&self, to: &Site<'_>, line: &mut Vec<u8>) {
        line.clear();
        let all = self.0.borrow();
        if all.is_empty() {
            return;
        }
        let (host, at) = (to.host(), now());
        let mut fitting: Vec<&Cookie> = all.iter().filter(|cookie| cookie.is_for(to, &host, at)).collect();
        fitting.sort_by_key(|cookie| Reverse(cookie.path.len()));
        for (nth, cookie) in fitting.into_iter().enumerate() {
            line.extend_from_slice(if nth == 0 { b"Cookie: " } else { b"; " });
            line.extend_from_slice(&cookie.name);
            line.push(b'=');
            line.extend_from_slice(&cookie.value);
        }
        if !line.is_empty() {
            line.extend_from_slice(b"\r\n");
        }
    }
}

impl Cookie {
    fn lives(&self, at: Tick) -> bool {
        self.expires.is_none_or(|expires| expires > at)
    }

    fn is_for(&self, to: &Site<'_>, host: &str, at: Tick) -> bool {
        let domain = if self.host_only { host == self.domain } else { within(host, &self.domain) };
        domain && below(to.path(), &self.path) && (to.secure || !self.secure) && self.lives(at)
    }
}

/// Whether `host` is `domain` or below it (RFC 6265 §5.1.3); an address is below nothing.
fn within(host: &str, domain: &str) -> bool {
    let above = host.strip_suffix(domain);
    above.is_some_and(|above| above.is_empty() || above.ends_with('.') && host.parse::<IpAddr>().is_err())
}

/// Whether `path` is `base` or below it (RFC 6265 §5.1.4).
fn below(path: &str, base: &str) -> bool {
    let rest = path.strip_prefix(base);
    rest.is_some_and(|rest| rest.is_empty() || base.ends_with('/') || rest.starts_with('/'))
}
