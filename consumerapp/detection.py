"""Find out what a port carries: try the speeds and framings of meters, and say what was found or why not.

Pages, terminal and command line call `detect`; it only ever reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from consumerapp.errors import RefusalKind
from consumerapp.h1.decoder import NEED_DATA, Decoder, Protocol, Telegram
from consumerapp.readings import Authenticity, MeterId, Obis
from consumerapp.sources.link import LinkDetail
from consumerapp.sources.serial import line_to
from consumerapp.transports.ble_uart import SCHEME as BLUETOOTH
from consumerapp.transports.line import LineBroken, LineControl
from consumerapp.transports.tcp import SCHEMES

if TYPE_CHECKING:
    from consumerapp.h1.profile import Match

DWELL_S: Final = 12.0
"""Longer than the slowest regular push of a meter, which is 10 s."""
OPENING_S: Final = 30.0
"""Longer than a connection over the network, or to a Bluetooth head, is given to come about."""
MAX_REFUSALS: Final = 64
"""So many broken frames prove that the speed is right and the line is not."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One speed and framing."""

    baudrate: int
    framing: str

    def __str__(self) -> str:
        return f"{self.baudrate} {self.framing}"


SETTINGS: Final = (
    Setting(115200, "8N1"),  # P1 of version 4 and 5, Sweden, Finland, Switzerland
    Setting(9600, "8N1"),  # SML over the optical port
    Setting(2400, "8E1"),  # M-Bus push of Austria, Norway, Switzerland
    Setting(2400, "8N1"),
    Setting(9600, "7E1"),  # P1 of version 2 and 3, TIC in standard mode
    Setting(1200, "7E1"),  # TIC in historic mode
)
"""Tried in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What speaks on the port."""

    setting: Setting | None
    """None: a bridge, which has its own."""
    protocol: Protocol | None
    """None: the frames are whole, but closed without the key."""
    meter_id: MeterId | None = None
    authenticity: Authenticity | None = None
    codes: tuple[Obis, ...] = ()
    """What the meter sends."""
    missing: LinkDetail | None = None
    """`needs_key`, `wrong_key`, `unsupported`; None: nothing."""
    pin_locked: bool = False
    """The meter withholds power and resolution until its PIN is entered."""
    match: Match | None = None
    """The meter's profile with its score and reason; None: its telegrams say enough, or nobody knows it."""
    remark: str = ""
    """What a closed frame says of itself, for the installer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What one speed and framing gave."""

    setting: Setting | None
    octets: int = 0
    refused: Mapping[RefusalKind, int] = field(default_factory=lambda: MappingProxyType({}))
    broken: LinkDetail | None = None
    """Why the port could not be opened or went away; None: it could, and stayed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """The answer."""

    found: Found | None
    tried: tuple[Tried, ...]
    """In order; the last one is where something was found."""
    why_nothing: LinkDetail | None = None
    """Given when, and only when, nothing was found."""


OnTrying = Callable[[Setting | None], None]


async def detect(
    url: str,
    *,
    settings: tuple[Setting, ...] = SETTINGS,
    dwell_s: float = DWELL_S,
    key: bytes | None = None,
    auth_key: bytes | None = None,
    on_trying: OnTrying | None = None,
) -> Detection:
    """Try each setting until whole frames come. Takes up to `dwell_s` for each.

    Raises ConsumerAppError only for an address that cannot be one.
    """
    from consumerapp.h1.registry import decoder_for  # noqa: PLC0415 - the pages import this module early

    is_bridge = url.partition("://")[0] in {*SCHEMES, BLUETOOTH}
    tried: list[Tried] = []
    for setting in (None,) if is_bridge else settings:
        if on_trying is not None:
            on_trying(setting)
        listener = _Listener(decoder_for("auto", key=key, auth_key=auth_key), setting)
        line = line_to(
            url,
            baudrate=setting.baudrate if setting else 9600,
            framing=setting.framing if setting else "8N1",
        )
        broken: LinkDetail | None = None
        try:
            await _listen(line.carry(listener), listener, dwell_s)
        except LineBroken as error:
            broken = error.detail
        tried.append(listener.tried(broken))
        if listener.found is not None:
            return Detection(found=listener.found, tried=tuple(tried))
        if broken is not None and broken is not LinkDetail.SETTING_REFUSED:
            return Detection(found=None, tried=tuple(tried), why_nothing=broken)
    return Detection(found=None, tried=tuple(tried), why_nothing=_why_nothing(tried))


def _why_nothing(tried: list[Tried]) -> LinkDetail:
    if any(attempt.refused for attempt in tried):
        return LinkDetail.FRAMES_BROKEN
    if any(attempt.octets for attempt in tried):
        return LinkDetail.NO_FRAMES
    if all(attempt.broken is LinkDetail.SETTING_REFUSED for attempt in tried):
        return LinkDetail.SETTING_REFUSED
    return LinkDetail.NOTHING_RECEIVED


async def _listen(carrying: Coroutine[Any, Any, None], listener: _Listener, dwell_s: float) -> None:
    """Carry until the listener has heard enough, the dwell since opening is over or the line breaks."""
    carried = asyncio.ensure_future(carrying)
    try:
        for heard, patience_s in ((listener.opened, OPENING_S), (listener.enough, dwell_s)):
            waiting = asyncio.ensure_future(heard.wait())
            await asyncio.wait((carried, waiting), timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if carried.done():
                break
        if carried.done() and listener.found is None:
            carried.result()
    finally:
        carried.cancel()
        await asyncio.wait((carried,))
        if not carried.cancelled():
            carried.exception()


class _Listener:
    """Takes a line's bytes until they make sense."""

    def __init__(self, decoder: Decoder, setting: Setting | None) -> None:
        self._decoder = decoder
        self._setting = setting
        self._octets = 0
        self._refused: dict[RefusalKind, int] = {}
        self.found: Found | None = None
        self.opened = asyncio.Event()
        self.enough = asyncio.Event()

    def line_opened(self, line: LineControl) -> None:
        """The dwell begins."""
        self.opened.set()

    def line_flooded(self) -> None:
        """Nothing to do: more of the same makes no more sense."""

    def bytes_arrived(self, octets: bytes) -> None:
        """Look for a whole frame."""
        self._octets += len(octets)
        self._decoder.receive_data(octets)
        while self.found is None and (event := self._decoder.next_event()) is not NEED_DATA:
            if isinstance(event, Telegram):
                self.found = replace(
                    _found(event, self._setting), match=getattr(self._decoder, "found", None)
                )
            else:
                self._refused[event.kind] = self._refused.get(event.kind, 0) + 1
                if event.kind in _CLOSED:
                    self.found = Found(
                        setting=self._setting,
                        protocol=None,
                        missing=_CLOSED[event.kind],
                        remark=event.detail,
                    )
        if self.found is not None or sum(self._refused.values()) >= MAX_REFUSALS:
            self.enough.set()

    def tried(self, broken: LinkDetail | None) -> Tried:
        """What was heard."""
        refused = MappingProxyType(dict(self._refused))
        return Tried(setting=self._setting, octets=self._octets, refused=refused, broken=broken)


_CLOSED = {
    RefusalKind.NEEDS_KEY: LinkDetail.NEEDS_KEY,
    RefusalKind.WRONG_KEY: LinkDetail.WRONG_KEY,
    RefusalKind.UNSUPPORTED: LinkDetail.UNSUPPORTED,
}


def _found(telegram: Telegram, setting: Setting | None) -> Found:
    return Found(
        setting=setting,
        protocol=telegram.protocol if isinstance(telegram.protocol, Protocol) else None,
        meter_id=telegram.meter_id,
        authenticity=telegram.authenticity,
        codes=tuple(column.obis for column in telegram.columns),
        pin_locked=telegram.locked,
    )


@dataclass(frozen=True, slots=True)
class PortAtHand:
    """A serial port of this machine."""

    path: str
    """The path that stays when it is plugged in elsewhere, where the system gives one."""
    device: str
    description: str


async def ports_at_hand() -> tuple[PortAtHand, ...]:
    """The serial ports of this machine, those on USB first."""

    def listed() -> tuple[PortAtHand, ...]:
        from serialx import list_serial_ports  # noqa: PLC0415 - slow to import, and only asked for here

        ports = sorted(list_serial_ports(), key=lambda port: (port.vid is None, str(port.device)))
        return tuple(
            PortAtHand(
                path=str(port.device),
                device=str(port.resolved_device),
                description=port.product or port.manufacturer or "",
            )
            for port in ports
        )

    return await asyncio.to_thread(listed)
