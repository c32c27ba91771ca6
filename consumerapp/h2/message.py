"""What comes from a broker and what a dialect makes of it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from consumerapp.h1.decoder import Refused, Telegram

MAX_PAYLOAD_BYTES = 256 * 1024
"""The longest description of a Homie device has some kilobytes; a telegram has two."""
MAX_TOPIC_CHARS = 512
"""A topic may have 65535 octets; no gateway's has a hundred."""


class Message(NamedTuple):
    """One message as the broker handed it on."""

    topic: str
    """Empty: not known, as with a payload in a file."""
    payload: bytes
    received_at: datetime | None = None
    """Our clock when it arrived, aware UTC; None: nobody noted it."""
    is_retained: bool = False
    """The broker kept it from before we asked: it may be a year old."""


class Unmapped(NamedTuple):
    """A value that a message carries and that no register is known for. It is shown, never guessed."""

    path: str
    """Where it stands in the payload, or the topic that carries it."""
    value: str


class Mapped(NamedTuple):
    """What one message says of one meter."""

    telegram: Telegram
    unmapped: tuple[Unmapped, ...] = ()


class Presence(NamedTuple):
    """A device came or went: its own word, or its last will, spoken by the broker."""

    device: str
    is_online: bool


class Description(NamedTuple):
    """A device or one of its values was described; it carries no value itself."""

    topic: str
    """Where the value will come, or the device's own topic."""
    title: str
    code: str
    """The register it was taken for; empty: none, its values will be unmapped."""


Outcome = Mapped | Refused | Presence | Description
