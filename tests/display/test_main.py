"""`python -m display` as a program of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from display import feed_choice
from display.__main__ import main, parser
from display.config import Config
from display.feed import DirectFeed
from display.pairing import PairingError
from display.portal_feed import PortalFeed
from display.remembered import Memory, Pairing, Remembered
from tests.display.test_feed import a_telegram

ROOT = Path(__file__).resolve().parents[2]
PAIRED = Pairing("wss://meter.example/h3/v1/display", "t0ken", "Kerkstraat 12")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nothing of the tester's own configuration, and none left behind."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setenv("TZ", "Europe/Amsterdam")
    return tmp_path


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "recording.bin"
    path.write_bytes(b"".join(a_telegram(f"{power}.0", number=power) for power in (1420, 1420, -2100)))
    return path


def run(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "display", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


@pytest.fixture
def narrating(recording: Path) -> Iterator[subprocess.Popen[str]]:
    process = run("--text", "--replay", str(recording), "--speed", "0", "--protocol", "sml")
    yield process
    process.kill()
    process.communicate()


def modules_after(code: str) -> set[str]:
    """What is in `sys.modules` after running code in a fresh interpreter."""
    program = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(answer.stdout))


def test_the_display_never_imports_the_portal_or_django() -> None:
    modules = modules_after(
        "import pkgutil, importlib, display\n"
        "for found in pkgutil.walk_packages(display.__path__, 'display.'):\n"
        "    if not found.name.endswith('__main__'): importlib.import_module(found.name)\n"
        "import display.__main__"
    )
    assert "textual" in modules
    roots = {name.partition(".")[0] for name in modules}
    assert not roots & {"portal", "django", "channels", "daphne", "plotly"}


def test_sentences_need_no_textual_and_a_meter_needs_no_sockets() -> None:
    modules = modules_after("import display.__main__, display.text_mode, display.feed_choice")
    roots = {name.partition(".")[0] for name in modules}
    assert not roots & {"textual", "rich", "websockets", "babel"}


def test_a_recording_is_told_in_sentences(narrating: subprocess.Popen[str]) -> None:
    assert narrating.stdout is not None
    lines = []
    for line in narrating.stdout:
        lines.append(line.strip())
        if "played to its end" in line:
            break
    assert [line for line in lines if "kW" in line and "kWh" not in line] == [
        "Using 1.42 kW, low.",
        "Sending 2.10 kW to the grid.",
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_end_it_in_order(narrating: subprocess.Popen[str], number: signal.Signals) -> None:
    assert narrating.stdout is not None
    for line in narrating.stdout:
        if "played to its end" in line:
            break
    narrating.send_signal(number)
    _, errors = narrating.communicate(timeout=20)
    assert narrating.returncode == 0
    assert errors == ""


def test_without_anything_set_up_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--text"]) == 2
    said = capsys.readouterr().out
    assert "--port PORT" in said
    assert "--pair CODE" in said


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (["--portal", "wss://meter.example"], "not paired"),
        (["--pair", "ABCD2345"], "--portal"),
        (["--theme", "pink"], "theme"),
        (["--timezone", "Nowhere"], "Nowhere"),
        (["--portal", "ws://8.8.8.8", "--pair", "ABCD2345"], "outside the home network"),
        (["--port", "/dev/ttyUSB0", "--framing", "9Z9"], "9Z9"),
        (["--port", "/dev/ttyUSB0", "--protocol", "morse"], "morse"),
    ],
)
def test_what_is_wrong_is_named_without_a_traceback(
    wrong: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--text", *wrong])
    assert ended.value.code == 2
    message = capsys.readouterr().err
    assert named in message
    assert "Traceback" not in message


def test_removing_wipes_everything(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in feed_choice.kept_files():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    assert main(["--remove"]) == 0
    assert not [path for path in home.rglob("*") if path.is_file()]
    assert "Devices page" in capsys.readouterr().out


def test_a_pin_is_set_by_typing_it_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["271828", "271828"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    assert main(["--set-pin"]) == 0
    assert feed_choice.memory().load().opens("271828")


@pytest.mark.parametrize("typed", [["12", "12"], ["271828", "271829"]])
def test_a_pin_that_is_short_or_mistyped_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, typed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter(typed)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    with pytest.raises(SystemExit):
        main(["--set-pin"])
    assert feed_choice.memory().load() == Remembered()
    assert "271828" not in capsys.readouterr().err


class TestChoice:
    """The command line first, then the settings, then what is remembered."""

    def choose(
        self, *arguments: str, config: Config | None = None, remembered: Remembered | None = None
    ) -> Any:
        given = parser().parse_args(arguments)
        return feed_choice.choose(given, config or Config(), remembered or Remembered())

    def test_nothing_is_nothing(self) -> None:
        assert self.choose() is None

    def test_a_port_of_the_command_line_comes_first(self) -> None:
        feed = self.choose("--port", "/dev/ttyUSB0", remembered=Remembered(pairing=PAIRED))
        assert isinstance(feed, DirectFeed)

    def test_a_source_of_the_settings_comes_before_what_is_remembered(self) -> None:
        config = Config(source={"kind": "serial", "url": "/dev/ttyUSB0", "name": "Hall meter"})
        feed = self.choose(config=config, remembered=Remembered(pairing=PAIRED))
        assert isinstance(feed, DirectFeed)

    def test_a_pairing_is_remembered(self) -> None:
        assert isinstance(self.choose(remembered=Remembered(pairing=PAIRED)), PortalFeed)
        assert isinstance(
            self.choose("--portal", "wss://meter.example", remembered=Remembered(pairing=PAIRED)), PortalFeed
        )

    def test_another_portal_than_the_paired_one_is_refused(self) -> None:
        with pytest.raises(PairingError, match="not paired"):
            self.choose("--portal", "wss://other.example", remembered=Remembered(pairing=PAIRED))

    def test_a_chosen_port_is_remembered(self) -> None:
        assert isinstance(self.choose(remembered=Remembered(port="/dev/ttyUSB0")), DirectFeed)

    def test_a_removed_display_forgets_its_token(self) -> None:
        memory = feed_choice.memory()
        memory.save(Remembered(pairing=PAIRED, port="/dev/ttyUSB0"))
        memory.forget_pairing()
        assert Memory(memory.path).load() == Remembered(port="/dev/ttyUSB0")


class TestDocs:
    """docs/display.md knows every option, setting and key."""

    page = (ROOT / "docs" / "display.md").read_text(encoding="utf-8")

    def test_every_option_is_explained(self) -> None:
        options = {
            name for action in parser()._actions for name in action.option_strings if name.startswith("--")
        }
        assert set(re.findall(r"`(--[a-z-]+)", self.page)) >= options - {"--help"}

    def test_no_option_is_explained_that_is_none(self) -> None:
        options = {name for action in parser()._actions for name in action.option_strings}
        assert set(re.findall(r"`(--[a-z-]+)", self.page)) <= options

    @pytest.mark.parametrize(
        "name", ["shared", "idle_s", "night_from", "night_until", "shift_minutes", "low_w"]
    )
    def test_every_setting_is_explained(self, name: str) -> None:
        assert re.search(rf"^{name} = ", self.page, re.MULTILINE)
