//! A client against nghttpd, a server that is not made of the crate h2 (Debian: nghttp2-server).

use std::fs::write;
use std::process::{Child, Command, Stdio};

use super::*;

/// A server that ends with the test.
struct Nghttpd(Child);

impl Drop for Nghttpd {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// Serves a file, over HTTP/2 without TLS.
fn start(folder: &std::path::Path, port: u16) -> Nghttpd {
    let mut command = Command::new("nghttpd");
    command.arg("--no-tls").arg("--address=127.0.0.1").arg("--htdocs").arg(folder).arg(port.to_string());
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    Nghttpd(child.unwrap_or_else(|why| panic!("nghttpd ({why}): apt install nghttp2-server")))
}

/// It is up when it answers.
async fn up(connection: &mut Connection) {
    for _ in 0..100 {
        if connection.open().await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Serves a file of 21 bytes; the context of a client there.
fn serving(folder: &std::path::Path) -> (ClientContext, Nghttpd) {
    write(folder.join("feed"), "a message of 21 bytes").unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    (context_of_two(([127, 0, 0, 1], port).into()), start(folder, port))
}

#[test]
#[ignore = "needs nghttpd (Debian: nghttp2-server)"]
fn nghttpd_answers_and_every_byte_is_known() {
    let folder = tempfile::tempdir().unwrap();
    run(async {
        let (context, _server) = serving(folder.path());
        let (ask, mut connection) = (get(&context), opened(&context));
        up(&mut connection).await;
        let mut sizes = vec![];
        for _ in 0..3 {
            let before = context.shard.meter.tally().traffic.total().up;
            assert_eq!(exchange(&mut connection, &ask).await.unwrap(), b"a message of 21 bytes");
            let after = context.shard.meter.tally().traffic.total().up;
            sizes.push((after.headers - before.headers, after.framing - before.framing));
        }
        // Method, authority, scheme and path: a byte each once the table has them.
        assert_eq!(sizes[1..], [(4, 9), (4, 9)], "{sizes:?}");
        connection.close().await;
        balanced(&context).await;
        assert_eq!(context.shard.meter.tally().failures.total(), 0);
    });
}

/// It allows a hundred streams on a connection: of a hundred and fifty clients who ask at once some wait for another one.
#[test]
#[ignore = "needs nghttpd (Debian: nghttp2-server)"]
fn clients_of_nghttpd_share_connections() {
    let folder = tempfile::tempdir().unwrap();
    run(async {
        let (context, _server) = serving(folder.path());
        up(&mut opened(&context)).await;
        let pool = Some(Rc::new(Pool::of(150)));
        let ask = |client| {
            let context = ClientContext { client, pool: pool.clone(), ..context.clone() };
            spawn_local(async move {
                let (ask, mut connection) = (get(&context), opened(&context));
                for _ in 0..10 {
                    assert_eq!(exchange(&mut connection, &ask).await.unwrap(), b"a message of 21 bytes");
                }
                connection
            })
        };
        let before = context.shard.meter.tally().traffic.total().connections;
        let clients: Vec<_> = (0..150).map(ask).collect();
        let mut connections = vec![];
        for client in clients {
            connections.push(client.await.unwrap());
        }
        for connection in connections {
            connection.close().await;
        }
        balanced(&context).await;
        let (tally, total) = (context.shard.meter.tally(), context.shard.meter.tally().traffic.total());
        assert_eq!((tally.failures.total(), tally.counts.reconnects), (0, 0));
        assert!((1..=2).contains(&(total.connections - before)), "{total:?}");
        assert_eq!(total.down.payload, 150 * 10 * 21);
    });
}
