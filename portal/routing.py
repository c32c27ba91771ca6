"""Which protocol and which socket goes where."""

from __future__ import annotations

import re
from typing import Any

from portal.live.consumers import LiveSocket, Receive, Scope, Send
from portal.pairing.socket_access import browser_pass, display_pass

SOCKETS = (
    (re.compile(r"/live/[a-z0-9]+/"), LiveSocket(browser_pass)),
    (re.compile(r"/h3/v1/display/?"), LiveSocket(display_pass)),
)
"""Path -> socket. `/live/<public_id>/` is the household's or its wall screen's, the other a device's."""


def with_sockets(pages: Any) -> Any:
    """The whole application around Django's pages."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await pages(scope, receive, send)
        elif scope["type"] == "websocket":
            for path, socket in SOCKETS:
                if path.fullmatch(scope["path"]):
                    await socket(scope, receive, send)
                    return
            await receive()
            await send({"type": "websocket.close"})

    return application
