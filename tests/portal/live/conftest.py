"""Sockets of Alice's household, without a server in between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from django.test import Client

from consumerapp import wire
from portal.live.hub import Hub, running_hub
from portal.routing import with_sockets

HOST = "testserver"


@dataclass
class Screen:
    """One socket as its client sees it."""

    socket: ApplicationCommunicator
    is_accepted: bool = False
    closed_with: int | None = None
    heard: list[wire.Message] = field(default_factory=list)

    async def open(self) -> Screen:
        await self.socket.send_input({"type": "websocket.connect"})
        answer = await self.socket.receive_output(5)
        self.is_accepted = answer["type"] == "websocket.accept"
        return self

    async def next(self) -> wire.Message | None:
        """The next message; None: the socket was closed."""
        answer = await self.socket.receive_output(5)
        if answer["type"] == "websocket.close":
            self.closed_with = answer["code"]
            return None
        message = wire.decode(answer["text"])
        self.heard.append(message)
        return message

    async def leave(self) -> None:
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.socket.wait(5)


Connect = Callable[..., Any]


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    found = running_hub()
    yield found
    await found.stop()


@pytest.fixture
def connect(hub: Hub) -> Connect:
    """Open a socket as a browser (cookies) or as a device (token)."""
    application = with_sockets(None)

    async def _connect(
        path: str,
        *,
        client: Client | None = None,
        cookies: dict[str, str] | None = None,
        token: str | None = None,
        origin: str | None = f"http://{HOST}",
        query: str = "",
    ) -> Screen:
        jar = dict(cookies or {})
        if client is not None:
            jar |= {name: morsel.value for name, morsel in client.cookies.items()}
        headers = [(b"host", HOST.encode())]
        if jar:
            headers.append((b"cookie", "; ".join(f"{name}={value}" for name, value in jar.items()).encode()))
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        if token is not None:
            headers.append((b"authorization", f"Bearer {token}".encode()))
        scope = {"type": "websocket", "path": path, "headers": headers, "query_string": query.encode()}
        return await Screen(ApplicationCommunicator(application, scope)).open()

    return _connect


@pytest.fixture
def in_database() -> Callable[..., Any]:
    """Call something that blocks, as a view would."""

    async def _call(function: Callable[..., Any], *args: Any, **named: Any) -> Any:
        return await database_sync_to_async(function)(*args, **named)

    return _call
