"""Which feed a command line, the settings and what is remembered amount to."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from consumerapp.sources import open_source
from display.config import Config, config_folder, home_zone, state_folder
from display.feed import DirectFeed, Feed
from display.history import History
from display.pairing import PairingError, feed_address, tls_context
from display.remembered import Memory, Pairing, Remembered

if TYPE_CHECKING:
    from display.counters import KeptCounters

REMEMBERED_FILE = "display.json"
SETTINGS_FILE = "display.toml"
HISTORY_FILE = "display-history.json"
COUNTERS_FILE = "display-counters.json"
SNAPSHOT_FILE = "display-portal.json"


def memory() -> Memory:
    """The file with token, PIN and port."""
    return Memory(config_folder() / REMEMBERED_FILE)


def kept_files() -> tuple[Path, ...]:
    """Every file in which readings or credentials are kept."""
    return (
        config_folder() / REMEMBERED_FILE,
        state_folder() / HISTORY_FILE,
        state_folder() / COUNTERS_FILE,
        state_folder() / SNAPSHOT_FILE,
    )


def choose(arguments: argparse.Namespace, config: Config, remembered: Remembered) -> Feed | None:
    """The command line first, then the settings, then what is remembered; None: nothing is set up."""
    if arguments.replay is not None:
        # A recording is no history of this house.
        settings = {"name": Path(arguments.replay).name, "path": arguments.replay, "speed": arguments.speed}
        return _direct("replay", settings, config, keep=False)
    if arguments.port is not None:
        return open_port(arguments.port, arguments, config)
    if arguments.ble is not None:
        return open_head(arguments.ble, arguments, config)
    if arguments.portal is not None:
        pairing = remembered.pairing
        if pairing is None or pairing.portal != feed_address(arguments.portal):
            raise PairingError(
                "this display is not paired with that portal; "
                "make a code on its Devices page and add --pair CODE"
            )
        return _portal(pairing, arguments, config)
    if config.source is not None:
        settings = {name: value for name, value in config.source.items() if name != "kind"}
        return _direct(str(config.source["kind"]), settings, config)
    if remembered.pairing is not None:
        return _portal(remembered.pairing, arguments, config)
    if remembered.port is not None:
        return open_port(remembered.port, arguments, config, remembered.line)
    return None


def open_port(
    port: str, arguments: argparse.Namespace, config: Config, line: tuple[int, str] | None = None
) -> Feed:
    """A meter behind a serial port or a serial URL; `line`: baud and framing that were found out."""
    settings: dict[str, object] = {"name": port.rsplit("/", 1)[-1], "url": port}
    if line is not None:
        settings["baudrate"], settings["framing"] = line
    for name in ("baudrate", "framing", "protocol", "profile"):
        value = getattr(arguments, name)
        if value is not None:
            settings[name] = value
    return _direct("serial", settings, config)


def open_head(address: str, arguments: argparse.Namespace, config: Config) -> Feed:
    """A meter under a Bluetooth head, by its address or as a URL with the numbers of its UART."""
    url = address if "://" in address else f"ble://{address}"
    settings: dict[str, object] = {"name": address.rsplit("/", 1)[-1], "url": url}
    for name in ("protocol", "profile"):
        value = getattr(arguments, name)
        if value is not None:
            settings[name] = value
    return _direct("ble", settings, config)


def kept_counters() -> KeptCounters:
    """What is remembered of a meter that ciphers."""
    # Only then is the cipher's module worth importing.
    from display.counters import KeptCounters  # noqa: PLC0415

    return KeptCounters(state_folder() / COUNTERS_FILE)


def _zone(config: Config) -> ZoneInfo:
    return config.zone or home_zone()


def _direct(kind: str, settings: dict[str, object], config: Config, *, keep: bool = True) -> Feed:
    zone = _zone(config)
    settings.setdefault("name", kind)
    counters = kept_counters() if keep and settings.get("key") else None
    return DirectFeed(
        open_source(kind, settings, counters=counters.book if counters is not None else None),
        counters=counters,
        zone=zone,
        history=History(zone=zone, path=state_folder() / HISTORY_FILE if keep else None),
        low_w=config.low_w,
        high_w=config.high_w,
    )


def _portal(pairing: Pairing, arguments: argparse.Namespace, config: Config) -> Feed:
    # A display with a meter of its own has no use for a socket library.
    from display.portal_feed import PortalFeed  # noqa: PLC0415

    return PortalFeed(
        pairing,
        zone=_zone(config),
        keep=state_folder() / SNAPSHOT_FILE,
        tls=tls_context(arguments.ca) if pairing.portal.startswith("wss:") else None,
        on_removed=memory().forget_pairing,
    )
