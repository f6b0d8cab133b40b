//! What the kernel knows of a TCP socket, and how to connect one from a chosen address.

#![allow(
    unsafe_code,
    reason = "TCP_INFO, TCP_INQ and IP_BIND_ADDRESS_NO_PORT have no safe wrapper in rustix or socket2"
)]

use std::ffi::{c_int, c_void};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use rustix::io::{Errno, ioctl_fionread};
use rustix::net::{AddressFamily, RecvFlags, recv};

/// The kernel's account of one connection since it began (TCP_INFO, linux/tcp.h).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Payload bytes sent, retransmissions taken off.
    pub sent: u64,
    /// Payload bytes received. Of a socket in TCP_CLOSE the last one is left out by [`account`]: it may be the FIN.
    pub received: u64,
    /// Segments sent, the SYN and pure ACKs included.
    pub segments_out: u64,
    /// Segments received.
    pub segments_in: u64,
    /// Segments sent again.
    pub retransmitted: u64,
    /// Whether segments carry the 12 bytes of timestamps (RFC 7323).
    pub timestamps: bool,
    /// Whether nothing will be added: both FINs are acknowledged, or the connection was reset.
    pub closed: bool,
}

/// TCPI_OPT_TIMESTAMPS.
const TIMESTAMPS: u8 = 1;
/// States behind the other end's FIN (net/tcp_states.h): TIME_WAIT, CLOSE_WAIT, LAST_ACK, CLOSING.
const BEHIND_FIN: [u8; 4] = [6, 8, 9, 11];
/// TCP_CLOSE: behind a reset, with or without a FIN before it. TIME_WAIT is kept elsewhere, and its socket shows this.
const CLOSED: u8 = 7;
/// Up to tcpi_bytes_retrans, which Linux has had since 4.19.
const NEEDED: usize = 216;

/// More readings than that are not taken of a socket that receives without a pause.
const READINGS: usize = 8;

/// Reads the kernel's account of `socket` (about 2 µs). A number that is no open socket is an error; the caller
/// sees to it that it is still the one it means.
///
/// # Errors
/// It is no TCP socket, or the kernel does not count so much.
pub fn account(socket: RawFd) -> io::Result<Account> {
    let (seen, state) = settled(socket)?;
    Ok(without_fin(seen, BEHIND_FIN.contains(&state) || state == CLOSED))
}

/// The account of a socket that is about to be closed, and how many of the bytes received lie in it unread. It takes
/// the error of a reset, which the next read would have had.
///
/// # Errors
/// As for [`account`].
pub fn last_account(socket: BorrowedFd<'_>) -> io::Result<(Account, u64)> {
    let (mut seen, mut state) = settled(socket.as_raw_fd())?;
    let mut unread = ioctl_fionread(socket)?;
    for _ in 1..READINGS {
        // Between two readings that agree nothing has come.
        let before = seen.received;
        (seen, state) = settled(socket.as_raw_fd())?;
        if seen.received == before {
            break;
        }
        unread = ioctl_fionread(socket)?;
    }
    let fin = if state == CLOSED { fin_came(socket)? } else { BEHIND_FIN.contains(&state) };
    Ok((without_fin(seen, fin), unread))
}

/// The kernel counts a FIN as one byte received (tcp_rcv_nxt_update).
fn without_fin(seen: Account, fin: bool) -> Account {
    Account { received: seen.received.saturating_sub(u64::from(fin)), ..seen }
}

/// An account and the state that belongs to it.
///
/// The kernel looks at the state before it locks the socket and counts the bytes behind that (tcp_get_info), so that a
/// FIN that comes in between is a byte in an account whose state does not say so. When nothing came from one reading
/// to the next, the state of the second is not older than the bytes.
fn settled(socket: RawFd) -> io::Result<(Account, u8)> {
    let mut seen = reading(socket)?;
    for _ in 1..READINGS {
        let again = reading(socket)?;
        if again.0.received == seen.0.received {
            return Ok(again);
        }
        seen = again;
    }
    Ok(seen)
}

/// Whether a FIN came before the reset of a socket in TCP_CLOSE, which no state says any more. TCP_INQ counts a FIN
/// as a byte that can be read (tcp_inq_hint), FIONREAD does not (tcp_inq).
fn fin_came(socket: BorrowedFd<'_>) -> io::Result<bool> {
    turn_on(socket, libc::IPPROTO_TCP, libc::TCP_INQ)?;
    // The first question may be answered with the reset.
    let readable = inq(socket).or_else(|_| inq(socket))?;
    Ok(readable > ioctl_fionread(socket)?)
}

/// What TCP_INQ says can be read, without reading it (tcp(7)).
fn inq(socket: BorrowedFd<'_>) -> io::Result<u64> {
    // Room for one control message with an int, aligned as its head must be.
    let mut control = [0u64; 8];
    // SAFETY: all zeros is a message header without buffers.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_control = control.as_mut_ptr().cast::<c_void>();
    message.msg_controllen = size_of_val(&control) as _;
    let flags = libc::MSG_PEEK | libc::MSG_DONTWAIT;
    // SAFETY: `message` and the buffer it points to outlive the call, and it says how long that is.
    if unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, flags) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has written `message`; its first control message, if there is one, lies in `control`.
    let head = unsafe { libc::CMSG_FIRSTHDR(&raw const message).as_ref() };
    match head {
        Some(head) if (head.cmsg_level, head.cmsg_type) == (libc::IPPROTO_TCP, libc::TCP_INQ) => {
            // SAFETY: TCP_CM_INQ carries an int.
            let inq = unsafe { libc::CMSG_DATA(head).cast::<c_int>().read_unaligned() };
            Ok(u64::try_from(inq).unwrap_or(0))
        }
        _ => Err(io::Error::new(io::ErrorKind::Unsupported, "this kernel has no TCP_INQ")),
    }
}

/// Whether the other end has closed, with nothing left to be read before that. The kernel knows it at once; a runtime
/// hears of it when it next asks.
pub fn hung_up(socket: BorrowedFd<'_>) -> bool {
    match recv(socket, &mut [0u8; 1], RecvFlags::PEEK | RecvFlags::DONTWAIT) {
        Ok((read, _)) => read == 0,
        Err(error) => error != Errno::AGAIN,
    }
}

/// Whether it is a Unix socket (unix(7)): the kernel keeps no account of one.
pub fn is_unix(socket: BorrowedFd<'_>) -> bool {
    rustix::net::getsockname(socket).is_ok_and(|name| name.address_family() == AddressFamily::UNIX)
}

/// Bytes that lie in it unread.
///
/// # Errors
/// It is no open socket.
pub fn unread(socket: BorrowedFd<'_>) -> io::Result<u64> {
    Ok(ioctl_fionread(socket)?)
}

/// Whether its packets are IPv6's. An IPv4 address mapped into IPv6 is IPv4 on the wire (RFC 4291 §2.5.5.2).
pub fn is_ipv6(socket: BorrowedFd<'_>) -> bool {
    let local = rustix::net::getsockname(socket).ok().and_then(|name| SocketAddr::try_from(name).ok());
    matches!(local, Some(SocketAddr::V6(local)) if local.ip().to_ipv4_mapped().is_none())
}

fn reading(socket: RawFd) -> io::Result<(Account, u8)> {
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
fn parse(info: &[u8; 256]) -> (Account, u8) {
    let u64_at = |at: usize| (0..8).rev().fold(0, |value, i| value << 8 | u64::from(byte(info, at, i, 8)));
    let u32_at = |at: usize| (0..4).rev().fold(0, |value, i| value << 8 | u64::from(byte(info, at, i, 4)));
    let account = Account {
        sent: u64_at(200).saturating_sub(u64_at(208)),
        received: u64_at(128),
        segments_out: u32_at(136),
        segments_in: u32_at(140),
        retransmitted: u32_at(100),
        timestamps: info[5] & TIMESTAMPS != 0,
        closed: info[0] == CLOSED,
    };
    (account, info[0])
}

/// Byte `i`, least significant first, of a native-endian number of `width` bytes.
fn byte(info: &[u8; 256], at: usize, i: usize, width: usize) -> u8 {
    info[if cfg!(target_endian = "big") { at + width - 1 - i } else { at + i }]
}

/// Binds `socket` to `source` and leaves the port to `connect`, so that one port serves many destinations
/// (ip(7), IP_BIND_ADDRESS_NO_PORT).
pub fn bind_source(socket: &socket2::Socket, source: IpAddr) -> io::Result<()> {
    turn_on(socket.as_fd(), libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT)?;
    socket.bind(&SocketAddr::new(source, 0).into())
}

/// Sets a socket option whose value is an int to 1.
fn turn_on(socket: BorrowedFd<'_>, level: c_int, option: c_int) -> io::Result<()> {
    let on: c_int = 1;
    // SAFETY: `on` outlives the call, and the length is its own.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw const on).cast::<c_void>(),
            size_of::<c_int>() as libc::socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
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
