"""An echo on tornado that pings every second and cuts off a client that has not answered by the next ping.

usage: python tornado_ping.py PORT
"""

import asyncio
import logging
import sys

import tornado.web
import tornado.websocket


class Echo(tornado.websocket.WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)


async def main(port):
    logging.getLogger("tornado.access").setLevel(logging.ERROR)
    # The default backlog of 128 is smaller than a burst of clients that connect.
    tornado.web.Application([("/", Echo)], websocket_ping_interval=1).listen(port, "127.0.0.1", backlog=1024)
    await asyncio.Event().wait()


asyncio.run(main(int(sys.argv[1])))
