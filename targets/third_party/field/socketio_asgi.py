"""Socket.IO by python-socketio on uvicorn: an `echo` is acknowledged with what it brought.

It leaves the pending poll of a client that has said goodbye without an answer.
usage: python socketio_asgi.py PORT
"""

import sys

import socketio
import uvicorn

server = socketio.AsyncServer(async_mode="asgi")


@server.event
async def echo(_sid, message):
    return message


uvicorn.run(socketio.ASGIApp(server), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
