"""The channel layer inside one process."""

from __future__ import annotations

import time

from channels.layers import InMemoryChannelLayer

SWEEP_EVERY_S = 5.0


class SweptInMemoryLayer(InMemoryChannelLayer):  # type: ignore[misc]  # channels ships no types
    """Channels' in-memory layer that looks for expired messages at most every five seconds.

    The stock layer walks all channels and all group members on every receive and every send, which
    makes a message to one household cost as much as there are sockets.
    """

    reaches_other_processes = False

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._swept_at = 0.0

    def _clean_expired(self) -> None:
        now = time.monotonic()
        if now - self._swept_at >= SWEEP_EVERY_S:
            self._swept_at = now
            super()._clean_expired()
