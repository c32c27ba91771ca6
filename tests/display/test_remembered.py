"""Token, PIN and port in one private file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from display.private_files import read_bounded, write_private
from display.remembered import MAX_BYTES, Memory, Pairing, Remembered, acceptable_pin

PAIRED = Pairing("wss://meter.example/h3/v1/display", "secret-token", "Kerkstraat 12")


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "config" / "display.json")
    remembered = Remembered(pairing=PAIRED, port="/dev/ttyUSB0").with_pin("271828")
    memory.save(remembered)
    assert memory.load() == remembered


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "config" / "display.json")
    memory.save(Remembered(pairing=PAIRED))
    assert memory.path.stat().st_mode & 0o777 == 0o600
    assert memory.path.parent.stat().st_mode & 0o777 == 0o700


def test_the_pin_is_not_in_the_file(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "display.json")
    memory.save(Remembered().with_pin("271828"))
    assert "271828" not in memory.path.read_text()


def test_only_the_pin_opens() -> None:
    remembered = Remembered().with_pin("271828")
    assert remembered.opens("271828")
    assert not remembered.opens("271829")
    assert not remembered.opens("")
    assert remembered.pin != Remembered().with_pin("271828").pin


def test_without_a_pin_nothing_opens() -> None:
    assert not Remembered().opens("")
    assert not Remembered().opens("0000")


@pytest.mark.parametrize(
    ("pin", "good"), [("1234", True), ("123", False), ("1" * 13, False), ("12a4", False), ("١٢٣٤", False)]
)
def test_a_pin_has_four_to_twelve_digits(pin: str, good: bool) -> None:
    assert acceptable_pin(pin) is good


def test_forgetting_the_pairing_keeps_pin_and_port(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "display.json")
    remembered = Remembered(pairing=PAIRED, port="/dev/ttyUSB0").with_pin("271828")
    memory.save(remembered)
    memory.forget_pairing()
    assert memory.load() == replace(remembered, pairing=None)
    assert "secret-token" not in memory.path.read_text()


def test_erasing_leaves_no_file(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "display.json")
    memory.save(Remembered(pairing=PAIRED))
    memory.erase()
    memory.erase()
    assert not memory.path.exists()


def test_a_token_is_never_printed() -> None:
    assert "secret-token" not in repr(Remembered(pairing=PAIRED))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"v":9}',
        "[" * 5000,
        '{"v":1,"pairing":{"portal":1},"pin":["zz","00"],"port":7}',
        '{"v":1,"pin":["","00"]}',
        "x" * (MAX_BYTES + 1),
    ],
)
def test_a_damaged_file_is_forgotten(tmp_path: Path, text: str) -> None:
    path = tmp_path / "display.json"
    path.write_text(text)
    assert Memory(path).load() == Remembered()


def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.json"
    write_private(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_private(path, "\ud800")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept.json"]


def test_reading_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    path.write_text("12345")
    assert read_bounded(path, max_bytes=5) == "12345"
    assert read_bounded(path, max_bytes=4) is None
    assert read_bounded(tmp_path / "none", max_bytes=4) is None
