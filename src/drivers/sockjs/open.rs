//! How a session of SockJS begins: the question whether a server is there, the connection, and `o`.

use std::time::Duration;

use tokio::time::timeout;
use wsbench_targets::clock::now;
use wsbench_targets::wire::Header;

use super::conversation::Conversation;
use super::urls::SessionUrls;
use crate::drivers::http::connection::{Connection, Purpose};
use crate::drivers::http::post::PostSender;
use crate::drivers::http::request::Request;
use crate::drivers::session::http::Http;
use crate::drivers::session::socket::Socket;
use crate::drivers::session::{Carrier, Session};
use crate::drivers::{ClientContext, Expects};
use crate::meter::Failure;
use crate::transport::{SockJs as Options, Via};

/// A server lets a poll wait so long before it sends a heartbeat.
const HEARTBEAT: Duration = Duration::from_secs(25);

/// Asks for information if it is to, and opens what frames come by.
pub(super) async fn connect(
    context: &ClientContext,
    options: &Options,
) -> Result<Session<Conversation>, Failure> {
    let path = match &context.endpoint.expects {
        Expects::Foreign(path) => path.as_str(),
        Expects::Reference => "/",
    };
    let urls = SessionUrls::new(path, context.shard.seed, context.client, now());
    let mut connection = of_session(context.clone(), options);
    if options.info && options.via != Via::Raw {
        ask_info(&mut connection, context.at(urls.info()), options).await?;
    }
    let carrier = if options.via.http() {
        Carrier::Http(Box::new(requests(context, connection, &urls, options)))
    } else {
        // In a task of its own: closing is no part of connecting.
        tokio::task::spawn_local(connection.close());
        let url = if options.via == Via::Raw { urls.raw() } else { urls.carrier(options.via.path()) };
        Carrier::Socket(Box::new(Socket::open(&context.at(url), options.timeout).await?))
    };
    let conversation = Conversation::new(context.clone(), options.via);
    Ok(Session::new(conversation, carrier, context.shard.clock.clone()))
}

fn of_session(context: ClientContext, options: &Options) -> Connection {
    let streams = matches!(options.via, Via::XhrStreaming | Via::EventSource);
    Connection::new(context, Purpose::Session { streams }, options.timeout, options.keep_alive)
}

/// Whether a server is there. What it offers is not looked at: which carrier to take says the scenario.
async fn ask_info(
    connection: &mut Connection,
    info: ClientContext,
    options: &Options,
) -> Result<(), Failure> {
    let request = Request::new(&info, "GET", "", &info.shard.headers.request, &connection.fields());
    connection.begin(now());
    let answered = timeout(options.timeout, connection.answer(&request)).await;
    answered.unwrap_or(Err(Failure::Timeout))?;
    connection.drop_body();
    Ok(())
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
    let method = match options.via {
        Via::EventSource => "GET",
        _ => {
            // RFC 9110 §8.6: a POST without a body says so.
            more.push(Header("Content-Length".to_owned(), "0".to_owned()));
            "POST"
        }
    };
    let question = Request::new(&there, method, "", &there.shard.headers.request, &more);
    let polls = options.via == Via::Xhr;
    if polls {
        connection.set_answer_timeout(HEARTBEAT + options.timeout);
    }
    let post = PostSender::new(of_session(context.at(urls.carrier("xhr_send")), options), Some("text/plain"));
    Http::new(connection, question, polls, post)
}
