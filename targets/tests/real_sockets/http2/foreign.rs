//! Clients of other makers: curl, nghttp and h2load, nghttpx as a client of RFC 8441, Node.
//!
//! `scripts/check-http2` runs them.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;
use wsbench_targets::transport::{Sse, WebSocket};
use wsbench_targets::wire::{Audience, Headers, Reply, Served, Stamp, TargetConfig, route};

use crate::support::{PATIENCE, Target, config, local, message, polling, publication, run};

fn url(at: SocketAddr, route: &str) -> String {
    format!("http://{at}{}", route::path(route, 0, 0))
}

fn publishing(transport: Served, milliseconds: u64) -> TargetConfig {
    let publication = Some(publication(Duration::from_millis(milliseconds), Audience::Each));
    TargetConfig { publication, ..config(transport) }
}

#[test]
#[ignore = "needs curl; scripts/check-http2 runs it"]
fn curl_polls_and_posts_by_either_version() {
    local(async {
        let target =
            Target::start(TargetConfig { headers: Headers::article(), ..polling(Reply::Since) }).await;
        let text = String::from_utf8(message(0)).unwrap();
        let send = url(target.at, route::SEND);
        let head =
            run("curl", &["-sS", "-i", "--http2-prior-knowledge", "--data-binary", &text, &send]).await;
        assert!(head.starts_with("HTTP/2 204"), "{head}");
        for (flag, first) in [("--http2-prior-knowledge", "HTTP/2 200"), ("--http1.1", "HTTP/1.1 200 OK")] {
            let answer = run("curl", &["-sS", "-i", flag, &url(target.at, route::POLL)]).await;
            assert!(answer.starts_with(first) && answer.ends_with(&text), "{answer}");
            let lower = answer.to_lowercase();
            assert!(lower.contains("\r\nserver: sun java system application server 9.1_02\r\n"), "{answer}");
            assert!(lower.contains("\r\ncontent-length: 21\r\n") && lower.contains("\r\ndate: "), "{answer}");
        }
        // Upgrade from HTTP/1.1 is not offered (RFC 9113 has removed it): answered in HTTP/1.1.
        let answer = run("curl", &["-sS", "-i", "--http2", &url(target.at, route::POLL)]).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    });
}

#[test]
#[ignore = "needs curl; scripts/check-http2 runs it"]
fn curl_reads_events_as_they_come() {
    local(async {
        let mut target = Target::start(publishing(Served::Sse(Sse::default()), 20)).await;
        target.begin().await;
        let arguments = ["-sSN", "--http2-prior-knowledge", "--max-time", "1", &url(target.at, route::EVENT)];
        let ran = Command::new("curl").args(arguments).output();
        let said = String::from_utf8(timeout(PATIENCE, ran).await.unwrap().unwrap().stdout).unwrap();
        let events: Vec<&str> =
            said.split_inclusive("\n\n").filter(|event| event.ends_with("\n\n")).collect();
        assert!(events.len() >= 25, "{said}");
        for (seq, event) in events.iter().enumerate() {
            assert!(event.starts_with(&format!("id: {seq:07}\ndata: ")), "{event}");
        }
    });
}

#[test]
#[ignore = "needs nghttp2-client; scripts/check-http2 runs it"]
fn nghttp_and_h2load_find_the_protocol_kept() {
    local(async {
        let target =
            Target::start(TargetConfig { headers: Headers::article(), ..polling(Reply::Latest) }).await;
        crate::http2::client::Client::connect(target.at).await.post(0, &message(0)).await;
        let at = url(target.at, route::POLL);
        let said = run("nghttp", &["-v", "--no-dep", &at, &at]).await;
        assert!(said.contains(":status: 200") && said.contains("server: Sun Java System"), "{said}");
        assert!(said.contains("recv DATA frame <length=21,"), "{said}");
        assert!(!said.contains("PROTOCOL_ERROR"), "{said}");
        let load = ["-n", "5000", "-c", "10", "-m", "20", at.as_str()];
        let said = run("h2load", &load).await;
        assert!(said.contains("5000 succeeded, 0 failed, 0 errored, 0 timeout"), "{said}");
        assert!(said.contains("status codes: 5000 2xx"), "{said}");
        let said = run("h2load", &["--h1", "-n", "1000", "-c", "10", at.as_str()]).await;
        assert!(said.contains("1000 succeeded, 0 failed"), "{said}");
    });
}

/// Polls, then goes on with events on the same connection, and posts beside them.
const NODE: &str = r#"
const http2 = require("http2");
const [at, polled, events] = process.argv.slice(1);
const session = http2.connect(at);
session.on("error", (error) => { console.error(error); process.exit(1); });
session.on("remoteSettings", (settings) => console.log("connect protocol", settings.enableConnectProtocol));
const stream = session.request({ ":path": events });
let text = "", posted = 0;
const post = () => {
  const up = session.request({ ":path": "/send/0000000000/0000000000", ":method": "POST" });
  up.on("response", (head) => console.log("posted", head[":status"]));
  up.resume();
  up.end(Buffer.from(polled, "base64").subarray(21 * posted, 21 * (posted += 1)));
};
stream.on("response", (head) => { console.log("head", head[":status"], head["content-type"]); post(); });
stream.setEncoding("utf8");
stream.on("data", (piece) => {
  text += piece;
  const events = text.split("\n\n").length - 1;
  if (events === 3) { console.log("events", events); stream.close(http2.constants.NGHTTP2_CANCEL); session.close(); }
  else post();
});
"#;

#[test]
#[ignore = "needs node; scripts/check-http2 runs it"]
fn node_posts_and_hears_it_as_an_event() {
    local(async {
        let target = Target::start(config(Served::Sse(Sse::default()))).await;
        let messages = [message(0), message(1), message(2)].concat();
        let messages = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, messages);
        let events = route::path(route::EVENT, 0, 0);
        let at = format!("http://{}", target.at);
        let said = run("node", &["-e", NODE, &at, &messages, &events]).await;
        assert!(said.contains("connect protocol false") && said.contains("events 3"), "{said}");
        assert!(said.contains("head 200 text/event-stream"), "{said}");
        assert_eq!(said.matches("posted 204").count(), 3, "{said}");
    });
}

/// An extended CONNECT with Node, which has the fields but no WebSocket over it: the frames are written by hand.
const NODE_WEBSOCKET: &str = r#"
const http2 = require("http2");
const session = http2.connect(process.argv[1]);
session.on("error", (error) => { console.error(error); process.exit(1); });
session.once("remoteSettings", (settings) => {
  console.log("connect protocol", settings.enableConnectProtocol);
  const stream = session.request({
    ":method": "CONNECT", ":protocol": "websocket", ":scheme": "http", ":path": "/", ":authority": "t",
    "sec-websocket-version": "13",
  });
  stream.on("response", (head) => {
    console.log("head", head[":status"]);
    stream.write(Buffer.from("\x81\x85\0\0\0\0hello", "latin1"));
  });
  let came = Buffer.alloc(0), closed = false;
  stream.on("data", (piece) => {
    came = Buffer.concat([came, piece]);
    if (came.length >= 7 && !closed) {
      closed = true;
      console.log("echo", came.subarray(0, 7).toString("hex"));
      stream.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]));
    }
  });
  stream.on("end", () => { console.log("all", came.toString("hex")); stream.end(); });
  stream.on("close", () => { console.log("rst", stream.rstCode); session.close(); });
});
"#;

#[test]
#[ignore = "needs node; scripts/check-http2 runs it"]
fn node_opens_a_websocket_by_rfc_8441() {
    local(async {
        let target = Target::start(config(Served::WebSocket(WebSocket::default()))).await;
        let said = run("node", &["-e", NODE_WEBSOCKET, &format!("http://{}", target.at)]).await;
        assert!(said.contains("connect protocol true") && said.contains("head 200"), "{said}");
        assert!(said.contains("all 810568656c6c6f880203e8") && said.contains("rst 0"), "{said}");
    });
}

/// nghttpx speaks HTTP/1.1 in front and RFC 8441 behind: what a client of today's WebSocket says comes to the target by it.
#[test]
#[ignore = "needs nghttp2-proxy; scripts/check-http2 runs it"]
fn nghttpx_brings_websockets_by_rfc_8441() {
    local(async {
        let mut target = Target::start(publishing(Served::WebSocket(WebSocket::default()), 5)).await;
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let front = free.local_addr().unwrap();
        drop(free);
        let backend = format!("--backend=127.0.0.1,{};/;proto=h2", target.at.port());
        let frontend = format!("--frontend=127.0.0.1,{};no-tls", front.port());
        let mut proxy = Command::new("nghttpx")
            .args([backend.as_str(), &frontend, "--conf=/dev/null", "--workers=1"])
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let url = format!("ws://{front}{}", route::path(route::PUSH, 0, 0));
        let mut socket = loop {
            if let Ok((socket, _)) = tokio_tungstenite::connect_async(url.as_str()).await {
                break socket;
            }
            assert!(proxy.try_wait().unwrap().is_none(), "nghttpx has ended");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        target.begin().await;
        for seq in 0..200 {
            let heard = futures_util::StreamExt::next(&mut socket).await.unwrap().unwrap();
            assert_eq!(Stamp::number(&heard.into_data()), Some(seq));
        }
        let hello = tokio_tungstenite::tungstenite::Message::text("hello");
        futures_util::SinkExt::send(&mut socket, hello.clone()).await.unwrap();
        while futures_util::StreamExt::next(&mut socket).await.unwrap().unwrap() != hello {}
        proxy.kill().await.unwrap();
    });
}
