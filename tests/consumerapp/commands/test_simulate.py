"""`python -m consumerapp simulate`: as a process, as people start it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from consumerapp.__main__ import main
from consumerapp.simulator import checkpoint_file
from consumerapp.simulator.home import HOMES
from consumerapp.simulator.household import Household


def started(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "consumerapp", "simulate", "--home", "flat", *words]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def whole_telegrams(port: int) -> Iterator[bytes]:
    """Telegrams without their start mark, as long as they come."""
    read = os.read(port, 65_536)
    while True:
        *whole, read = read.split(bytes.fromhex("1b1b1b1b01010101"))
        yield from filter(None, whole)
        read += os.read(port, 65_536)


@pytest.mark.journey
def test_pushes_on_a_pty_and_stops_cleanly_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "meter"
    with started("--pty", str(path), "--baudrate", "0") as process:
        assert process.stdout is not None
        assert str(path) in process.stdout.readline()
        port = os.open(path, os.O_RDONLY | os.O_NOCTTY)
        assert os.read(port, 8) == bytes.fromhex("1b1b1b1b01010101")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        os.close(port)
    assert not path.is_symlink()


@pytest.mark.journey
def test_obeys_commands_from_a_pipe_and_ends_with_it(tmp_path: Path) -> None:
    with started("--pty", str(tmp_path / "meter"), "--commands") as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        process.stdin.write("l\ng\ng\n?\n")
        process.stdin.flush()
        answers = [process.stdout.readline().strip() for _ in range(4)]
        assert answers[:3] == ["locked: yes", "garbage: yes", "garbage: no"]
        assert answers[3].startswith("Commands:")
        process.stdin.close()
        assert process.wait(20) == 0


@pytest.mark.journey
def test_planned_faults_come_and_go(tmp_path: Path) -> None:
    path = tmp_path / "meter"
    with started("--pty", str(path), "--baudrate", "0", "--fault", "locked@0+0.5", "--commands") as process:
        assert process.stdout is not None
        process.stdout.readline()
        port = os.open(path, os.O_RDONLY | os.O_NOCTTY)
        power = bytes((1, 0, 16, 7, 0, 255))
        telegrams = whole_telegrams(port)
        assert next(one for one in telegrams if power not in one)
        assert next(one for one in telegrams if power in one)
        os.close(port)


@pytest.mark.journey
def test_keeps_a_checkpoint_from_which_the_household_goes_on(tmp_path: Path) -> None:
    kept = tmp_path / "household.json"
    with started(
        "--pty", str(tmp_path / "meter"), "--checkpoint", str(kept), "--since", "2026-10-01"
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()
        process.wait(20)
    checkpoint = checkpoint_file.load(kept, HOMES["flat"])
    assert checkpoint is not None
    lived = Household(HOMES["flat"], date(2026, 10, 1))
    assert lived.checkpoint(checkpoint.day) == checkpoint


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--tcp", "7701"], "HOST:PORT"),
        (["--tcp", "localhost:99999"], "HOST:PORT"),
        (["--pty", "x", "--fault", "fire@3"], "garbage@20+5"),
        (["--pty", "x", "--interval", "0"], "between"),
        (["--pty", "x", "--meter", "abacus"], "emh-ed300l"),
        ([], "--pty"),
    ],
)
def test_says_what_is_wrong_with_the_words(
    words: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["simulate", *words])
    assert stopped.value.code == 2
    assert hint in capsys.readouterr().err


def test_a_place_that_cannot_be_had_is_an_answer_not_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "meter"
    taken.write_text("mine")
    assert main(["simulate", "--home", "flat", "--pty", str(taken)]) == 1
    assert "choose another path" in capsys.readouterr().err


def test_refuses_the_checkpoint_of_another_household(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "household.json"
    household = Household(HOMES["flat"], date(2026, 10, 1))
    checkpoint_file.save(kept, household.home, household.checkpoint(date(2026, 10, 2)))
    words = ["simulate", "--home", "flat", "--seed", "99", "--pty", str(tmp_path / "meter")]
    assert main([*words, "--checkpoint", str(kept)]) == 1
    assert "another household" in capsys.readouterr().err
    kept.write_text("{")
    assert main([*words, "--checkpoint", str(kept)]) == 1
    assert "checkpoint" in capsys.readouterr().err
