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

#[test]
#[ignore = "needs nghttpd (Debian: nghttp2-server)"]
fn nghttpd_answers_and_every_byte_is_known() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("feed"), "a message of 21 bytes").unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let _server = start(folder.path(), port);
    run(async {
        let context = context_of_two(([127, 0, 0, 1], port).into());
        let (ask, mut connection) = (get(&context), opened(&context));
        // It is up when it answers.
        for _ in 0..100 {
            if connection.open().await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
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
