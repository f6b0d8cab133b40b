//! WebSocket over a stream of HTTP/2 (RFC 8441), against the crate h2 as the server.

use http::Method;

use super::*;
use crate::drivers::Driver;
use crate::drivers::websocket::WebSocket;
use crate::transport::WebSocket as Options;

/// A text of 21 bytes in a server's frame, and a Close of 1000.
const TEXT: &[u8] = b"\x81\x15a message of 21 bytes";
const CLOSE: &[u8] = b"\x88\x02\x03\xe8";

/// A server that says `says` in frames of their own behind a good answer, and closes when the client does. `takes`: its
/// settings say that it takes WebSockets.
fn server_of_websockets(takes: bool, says: &'static [&'static [u8]]) -> ClientContext {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut context = context_of_two(listener.local_addr().unwrap());
    Rc::get_mut(&mut context.shard).unwrap().hears_all = true;
    thread::spawn(move || {
        run(async move {
            listener.set_nonblocking(true).unwrap();
            let listener = TcpListener::from_std(listener).unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            let mut builder = Builder::new();
            if takes {
                builder.enable_connect_protocol();
            }
            let mut connection = builder.handshake::<_, Bytes>(stream).await.unwrap();
            while let Some(Ok((request, respond))) = connection.accept().await {
                let protocol = request.extensions().get::<h2::ext::Protocol>();
                let good = request.method() == Method::CONNECT
                    && protocol.is_some_and(|protocol| protocol.as_str() == "websocket")
                    && request.headers().get("sec-websocket-version").is_some_and(|v| v == "13");
                assert!(good, "{request:?}");
                spawn_local(speak(request.into_body(), respond, says));
            }
        });
    });
    context
}

async fn speak(mut body: h2::RecvStream, mut respond: SendResponse<Bytes>, says: &[&'static [u8]]) {
    let mut up = respond.send_response(Response::new(()), false).unwrap();
    for frame in says {
        up.send_data((*frame).into(), false).unwrap();
    }
    while let Some(Ok(data)) = body.data().await {
        body.flow_control().release_capacity(data.len()).unwrap();
        // Without a reason, masked. What is in the middle of a long message may begin like it.
        if data.len() == 6 && data.starts_with(b"\x88\x80") {
            up.send_data(CLOSE.into(), true).unwrap();
            return;
        }
    }
}

/// Of 21 bytes: 32 down, and 36 up, where frames are masked.
#[test]
fn frames_go_in_data_and_every_byte_is_known() {
    run(async {
        let context = server_of_websockets(true, &[TEXT, TEXT]);
        let mut client = WebSocket::connect(context.clone(), &Options::default()).await.unwrap();
        client.recv().await.unwrap();
        let before = context.shard.meter.tally().traffic.total();
        client.recv().await.unwrap();
        client.send(b"a message of 21 bytes").await.unwrap();
        let after = context.shard.meter.tally().traffic.total();
        let up = (after.up.payload - before.up.payload, after.up.framing - before.up.framing);
        assert_eq!(up, (21, 9 + 6));
        assert_eq!((after.down.payload, after.messages_down, after.messages_up), (2 * 21, 2, 1));
        // One head of an answer, two frames of DATA with a frame each.
        assert_eq!(after.down.framing, 9 + 2 * (9 + 2));
        client.close().await;
        balanced(&context).await;
        assert_eq!(context.shard.meter.tally().failures.total(), 0);
    });
}

#[test]
fn a_server_that_takes_none_is_named() {
    run(async {
        let context = server_of_websockets(false, &[]);
        let refused = WebSocket::connect(context.clone(), &Options::default()).await.err();
        assert_eq!(refused, Some(Failure::Protocol));
        balanced(&context).await;
        assert_eq!(reasons_of(&context), [(reasons::NO_EXTENDED_CONNECT.to_owned(), 1)]);
    });
}

/// Of two clients all leaves, in turns; of the third never the whole, and what has left of it is accounted for.
#[test]
fn clients_share_a_connection() {
    const LONG: usize = 200_000;
    run(async {
        let context = server_of_websockets(true, &[TEXT]);
        let pool = Some(Rc::new(Pool::of(3)));
        let talk = |client: u32| {
            let context = ClientContext { client, pool: pool.clone(), ..context.clone() };
            spawn_local(async move {
                let mut speaks = WebSocket::connect(context, &Options::default()).await.unwrap();
                speaks.recv().await.unwrap();
                if client == 2 {
                    let breaks_off = speaks.send(&[b'x'; 100 * LONG]);
                    assert!(tokio::time::timeout(Duration::from_millis(1), breaks_off).await.is_err());
                    return drop(speaks);
                }
                speaks.send(&[b'x'; LONG]).await.unwrap();
                speaks.close().await;
            })
        };
        for talks in [talk(0), talk(1), talk(2)] {
            talks.await.unwrap();
        }
        balanced(&context).await;
        let (tally, total) = (context.shard.meter.tally(), context.shard.meter.tally().traffic.total());
        assert_eq!((total.connections, tally.connect.count(), tally.failures.total()), (1, 3, 0));
        assert_eq!((total.down.payload, total.messages_down, total.messages_up), (3 * 21, 3, 2));
        assert_eq!(total.up.payload, 2 * LONG as u64);
    });
}

/// Ten thousand small ones down, and more than a window up.
#[test]
fn a_burst_of_small_frames_comes_whole() {
    const MANY: usize = 10_000;
    run(async {
        let says: &'static [&'static [u8]] = Vec::leak(vec![TEXT; MANY]);
        let context = server_of_websockets(true, says);
        let mut client = WebSocket::connect(context.clone(), &Options::default()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        for _ in 0..MANY {
            client.recv().await.unwrap();
        }
        client.send(&vec![b'x'; 200_000]).await.unwrap();
        client.close().await;
        balanced(&context).await;
        let total = context.shard.meter.tally().traffic.total();
        assert_eq!((total.down.payload, total.up.payload), (21 * MANY as u64, 200_000));
    });
}
