"""An echo on Python's `websockets`, which compresses for those who ask for it (RFC 7692), as it does by itself: messages of
any length, with a window of 12 bits on either side.

wsbench starts it: python server.py PORT [FOLDER], over TLS with key.pem and certificate.pem of that folder
"""

import asyncio
import ssl
import sys

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


async def echo(connection):
    try:
        async for message in connection:
            await connection.send(message)
    except ConnectionClosed:
        pass  # A client that vanishes is its own affair.


def certified(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/certificate.pem", f"{folder}/key.pem")
    return context


async def main(port, folder=None):
    tls = {"ssl": certified(folder)} if folder else {}
    async with serve(echo, "127.0.0.1", int(port), backlog=1024, **tls):
        await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
