"""What the display is told: the settings file, the command line, and where files lie.

`display.toml` is written by people and only read here; what the display itself has to remember (the
portal's token, the PIN, a chosen port) lies in `remembered.py`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from consumerapp.errors import ConsumerAppError
from consumerapp.live_values import HIGH_POWER_W, LOW_POWER_W

FOLDER: Final = "meterside"
MAX_SETTINGS_BYTES: Final = 64 * 1024
"""A settings file has a few dozen lines."""

ThemeChoice = Literal["auto", "light", "dark"]


class ConfigError(ConsumerAppError):
    """A setting that cannot be used; the message says which, and what it may be."""


def _base(variable: str, fallback: str) -> Path:
    chosen = os.environ.get(variable, "")
    # The XDG Base Directory Specification 0.8 - §? ignores relative paths.
    return (Path(chosen) if chosen.startswith("/") else Path.home() / fallback) / FOLDER


def config_folder() -> Path:
    """Where settings and credentials lie."""
    return _base("XDG_CONFIG_HOME", ".config")


def state_folder() -> Path:
    """Where the local history lies."""
    return _base("XDG_STATE_HOME", ".local/state")


def home_zone() -> ZoneInfo:
    """The machine's own time zone; UTC where it cannot be found out."""
    named = [os.environ.get("TZ", "").removeprefix(":")]
    local = Path("/etc/localtime")
    if local.is_symlink():
        named.append(str(local.resolve()).partition("zoneinfo/")[2])
    timezone = Path("/etc/timezone")
    if timezone.is_file():
        named.append(timezone.read_text(encoding="utf-8").strip())
    for name in named:
        if name:
            try:
                return ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                continue
    return ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskConfig:
    """How the display behaves on a wall."""

    shared: bool = True
    """Show power and level only until the PIN is entered: a wall is read by guests too."""
    idle_s: int = 60
    """Seconds without a key after which the wall shows its first view again."""
    night_from: time = time(22)
    night_until: time = time(6)
    shift_minutes: int = 3
    """How often the picture moves by a cell, so that it does not burn in; 0: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything the display can be told."""

    language: str | None = None
    """None: what the environment asks for."""
    zone: ZoneInfo | None = None
    """None: the portal's zone, or the machine's own."""
    theme: ThemeChoice = "auto"
    low_w: Decimal = Decimal(LOW_POWER_W)
    high_w: Decimal = Decimal(HIGH_POWER_W)
    kiosk: KioskConfig = KioskConfig()
    source: Mapping[str, object] | None = None
    """`kind` and the settings of a source of the core; None: none is set."""


def load(path: Path) -> Config:
    """Read the settings file; a missing one is the same as an empty one."""
    try:
        with path.open("rb") as stream:
            text = stream.read(MAX_SETTINGS_BYTES + 1)
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    if len(text) > MAX_SETTINGS_BYTES:
        raise ConfigError(f"{path} is longer than {MAX_SETTINGS_BYTES} bytes")
    try:
        return from_mapping(tomllib.loads(text.decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no TOML: {error}") from error


def from_mapping(found: Mapping[str, Any]) -> Config:
    """Settings as a table; what is not known is refused, because a typo would go unseen."""
    _only(found, {"language", "timezone", "theme", "ambient", "kiosk", "source"}, "")
    config = Config()
    if "language" in found:
        config = replace(config, language=_text(found, "language"))
    if "timezone" in found:
        config = replace(config, zone=zone_named(_text(found, "timezone")))
    if "theme" in found:
        config = replace(config, theme=theme_named(_text(found, "theme")))
    if "ambient" in found:
        table = _table(found, "ambient")
        _only(table, {"low_w", "high_w"}, "ambient.")
        config = replace(
            config,
            low_w=_watts(table, "low_w", config.low_w),
            high_w=_watts(table, "high_w", config.high_w),
        )
        if config.low_w >= config.high_w:
            raise ConfigError("ambient.low_w must be below ambient.high_w")
    if "kiosk" in found:
        config = replace(config, kiosk=_kiosk(_table(found, "kiosk")))
    if "source" in found:
        table = _table(found, "source")
        if not isinstance(table.get("kind"), str):
            raise ConfigError('source.kind names the kind of source, such as "serial"')
        config = replace(config, source=dict(table))
    return config


def _kiosk(table: Mapping[str, Any]) -> KioskConfig:
    _only(table, {"shared", "idle_s", "night_from", "night_until", "shift_minutes"}, "kiosk.")
    usual = KioskConfig()
    shared = table.get("shared", usual.shared)
    if not isinstance(shared, bool):
        raise ConfigError("kiosk.shared is true or false")
    return KioskConfig(
        shared=shared,
        idle_s=_whole(table, "idle_s", usual.idle_s, 5, 3600),
        night_from=_time(table, "night_from", usual.night_from),
        night_until=_time(table, "night_until", usual.night_until),
        shift_minutes=_whole(table, "shift_minutes", usual.shift_minutes, 0, 1440),
    )


def zone_named(name: str) -> ZoneInfo:
    """An IANA time zone, such as Europe/Amsterdam."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(f"{name!r} is no time zone; want a name such as Europe/Amsterdam") from error


def theme_named(name: str) -> ThemeChoice:
    """auto, light or dark."""
    for choice in get_args(ThemeChoice):
        if choice == name:
            found: ThemeChoice = choice
            return found
    raise ConfigError(f"theme is auto, light or dark, not {name!r}")


def _only(table: Mapping[str, Any], names: set[str], prefix: str) -> None:
    for name in table:
        if name not in names:
            raise ConfigError(f"{prefix}{name} is no setting; known are {', '.join(sorted(names))}")


def _text(table: Mapping[str, Any], name: str) -> str:
    value = table[name]
    if not isinstance(value, str):
        raise ConfigError(f"{name} is a text")
    return value


def _table(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = found[name]
    if not isinstance(table, dict):
        raise ConfigError(f"[{name}] is a table")
    return table


def _watts(table: Mapping[str, Any], name: str, usual: Decimal) -> Decimal:
    try:
        watts = Decimal(str(table.get(name, usual)))
    except InvalidOperation as error:
        raise ConfigError(f"ambient.{name} is a number of watts") from error
    if not watts.is_finite() or not 0 < watts < 1_000_000:
        raise ConfigError(f"ambient.{name} is a number of watts above 0")
    return watts


def _whole(table: Mapping[str, Any], name: str, usual: int, least: int, most: int) -> int:
    value = table.get(name, usual)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ConfigError(f"kiosk.{name} is a whole number from {least} to {most}")
    return value


def _time(table: Mapping[str, Any], name: str, usual: time) -> time:
    value = table.get(name, usual)
    if isinstance(value, time):
        return value
    try:
        return time.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ConfigError(f'kiosk.{name} is a time of day such as "22:00"') from error
