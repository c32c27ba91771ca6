"""The portal as people run it: `manage.py serve`, and `ingest` where it is a process of its own."""

from __future__ import annotations

import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.error import URLError
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30.0


@dataclass(slots=True)
class PortalProcess:
    """A portal that can be stopped, killed and started again on the same data."""

    var: Path
    port: int
    command: tuple[str, ...] = ("serve",)
    """`serve` and its options, or `ingest`, which has no pages."""
    given: dict[str, str] = field(default_factory=dict)
    """Settings beside the folder, as environment variables."""
    lines: list[str] = field(default_factory=list)
    """Everything it printed."""
    _process: subprocess.Popen[str] | None = None
    _reader: threading.Thread | None = None
    _printed: queue.Queue[str] = field(default_factory=queue.Queue)

    @property
    def url(self) -> str:
        """Where browsers reach it, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """For other commands on the same data."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("METERSIDE_")}
        clean.pop("DJANGO_SETTINGS_MODULE", None)
        return {**clean, **self.given, "METERSIDE_VAR": str(self.var), "PYTHONUNBUFFERED": "1"}

    def start(self) -> None:
        """Start it; pages are waited for until they answer."""
        serves = self.command[0] == "serve"
        command = [
            sys.executable,
            "manage.py",
            *self.command,
            *(["--port", str(self.port)] if serves else []),
        ]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()
        if serves:
            self.wait_until_it_answers()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.lines.append(line)
                self._printed.put(line)

    def wait_for_line(self, pattern: str) -> str:
        """The first line, of those printed and those to come, that holds the pattern."""
        deadline = time.monotonic() + PATIENCE_S
        for line in list(self.lines):
            if re.search(pattern, line):
                return line
        while time.monotonic() < deadline:
            try:
                line = self._printed.get(timeout=0.1)
            except queue.Empty:
                continue
            if re.search(pattern, line):
                return line
        raise AssertionError(f"no line {pattern!r} in: {''.join(self.lines)}")

    def wait_until_it_answers(self) -> None:
        """Return when `/healthz` does."""
        pause, deadline = threading.Event(), time.monotonic() + PATIENCE_S
        while True:
            assert self._process is not None
            assert self._process.poll() is None, f"the portal ended: {''.join(self.lines)}"
            assert time.monotonic() < deadline, f"the portal does not answer: {''.join(self.lines)}"
            try:
                with urlopen(f"{self.url}/healthz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (URLError, OSError):
                pause.wait(0.05)

    def setup_url(self) -> str:
        """The one-time link under which the first owner sets up."""
        line = self.wait_for_line(r"/setup/")
        return re.search(r"http://\S+/setup/\S+", line)[0]  # type: ignore[index]  # the line holds it

    def manage(self, *command: str) -> str:
        """Run another command on the same data and return what it prints."""
        return subprocess.run(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=self.environment, text=True, check=True,
            capture_output=True, timeout=PATIENCE_S,
        ).stdout.strip()  # fmt: skip

    def stop(self) -> int:
        """End it as a service manager does; its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(how)
        status = process.wait(PATIENCE_S)
        assert self._reader is not None
        self._reader.join(PATIENCE_S)
        return status


class PortalFactory(Protocol):
    """What the fixture gives."""

    def __call__(self) -> PortalProcess:
        """A new portal without anybody in it, running."""


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def portal_process(tmp_path: Path) -> Iterator[PortalProcess]:
    """A new portal without anybody in it, running; ended when the test is over."""
    portal = PortalProcess(var=tmp_path / "var", port=free_port())
    portal.start()
    yield portal
    portal.stop()
