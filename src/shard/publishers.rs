//! Our own publishers, in the shard of client 0: they have the numbers behind the last client's.
//!
//! What a publisher then does is `load::publish`.

use std::pin::pin;
use std::rc::Rc;

use wsbench_targets::wire::Headers;

use super::clients::{ClientPhase, ClientPool};
use super::life::{reached, until_close};
use crate::drivers::{ClientContext, Driver, ShardContext};
use crate::load::publish::{Publisher, Publishing};
use crate::scenario::Publish;

/// Starts all publishers of the trial.
pub(super) fn spawn<D: Driver>(pool: &Rc<ClientPool>, options: &Rc<D::Options>, form: &Publish) {
    let (clients, groups) = (pool.assignment.trial.clients, pool.assignment.groups());
    let context = Rc::new(context(pool));
    let publishing = Publishing::new(form, clients, groups, (&pool.shard.meter, &context.meter));
    let publishing = Rc::clone(pool.published.get_or_init(|| Rc::new(publishing)));
    for number in 0..publishing.publishers() {
        let (options, publishing) = (Rc::clone(options), Rc::clone(&publishing));
        let life = publish::<D>(Rc::clone(pool), options, number, (publishing, Rc::clone(&context)));
        pool.tasks.spawn(clients + number, life);
    }
}

/// What publishers share with no client: their meter, as they are no cost of the clients; and where they post, the way there.
fn context(pool: &ClientPool) -> ShardContext {
    let apart = pool.shard.apart();
    match &pool.assignment.post {
        None => apart,
        Some(_) => ShardContext { headers: Headers::minimal(), tls: pool.post_tls.clone(), ..apart },
    }
}

/// The life of one publisher.
async fn publish<D: Driver>(
    pool: Rc<ClientPool>,
    options: Rc<D::Options>,
    number: u32,
    (publishing, shard): (Rc<Publishing>, Rc<ShardContext>),
) {
    let assignment = &pool.assignment;
    let Some(target) = assignment.targets.first() else { return };
    let mut phases = pool.phases.clone();
    reached(&mut phases, ClientPhase::Load).await;
    shard.start.set(pool.shard.start.get());
    let client = assignment.trial.clients + number;
    let endpoint = Rc::new(target.endpoint.clone());
    let context = ClientContext::new(client, endpoint, shard, assignment.trial.keeps_cookies());
    let publisher = Publisher::new(number, context, publishing);
    match &assignment.post {
        None => until_close(pin!(publisher.by_client::<D>(&options)), &pool, &mut phases).await,
        Some(post) => {
            until_close(pin!(publisher.by_post(post)), &pool, &mut phases).await;
        }
    }
}
