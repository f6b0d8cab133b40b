//! Waiting: who waits for whom, and what becomes of calls that are dropped meanwhile.

use super::*;

/// A server that answers before it reads on, and a client that says more than the sockets hold.
#[tokio::test]
async fn neither_end_waits_for_the_other_to_read() {
    const LONG: usize = 12 << 20;
    local(async {
        let (context, server) = context(|stream| async {
            let mut socket = accept_async(stream).await.unwrap();
            socket.send(Theirs::binary(vec![1; LONG])).await.unwrap();
            assert_eq!(next(&mut socket).await.len(), LONG);
            assert_eq!(next(&mut socket).await, Theirs::Close(None));
        })
        .await;
        let mut connection = open(&context).await;
        let both = async {
            connection.send(Opcode::Binary, &vec![2; LONG], Content::default()).await.unwrap();
            connection.receive(|message| Some(message.bytes.len())).await.unwrap()
        };
        let came = tokio::time::timeout(Duration::from_secs(60), both).await;
        assert_eq!(came.expect("each waited for the other"), LONG);
        connection.close(|_| {}).await;
        server.await.unwrap();
    })
    .await;
}

/// What was begun leaves with the next call, and counts then.
#[tokio::test]
async fn a_send_that_is_dropped_has_sent() {
    const LONG: usize = 12 << 20;
    local(async {
        let (read, reads) = tokio::sync::oneshot::channel();
        let (context, server) = context(|stream| async {
            let mut socket = accept_async(stream).await.unwrap();
            reads.await.unwrap();
            assert_eq!(next(&mut socket).await.len(), LONG);
            socket.send(Theirs::binary(vec![1])).await.unwrap();
            assert_eq!(next(&mut socket).await, Theirs::Close(None));
        })
        .await;
        let mut connection = open(&context).await;
        let (long, up) = (vec![2; LONG], || context.shard.meter.tally().traffic.total().messages_up);
        let sending = connection.send(Opcode::Binary, &long, Content { envelope: 0, messages: 1 });
        assert!(tokio::time::timeout(Duration::from_millis(50), sending).await.is_err());
        assert_eq!(up(), 0);
        read.send(()).unwrap();
        assert_eq!(connection.receive(|message| Some(message.bytes.len())).await, Ok(1));
        assert_eq!(up(), 1);
        connection.close(|_| {}).await;
        server.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_call_that_is_dropped_loses_nothing() {
    local(async {
        let (context, server) = context(|stream| async {
            let mut socket = accept_async(stream).await.unwrap();
            let bytes: Vec<u8> = (0..50u8).flat_map(|n| [0x82, 3, n, n, n]).collect();
            for part in bytes.chunks(7) {
                socket.get_mut().write_all(part).await.unwrap();
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            assert_eq!(next(&mut socket).await, Theirs::Close(None));
        })
        .await;
        let mut connection = open(&context).await;
        let mut seen = vec![];
        while seen.len() < 50 {
            let received = connection.receive(|message| Some(message.bytes[0]));
            // Much shorter than the pauses of the server.
            if let Ok(first) = tokio::time::timeout(Duration::from_micros(200), received).await {
                seen.push(first.unwrap());
            }
        }
        assert_eq!(seen, (0..50).collect::<Vec<u8>>());
        connection.close(|_| {}).await;
        server.await.unwrap();
    })
    .await;
}
