//! nghttpx in front of a server of HTTP/1.1: HTTP/2 towards the clients, WebSockets too (RFC 8441). Debian: nghttp2-proxy.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// A proxy that ends with the test.
pub struct Nghttpx {
    child: Child,
    pub address: SocketAddr,
}

impl Nghttpx {
    /// In front of `server`.
    pub fn before(server: SocketAddr) -> Nghttpx {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let aim = |at: SocketAddr| format!("{},{}", at.ip(), at.port());
        let mut command = Command::new("nghttpx");
        command.arg("--conf=/dev/null").arg("--workers=1").arg(format!("--frontend={};no-tls", aim(address)));
        command.arg(format!("--backend={}", aim(server))).stdout(Stdio::null()).stderr(Stdio::null());
        let child =
            command.spawn().unwrap_or_else(|why| panic!("nghttpx ({why}): apt install nghttp2-proxy"));
        let proxy = Nghttpx { child, address };
        for _ in 0..100 {
            if TcpStream::connect(address).is_ok() {
                return proxy;
            }
            sleep(Duration::from_millis(50));
        }
        panic!("nghttpx does not listen");
    }
}

impl Drop for Nghttpx {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}
