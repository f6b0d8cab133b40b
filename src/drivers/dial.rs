//! Opens a counted TCP connection from a client's seat.
//!
//! Small writes leave at once (TCP_NODELAY). Its other end is any server.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::Seat;
use crate::meter::{Counted, Failure};
use crate::os::socket::bind_source;

/// A counted TCP stream.
pub type Stream = Counted<TcpStream>;

/// Connects; no answer within `patience` is a [`Failure::Timeout`].
pub async fn dial(seat: &Seat, patience: Duration) -> Result<Stream, Failure> {
    let address = seat.endpoint.address;
    let socket = socket(seat, address).map_err(|_| Failure::Local)?;
    let connected = timeout(patience, socket.connect(address)).await.map_err(|_| Failure::Timeout)?;
    let stream = connected.map_err(|e| Failure::from(&e))?;
    Ok(Counted::new(stream, &seat.site.meter))
}

fn socket(seat: &Seat, to: SocketAddr) -> io::Result<TcpSocket> {
    let socket = socket2::Socket::new(socket2::Domain::for_address(to), socket2::Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    if let Some(source) = seat.source {
        bind_source(&socket, source)?;
    }
    Ok(TcpSocket::from_std_stream(socket.into()))
}
