//! Closing: who says what to whom, who waits for whom, and that every byte is accounted for where one end just goes.

use tokio::io::AsyncReadExt;
use tokio::time::{Instant, sleep};

use super::*;
use crate::drivers::limits::{CLOSE_TIMEOUT, FIN_TIMEOUT};

/// What a server does with a Close.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Manners {
    /// Answers it, and leaves TCP open.
    LeavesOpen,
    /// Answers nothing, and pings on.
    Ignores,
    /// Ends TCP without a word.
    Drops,
}

/// Closes a connection to such a server; how long that took. The ledger closes, and no socket is left.
async fn closed(manners: Manners) -> Duration {
    let mut took = Duration::ZERO;
    local(async {
        let (context, server) = context(move |stream| async move {
            let mut socket = accept_async(stream).await.unwrap();
            while !matches!(socket.next().await.unwrap().unwrap(), Theirs::Close(_)) {}
            let stream = socket.get_mut();
            match manners {
                Manners::LeavesOpen => {
                    stream.write_all(b"\x88\x00").await.unwrap();
                    // The client's FIN, not awaited by any of ours.
                    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
                    sleep(2 * CLOSE_TIMEOUT).await;
                }
                Manners::Ignores => {
                    while stream.write_all(b"\x89\x01p").await.is_ok() {
                        sleep(Duration::from_millis(10)).await;
                    }
                }
                Manners::Drops => {}
            }
        })
        .await;
        let connection = open(&context).await;
        let began = Instant::now();
        connection.close(|_| {}).await;
        took = began.elapsed();
        assert_eq!(context.shard.meter.open_sockets(), 0);
        server.abort();
        closes(&context);
        assert_eq!(reasons_of(&context), [""; 0]);
    })
    .await;
    took
}

#[tokio::test]
async fn a_server_that_leaves_tcp_open_is_not_waited_for() {
    let took = closed(Manners::LeavesOpen).await;
    assert!(took >= FIN_TIMEOUT && took < CLOSE_TIMEOUT / 2, "{took:?}");
}

#[tokio::test]
async fn a_close_that_nobody_answers_has_one_deadline() {
    let took = closed(Manners::Ignores).await;
    assert!(took >= CLOSE_TIMEOUT && took < CLOSE_TIMEOUT * 3 / 2, "{took:?}");
}

#[tokio::test]
async fn a_server_that_just_goes_ends_the_wait() {
    let took = closed(Manners::Drops).await;
    assert!(took < CLOSE_TIMEOUT / 2, "{took:?}");
}

/// It said why before it went; a write that fails must not hide that.
#[tokio::test]
async fn who_only_sends_hears_why_the_server_closed() {
    local(async {
        let (context, server) = context(|stream| async {
            let mut socket = accept_async(stream).await.unwrap();
            let reason = CloseFrame { code: CloseCode::Policy, reason: "bad token".into() };
            socket.close(Some(reason)).await.unwrap();
        })
        .await;
        let mut connection = open(&context).await;
        server.await.unwrap();
        let mut sent = 0;
        let failure = loop {
            match connection.send(Opcode::Text, b"on and on", Content::default(), nothing).await {
                Ok(()) => sent += 1,
                Err(failure) => break failure,
            }
            sleep(Duration::from_millis(20)).await;
        };
        assert!(sent > 0, "the first one leaves before anybody knows");
        assert_eq!(failure, Failure::Closed);
        assert_eq!(reasons_of(&context), ["closed with 1008 \"bad token\""]);
        drop(connection);
        closes(&context);
    })
    .await;
}

/// Dropped without a word, with half a message read and another half sent.
#[tokio::test]
async fn a_connection_that_is_dropped_is_accounted_for() {
    local(async {
        let (context, server) = context(|stream| async {
            let mut socket = accept_async(stream).await.unwrap();
            socket.get_mut().write_all(b"\x01\x02ab\x80\x05cd").await.unwrap();
            sleep(Duration::from_millis(500)).await;
        })
        .await;
        let mut connection = open(&context).await;
        // More than the sockets hold.
        let long = vec![0; 12 << 20];
        let sending = connection.send(Opcode::Binary, &long, Content::default(), nothing);
        assert!(tokio::time::timeout(Duration::from_millis(200), sending).await.is_err());
        drop(connection);
        closes(&context);
        let total = context.shard.meter.tally().traffic.total();
        assert_eq!((total.up.payload, total.down.payload, total.messages_up), (0, 0, 0));
        assert_eq!(total.down.framing, 8);
        server.await.unwrap();
    })
    .await;
}
