"""`manage.py demo`, which `make run` starts: from nothing to a live portal, and cleanly down again."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
LINK = re.compile(r"http://\S+/login-link/\S+")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_demo(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "manage.py", "demo", "--home", "flat", "--years", "1", *words]
    environment = os.environ | {
        "METERSIDE_VAR": str(folder),
        "DJANGO_SETTINGS_MODULE": "portal.settings.home",
        "PYTHONUNBUFFERED": "1",
    }
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        watchdog = threading.Timer(PATIENCE_S, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


def said_until(process: subprocess.Popen[str], words: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return lines
    raise AssertionError(f"it ended without {words!r}: {lines}")


def page_status(process: subprocess.Popen[str], url: str) -> int:
    """Of a page, once the server listens: it says where it will be before it is there."""
    deadline = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while time.monotonic() < deadline and process.poll() is None:
        with (
            suppress(ConnectionError, urllib.error.URLError),
            urllib.request.urlopen(url, timeout=20) as answer,
        ):
            return int(answer.status)
        pause.wait(0.1)
    raise AssertionError(f"{url} never answered")


def telegrams_read(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "meterside.sqlite3", timeout=20)) as database:
        return int(database.execute("SELECT sum(frames_ok) FROM pairing_meterlink").fetchone()[0])


def wait_for_telegrams(process: subprocess.Popen[str], folder: Path, *, more_than: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while telegrams_read(folder) <= more_than:
        assert process.poll() is None
        assert time.monotonic() < deadline
        pause.wait(0.2)


@pytest.mark.journey
@pytest.mark.timeout(180)
def test_one_command_gives_a_portal_that_reads_its_meter(tmp_path: Path) -> None:
    port = free_port()
    with running_demo(tmp_path, "--port", str(port)) as process:
        said = "".join(said_until(process, "Meterside is at"))
        assert "Writing the household's past" in said
        found = LINK.search(said)
        assert found is not None
        assert page_status(process, found.group()) == 200
        wait_for_telegrams(process, tmp_path, more_than=0)
        before = telegrams_read(tmp_path)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert not (tmp_path / "demo" / "meter").is_symlink()

    # Again: the same household, at once, its link counting on.
    with running_demo(tmp_path, "--port", str(port)) as process:
        said = "".join(said_until(process, "Meterside is at"))
        assert "Writing the household's past" not in said
        wait_for_telegrams(process, tmp_path, more_than=before)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@pytest.mark.journey
@pytest.mark.timeout(120)
def test_the_meter_does_not_outlive_a_killed_portal(tmp_path: Path) -> None:
    with running_demo(tmp_path, "--port", str(free_port())) as process:
        said_until(process, "Meterside is at")
        process.kill()
        process.wait(10)
        deadline = time.monotonic() + 20
        pause = threading.Event()
        while (tmp_path / "demo" / "meter").is_symlink():
            assert time.monotonic() < deadline
            pause.wait(0.05)


@pytest.mark.journey
def test_another_household_is_refused_in_words(tmp_path: Path) -> None:
    with running_demo(tmp_path, "--no-serve") as process:
        process.communicate()
        assert process.returncode == 0
    with running_demo(tmp_path, "--no-serve", "--seed", "2") as process:
        output, _ = process.communicate()
        assert process.returncode == 1
    assert "METERSIDE_VAR" in output
    assert "Traceback" not in output
