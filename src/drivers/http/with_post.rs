//! A client that receives in its own way, and sends by `POST` over a second connection.
//!
//! What the ways over HTTP have in common. To send is to begin: whoever receives carries the `POST` to its end, and
//! whoever has to wait for the last one receives meanwhile. It must not know how messages come.

use std::pin::pin;

use super::post::{PostSender, alongside};
use crate::drivers::arrivals::Arrivals;
use crate::drivers::{Arrival, ClientContext, Driver};
use crate::meter::Failure;

/// The receiving side of a client over HTTP.
#[allow(async_fn_in_trait, reason = "as for Driver: futures stay on their thread")]
pub trait Receiver: Sized + 'static {
    /// The transport's options.
    type Options: Clone + 'static;

    /// As [`Driver::UNASKED`].
    const UNASKED: bool;

    /// Opens what messages come by; as [`Driver::connect`].
    async fn open(context: ClientContext, options: &Self::Options) -> Result<Self, Failure>;

    /// What its client sends over, of the same kind as `self` receives over.
    fn post(&self) -> PostSender;

    /// As [`Driver::recv`].
    async fn recv(&mut self) -> Result<Arrival, Failure>;

    /// Closes what messages come by, in good order.
    async fn close(self);
}

/// A client over HTTP.
pub struct WithPost<R> {
    receiver: R,
    /// There with the first message: a client that only receives has none, neither in memory nor in the way.
    sender: Option<Box<Sender>>,
}

struct Sender {
    post: PostSender,
    /// What came, or failed, while the last `POST` was waited for.
    waiting: Arrivals,
}

impl Sender {
    /// Waits until the last `POST` is over, and receives meanwhile: who reads late would stamp late. That it has failed
    /// says the next call that receives.
    async fn free<R: Receiver>(&mut self, receiver: &mut R) -> Result<(), Failure> {
        while !self.post.idle() {
            let outcome = tokio::select! {
                biased;
                taken = self.post.taken() => match taken {
                    Ok(()) => continue,
                    Err(failure) => Err(failure),
                },
                arrival = receiver.recv() => arrival,
            };
            self.waiting.push(outcome, self.post.meter())?;
        }
        Ok(())
    }
}

impl<R: Receiver> Driver for WithPost<R> {
    type Options = R::Options;
    const UNASKED: bool = R::UNASKED;

    async fn connect(context: ClientContext, options: &R::Options) -> Result<WithPost<R>, Failure> {
        Ok(WithPost { receiver: R::open(context, options).await?, sender: None })
    }

    async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        let WithPost { receiver, sender } = self;
        let sender = sender
            .get_or_insert_with(|| Box::new(Sender { post: receiver.post(), waiting: Arrivals::default() }));
        sender.free(receiver).await?;
        sender.post.begin(message, 0, 1);
        sender.post.first_look().await
    }

    async fn taken(&mut self) -> Result<(), Failure> {
        match &mut self.sender {
            Some(sender) => sender.post.taken().await,
            None => Ok(()),
        }
    }

    async fn recv(&mut self) -> Result<Arrival, Failure> {
        let WithPost { receiver, sender } = self;
        if let Some(outcome) = sender.as_mut().and_then(|sender| sender.waiting.pop()) {
            return outcome;
        }
        let receiving = pin!(receiver.recv());
        alongside(sender.as_mut().map(|sender| &mut sender.post), receiving).await
    }

    async fn close(self) {
        let post = async {
            if let Some(sender) = self.sender {
                sender.post.close().await;
            }
        };
        tokio::join!(post, self.receiver.close());
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::rc::Rc;
    use std::thread::{self, sleep};
    use std::time::Duration;

    use crate::transport::Streaming as Options;
    use tokio::time::timeout;
    use wsbench_targets::clock::now;

    use super::*;
    use crate::drivers::scripted::{balanced, context, run};
    use crate::drivers::streaming::Streaming;

    /// So long the server thinks before it answers a `POST` whose echo has left already.
    const THINKS: Duration = Duration::from_millis(400);

    /// A server that echoes first, and answers then: `answer`.
    fn slow_to_answer(answer: &'static [u8]) -> ClientContext {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut context = context(listener.local_addr().unwrap());
        Rc::get_mut(&mut context.shard).unwrap().hears_all = true;
        thread::spawn(move || {
            let (mut down, _) = listener.accept().unwrap();
            assert!(down.read(&mut [0; 4096]).unwrap() > 0);
            down.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            let (mut up, _) = listener.accept().unwrap();
            while up.read(&mut [0; 4096]).unwrap() > 0 {
                down.write_all(b"echo\n").unwrap();
                sleep(THINKS);
                up.write_all(answer).unwrap();
            }
        });
        context
    }

    #[test]
    fn what_comes_back_before_its_post_is_answered_is_received_then() {
        run(async {
            let context = slow_to_answer(b"HTTP/1.1 204 No Content\r\n\r\n");
            let mut client = Streaming::connect(context.clone(), &Options::default()).await.unwrap();
            let began = now();
            client.send(b"echo").await.unwrap();
            client.recv().await.unwrap();
            let took = Duration::from_nanos(now().since(began));
            assert!(took < THINKS * 3 / 4, "{took:?}");
            assert_eq!(context.shard.meter.tally().traffic.total().messages_up, 0);
            client.taken().await.unwrap();
            assert!(Duration::from_nanos(now().since(began)) >= THINKS);
            assert_eq!(context.shard.meter.tally().traffic.total().messages_up, 1);
            client.taken().await.unwrap();
            client.close().await;
            balanced(&context).await;
        });
    }

    /// The second message has to wait for the first one's answer; the first one's echo does not.
    #[test]
    fn what_comes_while_the_last_post_is_waited_for_came_then() {
        run(async {
            let context = slow_to_answer(b"HTTP/1.1 204 No Content\r\n\r\n");
            let mut client = Streaming::connect(context.clone(), &Options::default()).await.unwrap();
            let began = now();
            client.send(b"echo").await.unwrap();
            client.send(b"echo").await.unwrap();
            assert!(Duration::from_nanos(now().since(began)) >= THINKS);
            let at = client.recv().await.unwrap().at;
            assert!(Duration::from_nanos(at.since(began)) < THINKS * 3 / 4);
            client.close().await;
            balanced(&context).await;
        });
    }

    #[test]
    fn who_receives_hears_of_a_post_that_failed() {
        run(async {
            let context = slow_to_answer(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
            let mut client = Streaming::connect(context.clone(), &Options::default()).await.unwrap();
            client.send(b"echo").await.unwrap();
            client.recv().await.unwrap();
            assert_eq!(client.recv().await, Err(Failure::Status));
            // The failure is told once, and the next message is sent.
            client.send(b"echo").await.unwrap();
            assert!(timeout(THINKS / 2, client.recv()).await.unwrap().is_ok());
            client.close().await;
            balanced(&context).await;
        });
    }
}
