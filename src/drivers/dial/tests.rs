use std::net::TcpListener;
use std::rc::Rc;

use tokio::task::LocalSet;
use wsbench_targets::clock::{Tick, now};

use super::*;
use crate::drivers::Endpoint;
use crate::drivers::scripted::context as at;

const LONG: Duration = Duration::from_secs(20);

/// The context of a client of a name with these addresses.
fn context(addresses: &[SocketAddr]) -> ClientContext {
    let context = at(addresses[0]);
    let endpoint = Endpoint { others: addresses[1..].to_vec(), ..Endpoint::clone(&context.endpoint) };
    ClientContext { endpoint: Rc::new(endpoint), ..context }
}

fn listener(host: &str) -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((host, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// An address on loopback that refuses.
fn refuses(host: &str) -> SocketAddr {
    listener(host).1
}

/// A listener whose backlog is full: the kernel drops every further SYN.
fn silent() -> (Vec<socket2::Socket>, SocketAddr) {
    let new = || socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let full = new();
    full.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    full.listen(0).unwrap();
    let address = full.local_addr().unwrap().as_socket().unwrap();
    let mut kept = vec![full];
    for _ in 0..3 {
        let client = new();
        client.set_nonblocking(true).unwrap();
        // Those that the backlog takes are connected, the others wait.
        let _ = client.connect(&address.into());
        kept.push(client);
    }
    (kept, address)
}

fn since(began: Tick) -> Duration {
    Duration::from_nanos(now().since(began))
}

fn run<F: Future<Output = ()>>(test: F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(LocalSet::new().run_until(test));
}

#[test]
fn an_address_that_refuses_leaves_it_to_the_next_at_once() {
    run(async {
        let (_listener, good) = listener("127.0.0.1");
        let context = context(&[refuses("::1"), refuses("127.0.0.1"), good]);
        let began = now();
        dial(&context, LONG).await.map(drop).unwrap();
        assert!(since(began) < LONG / 4, "{:?}", since(began));
        assert_eq!(context.shard.answered.get(), Some(good));
        assert_eq!(context.shard.meter.dials(), crate::meter::Dials { tried: 1, failed: 0 });
    });
}

#[test]
fn an_address_that_does_not_answer_leaves_time_for_the_next() {
    run(async {
        let ((_full, silent), (_listener, good)) = (silent(), listener("127.0.0.1"));
        let context = context(&[silent, good]);
        let began = now();
        dial(&context, Duration::from_secs(2)).await.map(drop).unwrap();
        assert!(since(began) >= Duration::from_secs(1), "{:?}", since(began));
        // From now on the one that answers is tried first.
        let began = now();
        dial(&context, LONG).await.map(drop).unwrap();
        assert!(since(began) < LONG / 4, "{:?}", since(began));
    });
}

#[test]
fn where_none_answers_the_failure_is_that_of_the_first() {
    run(async {
        let (_full, silent) = silent();
        for (addresses, failure) in
            [([refuses("::1"), silent], Failure::Refused), ([silent, refuses("::1")], Failure::Timeout)]
        {
            let context = context(&addresses);
            let began = now();
            let share = Duration::from_millis(500);
            // The share of the silent one ends first, so that the outcome is not the deadline's own.
            let outcome = timeout(LONG, in_turn(&context, share)).await.unwrap();
            assert_eq!(outcome.map(drop).unwrap_err(), failure, "{addresses:?}");
            assert!(since(began) < LONG / 4);
            assert_eq!(context.shard.answered.get(), None);
        }
    });
}

#[test]
fn a_source_address_is_used_for_its_own_family_alone() {
    run(async {
        let ((_four, four), (_six, six)) = (listener("127.0.0.1"), listener("::1"));
        for addresses in [[six, four], [four, six]] {
            let context = ClientContext { source: Some([127, 0, 0, 5].into()), ..context(&addresses) };
            dial(&context, LONG).await.map(drop).unwrap();
            assert_eq!(context.shard.answered.get(), Some(addresses[0]));
        }
    });
}
