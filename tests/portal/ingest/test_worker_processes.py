"""`manage.py serve` and `manage.py ingest` as an operator starts them."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@dataclass
class Running:
    """One command that runs."""

    process: subprocess.Popen[str]
    ready: socket.socket
    port: int

    def wait_until_ready(self) -> None:
        """Wait for the word that a supervisor waits for."""
        assert self.ready.recv(64) == b"READY=1"

    def get(self, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer, answer.read()

    def end(self) -> str:
        """Stop it as a supervisor does; what it said."""
        self.process.send_signal(signal.SIGTERM)
        said, _nothing = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, said
        assert "Traceback" not in said
        return said


def _environment(var: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("METERSIDE_")},
        "DJANGO_SETTINGS_MODULE": "portal.settings.home",
        "METERSIDE_VAR": str(var),
        "NOTIFY_SOCKET": str(var / "ready"),
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture
def var(tmp_path) -> Path:
    folder: Path = tmp_path / "var"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def run(var) -> Iterator[Callable[..., Running]]:
    """Start a command of manage.py; whatever still runs at the end is killed."""
    with contextlib.ExitStack() as stack:

        def _run(*command: str, port: int = 0) -> Running:
            ready = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            ready.settimeout(30)
            ready.bind(str(var / "ready"))
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "manage.py", *command],
                    cwd=ROOT,
                    env=_environment(var),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
            )
            stack.callback(process.kill)
            return Running(process, ready, port)

        yield _run


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.journey
def test_first_start_of_the_whole_portal(run, var, free_port):
    portal = run("serve", "--port", str(free_port), port=free_port)
    portal.wait_until_ready()
    assert portal.get("/healthz")[0].status == 200

    answer, page = portal.get("/")
    assert answer.status == 200
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    script = re.search(rb'src="(/static/js/frame\.[0-9a-f]{12}\.js)"', page)
    assert script
    answer, _text = portal.get(script[1].decode())
    assert "immutable" in answer.headers["Cache-Control"]

    plotly = next((var / "static/plotly").glob("plotly.min.????????????.js")).name
    answer, zipped = portal.get(f"/static/plotly/{plotly}", **{"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"plotly" in gzip.decompress(zipped)

    for secret in ("secret_key", "sealing_key"):
        assert (var / secret).stat().st_mode & 0o777 == 0o600
    resident = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{portal.process.pid}/status").read_text())
    assert resident
    assert int(resident[1]) < 150 * 1024

    said = portal.end()
    setup = re.search(rf"http://127\.0\.0\.1:{free_port}/setup/[\w-]{{43}}/", said)
    assert setup


@pytest.mark.journey
def test_printed_link_makes_the_first_owner(run, free_port):
    portal = run("serve", "--no-ingest", "--port", str(free_port), port=free_port)
    assert portal.process.stdout is not None
    said = next(line for line in portal.process.stdout if "/setup/" in line)
    portal.wait_until_ready()
    path = said[said.index("/setup/") :].strip()
    answer, page = portal.get(path)
    assert answer.status == 200
    assert b'name="household"' in page
    portal.end()


@pytest.mark.journey
def test_taken_port_is_said_in_words(run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        portal = run("serve", "--port", str(taken.getsockname()[1]))
        said, _nothing = portal.process.communicate(timeout=30)
    assert portal.process.returncode == 1
    assert "Try another --port" in said
    assert "Traceback" not in said


@pytest.mark.journey
def test_worker_of_its_own_ends_cleanly(run, var):
    migrate = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(migrate, cwd=ROOT, env=_environment(var), check=True)
    worker = run("ingest")
    worker.wait_until_ready()
    worker.end()
