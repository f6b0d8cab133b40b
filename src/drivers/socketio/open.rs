//! How a session of Socket.IO begins: the handshake, the namespace and, where that is wanted, the move to a WebSocket.
//!
//! Nothing is lost of what the server says meanwhile. Its other end is any Socket.IO server.

use std::mem::replace;

use wsbench_targets::headers::RequestKind;

use super::conversation::Conversation;
use super::engine::{Kind, Packet};
use super::handshake::{Handshake, path};
use crate::drivers::ClientContext;
use crate::drivers::http::connection::{Connection, Purpose};
use crate::drivers::http::post::PostSender;
use crate::drivers::http::profile::profile;
use crate::drivers::http::request::Request;
use crate::drivers::session::http::Http;
use crate::drivers::session::socket::Socket;
use crate::drivers::session::{Carrier, Session};
use crate::drivers::websocket::connection::Content;
use crate::drivers::websocket::frame::Opcode;
use crate::meter::{Failure, reasons};
use crate::transport::{Carrier as Via, SocketIo as Options};

/// The data of the ping and the pong that begin an upgrade.
const PROBE: &str = "probe";
/// Of what a client posts.
const CONTENT_TYPE: &str = "text/plain;charset=UTF-8";

/// Opens what the handshake goes over.
pub(super) async fn connect(
    context: &ClientContext,
    options: &Options,
) -> Result<Session<Conversation>, Failure> {
    let carrier = match options.via {
        Via::WebSocket => {
            let mut socket =
                Socket::open(&at(context, options, "websocket", None), options.timeout, options.deflate)
                    .await?;
            socket.set_silence(options.timeout);
            Carrier::Socket(Box::new(socket))
        }
        Via::Polling | Via::Upgrade => Carrier::Http(Box::new(requests(context, options))),
    };
    let conversation = Conversation::new(context.clone(), options);
    Ok(Session::new(conversation, carrier, context.shard.clock.clone()))
}

/// From the handshake to a joined namespace and, if that is wanted, the upgrade.
pub(super) async fn join(
    session: &mut Session<Conversation>,
    context: &ClientContext,
    options: &Options,
) -> Result<(), Failure> {
    let handshake = loop {
        match &session.protocol.handshake {
            Some(handshake) => break handshake.clone(),
            None => session.step().await?,
        }
    };
    match &mut session.carrier {
        Carrier::Http(http) => {
            let named = at(context, options, "polling", Some(&handshake));
            http.rename(question(&named), named, handshake.max_payload, handshake.silence());
        }
        Carrier::Socket(socket) => socket.set_silence(handshake.silence()),
    }
    while !session.protocol.joined {
        session.step().await?;
    }
    if options.via == Via::Upgrade {
        upgrade(session, context, options, &handshake).await?;
    }
    Ok(())
}

/// The requests of a session that has no name yet.
fn requests(context: &ClientContext, options: &Options) -> Http {
    let context = at(context, options, "polling", None);
    let connection =
        || Connection::new(context.clone(), Purpose::Session { streams: false }, options.timeout, true);
    let post = PostSender::new(connection(), Some(CONTENT_TYPE));
    Http::new(connection(), question(&context), true, post)
}

fn question(context: &ClientContext) -> Request {
    Request::new(context, "GET", "", &profile(context, RequestKind::Fetch), &[])
}

/// The same client at the path of a carrier, of the session that `handshake` names.
fn at(
    context: &ClientContext,
    options: &Options,
    carrier: &str,
    handshake: Option<&Handshake>,
) -> ClientContext {
    context.at(path(context, options, carrier, handshake.map(|handshake| handshake.sid.as_str())))
}

/// Moves the session: a probe there, while packets still come here; then no new request here, the last one's answer, and
/// the word to move.
async fn upgrade(
    session: &mut Session<Conversation>,
    context: &ClientContext,
    options: &Options,
    handshake: &Handshake,
) -> Result<(), Failure> {
    let Session { protocol, carrier, .. } = session;
    let Carrier::Http(http) = carrier else { return Ok(()) };
    if !handshake.upgrades.iter().any(|to| to == "websocket") {
        context.shard.meter.reason(reasons::NO_UPGRADE_OFFERED);
        return Err(Failure::Protocol);
    }
    let mut socket =
        Socket::open(&at(context, options, "websocket", Some(handshake)), options.timeout, options.deflate)
            .await?;
    say(&mut socket, options, Kind::Ping, PROBE).await?;
    let pong = Packet::text(Kind::Pong, PROBE);
    let probed = loop {
        tokio::select! {
            biased;
            heard = socket.receive(|message| {
                Packet::of_message(options.eio, message).is_ok_and(|packet| packet == pong)
            }) => break heard?,
            step = http.step(protocol) => step?,
        }
    };
    if !probed {
        return Err(Failure::Protocol);
    }
    http.paused = true;
    while !http.idle() {
        http.step(protocol).await?;
    }
    say(&mut socket, options, Kind::Upgrade, "").await?;
    socket.set_silence(handshake.silence());
    if let Carrier::Http(http) = replace(carrier, Carrier::Socket(Box::new(socket))) {
        tokio::task::spawn_local(http.close());
    }
    Ok(())
}

/// Says a packet of the move itself.
async fn say(socket: &mut Socket, options: &Options, kind: Kind, text: &str) -> Result<(), Failure> {
    let mut frame = Vec::new();
    Packet::text(kind, text).write_frame(options.eio, &mut frame);
    let content = Content { envelope: frame.len(), messages: 0 };
    socket.send(Opcode::Text, &frame, content).await
}
