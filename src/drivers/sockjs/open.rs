//! How a session of SockJS begins: the question whether a server is there, the connection, and `o`.

use std::time::Duration;

use tokio::time::timeout;
use wsbench_targets::clock::now;
use wsbench_targets::headers::RequestKind;
use wsbench_targets::wire::Header;

use super::conversation::Conversation;
use super::urls::SessionUrls;
use crate::drivers::ClientContext;
use crate::drivers::http::connection::{Connection, Purpose};
use crate::drivers::http::post::PostSender;
use crate::drivers::http::profile::profile;
use crate::drivers::http::request::Request;
use crate::drivers::said::quoted;
use crate::drivers::session::http::Http;
use crate::drivers::session::socket::Socket;
use crate::drivers::session::{Carrier, Session};
use crate::meter::{Failure, reasons};
use crate::transport::{SockJs as Options, Via};

/// A server lets a poll wait so long before it sends a heartbeat.
const HEARTBEAT: Duration = Duration::from_secs(25);

/// Asks for information if it is to, and opens what frames come by.
pub(super) async fn connect(
    context: &ClientContext,
    options: &Options,
) -> Result<Session<Conversation>, Failure> {
    let path = context.path();
    let urls = |path: &str| SessionUrls::new(path, context.shard.seed, context.client, now());
    let mut connection = of_session(context.clone(), options);
    let mut urls_there = urls(path.as_deref().unwrap_or("/"));
    if options.info && options.via != Via::Raw {
        let moved = ask_info(&mut connection, context.at(urls_there.info()), options).await?;
        moved.iter().for_each(|base| urls_there = urls(base));
    }
    let urls = urls_there;
    let carrier = if options.via.http() {
        Carrier::Http(Box::new(requests(context, connection, &urls, options)))
    } else {
        // In a task of its own: closing is no part of connecting.
        tokio::task::spawn_local(connection.close());
        let url = if options.via == Via::Raw { urls.raw() } else { urls.carrier(options.via.path()) };
        Carrier::Socket(Box::new(Socket::open(&context.at(url), options.timeout, options.deflate).await?))
    };
    let conversation = Conversation::new(context.clone(), options.via);
    Ok(Session::new(conversation, carrier, context.shard.clock.clone()))
}

fn of_session(context: ClientContext, options: &Options) -> Connection {
    let streams = matches!(options.via, Via::XhrStreaming | Via::EventSource);
    Connection::new(context, Purpose::Session { streams }, options.timeout, options.keep_alive)
}

/// Whether a server is there, and below which path it wants the session, where it says so. What it offers is not looked at:
/// which carrier to take says the scenario.
async fn ask_info(
    connection: &mut Connection,
    info: ClientContext,
    options: &Options,
) -> Result<Option<String>, Failure> {
    let fetch = profile(&info, RequestKind::Fetch);
    let request = Request::new(&info, "GET", "", &fetch, &connection.fields());
    connection.begin(now());
    let answered = timeout(options.timeout, connection.answer(&request)).await;
    answered.unwrap_or(Err(Failure::Timeout))?;
    let base = base_url(connection.body());
    connection.drop_body();
    let Some(base) = base else { return Ok(None) };
    let moved = path_of(&base, &info.endpoint.authority);
    if moved.is_none() {
        info.shard.meter.reason_in_words(reasons::OTHER_BASE, &quoted(base.as_bytes()));
    }
    moved.map(Some).ok_or(Failure::Protocol)
}

/// What an answer of `/info` says in `base_url`, if it says so.
fn base_url(info: &[u8]) -> Option<String> {
    let info: serde_json::Value = serde_json::from_slice(info).ok()?;
    info.get("base_url")?.as_str().filter(|base| !base.is_empty()).map(str::to_owned)
}

/// The path of `base`, a path or a URL of the host at `authority`; `None` for another host: nobody has said that it may be
/// loaded.
fn path_of(base: &str, authority: &str) -> Option<String> {
    let path = match base.split_once("//") {
        Some((scheme, rest)) if !scheme.contains('/') => {
            let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            host.eq_ignore_ascii_case(authority).then_some(path)?
        }
        _ => base,
    };
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| format!("/{}", path.trim_start_matches('/')))
}

/// The requests of a session: what was asked over before is there for the next question.
fn requests(
    context: &ClientContext,
    mut connection: Connection,
    urls: &SessionUrls,
    options: &Options,
) -> Http {
    let there = context.at(urls.carrier(options.via.path()));
    let mut more = connection.fields();
    let (method, kind) = match options.via {
        Via::EventSource => ("GET", RequestKind::Events),
        _ => {
            // RFC 9110 §8.6: a POST without a body says so.
            more.push(Header("Content-Length".to_owned(), "0".to_owned()));
            ("POST", RequestKind::Post)
        }
    };
    let mut profile = profile(&there, kind);
    // Without one there is nothing to name.
    profile.retain(|header| !header.0.eq_ignore_ascii_case("content-type"));
    let question = Request::new(&there, method, "", &profile, &more);
    let polls = options.via == Via::Xhr;
    if polls {
        connection.set_answer_timeout(HEARTBEAT + options.timeout);
    }
    let post = PostSender::new(of_session(context.at(urls.carrier("xhr_send")), options), Some("text/plain"));
    Http::new(connection, question, polls, post)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_of_the_same_host_is_followed() {
        let info = |base| format!("{{\"websocket\":true,\"base_url\":\"{base}\"}}");
        for (base, expected) in [
            ("/other", Some("/other")),
            ("other/x", Some("/other/x")),
            ("http://h:1/other", Some("/other")),
            ("//H:1/other?k", Some("/other?k")),
            ("http://h:1", Some("/")),
            ("http://elsewhere/other", None),
            ("https://h:2/other", None),
            ("/a b", None),
        ] {
            let said = base_url(info(base).as_bytes()).unwrap();
            assert_eq!(path_of(&said, "h:1").as_deref(), expected, "{base}");
        }
        for nothing in ["{}", "", "[]", "{\"base_url\":null}", "{\"base_url\":\"\"}"] {
            assert_eq!(base_url(nothing.as_bytes()), None, "{nothing}");
        }
    }
}
