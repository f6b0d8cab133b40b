//! What the kernel knows of a TCP socket, and how to connect one from a chosen address.

#![allow(
    unsafe_code,
    reason = "TCP_INFO and IP_BIND_ADDRESS_NO_PORT have no safe wrapper in rustix or socket2"
)]

use std::ffi::{c_int, c_void};
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use rustix::io::{Errno, ioctl_fionread};
use rustix::net::{RecvFlags, recv};

/// The kernel's account of one connection since it began (TCP_INFO, linux/tcp.h).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Payload bytes sent, retransmissions taken off.
    pub sent: u64,
    /// Payload bytes received; one more once the FIN is in.
    pub received: u64,
    /// Segments sent, the SYN and pure ACKs included.
    pub segments_out: u64,
    /// Segments received.
    pub segments_in: u64,
    /// Segments sent again.
    pub retransmitted: u64,
    /// Whether segments carry the 12 bytes of timestamps (RFC 7323).
    pub timestamps: bool,
    /// Whether the other end's FIN is in: it is one of the bytes received.
    pub ended: bool,
    /// Whether both FINs are acknowledged: nothing will be added.
    pub closed: bool,
}

/// TCPI_OPT_TIMESTAMPS.
const TIMESTAMPS: u8 = 1;
/// States behind the other end's FIN (net/tcp_states.h): TIME_WAIT, CLOSE_WAIT, LAST_ACK, CLOSING.
const ENDED: [u8; 4] = [6, 8, 9, 11];
/// TCP_CLOSE; TIME_WAIT is kept elsewhere, and its socket shows this.
const CLOSED: u8 = 7;
/// Up to tcpi_bytes_retrans, which Linux has had since 4.19.
const NEEDED: usize = 216;

/// More readings than that are not taken of a socket that receives without a pause.
const READINGS: usize = 8;

/// Reads the kernel's account of `socket` (about 2 µs). A number that is no open socket is an error; the caller
/// sees to it that it is still the one it means.
///
/// The kernel looks at the state before it locks the socket and counts the bytes behind that (tcp_get_info), so that a
/// FIN that comes in between is a byte in an account that does not say `ended`. When nothing came from one reading to
/// the next, the state of the second is not older than the bytes.
pub fn account(socket: RawFd) -> io::Result<Account> {
    let mut seen = reading(socket)?;
    for _ in 1..READINGS {
        let again = reading(socket)?;
        if again.received == seen.received {
            return Ok(again);
        }
        seen = again;
    }
    Ok(seen)
}

/// The account of a socket that is about to be closed, and how many of the bytes received lie in it unread.
///
/// # Errors
/// As for [`account`].
pub fn last_account(socket: BorrowedFd<'_>) -> io::Result<(Account, u64)> {
    let mut seen = account(socket.as_raw_fd())?;
    for _ in 1..READINGS {
        // Between two readings that agree nothing has come.
        let unread = ioctl_fionread(socket)?;
        let again = account(socket.as_raw_fd())?;
        if again.received == seen.received {
            return Ok((again, unread));
        }
        seen = again;
    }
    Ok((seen, ioctl_fionread(socket)?))
}

/// Whether the other end has closed, with nothing left to be read before that. The kernel knows it at once; a runtime
/// hears of it when it next asks.
pub fn hung_up(socket: BorrowedFd<'_>) -> bool {
    match recv(socket, &mut [0u8; 1], RecvFlags::PEEK | RecvFlags::DONTWAIT) {
        Ok((read, _)) => read == 0,
        Err(error) => error != Errno::AGAIN,
    }
}

fn reading(socket: RawFd) -> io::Result<Account> {
    let mut info = [0u8; 256];
    let mut length = libc::socklen_t::try_from(info.len()).unwrap_or(0);
    // SAFETY: `info` and `length` outlive the call, and `length` says how long `info` is.
    let result = unsafe {
        libc::getsockopt(
            socket,
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            info.as_mut_ptr().cast::<c_void>(),
            &raw mut length,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    if (length as usize) < NEEDED {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "this kernel's TCP_INFO is older than Linux 4.19",
        ));
    }
    Ok(parse(&info))
}

/// Offsets of struct tcp_info in linux/tcp.h; it only ever grows at its end.
fn parse(info: &[u8; 256]) -> Account {
    let u64_at = |at: usize| (0..8).rev().fold(0, |value, i| value << 8 | u64::from(byte(info, at, i, 8)));
    let u32_at = |at: usize| (0..4).rev().fold(0, |value, i| value << 8 | u64::from(byte(info, at, i, 4)));
    Account {
        sent: u64_at(200).saturating_sub(u64_at(208)),
        received: u64_at(128),
        segments_out: u32_at(136),
        segments_in: u32_at(140),
        retransmitted: u32_at(100),
        timestamps: info[5] & TIMESTAMPS != 0,
        ended: ENDED.contains(&info[0]),
        closed: info[0] == CLOSED,
    }
}

/// Byte `i`, least significant first, of a native-endian number of `width` bytes.
fn byte(info: &[u8; 256], at: usize, i: usize, width: usize) -> u8 {
    info[if cfg!(target_endian = "big") { at + width - 1 - i } else { at + i }]
}

/// Binds `socket` to `source` and leaves the port to `connect`, so that one port serves many destinations
/// (ip(7), IP_BIND_ADDRESS_NO_PORT).
pub fn bind_source(socket: &socket2::Socket, source: IpAddr) -> io::Result<()> {
    let on: c_int = 1;
    // SAFETY: `on` outlives the call, and the length is its own.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_IP,
            libc::IP_BIND_ADDRESS_NO_PORT,
            (&raw const on).cast::<c_void>(),
            size_of::<c_int>() as libc::socklen_t,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    socket.bind(&std::net::SocketAddr::new(source, 0).into())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_kernel_counts_what_was_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        client.write_all(&[7; 1234]).unwrap();
        let mut buffer = [0; 1234];
        server.read_exact(&mut buffer).unwrap();
        server.write_all(&[8; 99]).unwrap();
        client.read_exact(&mut buffer[..99]).unwrap();
        let account = account(client.as_raw_fd()).unwrap();
        assert_eq!((account.sent, account.received), (1234, 99));
        assert!(account.segments_out >= 3 && account.segments_in >= 2, "{account:?}");
    }

    #[test]
    fn a_client_can_come_from_another_loopback_address() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        bind_source(&socket, IpAddr::from([127, 0, 0, 3])).unwrap();
        socket.connect(&listener.local_addr().unwrap().into()).unwrap();
        assert_eq!(listener.accept().unwrap().1.ip(), IpAddr::from([127, 0, 0, 3]));
    }

    #[test]
    fn what_is_no_tcp_socket_is_an_error() {
        assert!(account(std::io::stdin().as_raw_fd()).is_err());
    }
}
