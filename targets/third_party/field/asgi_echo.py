"""An echo as ASGI has it, without a framework.

usage: uvicorn --port PORT asgi_echo:app
"""


async def app(scope, receive, send):
    if scope["type"] != "websocket":
        raise NotImplementedError
    while (event := await receive())["type"] != "websocket.disconnect":
        if event["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "websocket.send", **{key: event[key] for key in ("text", "bytes") if event.get(key)}})
