//! Clients of other makers that compress: Python's `websockets`, npm's `ws`.
//!
//! `scripts/check-deflate` runs them.

use std::path::PathBuf;

use wsbench_targets::deflate::Deflate;
use wsbench_targets::transport::WebSocket;
use wsbench_targets::wire::Served;

use crate::support::{Target, config, local, run};

fn third_party(path: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("third_party").join(path);
    folder.display().to_string()
}

/// An echo server that compresses, asked by a program for whom `{url}` is its address; what the program says.
async fn asked(program: &str, code: &[&str]) -> String {
    let deflate = Some(Deflate::default());
    let target = Target::start(config(Served::WebSocket(WebSocket { deflate }))).await;
    let url = format!("ws://{}/", target.at);
    run(program, &[code, &[url.as_str()]].concat()).await
}

/// Terms of either side, messages of every kind and size, in fragments, with a Ping between them.
const PYTHON: &str = r#"
import asyncio, json, random, sys
from websockets.asyncio.client import connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, PerMessageDeflate

trades = [{"symbol": s, "price": n * 1.25, "volume": n} for n in range(900) for s in ("IBM", "MSFT")]
chance = random.Random(1)
messages = ["", "Hello", json.dumps(trades[:9]), json.dumps(trades), "\u00e9\u20ac\U0001f600" * 99,
            b"", bytes(100_000), chance.randbytes(70_000)]
terms = [{}, {"server_no_context_takeover": True}, {"client_no_context_takeover": True},
         {"server_max_window_bits": 9}, {"client_max_window_bits": 10},
         {"server_max_window_bits": 12, "client_max_window_bits": 12, "server_no_context_takeover": True}]

async def main(url):
    for own in terms:
        factory = ClientPerMessageDeflateFactory(**own)
        async with connect(url, compression=None, extensions=[factory]) as socket:
            [deflate] = [e for e in socket.protocol.extensions if isinstance(e, PerMessageDeflate)]
            for message in messages + messages:
                await socket.send(message)
                assert await socket.recv() == message, own
            await socket.send(iter(["in ", "", "three", " fragments"]))
            await (await socket.ping())
            assert await socket.recv() == "in three fragments"
        print("kept", own, deflate)

asyncio.run(main(sys.argv[1]))
"#;

#[test]
#[ignore = "needs scripts/third-party websockets; scripts/check-deflate runs it"]
fn pythons_websockets_has_back_what_it_says() {
    local(async {
        let said = asked(&third_party("websockets/.venv/bin/python"), &["-c", PYTHON]).await;
        assert_eq!(said.matches("kept").count(), 6, "{said}");
        assert!(said.contains("PerMessageDeflate"), "{said}");
    });
}

/// The same with the other library; and what has passed on the wire is less than what was said.
const NODE: &str = r#"
const { WebSocket } = require(process.argv[1]);
const trades = [];
for (let n = 0; n < 900; n += 1) trades.push({ symbol: "IBM", price: n * 1.25, volume: n });
const messages = ["Hello", JSON.stringify(trades.slice(0, 9)), JSON.stringify(trades), "\u00e9\u20ac".repeat(99)];
const terms = [{}, { serverNoContextTakeover: true }, { clientNoContextTakeover: true }, { serverMaxWindowBits: 9 },
  { clientMaxWindowBits: 10 }];
const spoken = (own) => new Promise((kept, failed) => {
  const socket = new WebSocket(process.argv[2], { perMessageDeflate: { threshold: 0, ...own } });
  let next = 0;
  const say = () => socket.send(messages[next % messages.length]);
  socket.on("error", failed).on("open", say);
  socket.on("message", (message) => {
    if (message.toString() !== messages[next % messages.length]) return failed(new Error(`message ${next} has changed`));
    next += 1;
    if (next < 8 * messages.length) return say();
    const whole = 8 * messages.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const { bytesRead, bytesWritten } = socket._socket;
    if (Math.max(bytesRead, bytesWritten) > whole / 2) return failed(new Error(`${bytesRead}, ${bytesWritten} of ${whole}`));
    console.log("kept", socket.extensions);
    socket.on("close", kept).close();
  });
});
terms.reduce((before, own) => before.then(() => spoken(own)), Promise.resolve()).catch((why) => { console.error(why); process.exit(1); });
"#;

#[test]
#[ignore = "needs scripts/third-party ws; scripts/check-deflate runs it"]
fn npms_ws_has_back_what_it_says() {
    local(async {
        let said = asked("node", &["-e", NODE, &third_party("ws/node_modules/ws")]).await;
        assert_eq!(said.matches("kept permessage-deflate").count(), 5, "{said}");
    });
}
