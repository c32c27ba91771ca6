"""Before a link is saved: which ports there are, and what arrives on one. Only ever reads."""

from __future__ import annotations

from typing import Final

from asgiref.sync import async_to_sync
from django.conf import settings

from consumerapp.detection import DWELL_S, SETTINGS, Detection, PortAtHand, Setting, detect, ports_at_hand
from consumerapp.transports.ble_uart import HeadAtHand, heads_at_hand

MOST_SECONDS: Final = DWELL_S * len(SETTINGS)
"""The longest that `probe` blocks when every speed and framing is tried."""

HEADS_S: Final = 5.0
"""How long Bluetooth heads are listened for while somebody waits for the page."""


class NoPortsHere(Exception):
    """This portal is not in the home: it opens no port and no address that a browser names."""


def ports() -> tuple[PortAtHand, ...]:
    """The serial ports of this machine; none where the portal is not in the home. Blocking."""
    if not settings.READS_LOCAL_PORTS:
        return ()
    found: tuple[PortAtHand, ...] = async_to_sync(ports_at_hand)()
    return found


def heads() -> tuple[HeadAtHand, ...]:
    """The Bluetooth devices within reach, likely heads first; none where the portal is not in the home.

    Blocks for some seconds. Raises `LineBroken` where this machine has no Bluetooth.
    """
    if not settings.READS_LOCAL_PORTS:
        return ()
    found: tuple[HeadAtHand, ...] = async_to_sync(heads_at_hand)(HEADS_S)
    return found


def probe(
    url: str,
    *,
    setting: Setting | None = None,
    key: bytes | None = None,
    auth_key: bytes | None = None,
    dwell_s: float = DWELL_S,
) -> Detection:
    """What speaks on a port: tries one speed and framing, or all. Blocks up to `dwell_s` for each.

    A port that a link is reading answers `port_busy`. Raises `NoPortsHere`, and ConsumerAppError for
    what is no address.
    """
    if not settings.READS_LOCAL_PORTS:
        raise NoPortsHere
    tried = SETTINGS if setting is None else (setting,)
    found: Detection = async_to_sync(detect)(url, settings=tried, dwell_s=dwell_s, key=key, auth_key=auth_key)
    return found
