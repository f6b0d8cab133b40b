//! Publishes through one more client of the transport; what it hears of its own messages it reads and forgets.

use wsbench_targets::clock::Tick;

use super::Publisher;
use crate::drivers::Driver;
use crate::meter::Failure;

/// Publishes, and receives until dropped.
pub(super) async fn run<D: Driver>(publisher: &mut Publisher, options: &D::Options) {
    let mut speaker: Option<D> = None;
    while let Some(due) = publisher.next_due() {
        until(publisher, &mut speaker, due).await;
        let message = publisher.message(due);
        publisher.log.leaves(due);
        let outcome = say(publisher, &mut speaker, options, &message).await;
        publisher.log.ended(due, outcome);
    }
    until(publisher, &mut speaker, Tick(u64::MAX)).await;
}

/// Receives until `due`.
async fn until<D: Driver>(publisher: &Publisher, speaker: &mut Option<D>, due: Tick) {
    let wait = publisher.context.shard.clock.sleep_until(due);
    tokio::pin!(wait);
    while let Some(driver) = speaker {
        tokio::select! {
            biased;
            // First what has come: a publisher that is behind would never read, and the server never go on.
            heard = driver.recv() => if let Err(failure) = heard {
                // What is broken is opened anew by the next message.
                publisher.log.fail(failure);
                *speaker = None;
            },
            () = &mut wait => return,
        }
    }
    wait.await;
}

async fn say<D: Driver>(
    publisher: &Publisher,
    speaker: &mut Option<D>,
    options: &D::Options,
    message: &[u8],
) -> Result<(), Failure> {
    let driver = match speaker {
        Some(driver) => driver,
        None => speaker.insert(D::connect(publisher.context.clone(), options).await?),
    };
    driver.send(message).await?;
    driver.taken().await
}
