//! Receiving: push, broadcast and idle differ in what the target publishes, not in what a client does.

use super::Client;
use crate::drivers::Driver;

/// Receives until dropped.
pub async fn run<D: Driver>(driver: &mut D, client: &mut Client) {
    loop {
        let received = driver.recv().await;
        client.received(received);
    }
}
