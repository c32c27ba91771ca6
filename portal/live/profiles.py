"""How much of what happens one screen is told."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from consumerapp import wire


class Profile(StrEnum):
    """What a screen was granted."""

    SHARED_SPACE = "shared_space"
    """Power now, its level and the state of the links. For a wall that guests see."""
    FULL = "full"
    """Also registers, today and the last hour."""


def narrow(message: wire.Message, profile: Profile) -> wire.Message | None:
    """What a screen of this profile is told of a message; None: nothing."""
    if profile is Profile.FULL:
        return message
    match message:
        case wire.Now():
            return replace(message, import_wh=None, export_wh=None)
        case wire.Snapshot():
            without_registers = tuple(replace(now, import_wh=None, export_wh=None) for now in message.now)
            return replace(message, now=without_registers, today=None, hour=None)
        case wire.Today() | wire.Hour():
            return None
        case wire.Link() | wire.Heartbeat() | wire.Ended():
            return message
