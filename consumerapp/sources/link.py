"""What a source tells about itself and what it delivers, whatever interface it speaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol as TypingProtocol

from consumerapp.errors import RefusalKind
from consumerapp.h1.decoder import Refused, Telegram


class LinkState(StrEnum):
    """How a link is doing, in one word."""

    CONNECTING = "connecting"
    """Being opened, or open and waiting for the first telegram."""
    LIVE = "live"
    """Whole telegrams arrive."""
    SILENT = "silent"
    """Open, but nothing arrives."""
    GARBAGE = "garbage"
    """Bytes arrive, but no whole telegram."""
    LOST = "lost"
    """It cannot be opened, or it broke; tried again by itself."""
    STOPPED = "stopped"
    """Switched off, or a recording that has ended."""


class LinkDetail(StrEnum):
    """Why a link is in its state: the code that people's sentences are made from."""

    NOTHING_TO_SAY = ""
    PORT_MISSING = "port_missing"
    """No such port: the reading head is not plugged in, or the path is wrong."""
    PORT_BUSY = "port_busy"
    """Another program has the port."""
    PORT_DENIED = "port_denied"
    """This process may not open the port."""
    PORT_UNPLUGGED = "port_unplugged"
    """The port went away while it was open."""
    PORT_FAILED = "port_failed"
    """The port answered with an input/output error."""
    SETTING_REFUSED = "setting_refused"
    """The port cannot do this speed or framing."""
    ADDRESS_UNKNOWN = "address_unknown"
    """The host name has no address."""
    CONNECTION_REFUSED = "connection_refused"
    """The host is there, but nothing listens."""
    UNREACHABLE = "unreachable"
    """The host does not answer."""
    PEER_CLOSED = "peer_closed"
    """The other side ended the connection."""
    BLUETOOTH_OFF = "bluetooth_off"
    """This machine has no Bluetooth, or it is switched off."""
    HEAD_NOT_FOUND = "head_not_found"
    """The Bluetooth head was not heard: out of reach, without power, or held by another program."""
    NOT_A_HEAD = "not_a_head"
    """The Bluetooth device is there, but it is no transparent UART, or one with other UUIDs."""
    TUNNELS_TAKEN = "tunnels_taken"
    """The KNX gateway has no free tunnel: other programs hold them all."""
    NOTHING_RECEIVED = "nothing_received"
    """Not one byte since it was opened: head not seated, or the meter's port is switched off."""
    WENT_QUIET = "went_quiet"
    """Bytes came, and then no more."""
    NO_FRAMES = "no_frames"
    """Bytes arrive that are no frame of any protocol tried: wrong speed, wrong framing, stray light."""
    FRAMES_BROKEN = "frames_broken"
    """Frames arrive, but every one is damaged."""
    NEEDS_KEY = "needs_key"
    """Frames arrive ciphered, and there is no key."""
    WRONG_KEY = "wrong_key"
    """Frames arrive ciphered, and the key does not open them."""
    UNSUPPORTED = "unsupported"
    """Frames arrive whole, in a form that is not supported."""
    FLOODED = "flooded"
    """More arrives than can be read; the excess is thrown away."""
    BROKER_DENIED = "broker_denied"
    """The broker does not let us in: user name, password or client certificate."""
    CERTIFICATE_REFUSED = "certificate_refused"
    """The broker's certificate is not to be trusted, or it speaks no TLS."""
    SUBSCRIPTION_DENIED = "subscription_denied"
    """The broker lets us in, but not listen on these topics."""
    DEVICE_OFFLINE = "device_offline"
    """The broker is there, but says that the gateway is not."""
    RECORDING_ENDED = "recording_ended"
    """The recording has been played to its end."""
    RECORDING_MISSING = "recording_missing"
    """The recording cannot be read."""


_NONE_REFUSED: Mapping[RefusalKind, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStatus:
    """The state of a link at one moment. Counters run since the source was started."""

    state: LinkState
    since: datetime
    """When it came into this state, aware UTC."""
    detail: LinkDetail = LinkDetail.NOTHING_TO_SAY
    frames_ok: int = 0
    refused: Mapping[RefusalKind, int] = field(default_factory=lambda: _NONE_REFUSED)
    last_telegram_at: datetime | None = None
    """When the last whole telegram arrived, aware UTC; None: none yet."""


@dataclass(frozen=True, slots=True)
class TelegramArrived:
    """A whole, checked telegram."""

    source: str
    telegram: Telegram
    received_at: datetime
    """Our clock when the telegram's last byte arrived, aware UTC."""
    committed: Callable[[], None] | None = field(default=None, compare=False, repr=False)
    """To be called on the event loop when all its readings are kept for good, or never will be; None: the
    source does not ask. Until then whoever sent it can send it again."""
    is_late: bool = False
    """It waited somewhere before it came: it belongs to the history and is no news for a screen."""


@dataclass(frozen=True, slots=True)
class FrameRefused:
    """A frame that gave no telegram."""

    source: str
    refused: Refused
    received_at: datetime


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The link's state or detail is another one now."""

    source: str
    status: LinkStatus


Delivery = TelegramArrived | FrameRefused | LinkChanged
Deliver = Callable[[Delivery], None]
"""What a source calls, on the event loop, for each delivery. It must not block."""


class Source(TypingProtocol):
    """One interface to one meter, bus or gateway."""

    @property
    def name(self) -> str:
        """What the household calls it; stands in every delivery."""

    async def run(self, deliver: Deliver) -> None:
        """Deliver until cancelled. Recovers by itself from everything that can recover."""
