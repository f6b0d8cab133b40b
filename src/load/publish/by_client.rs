//! Publishes through a client of the transport beside the others; what it hears of its own messages it reads and forgets.

use wsbench_targets::clock::Tick;

use super::Publisher;
use crate::drivers::Driver;
use crate::meter::Failure;

/// Publishes, and receives until dropped.
pub(super) async fn run<D: Driver>(publisher: &Publisher, options: &D::Options) {
    let mut speaker: Option<D> = None;
    let mut first = publisher.next();
    if let Some(next) = &first {
        come(publisher, &mut speaker, options, next.due).await;
    }
    while let Some(next) = first.take().or_else(|| publisher.next()) {
        until(publisher, &mut speaker, next.due).await;
        let message = publisher.message(&next);
        publisher.log().leaves(next.due);
        let outcome = say(publisher, &mut speaker, options, &message).await;
        publisher.log().ended(&next, outcome);
    }
    until(publisher, &mut speaker, Tick(u64::MAX)).await;
}

/// Connects before the first message is due, one publisher after the other as clients do in the warm-up: in a room of its
/// own a message may be due late, and must not wait for a handshake then.
async fn come<D: Driver>(publisher: &Publisher, speaker: &mut Option<D>, options: &D::Options, first: Tick) {
    let shard = &publisher.context.shard;
    let part = f64::from(publisher.number) / f64::from(publisher.shared.publishers());
    let slot = shard.start.get() + shard.spread.mul_f64(part);
    if slot < first {
        shard.clock.sleep_until(slot).await;
        match D::connect(publisher.context.clone(), options).await {
            Ok(driver) => *speaker = Some(driver),
            // The first message tries again.
            Err(failure) => publisher.log().fail(failure),
        }
    }
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
                publisher.log().fail(failure);
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
