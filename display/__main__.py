"""`python -m display`: the in-home display in a terminal."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import getpass
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from consumerapp.errors import ConsumerAppError
from display import feed_choice
from display.braille import Ink
from display.config import Config, config_folder, load, theme_named, zone_named
from display.feed import Feed
from display.language import Language
from display.pairing import PairingError, pair, tls_context
from display.remembered import LEAST_PIN_DIGITS, MOST_PIN_DIGITS, Memory, acceptable_pin

if TYPE_CHECKING:
    from consumerapp.detection import Setting


def parser() -> argparse.ArgumentParser:
    """Every option; `docs/display.md` explains them, and a test keeps it complete."""
    options = argparse.ArgumentParser(
        prog="python -m display",
        description="Shows what a smart meter tells: power now, today, the last hour.",
    )
    source = options.add_argument_group("a meter of its own")
    source.add_argument("--port", metavar="PORT", help="serial port or URL of the reading head")
    source.add_argument("--ble", metavar="ADDRESS", help="Bluetooth head, such as AA:BB:CC:DD:EE:FF")
    source.add_argument("--baudrate", type=int, metavar="N", help="speed of the port (9600)")
    source.add_argument("--framing", metavar="8N1", help="data bits, parity, stop bits of the port (8N1)")
    source.add_argument("--protocol", metavar="NAME", help="sml, dlms, p1, tic, d0, or auto (auto)")
    source.add_argument("--profile", metavar="NAME", help="meter profile, where the meter needs one")
    source.add_argument("--replay", metavar="FILE", help="play a recording instead of reading a port")
    source.add_argument("--speed", type=float, default=1.0, metavar="X", help="speed of the recording (1)")
    portal = options.add_argument_group("a household of a portal")
    portal.add_argument("--portal", metavar="URL", help="address of the portal, such as wss://meter.example")
    portal.add_argument("--pair", metavar="CODE", help="pair with --portal by a code from its Devices page")
    portal.add_argument("--ca", metavar="FILE", help="certificate of a home portal's own authority")
    look = options.add_argument_group("how it looks")
    look.add_argument("--kiosk", action="store_true", help="for a wall: no keys, no way out without the PIN")
    look.add_argument("--text", action="store_true", help="plain sentences, one for each change; no screen")
    look.add_argument(
        "--every", type=float, default=0.0, metavar="S", help="--text: seconds between numbers (0)"
    )
    look.add_argument("--language", metavar="CODE", help="such as en or de (as the environment says)")
    look.add_argument("--timezone", metavar="NAME", help="such as Europe/Amsterdam (as the machine is set)")
    look.add_argument("--theme", metavar="NAME", help="auto, light or dark (auto)")
    upkeep = options.add_argument_group("upkeep")
    upkeep.add_argument("--config", type=Path, metavar="FILE", help="settings file (display.toml)")
    upkeep.add_argument("--log", type=Path, metavar="FILE", help="write there what happens inside")
    upkeep.add_argument("--set-pin", action="store_true", help="set the PIN of the kiosk and end")
    upkeep.add_argument(
        "--forget-meter",
        action="store_true",
        help="the ciphering meter was exchanged: pair with the next and end",
    )
    upkeep.add_argument("--remove", action="store_true", help="wipe readings, token, PIN and port and end")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the display; 0 when it ended as asked, 2 when something has to be put right first."""
    options = parser()
    given = options.parse_args(arguments)
    try:
        return _run(given)
    except ConsumerAppError as error:
        options.exit(2, f"{options.prog}: {error}\n")


def _run(given: argparse.Namespace) -> int:
    if given.log is not None:
        logging.basicConfig(filename=given.log, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    memory = feed_choice.memory()
    if given.remove:
        return _remove()
    if given.set_pin:
        return _set_pin(memory)
    if given.forget_meter:
        return _forget_meter()
    config = _configured(given)
    if given.pair is not None:
        _pair(given, memory)
    feed = feed_choice.choose(given, config, memory.load())
    language = Language(config.language)
    if given.text:
        return _narrate(feed, language, timedelta(seconds=given.every))
    return _show(feed, language, given, config, memory)


def _configured(given: argparse.Namespace) -> Config:
    config = load(given.config or config_folder() / feed_choice.SETTINGS_FILE)
    if given.language is not None:
        config = replace(config, language=given.language)
    if given.timezone is not None:
        config = replace(config, zone=zone_named(given.timezone))
    if given.theme is not None:
        config = replace(config, theme=theme_named(given.theme))
    return config


def _pair(given: argparse.Namespace, memory: Memory) -> None:
    if given.portal is None:
        raise PairingError("--pair needs --portal with the portal's address")
    tls = tls_context(given.ca)
    pairing = pair(given.portal, given.pair, tls=tls)
    memory.save(replace(memory.load(), pairing=pairing))


def _set_pin(memory: Memory) -> int:
    pin = getpass.getpass("PIN: ")
    if not acceptable_pin(pin):
        raise ConsumerAppError(f"a PIN has {LEAST_PIN_DIGITS} to {MOST_PIN_DIGITS} digits")
    if getpass.getpass("PIN once more: ") != pin:
        raise ConsumerAppError("the two PINs differ; nothing was changed")
    memory.save(memory.load().with_pin(pin))
    return 0


def _remove() -> int:
    for path in feed_choice.kept_files():
        path.unlink(missing_ok=True)
    print("Readings, token, PIN and port are wiped. Remove the display on the portal's Devices page too.")
    return 0


def _forget_meter() -> int:
    counters = feed_choice.kept_counters()
    counters.book.forget_meter()
    counters.save()
    print("The old meter is forgotten. The next one whose telegrams the key opens is the display's meter.")
    return 0


def _narrate(feed: Feed | None, language: Language, every: timedelta) -> int:
    from display import text_mode  # noqa: PLC0415 - see _show
    from display.words import Words  # noqa: PLC0415

    if feed is None:
        print(language.gettext("This display is ready, and not connected yet."))
        print(language.gettext("Start it with --port PORT, or with --portal URL --pair CODE."))
        return 2

    def say(sentence: str) -> None:
        print(sentence, flush=True)

    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        asyncio.run(text_mode.run(feed, Words(language), say, every=every))
    return 0


def _is_dark(theme: str) -> bool:
    if theme != "auto":
        return theme == "dark"
    # "15;0" is light on dark; terminals that set it end with their background's number.
    ground = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return ground not in ("7", "15")


def _show(
    feed: Feed | None, language: Language, given: argparse.Namespace, config: Config, memory: Memory
) -> int:
    # Textual takes a third of a second to import: only when there is a screen.
    from rich.console import Console  # noqa: PLC0415

    from display.app import DisplayApp  # noqa: PLC0415
    from display.ports import find_ports  # noqa: PLC0415

    def open_port(port: str, setting: Setting | None) -> Feed:
        line = None if setting is None else (setting.baudrate, setting.framing)
        memory.save(replace(memory.load(), port=port, line=line))
        return feed_choice.open_port(port, given, config, line)

    DisplayApp(
        language=language,
        config=config,
        feed=feed,
        wall=given.kiosk,
        memory=memory,
        find_ports=find_ports,
        open_port=open_port,
        dark=_is_dark(config.theme),
        few_colours=Console().color_system == "standard",
        ink=Ink.BLOCKS if os.environ.get("TERM") == "linux" else Ink.BRAILLE,
    ).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
