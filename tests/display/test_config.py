"""Settings of the display."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from display import config
from display.config import Config, ConfigError, KioskConfig, from_mapping, load

FULL = """
language = "de"
timezone = "Europe/Berlin"
theme = "light"

[ambient]
low_w = 500
high_w = 2500.5

[kiosk]
shared = false
idle_s = 90
night_from = 21:30:00
night_until = "05:00"
shift_minutes = 0

[source]
kind = "serial"
url = "/dev/ttyUSB0"
"""


def test_everything_can_be_set(tmp_path: Path) -> None:
    path = tmp_path / "display.toml"
    path.write_text(FULL)
    assert load(path) == Config(
        language="de",
        zone=ZoneInfo("Europe/Berlin"),
        theme="light",
        low_w=Decimal(500),
        high_w=Decimal("2500.5"),
        kiosk=KioskConfig(
            shared=False, idle_s=90, night_from=time(21, 30), night_until=time(5), shift_minutes=0
        ),
        source={"kind": "serial", "url": "/dev/ttyUSB0"},
    )


def test_no_file_means_the_usual(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml") == Config()


def test_a_wall_is_for_guests_unless_told_otherwise() -> None:
    assert Config().kiosk.shared
    assert Config().kiosk.idle_s == 60


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"colour": "red"}, "colour"),
        ({"kiosk": {"pin": "1234"}}, "kiosk.pin"),
        ({"kiosk": {"idle_s": 1}}, "kiosk.idle_s"),
        ({"kiosk": {"idle_s": True}}, "kiosk.idle_s"),
        ({"kiosk": {"shared": "yes"}}, "kiosk.shared"),
        ({"kiosk": {"night_from": "25:00"}}, "kiosk.night_from"),
        ({"kiosk": {"night_from": 22}}, "kiosk.night_from"),
        ({"kiosk": 3}, "kiosk"),
        ({"ambient": {"low_w": 4000, "high_w": 2000}}, "ambient.low_w"),
        ({"ambient": {"low_w": -1}}, "ambient.low_w"),
        ({"ambient": {"high_w": "much"}}, "ambient.high_w"),
        ({"ambient": {"high_w": "NaN"}}, "ambient.high_w"),
        ({"theme": "pink"}, "theme"),
        ({"language": 3}, "language"),
        ({"timezone": "Europe/Nowhere"}, "Europe/Nowhere"),
        ({"source": {"url": "x"}}, "source.kind"),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        from_mapping(wrong)


@pytest.mark.parametrize("content", [b"[", b"\xff\xfe", b"# " + b"x" * 70_000])
def test_a_broken_file_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "display.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"display\.toml"):
        load(path)


def test_folders_follow_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert config.config_folder() == tmp_path / "config" / "meterside"
    assert config.state_folder() == tmp_path / "home" / ".local" / "state" / "meterside"


def test_the_machines_zone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ":Europe/Lisbon")
    assert config.home_zone() == ZoneInfo("Europe/Lisbon")
