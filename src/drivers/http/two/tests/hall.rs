//! A server that streams to whoever asks, over as many connections as come, and tells all streams what is posted.

use std::cell::{Cell, RefCell};

use h2::{RecvStream, SendStream};
use http::{Method, Request as Asked, StatusCode};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::*;

/// How it does that.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    /// So many streams it allows on a connection.
    pub most: Option<u32>,
    /// A stream is so many lines and an end; else it goes on.
    pub burst: usize,
    /// So many of what is posted first is told and not answered.
    pub mute: usize,
    /// So many of what is posted first is neither told nor answered.
    pub deaf: usize,
}

/// What is done with its first connection.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// It takes no more requests, and what is under way goes on.
    Leave,
    /// It ends.
    Break,
}

/// What came: over which connection, and whether it was posted.
pub type Came = (usize, bool);

/// What its connections share.
struct Hall {
    manner: Manner,
    streams: RefCell<Vec<SendStream<Bytes>>>,
    posted: Cell<usize>,
    came: Sender<Came>,
}

/// The context of a client there, what has come, and what may be done.
pub fn hall(manner: Manner) -> (ClientContext, Receiver<Came>, UnboundedSender<Order>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut context = context_of_two(listener.local_addr().unwrap());
    Rc::get_mut(&mut context.shard).unwrap().hears_all = true;
    let ((came, heard), (order, orders)) = (channel(), unbounded_channel());
    thread::spawn(move || {
        run(async move {
            listener.set_nonblocking(true).unwrap();
            let listener = TcpListener::from_std(listener).unwrap();
            let hall = Hall { manner, streams: RefCell::default(), posted: Cell::default(), came };
            let (hall, mut orders) = (Rc::new(hall), Some(orders));
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                spawn_local(attend(stream, number, Rc::clone(&hall), orders.take()));
            }
        });
    });
    (context, heard, order)
}

async fn attend(
    stream: TcpStream,
    number: usize,
    hall: Rc<Hall>,
    mut orders: Option<UnboundedReceiver<Order>>,
) {
    let mut builder = Builder::new();
    if let Some(most) = hall.manner.most {
        builder.max_concurrent_streams(most);
    }
    let Ok(mut connection) = builder.handshake::<_, Bytes>(stream).await else { return };
    loop {
        tokio::select! {
            request = connection.accept() => match request {
                Some(Ok((request, respond))) => {
                    let posted = request.method() == Method::POST;
                    let _nobody_looks = hall.came.send((number, posted));
                    match posted {
                        true => drop(spawn_local(Rc::clone(&hall).take(request, respond))),
                        false => hall.stream(respond),
                    }
                }
                _ => return,
            },
            order = next(&mut orders) => match order {
                Order::Leave => connection.graceful_shutdown(),
                Order::Break => connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM),
            }
        }
    }
}

async fn next(orders: &mut Option<UnboundedReceiver<Order>>) -> Order {
    match orders {
        Some(orders) => match orders.recv().await {
            Some(order) => order,
            None => pending().await,
        },
        None => pending().await,
    }
}

impl Hall {
    fn stream(&self, mut respond: SendResponse<Bytes>) {
        let mut stream = respond.send_response(Response::new(()), false).unwrap();
        let burst = self.manner.burst;
        if burst == 0 {
            return self.streams.borrow_mut().push(stream);
        }
        for number in 0..burst {
            stream.send_data(format!("{number}\n").into(), number + 1 == burst).unwrap();
        }
    }

    /// Tells what is posted, if it comes to its end, and answers behind that.
    async fn take(self: Rc<Hall>, request: Asked<RecvStream>, mut respond: SendResponse<Bytes>) {
        let (nth, Manner { mute, deaf, .. }) = (self.posted.get(), self.manner);
        self.posted.set(nth + 1);
        if nth < deaf {
            return pending().await;
        }
        let (mut body, mut text) = (request.into_body(), Vec::new());
        while let Some(data) = body.data().await {
            let Ok(data) = data else { return };
            body.flow_control().release_capacity(data.len()).unwrap();
            text.extend_from_slice(&data);
        }
        text.push(b'\n');
        let line = Bytes::from(text);
        // Some have gone.
        self.streams.borrow_mut().retain_mut(|stream| stream.send_data(line.clone(), false).is_ok());
        if nth < mute {
            return pending().await;
        }
        let answer = Response::builder().status(StatusCode::NO_CONTENT).body(()).unwrap();
        let _gone = respond.send_response(answer, true);
    }
}
