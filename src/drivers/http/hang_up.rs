//! Ends a connection in good order, so that the kernel's account of it is whole.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use crate::drivers::dial::Stream;

/// The other end's last ACK is waited for so many milliseconds.
const LAST_ACK: u32 = 20;

/// Our FIN, then theirs, which is waited for at most `patience`. What still comes, an answer that nobody waits for any
/// more, is for `account`. Nothing that goes wrong here is a failure: the connection is over either way.
pub async fn hang_up(mut stream: Stream, patience: Duration, account: impl Fn(&[u8])) {
    let mut rest = [0; 256];
    let finished = async {
        if stream.shutdown().await.is_err() {
            return;
        }
        while let Ok(read @ 1..) = stream.read(&mut rest).await {
            account(&rest[..read]);
        }
        stream.end().await;
    };
    let _over_either_way = timeout(patience, finished).await;
    // Where the other end closed first, its ACK of our FIN is still under way, and belongs to the account.
    for _ in 0..LAST_ACK {
        if stream.closed() {
            break;
        }
        sleep(Duration::from_millis(1)).await;
    }
}
