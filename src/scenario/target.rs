//! `[target]`: an external server, and how to reach it.
//!
//! It must not know what is expected to be found there; the plan says what goes with a URL.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::headers::OwnHeaders;
use super::third_party;
use super::url::{Wrong, default_port, host_and_port, host_in_punycode, url, wrong};
use super::{ConnectTo, HostPort, OwnHeader, TargetUrl, ThirdParty};
use crate::keys::fields::Fields;
use crate::keys::kinds::{Flag, Text, Texts};
use crate::message::place;
use crate::secret::Secret;
use crate::transport::{Http, HttpTerms, Scheme, TlsTerms, Transport, read_http, read_tls};

/// Entries of a list.
const MOST: usize = 16;
/// Bytes of the path of a Unix socket (sun_path, with the NUL behind it).
const MOST_UNIX: usize = 107;

/// What `[target]` says: a server, one or the other; else how the reference target is reached.
#[derive(Default)]
pub(super) struct Named {
    pub(super) url: Option<TargetUrl>,
    pub(super) third_party: Option<ThirdParty>,
    /// Of all transports that say nothing of their own.
    pub(super) tls: Option<TlsTerms>,
    /// The same.
    pub(super) http: HttpTerms,
    pub(super) ipv6: bool,
}

/// Keys that name a server which is not ours.
pub(super) const SERVERS: [&str; 2] = ["url", "third-party"];

/// Reads `[target]`.
pub(super) fn read_table(f: &mut Fields<'_>) -> Named {
    let about =
        "an external or third-party server, instead of the built-in reference target; or how that is reached";
    let named = f.table("target", about, |f| {
        let url = by_url(f);
        let third_party = third_party::read(f);
        if third_party.is_some() && !f.has("url") {
            of_a_url_alone(f);
        }
        let (tls, http) = (read_tls(f), read_http(f));
        let about = "the reference target listens at [::1] instead of 127.0.0.1";
        let ipv6 = f.or("ipv6", about, Flag, false);
        if f.has("url") && f.has("third-party") {
            f.wrong("third-party", "`third-party` has no place beside `url`", "remove one of them");
        }
        if SERVERS.iter().any(|key| f.has(key)) {
            f.wrong("ipv6", "`ipv6` is for the reference target: a server has its own address", "remove it");
        }
        let help = "url = \"ws://..\" is an external server, third-party = \"ws\" one that wsbench starts; \
                    tls = true is for what wsbench starts, ipv6 = true for the reference target, http = 2 and clients-per-connection for any";
        f.any_of(&["url", "third-party", "tls", "http", "clients-per-connection", "ipv6"], help);
        Some(Named { url, third_party, tls, http, ipv6 })
    });
    named.unwrap_or_default()
}

/// What is said of TLS and HTTP for all goes for those that say nothing of their own.
pub(super) fn speaking(transports: &mut [Transport], tls: Option<TlsTerms>, http: HttpTerms) {
    for access in transports.iter_mut().map(|transport| transport.access_mut()) {
        access.tls = access.tls.or(tls);
        access.http = access.http.or(http.version);
    }
    let shares = |transport: &Transport| transport.access().version() == Http::Two;
    // Where none can share, the plan says so.
    let none = !transports.iter().any(shares);
    for transport in transports.iter_mut().filter(|transport| none || shares(transport)) {
        let access = transport.access_mut();
        access.clients_per_connection = access.clients_per_connection.or(http.clients);
    }
}

fn by_url(f: &mut Fields<'_>) -> Option<TargetUrl> {
    let kind = Text { parse: url, example: "\"wss://example.com/feed\"" };
    let url = f.optional(
        "url",
        "where the clients connect: http, https, ws or wss; ${NAME} is read from the environment",
        kind,
    );
    let kind = Text { parse: file, example: "\"root.pem\"" };
    let ca = f.optional("ca", "PEM file with roots to trust besides the system's", kind).map(PathBuf::from);
    let insecure =
        f.or("insecure", "do not verify the server's certificate; the report says so", Flag, false);
    let kind = Text { parse: aim, example: "\"127.0.0.1:8443\"" };
    let about = "connect here instead, to host:port or to a Unix socket, unix:/path; the host of the URL stays in Host and in TLS";
    let connect_to = f.optional("connect-to", about, kind);
    let about = "headers of every request, upgrades too; ${NAME} is read from the environment";
    let mut headers = f.optional("headers", about, OwnHeaders).unwrap_or_default();
    let kind = Text { parse: origin, example: "\"https://example.com\"" };
    if let Some(origin) = f.optional("origin", "the Origin header", kind) {
        headers.retain(|header| !header.name.eq_ignore_ascii_case("origin"));
        headers.push(OwnHeader { name: "Origin".to_owned(), value: Secret::url(origin.clone(), &origin) });
    }
    let kind = Texts { parse: token, example: "[\"chat.v2\"]", most: MOST };
    let about = "WebSocket subprotocols to offer; the server must choose one of them";
    let subprotocols = f.optional("subprotocols", about, kind).unwrap_or_default();
    let kind = Texts { parse: host, example: "[\"example.com\"]", most: MOST };
    let about = "hosts that you are authorised to load; required beyond this machine";
    let authorised = f.optional("authorised", about, kind).unwrap_or_default();
    let url = TargetUrl { ca, insecure, connect_to, headers, subprotocols, authorised, ..url? };
    fitting(f, &url);
    Some(url)
}

/// Keys that nobody reads where wsbench starts the server itself.
fn of_a_url_alone(f: &Fields<'_>) {
    for key in ["headers", "origin", "subprotocols", "authorised", "ca", "insecure", "connect-to"] {
        let why = format!("`{key}` has no effect beside third-party: it is for an external server");
        f.wrong(key, why, "remove it, or set `url` instead");
    }
}

/// Keys that the scheme has no use for.
fn fitting(f: &Fields<'_>, url: &TargetUrl) {
    if !url.tls() {
        let why = format!("there is no TLS by {}://", url.scheme);
        f.wrong("ca", format!("`ca` has no effect: {why}"), "remove it, or write https:// or wss://");
        f.wrong(
            "insecure",
            format!("`insecure` has no effect: {why}"),
            "remove it, or write https:// or wss://",
        );
    } else if url.insecure {
        f.wrong("ca", "`ca` has no effect beside insecure = true", "remove one of them");
    }
}

/// Relative to the scenario's folder; that is found later.
fn file(text: &str) -> Result<String, Wrong> {
    match text {
        "" => wrong("is empty", "expected the path of a PEM file"),
        text if text.contains('\0') => wrong("has a NUL in it", "expected the path of a PEM file"),
        text => Ok(text.to_owned()),
    }
}

fn aim(text: &str) -> Result<ConnectTo, Wrong> {
    match text.strip_prefix("unix:") {
        Some(path) => unix(path).map(ConnectTo::Unix),
        None => address(text).map(ConnectTo::Tcp),
    }
}

fn unix(path: &str) -> Result<PathBuf, Wrong> {
    let expected = "expected such as unix:/run/app.sock";
    match path {
        path if !path.starts_with('/') => wrong("is not the absolute path of a Unix socket", expected),
        path if path.contains('\0') => wrong("has a NUL in it", expected),
        path if path.len() > MOST_UNIX => {
            wrong(format!("is longer than {MOST_UNIX} bytes (unix(7))"), expected)
        }
        path => Ok(path.into()),
    }
}

fn address(text: &str) -> Result<HostPort, Wrong> {
    let (host, port) = text.split_at(text.rfind(':').unwrap_or(text.len()));
    let text = &format!("{}{port}", host_in_punycode(host)?);
    if let Some(bad) = text.chars().find(|c| !c.is_ascii_graphic() || "/@?#".contains(*c)) {
        return wrong(format!("may not contain {bad:?}"), "expected address:port");
    }
    let (host, port) = host_and_port(text, None)?;
    Ok(HostPort { host: host.to_owned(), port })
}

fn origin(text: &str) -> Result<String, Wrong> {
    match text.chars().find(|c| !c.is_ascii_graphic()) {
        Some(bad) => wrong(format!("may not contain {bad:?}"), "expected such as https://example.com"),
        None if text.is_empty() => wrong("is empty", "expected such as https://example.com"),
        None => Ok(text.to_owned()),
    }
}

/// RFC 6455 §4.1: a token of RFC 9110 §5.6.2.
fn token(text: &str) -> Result<String, Wrong> {
    let good = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    // A place becomes one when it is filled.
    let filled = &place::all(text).iter().fold(text.to_owned(), |text, (_, place)| text.replace(place, "x"));
    match filled.chars().find(|&c| !good(c)) {
        Some(bad) => {
            wrong(format!("has an entry with {bad:?} in it"), "expected letters, digits, `.` and `-`")
        }
        None if text.is_empty() => wrong("has an empty entry", "expected such as \"chat.v2\""),
        None => Ok(text.to_owned()),
    }
}

fn host(text: &str) -> Result<String, Wrong> {
    let text = &host_in_punycode(text)?;
    match text.is_empty() || text.contains(|c: char| !c.is_ascii_graphic() || "/@*".contains(c)) {
        true => wrong(
            "has an entry that is not a host",
            "expected such as \"example.com\", without scheme or path",
        ),
        false => Ok(text.to_owned()),
    }
}

impl std::fmt::Display for ConnectTo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ConnectTo::Tcp(HostPort { host, port }) => write!(f, "{host}:{port}"),
            ConnectTo::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl TargetUrl {
    /// The same server for a transport that has a path of its own, by the scheme that the transport goes with; or another
    /// one, if it has a URL of its own.
    pub fn of(&self, transport: &Transport) -> TargetUrl {
        let other = transport.access().url.as_ref().map(|text| url(text.reveal()));
        debug_assert!(other.as_ref().is_none_or(Result::is_ok), "it was read before");
        if let Some(Ok(TargetUrl { text, scheme, host, port, path, .. })) = other {
            return TargetUrl { text, scheme, host, port, path, ..self.clone() };
        }
        let Some(path) = &transport.access().path else { return self.clone() };
        let own = transport.scheme().map(Scheme::name);
        let scheme = own.unwrap_or_else(|| self.protocol());
        let scheme = if self.tls() { format!("{scheme}s") } else { scheme.to_owned() };
        let port = if self.port == default_port(&scheme) { String::new() } else { format!(":{}", self.port) };
        let base = format!("{scheme}://{}{port}", self.host);
        let text = Secret::url(format!("{base}{}", path.reveal()), &format!("{base}{path}"));
        TargetUrl { text, scheme, path: path.clone(), ..self.clone() }
    }

    /// Whether TLS is spoken there.
    pub fn tls(&self) -> bool {
        matches!(self.scheme.as_str(), "https" | "wss")
    }

    /// The scheme without its TLS: `http` or `ws`.
    pub fn protocol(&self) -> &str {
        match self.scheme.as_str() {
            "https" => "http",
            "wss" => "ws",
            other => other,
        }
    }

    /// The host that connections go to (IPv6 without brackets), and the port; a Unix socket has neither.
    pub fn aim(&self) -> (&str, u16) {
        let (host, port) = match &self.connect_to {
            Some(ConnectTo::Tcp(aim)) => (&aim.host, aim.port),
            Some(ConnectTo::Unix(_)) | None => (&self.host, self.port),
        };
        (host.trim_matches(['[', ']']), port)
    }

    /// The Unix socket that connections go to, if that is so.
    pub fn unix(&self) -> Option<&Path> {
        match &self.connect_to {
            Some(ConnectTo::Unix(path)) => Some(path),
            Some(ConnectTo::Tcp(_)) | None => None,
        }
    }

    /// Whether its name alone says that connections stay on this machine.
    pub fn on_loopback(&self) -> bool {
        let (host, _) = self.aim();
        self.unix().is_some()
            || host.eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Whether its user has the right to load it, found at `address`: this machine, or a host that was named.
    pub fn allowed_at(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.named()
    }

    /// The same by its name alone, which may be that of this machine without saying so.
    pub fn allowed_by_name(&self) -> bool {
        self.on_loopback() || self.named()
    }

    fn named(&self) -> bool {
        self.named_in(&self.authorised)
    }

    /// Whether its host is one of these; brackets of IPv6 do not matter.
    pub fn named_in(&self, hosts: &[String]) -> bool {
        let (aim, _) = self.aim();
        hosts.iter().any(|host| host.trim_matches(['[', ']']).eq_ignore_ascii_case(aim))
    }

    /// Relative paths are relative to this folder: the scenario's.
    pub(super) fn within(&mut self, folder: &Path) {
        self.ca = self.ca.take().map(|ca| folder.join(ca));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{Access, Polling, WebSocket};

    #[test]
    fn a_transport_may_have_a_path_of_its_own() {
        let access =
            |path: &str| Access { path: Some(Secret::url(path.to_owned(), path)), ..Access::default() };
        let ws = Transport::WebSocket(WebSocket { access: access("/ws?token=abc"), ..WebSocket::default() });
        let polling = Transport::Polling(Polling { access: access("/poll"), ..Polling::default() });
        for (base, transport, expected, port) in [
            ("http://h:8080/", &ws, "ws://h:8080/ws?token=abc", 8080),
            ("https://h/x", &ws, "wss://h/ws?token=abc", 443),
            ("wss://h:80/x?y", &polling, "https://h:80/poll", 80),
            ("http://h/", &polling, "http://h/poll", 80),
        ] {
            let there = target(base, None, &[]).of(transport);
            assert_eq!((there.text.reveal(), there.port), (expected, port));
            assert!(!there.to_string().contains("abc"), "{there}");
        }
        let own = Access { url: Some(Secret::url("wss://other/w".to_owned(), "")), ..Access::default() };
        let own = Transport::WebSocket(WebSocket { access: own, ..WebSocket::default() });
        let there = target("http://h/x", None, &["other"]).of(&own);
        assert_eq!(
            (there.text.reveal(), there.tls(), there.allowed_by_name()),
            ("wss://other/w", true, true)
        );
        let plain = target("http://h/x", None, &[]);
        assert_eq!(plain.of(&Transport::Polling(Polling::default())), plain);
    }

    fn target(url_text: &str, connect_to: Option<&str>, authorised: &[&str]) -> TargetUrl {
        TargetUrl {
            connect_to: connect_to.map(|text| aim(text).unwrap()),
            authorised: authorised.iter().map(|&host| host.to_owned()).collect(),
            ..url(url_text).unwrap()
        }
    }

    #[test]
    fn beyond_this_machine_a_host_must_be_named() {
        let (here, away) = (IpAddr::from([127, 0, 0, 9]), IpAddr::from([192, 0, 2, 1]));
        let none: &[&str] = &[];
        for (url, aim, authorised, address, allowed) in [
            ("ws://localhost/", None, none, here, true),
            ("ws://example.com/", None, none, here, true),
            ("ws://example.com/", None, none, away, false),
            ("ws://example.com/", None, &["other.com"], away, false),
            ("ws://example.com/", None, &["Example.COM"], away, true),
            // Who is loaded is who is connected to.
            ("ws://example.com/", Some("192.0.2.1:80"), &["example.com"], away, false),
            ("ws://example.com/", Some("192.0.2.1:80"), &["192.0.2.1"], away, true),
            ("ws://example.com/", Some("unix:/run/app.sock"), none, here, true),
            ("ws://[2001:db8::1]/", None, &["[2001:db8::1]"], away, true),
        ] {
            let target = target(url, aim, authorised);
            assert_eq!(target.allowed_at(address), allowed, "{url} {aim:?} {authorised:?}");
        }
    }

    #[test]
    fn a_relative_ca_is_relative_to_the_scenario() {
        for (ca, expected) in [("root.pem", "/s/root.pem"), ("/etc/root.pem", "/etc/root.pem")] {
            let mut target = TargetUrl { ca: Some(ca.into()), ..target("wss://h/", None, &[]) };
            target.within(Path::new("/s"));
            assert_eq!(target.ca, Some(expected.into()));
        }
    }
}
