//! The driver: when it connects again and how that counts, and when a message came that nobody had asked for.

use tokio::time::sleep;
use wsbench_targets::clock::now;

use super::*;
use crate::drivers::Driver;
use crate::drivers::websocket::WebSocket;
use crate::transport::WebSocket as Options;

/// A server that closes each connection as soon as it is there.
async fn closes_each(listener: TcpListener, accepted: Rc<std::cell::Cell<u32>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        accepted.set(accepted.get() + 1);
        let mut socket = accept_async(stream).await.unwrap();
        let reason = CloseFrame { code: CloseCode::Policy, reason: "bad token".into() };
        // The client answers, and is gone.
        drop(socket.close(Some(reason)).await);
        while socket.next().await.is_some_and(|next| next.is_ok()) {}
    }
}

/// The pauses grow although each handshake succeeds; whether one sends or receives.
#[test]
fn a_server_that_closes_at_once_is_asked_seldom_and_every_time_is_a_reconnect() {
    scripted::run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let context = scripted::context(listener.local_addr().unwrap());
        let accepted = Rc::default();
        let server = tokio::task::spawn_local(closes_each(listener, Rc::clone(&accepted)));
        let mut client = WebSocket::connect(context.clone(), &Options::default()).await.unwrap();
        let mut failures = 0;
        let asking = async {
            loop {
                // Dropped by a schedule of sends, as in an open loop.
                if let Ok(received) = tokio::time::timeout(Duration::from_millis(30), client.recv()).await {
                    assert_eq!(received, Err(Failure::Closed));
                    failures += 1;
                }
                failures += u64::from(client.send(b"on").await.is_err());
            }
        };
        assert!(tokio::time::timeout(Duration::from_secs(2), asking).await.is_err());
        // Pauses of 50 to 100 ms, 100 to 200, 200 to 400, 400 to 800, ..
        assert!((3..=8).contains(&accepted.get()), "{}", accepted.get());
        assert!(failures >= 2, "{failures}");
        assert_eq!(context.shard.meter.counts().reconnects, u64::from(accepted.get()) - 1);
        assert_eq!(reasons_of(&context), ["closed with 1008 \"bad token\""]);
        client.close().await;
        server.abort();
        scripted::balanced(&context).await;
    });
}

/// A client that sends more than its server reads hears it meanwhile, and knows when that was.
#[test]
fn what_comes_while_a_send_is_blocked_came_then() {
    const BLOCKED: Duration = Duration::from_millis(600);
    scripted::run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let context = scripted::context(listener.local_addr().unwrap());
        let server = tokio::task::spawn_local(async move {
            let mut socket = accept_async(listener.accept().await.unwrap().0).await.unwrap();
            for seq in 0..3 {
                socket.send(Theirs::text(scripted::stamped(seq))).await.unwrap();
                sleep(BLOCKED / 6).await;
            }
            sleep(BLOCKED / 2).await;
            assert_eq!(next(&mut socket).await.len(), 12 << 20);
            while socket.next().await.is_some_and(|next| next.is_ok()) {}
        });
        let mut client = WebSocket::connect(context.clone(), &Options::default()).await.unwrap();
        let began = now();
        client.send(&vec![b'x'; 12 << 20]).await.unwrap();
        let sent = now();
        assert!(sent.since(began) >= BLOCKED.as_nanos() as u64 * 9 / 10, "it was not blocked");
        for seq in 0..3 {
            let arrival = client.recv().await.unwrap();
            assert_eq!(arrival.stamp.seq, seq);
            let late = Duration::from_nanos(arrival.at.since(arrival.stamp.due));
            assert!(late < BLOCKED / 3, "message {seq}: {late:?}");
            assert!(arrival.at < sent);
        }
        assert_eq!(client.cursor, 3);
        client.close().await;
        server.await.unwrap();
        scripted::balanced(&context).await;
    });
}
