"""An echo on `websockets` that pings every second and cuts off a client that has not answered after three more.

usage: python websockets_ping.py PORT
"""

import asyncio
import sys

from websockets.asyncio.server import serve


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def main(port):
    async with serve(echo, "127.0.0.1", port, ping_interval=1, ping_timeout=3, backlog=1024):
        await asyncio.Event().wait()


asyncio.run(main(int(sys.argv[1])))
