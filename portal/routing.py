"""Which protocol goes where."""

from __future__ import annotations

from typing import Any

from channels.routing import ProtocolTypeRouter


def with_sockets(pages: Any) -> Any:
    """The whole application around Django's pages."""
    return ProtocolTypeRouter({"http": pages})
