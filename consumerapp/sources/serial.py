"""A meter's port through a reading head or cable on a serial port, or through a TCP bridge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from consumerapp.sources._decoding import decoder_factory
from consumerapp.sources._settings import config_from
from consumerapp.sources._stream import (
    LONGEST_PAUSE_AT_HAND_S,
    LONGEST_PAUSE_S,
    REOPEN_AFTER_S,
    StreamSource,
)
from consumerapp.sources._watch import GARBAGE_AFTER_S, SILENT_AFTER_S
from consumerapp.transports.ble_uart import SCHEME as BLUETOOTH
from consumerapp.transports.ble_uart import BleUart
from consumerapp.transports.line import Line
from consumerapp.transports.serial_port import SerialPort
from consumerapp.transports.sign_on_port import LONGEST_READOUT_S, SignOnPort
from consumerapp.transports.tcp import SCHEMES, TcpLine

if TYPE_CHECKING:
    from consumerapp.h1.cipher import CounterStore


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialSourceConfig:
    """Where the meter is read and how it speaks."""

    name: str
    url: str
    """A device path (best one that stays, `/dev/serial/by-id/…`), `tcp://host:port`, or a URL of serialx."""
    baudrate: int = 9600
    framing: str = "8N1"
    protocol: str = "auto"
    """`auto`, or one of `consumerapp.h1.decoder.Protocol`."""
    profile: str | None = None
    """The meter's profile; None: the telegram says enough."""
    key: str | None = field(default=None, repr=False)
    """Encryption key in hexadecimal; spaces, colons and 0x do no harm."""
    auth_key: str | None = field(default=None, repr=False)
    """Authentication key in hexadecimal; None: tags are not verified, and every screen says so."""
    next_key: str | None = field(default=None, repr=False)
    """The encryption key that is to follow: tried beside the one in force while the operator changes it."""
    next_auth_key: str | None = field(default=None, repr=False)
    sign_on_minutes: int = 0
    """IEC 62056-21 modes A and C: ask the meter every so many minutes, which writes to it. 0, as long as
    nobody says otherwise: never, the port is only read."""
    silent_after_s: float = SILENT_AFTER_S
    garbage_after_s: float = GARBAGE_AFTER_S


def source(
    config: SerialSourceConfig, *, now: Callable[[], datetime], counters: CounterStore | None = None
) -> StreamSource:
    """The source of one port. Raises ConsumerAppError for a setting that cannot be."""
    is_at_hand = "://" not in config.url
    longest_pause_s = LONGEST_PAUSE_AT_HAND_S if is_at_hand else LONGEST_PAUSE_S
    silent_after_s, reopen_after_s = config.silent_after_s, REOPEN_AFTER_S
    if config.sign_on_minutes:
        every_s = config.sign_on_minutes * 60.0
        line: Line = SignOnPort(config.url, every_s=every_s)
        # Between two readouts the port is silent by right, and who asks in vain shall not ask all the time.
        silent_after_s = reopen_after_s = 2 * every_s + LONGEST_READOUT_S
        longest_pause_s = every_s
    else:
        line = line_to(config.url, baudrate=config.baudrate, framing=config.framing)
    return StreamSource(
        config.name,
        line,
        decoder_factory(
            config.protocol,
            config.key,
            config.auth_key,
            config.profile,
            next_key=config.next_key,
            next_auth_key=config.next_auth_key,
            counters=counters,
        ),
        now=now,
        silent_after_s=silent_after_s,
        garbage_after_s=config.garbage_after_s,
        longest_pause_s=longest_pause_s,
        reopen_after_s=reopen_after_s,
    )


def open_source(
    settings: Mapping[str, object],
    *,
    now: Callable[[], datetime],
    counters: CounterStore | None = None,
) -> StreamSource:
    """The source that these settings describe. Raises ConsumerAppError."""
    return source(config_from(SerialSourceConfig, settings), now=now, counters=counters)


def line_to(url: str, *, baudrate: int, framing: str) -> Line:
    """The transport for an address: TCP for `tcp://` and `socket://`, Bluetooth for `ble://`, else a port."""
    scheme = url.partition("://")[0]
    if scheme in SCHEMES:
        return TcpLine.from_url(url)
    if scheme == BLUETOOTH:
        return BleUart.from_url(url)
    return SerialPort(url, baudrate=baudrate, framing=framing)
