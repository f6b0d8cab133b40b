"""The article's server on sockjs-tornado: an echo under /echo, by every way of SockJS.

wsbench starts it: python server.py PORT [FOLDER], over TLS with key.pem and certificate.pem of that folder
"""

import asyncio
import logging
import sys
import warnings

# sockjs-tornado 1.0.7 is of 2020: it marks its own handlers with a decorator that it calls deprecated.
warnings.filterwarnings("ignore", category=DeprecationWarning)

import sockjs.tornado
import tornado.web


class Echo(sockjs.tornado.SockJSConnection):
    def on_message(self, message):
        self.send(message)


async def main(port, folder=None):
    tls = folder and {"certfile": f"{folder}/certificate.pem", "keyfile": f"{folder}/key.pem"}
    # Every request would be a line otherwise, and a log would be measured too.
    logging.getLogger("tornado.access").setLevel(logging.ERROR)
    router = sockjs.tornado.SockJSRouter(Echo, "/echo")
    # The default backlog of 128 is smaller than the burst of clients that connect at the start.
    tornado.web.Application(router.urls).listen(int(port), "127.0.0.1", backlog=1024, ssl_options=tls)
    await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
