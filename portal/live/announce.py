"""Tell the screens from synchronous code: call these in `transaction.on_commit`."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from consumerapp import wire
from portal.live.feed import End
from portal.live.groups import group_of


def announce(household_id: int, message: wire.Message) -> None:
    """Tell every screen of a household. The feed numbers the message; its own `seq` is not used."""
    _tell(household_id, {"type": "household.message", "text": wire.encode(message)})


def announce_link_removed(household_id: int, source: str) -> None:
    """A meter's link is gone: snapshots no longer show it."""
    _tell(household_id, {"type": "household.link_removed", "source": source})


def close_screens(
    household_id: int, *, why: End, user_id: int | None = None, device_id: int | None = None
) -> None:
    """End the sockets of one person or one device in that household, at once."""
    _tell(household_id, {"type": "household.closing", "user": user_id, "device": device_id, "reason": why})


def _tell(household_id: int, event: dict[str, Any]) -> None:
    layer = get_channel_layer()
    async_to_sync(layer.group_send)(group_of(household_id), {**event, "household": household_id})
