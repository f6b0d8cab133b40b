//! Who shares a connection: the requests of one client, and several clients; what breaks for whom, and what does not.

use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::hall::{Came, Manner, Order, hall};
use super::*;
use crate::drivers::Driver;
use crate::drivers::streaming::Streaming;
use crate::transport::Streaming as Options;

/// So long an answer may take where one is waited for in vain.
const SOON: Duration = Duration::from_millis(300);

async fn client(context: &ClientContext) -> Streaming {
    Streaming::connect(context.clone(), &Options::default()).await.unwrap()
}

/// One that waits for an answer for [`SOON`].
async fn impatient(context: &ClientContext) -> Streaming {
    Streaming::connect(context.clone(), &Options { timeout: SOON, ..Options::default() }).await.unwrap()
}

/// So many clients who share their connections.
fn together(context: &ClientContext, clients: u32) -> Vec<ClientContext> {
    let pool = Some(Rc::new(Pool::of(clients)));
    (0..clients).map(|client| ClientContext { client, pool: pool.clone(), ..context.clone() }).collect()
}

/// They connect at once.
async fn connected(contexts: &[ClientContext]) -> Vec<Streaming> {
    let connect = |context: &ClientContext| {
        let context = context.clone();
        spawn_local(async move { client(&context).await })
    };
    all(contexts.iter().map(connect).collect()).await
}

async fn all<T>(tasks: Vec<JoinHandle<T>>) -> Vec<T> {
    let mut outputs = vec![];
    for task in tasks {
        outputs.push(task.await.unwrap());
    }
    outputs
}

/// Posts a message over what is open.
async fn post(context: &ClientContext, message: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut request = Request::new(context, "POST", "", &[], &[]);
    request.set_body(message, 0);
    let mut connection = opened(context);
    let outcome = exchange(&mut connection, &request).await;
    connection.close().await;
    outcome
}

/// How many streams have come over each connection, and how many messages were posted.
fn came(heard: &Receiver<Came>) -> (Vec<usize>, usize) {
    let (mut streams, mut posted) = (vec![], 0);
    for (connection, post) in heard.try_iter() {
        streams.resize(streams.len().max(connection + 1), 0);
        streams[connection] += usize::from(!post);
        posted += usize::from(post);
    }
    (streams, posted)
}

/// As in a browser: one connection for an origin (and as many bytes as its account says).
#[test]
fn a_client_posts_over_the_connection_that_it_receives_by() {
    run(async {
        let (context, heard, _order) = hall(Manner::default());
        let mut client = client(&context).await;
        for _ in 0..20 {
            client.send(b"a message of 21 bytes").await.unwrap();
            client.recv().await.unwrap();
            client.taken().await.unwrap();
        }
        client.close().await;
        balanced(&context).await;
        assert_eq!(came(&heard), (vec![1], 20));
        let (tally, total) = (context.shard.meter.tally(), context.shard.meter.tally().traffic.total());
        assert_eq!((total.connections, tally.connect.count(), tally.connect_answer.count()), (1, 1, 1));
        assert_eq!((total.requests, total.messages_up, total.messages_down), (21, 20, 20));
        assert_eq!((total.up.payload, total.down.payload), (20 * 21, 20 * 22));
        assert_eq!((tally.failures.total(), tally.counts.reconnects), (0, 0));
    });
}

/// Long messages, so that calls are dropped in the middle of one.
#[test]
fn calls_that_are_dropped_lose_nothing_and_break_no_other_stream() {
    const LONG: usize = 150_000;
    run(async {
        let (context, heard, _order) = hall(Manner::default());
        let mut client = client(&context).await;
        let (mut sent, mut received) = (0, 0);
        while received < 30 {
            if sent < 30
                && timeout(Duration::from_micros(300), client.send(&[b'x'; LONG])).await == Ok(Ok(()))
            {
                sent += 1;
            }
            if let Ok(arrived) = timeout(Duration::from_micros(200), client.recv()).await {
                arrived.unwrap();
                received += 1;
            }
        }
        client.taken().await.unwrap();
        client.close().await;
        balanced(&context).await;
        assert_eq!(came(&heard), (vec![1], 30));
        let total = context.shard.meter.tally().traffic.total();
        assert_eq!((total.up.payload, total.down.payload), (30 * LONG as u64, 30 * (LONG as u64 + 1)));
        assert_eq!((total.connections, total.messages_up), (1, 30));
    });
}

/// A request costs its stream, and no other's.
#[test]
fn a_post_that_is_not_answered_breaks_nothing_else() {
    run(async {
        let (context, heard, _order) = hall(Manner { mute: 1, ..Manner::default() });
        let mut client = impatient(&context).await;
        client.send(b"told").await.unwrap();
        client.recv().await.unwrap();
        assert_eq!(client.recv().await, Err(Failure::Timeout));
        client.send(b"told, and answered").await.unwrap();
        client.recv().await.unwrap();
        client.taken().await.unwrap();
        client.close().await;
        balanced(&context).await;
        assert_eq!(came(&heard), (vec![1], 2));
    });
}

/// Nothing at all has come meanwhile: it may be dead. What is on it stays there.
#[test]
fn a_connection_that_is_silent_is_asked_over_no_more() {
    run(async {
        let (context, heard, _order) = hall(Manner { deaf: 1, ..Manner::default() });
        let mut client = impatient(&context).await;
        client.send(b"nobody hears it").await.unwrap();
        assert_eq!(client.recv().await, Err(Failure::Timeout));
        client.send(b"told over the first, and posted over another").await.unwrap();
        client.recv().await.unwrap();
        client.taken().await.unwrap();
        client.close().await;
        balanced(&context).await;
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), [(0, false), (0, true), (1, true)]);
        let tally = context.shard.meter.tally();
        assert_eq!((tally.traffic.total().connections, tally.counts.reconnects), (2, 1));
    });
}

#[test]
fn clients_share_one_connection_and_each_is_connected() {
    run(async {
        let (context, heard, _order) = hall(Manner::default());
        let contexts = together(&context, 10);
        let mut clients = connected(&contexts).await;
        for number in 0..10 {
            clients[number].send(b"a message of 21 bytes").await.unwrap();
            for client in &mut clients {
                client.recv().await.unwrap();
            }
            clients[number].taken().await.unwrap();
        }
        for client in clients {
            client.close().await;
        }
        balanced(&context).await;
        assert_eq!(came(&heard), (vec![10], 10));
        let (tally, total) = (context.shard.meter.tally(), context.shard.meter.tally().traffic.total());
        assert_eq!((total.connections, tally.connect.count(), tally.connect_answer.count()), (1, 10, 1));
        assert_eq!((total.messages_up, total.messages_down), (10, 100));
        assert_eq!((total.up.payload, total.down.payload), (10 * 21, 100 * 22));
        assert_eq!((tally.failures.total(), tally.counts.reconnects), (0, 0));
    });
}

/// Windows are smaller than they are: h2 writes some of one stream, then of another.
#[test]
fn long_messages_of_several_clients_leave_in_turns() {
    const LONG: usize = 150_000;
    run(async {
        let (context, heard, _order) = hall(Manner::default());
        let posts = |context: &ClientContext| {
            let context = context.clone();
            spawn_local(async move { post(&context, &[b'x'; LONG]).await })
        };
        // Somebody has the connection, so that it does not end with the first of them.
        let contexts = together(&context, 5);
        let stays = client(&contexts[4]).await;
        let outcomes = all(contexts[..4].iter().map(posts).collect()).await;
        assert_eq!(outcomes, vec![Ok(vec![]); 4]);
        stays.close().await;
        balanced(&context).await;
        assert_eq!(came(&heard), (vec![1], 4));
        assert_eq!(context.shard.meter.tally().traffic.total().up.payload as usize, 4 * LONG);
    });
}

/// As in Go and in proxies: who finds no room opens another.
#[test]
fn where_a_server_bears_no_more_streams_another_connection_is_opened() {
    run(async {
        let (context, heard, _order) = hall(Manner { most: Some(3), ..Manner::default() });
        let contexts = together(&context, 7);
        let mut clients = connected(&contexts).await;
        assert_eq!(came(&heard), (vec![3, 3, 1], 0));
        // There is room on the third.
        clients[0].send(b"told").await.unwrap();
        for client in &mut clients {
            client.recv().await.unwrap();
        }
        clients[0].taken().await.unwrap();
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), [(2, true)]);
        for client in clients {
            client.close().await;
        }
        balanced(&context).await;
        let tally = context.shard.meter.tally();
        assert_eq!((tally.traffic.total().connections, tally.counts.reconnects), (3, 0));
        assert_eq!(tally.failures.total(), 0, "{:?}", tally.failures);
    });
}

/// One stream: what the client receives by has it.
#[test]
fn a_server_of_one_stream_gets_a_connection_for_what_is_posted() {
    run(async {
        let (context, heard, _order) = hall(Manner { most: Some(1), ..Manner::default() });
        let mut client = client(&context).await;
        for _ in 0..3 {
            client.send(b"told").await.unwrap();
            client.recv().await.unwrap();
            client.taken().await.unwrap();
        }
        client.close().await;
        balanced(&context).await;
        let over: Vec<Came> = heard.try_iter().collect();
        assert_eq!(over, [(0, false), (1, true), (1, true), (1, true)]);
    });
}

#[test]
fn a_connection_that_breaks_breaks_for_all_and_one_takes_its_place() {
    run(async {
        let (context, heard, order) = hall(Manner::default());
        let contexts = together(&context, 5);
        let clients = connected(&contexts).await;
        assert_eq!(came(&heard), (vec![5], 0));
        order.send(Order::Break).unwrap();
        let life = |mut client: Streaming| async move {
            // By its GOAWAY, and then by FIN or, where something of ours was not read, by RST.
            assert!(matches!(client.recv().await, Err(Failure::Closed | Failure::Reset)));
            client.recv().await.unwrap();
            client
        };
        let lives: Vec<_> = clients.into_iter().map(|client| spawn_local(life(client))).collect();
        let mut again = 0;
        while again < 5 {
            again += came(&heard).0.get(1).unwrap_or(&0);
            sleep(Duration::from_millis(10)).await;
        }
        post(&contexts[0], b"told").await.unwrap();
        for client in all(lives).await {
            client.close().await;
        }
        balanced(&context).await;
        assert_eq!(came(&heard), (vec![0, 0], 1));
        let tally = context.shard.meter.tally();
        assert_eq!((tally.traffic.total().connections, tally.counts.reconnects), (2, 1));
    });
}

/// RFC 9113 §6.8: streams go on; what is asked next goes elsewhere.
#[test]
fn a_connection_that_takes_no_more_requests_keeps_its_streams() {
    run(async {
        let (context, heard, order) = hall(Manner::default());
        let contexts = together(&context, 3);
        let mut clients = connected(&contexts).await;
        order.send(Order::Leave).unwrap();
        sleep(Duration::from_millis(100)).await;
        clients[1].send(b"told").await.unwrap();
        clients[2].send(b"told").await.unwrap();
        for client in &mut clients {
            client.taken().await.unwrap();
        }
        for client in &mut clients {
            client.recv().await.unwrap();
            client.recv().await.unwrap();
        }
        for client in clients {
            client.close().await;
        }
        balanced(&context).await;
        let over: Vec<Came> = heard.try_iter().collect();
        assert_eq!(over, [(0, false), (0, false), (0, false), (1, true), (1, true)]);
        assert_eq!(context.shard.meter.tally().failures.total(), 0);
    });
}

#[test]
fn an_attempt_that_fails_has_failed_for_all_who_waited() {
    run(async {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let context = context_of_two(closed);
        let connect = |context: &ClientContext| {
            let context = context.clone();
            spawn_local(async move { Streaming::connect(context, &Options::default()).await.err() })
        };
        let failures = all(together(&context, 4).iter().map(connect).collect()).await;
        assert_eq!(failures, [Some(Failure::Refused); 4]);
        assert_eq!(context.shard.meter.dials().tried, 1);
    });
}

/// As many as a server pushes at once to each of ten clients, whose frames come as it likes.
#[test]
fn a_burst_to_clients_of_one_connection_comes_whole_and_in_order() {
    const LINES: usize = 10_000;
    run(async {
        let (context, heard, _order) = hall(Manner { burst: LINES, ..Manner::default() });
        let read = |context: &ClientContext| {
            let context = context.clone();
            spawn_local(async move {
                let (ask, mut text) = (get(&context), Vec::new());
                let mut connection = Connection::new(context, Purpose::Stream, Duration::from_secs(20), true);
                connection.begin(now());
                connection.request(&ask).await.unwrap();
                // A client that was busy elsewhere.
                sleep(SOON).await;
                while connection.piece().await.unwrap() {
                    text.extend_from_slice(connection.body());
                    connection.take(Taken { payload: connection.body().len(), ..Taken::default() });
                }
                connection.close().await;
                String::from_utf8(text).unwrap()
            })
        };
        let texts = all(together(&context, 10).iter().map(read).collect()).await;
        let expected: String = (0..LINES).map(|number| format!("{number}\n")).collect();
        assert!(texts.iter().all(|text| *text == expected));
        balanced(&context).await;
        assert_eq!(came(&heard), (vec![10], 0));
        assert_eq!(context.shard.meter.tally().traffic.total().down.payload as usize, 10 * expected.len());
    });
}
