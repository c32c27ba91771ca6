"""A meter's optical port through a Bluetooth LE head, a transparent UART."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from consumerapp.sources._decoding import decoder_factory
from consumerapp.sources._settings import config_from
from consumerapp.sources._stream import StreamSource
from consumerapp.sources._watch import GARBAGE_AFTER_S, SILENT_AFTER_S
from consumerapp.transports.ble_uart import BleUart

if TYPE_CHECKING:
    from consumerapp.h1.cipher import CounterStore


@dataclass(frozen=True, slots=True, kw_only=True)
class BleSourceConfig:
    """Which head, and how the meter under it speaks."""

    name: str
    url: str
    """`ble://AA:BB:CC:DD:EE:FF`; for a head that is no Nordic UART with `?service=UUID&notify=UUID`."""
    protocol: str = "auto"
    """`auto`, or one of `consumerapp.h1.decoder.Protocol`."""
    profile: str | None = None
    """The meter's profile; None: the telegram says enough."""
    key: str | None = field(default=None, repr=False)
    """Encryption key in hexadecimal."""
    auth_key: str | None = field(default=None, repr=False)
    """Authentication key in hexadecimal; None: tags are not verified, and every screen says so."""
    next_key: str | None = field(default=None, repr=False)
    """The encryption key that is to follow."""
    next_auth_key: str | None = field(default=None, repr=False)
    silent_after_s: float = SILENT_AFTER_S
    garbage_after_s: float = GARBAGE_AFTER_S


def source(
    config: BleSourceConfig, *, now: Callable[[], datetime], counters: CounterStore | None = None
) -> StreamSource:
    """The source of one head. Raises ConsumerAppError for a setting that cannot be."""
    return StreamSource(
        config.name,
        BleUart.from_url(config.url),
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
        silent_after_s=config.silent_after_s,
        garbage_after_s=config.garbage_after_s,
    )


def open_source(
    settings: Mapping[str, object],
    *,
    now: Callable[[], datetime],
    counters: CounterStore | None = None,
) -> StreamSource:
    """The source that these settings describe. Raises ConsumerAppError."""
    return source(config_from(BleSourceConfig, settings), now=now, counters=counters)
