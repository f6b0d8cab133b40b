"""Socket.IO by Flask-SocketIO in threads of Werkzeug, its default without eventlet and gevent.

It answers a WebSocket's Close and leaves the TCP connection open.
usage: python flask_threading.py PORT
"""

import logging
import sys

from flask import Flask
from flask_socketio import SocketIO

# Every request would be a line otherwise.
logging.getLogger("werkzeug").setLevel(logging.ERROR)
app = Flask(__name__)
server = SocketIO(app, async_mode="threading")


@server.on("echo")
def echo(message):
    return message


server.run(app, host="127.0.0.1", port=int(sys.argv[1]), allow_unsafe_werkzeug=True)
