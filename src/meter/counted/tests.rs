use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::meter::traffic::PhaseTraffic;
use crate::meter::{Part, Phase};

const REPEATS: usize = 200;
const DOWN: usize = 1234;
const UP: usize = 40;

/// A client and the other end of its connection.
async fn pair(at: SocketAddr) -> (Counted<TcpStream>, std::net::TcpStream, Rc<Recorder>) {
    let listener = std::net::TcpListener::bind(at).unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let recorder = Rc::new(Recorder::default());
    (Counted::new(ours, &recorder), listener.accept().unwrap().0, recorder)
}

fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

#[tokio::test]
async fn what_nobody_reads_has_passed_too() {
    let (mut ours, mut theirs, recorder) = pair(loopback()).await;
    theirs.write_all(&[7; DOWN]).unwrap();
    assert_eq!(ours.read(&mut [0; 34]).await.unwrap(), 34);
    recorder.attribute(Direction::Down, Part::Payload, 34);
    drop(ours);
    let down = recorder.tally().traffic.total().down;
    assert_eq!((down.counted, down.attributed(), down.kernel), (1234, 1234, 1234));
    assert_eq!((down.payload, down.headers), (34, 1200));
}

/// How a server ends a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Fin,
    FinThenReset,
    Reset,
    /// Closed while bytes of the client lie unread: the kernel resets (RFC 2525 §2.17).
    CloseUnread,
}

const ENDS: [End; 4] = [End::Fin, End::FinThenReset, End::Reset, End::CloseUnread];

fn end(mut server: std::net::TcpStream, how: End) {
    if how != End::CloseUnread {
        server.read_exact(&mut [0; UP]).unwrap();
    }
    if how == End::FinThenReset {
        server.shutdown(Shutdown::Write).unwrap();
    }
    if matches!(how, End::FinThenReset | End::Reset) {
        socket2::SockRef::from(&server).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

/// What the client does with what it received, and when.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reads {
    Nothing,
    APart,
    /// All, before the server ends.
    Before,
    /// All, and the end, while the server ends.
    Meanwhile,
    /// All, and the end, once the server has ended.
    After,
    /// It writes first, which takes the error of a reset.
    AfterAWrite,
    /// It closes its own direction first.
    AfterShutdown,
    /// The same, without reading: both FINs are in, and nobody has heard of the server's.
    NothingAfterShutdown,
}

const READS: [Reads; 8] = [
    Reads::Nothing,
    Reads::APart,
    Reads::Before,
    Reads::Meanwhile,
    Reads::After,
    Reads::AfterAWrite,
    Reads::AfterShutdown,
    Reads::NothingAfterShutdown,
];

/// Reads to the end, and then twice more, as whoever retries does.
async fn read_on(client: &mut Counted<TcpStream>) {
    let mut buffer = [0; 512];
    while client.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
    let _ = client.read(&mut buffer).await;
    let _ = client.read(&mut buffer).await;
}

async fn exchange(how: End, reads: Reads, asked_between: bool) -> PhaseTraffic {
    let (mut client, mut server, recorder) = pair(loopback()).await;
    client.write_all(&[1; UP]).await.unwrap();
    server.write_all(&[7; DOWN]).unwrap();
    match reads {
        Reads::APart => drop(client.read(&mut [0; 100]).await.unwrap()),
        Reads::Before => drop(client.read_exact(&mut [0; DOWN]).await.unwrap()),
        Reads::AfterShutdown | Reads::NothingAfterShutdown => client.shutdown().await.unwrap(),
        _ => {}
    }
    let ending = thread::spawn(move || end(server, how));
    if reads == Reads::Meanwhile {
        read_on(&mut client).await;
    }
    ending.join().unwrap();
    if asked_between {
        recorder.ask_kernel(0, 1, Phase::Connect);
    }
    match reads {
        Reads::After | Reads::AfterShutdown => read_on(&mut client).await,
        Reads::AfterAWrite => {
            let _ = client.write(&[2; 10]).await;
            read_on(&mut client).await;
        }
        _ => {}
    }
    drop(client);
    assert_eq!(recorder.unanswered(), 0);
    recorder.tally().traffic.total()
}

#[tokio::test]
async fn the_accounts_agree_however_the_connection_ends() {
    for how in ENDS {
        for reads in READS {
            for number in 0..REPEATS {
                let total = exchange(how, reads, number % 2 == 1).await;
                let (up, down) = (total.up, total.down);
                let accounts = ((up.counted, up.kernel), (down.counted, down.kernel));
                assert_eq!(up.counted, up.kernel, "up, {how:?}, {reads:?}, {number}: {accounts:?}");
                assert_eq!(down.counted, down.kernel, "down, {how:?}, {reads:?}, {number}: {accounts:?}");
                assert!(down.counted <= DOWN as u64);
            }
        }
    }
}

#[tokio::test]
async fn asking_for_an_account_takes_no_error_from_who_reads() {
    let (mut client, mut server, recorder) = pair(loopback()).await;
    client.write_all(&[1; UP]).await.unwrap();
    server.write_all(&[7; DOWN]).unwrap();
    end(server, End::Reset);
    recorder.ask_kernel(0, 1, Phase::Connect);
    client.read_exact(&mut [0; DOWN]).await.unwrap();
    let error = client.read(&mut [0; 1]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
}

/// Bytes of IP and TCP header per segment, without what SYNs have more.
async fn header(at: SocketAddr) -> u64 {
    let (client, server, recorder) = pair(at).await;
    drop(server);
    drop(client);
    let up = recorder.tally().traffic.total().up;
    assert!(up.segments >= 2, "{up:?}");
    (up.tcp_ip - 8) / up.segments
}

#[tokio::test]
async fn an_ipv6_header_is_twenty_bytes_longer() {
    let four = header(loopback()).await;
    assert_eq!(header((Ipv6Addr::LOCALHOST, 0).into()).await, four + 20);
}
