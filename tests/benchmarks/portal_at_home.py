"""A portal as a household runs it, for benchmarks: its folder, its people, its process.

django_in(folder)                  settings, migrated database
home = new_home()                  an owner who is signed in, and their household
with serving(folder) as portal:    `manage.py serve` in a process of its own
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import ROOT, Skipped

START_WITHIN_S = 60.0
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def django_in(folder: Path) -> None:
    """Django as at home, with its data in that folder."""
    for name in [name for name in os.environ if name.startswith("METERSIDE_") and "BENCH" not in name]:
        del os.environ[name]
    os.environ["METERSIDE_VAR"] = str(folder)
    os.environ["METERSIDE_LOG_LEVEL"] = "WARNING"
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings.home"
    try:
        import django
    except ImportError as error:
        raise Skipped("Django is not installed") from error
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


@dataclass(frozen=True, slots=True)
class Home:
    """A household and its owner's session."""

    household: Any
    cookie: str
    """A whole Cookie header's value."""

    @property
    def path(self) -> str:
        """Where its pages begin."""
        return f"/h/{self.household.public_id}/"

    @property
    def live_path(self) -> str:
        """Its browser socket."""
        return f"/live/{self.household.public_id}/"


def new_home(email: str = "bench@example.org", name: str = "Bench") -> Home:
    """An owner with a household of their own."""
    from portal.accounts.models import User
    from portal.accounts.services import NewHousehold, found_household

    owner = User.objects.create_user(email)
    new = NewHousehold(name=name, timezone="Europe/Berlin", country="DE", language="en")
    return Home(found_household(owner, new), signed_in(owner))


def signed_in(user: Any) -> str:
    """The cookie of a new session of this person."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


@dataclass(slots=True)
class Served:
    """A running portal."""

    port: int
    process: subprocess.Popen[bytes]
    started_in_s: float
    """From the start of the process to its first answer."""

    @property
    def cpu_s(self) -> float:
        """CPU time of all its threads so far, user and system."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    @property
    def resident_mib(self) -> float:
        """What it holds in memory, shared libraries included."""
        return resident_mib(self.process.pid)

    def connection(self) -> http.client.HTTPConnection:
        """A connection of one's own."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)


def resident_mib(pid: int) -> float:
    """VmRSS of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise Skipped(f"process {pid} tells no VmRSS")


def environment_as_installed() -> dict[str, str]:
    """For programs under measurement: no settings of ours; compiled modules are kept, as when installed."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("METERSIDE_")}
    for name in ("DJANGO_SETTINGS_MODULE", "PYTHONDONTWRITEBYTECODE"):
        given.pop(name, None)
    return given | {"PYTHONPYCACHEPREFIX": f"{tempfile.gettempdir()}/meterside-bench-pyc-{os.getuid()}"}


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Served]:
    """`manage.py serve` on that folder, from before its first answer until the end."""
    port = free_port()
    given = environment_as_installed() | {"METERSIDE_VAR": str(folder), "METERSIDE_LOG_LEVEL": "WARNING"}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", str(port), *arguments],
        cwd=ROOT, env=given, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for_answer(process, port)
        yield Served(port, process, time.perf_counter() - started)
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
        process.kill()


def wait_for_answer(process: subprocess.Popen[bytes], port: int) -> None:
    """Until `/healthz` answers."""
    deadline = time.perf_counter() + START_WITHIN_S
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the portal ended with {process.returncode}")
        with suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.01)
    raise RuntimeError(f"the portal does not answer within {START_WITHIN_S:g} s")


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
