"""An echo on bare sockets that answers Close with Close and then resets the TCP connection, as a server does that has
unread bytes when it closes (a pong that crosses is enough).

usage: python reset_after_close.py PORT
"""

import base64
import hashlib
import socket
import socketserver
import struct
import sys

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
CLOSE = 8
RESET = struct.pack("ii", 1, 0)  # struct linger: close at once, and throw away what is unsent


class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        if self.upgrade():
            while (frame := self.frame()) is not None:
                opcode, payload = frame
                self.request.sendall(bytes([0x80 | opcode, len(payload)]) + payload)
                if opcode == CLOSE:
                    return self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    def upgrade(self):
        """Answers the handshake; False where none came, as of one that only looks whether the port is open."""
        headers = {}
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            headers[name.strip().lower()] = value.strip()
        if key := headers.get(b"sec-websocket-key"):
            accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
            self.request.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
            )
        return bool(key)

    def frame(self):
        """The next frame's opcode and payload, whole and of 125 bytes at most; None at the end."""
        head = self.rfile.read(6)
        if len(head) < 6:
            return None
        payload = self.rfile.read(head[1] & 0x7F)
        return head[0] & 0x0F, bytes(byte ^ head[2 + at % 4] for at, byte in enumerate(payload))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024

    def shutdown_request(self, request):
        # Not shut down first, which would send a FIN.
        request.close()


Server(("127.0.0.1", int(sys.argv[1])), Echo).serve_forever()
