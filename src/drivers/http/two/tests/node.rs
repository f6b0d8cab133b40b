//! A client against Node's own HTTP/2, which is nghttp2. Node 20 answers as Chrome's HARs say of Node 8.4, and ends its stream by
//! an empty frame of DATA, which is 9 bytes more.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::*;

/// Answers with 39 bytes, and says its port.
const SERVER: &str =
    "const server = require('http2').createServer((_, answer) => answer.end('x'.repeat(39)));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));";

/// A server that ends with the test.
struct Node(Child);

impl Drop for Node {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

#[test]
#[ignore = "needs node (Debian: nodejs); scripts/check-http2 runs it"]
fn an_answer_of_39_bytes_is_91_with_a_new_date_and_68_without() {
    let started = Command::new("node").args(["-e", SERVER]).stdout(Stdio::piped()).spawn();
    let mut node = Node(started.unwrap_or_else(|why| panic!("node ({why}): apt install nodejs")));
    let mut port = String::new();
    BufReader::new(node.0.stdout.take().unwrap()).read_line(&mut port).unwrap();
    run(async {
        let context = context_of_two(([127, 0, 0, 1], port.trim().parse().unwrap()).into());
        let (ask, mut connection) = (get(&context), opened(&context));
        let (mut seen, mut before) = ([0, 0], 0);
        for number in 0..300 {
            exchange(&mut connection, &ask).await.unwrap();
            let down = context.shard.meter.tally().traffic.total().down;
            let now = down.payload + down.headers + down.framing;
            match now - before {
                68 => seen[0] += 1,
                91 => seen[1] += 1,
                other => assert_eq!(number, 0, "{other} bytes of {down:?}"),
            }
            before = now;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(seen[0] > 200 && (2..=30).contains(&seen[1]), "{seen:?}");
        connection.close().await;
        balanced(&context).await;
    });
}
