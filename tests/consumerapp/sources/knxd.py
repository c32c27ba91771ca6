"""A real KNXnet/IP server (knxd) on a bus without devices, and knxtool as the devices on it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PROGRAMS = ("knxd", "knxtool")
GATEWAY = "0.0.1"
FIRST_TUNNEL = "0.0.2"
START_WITHIN_S = 10.0
_TELEGRAM = re.compile(r"^(?:Write|Read|Response) .*[^\s]", re.MULTILINE)


def missing_programs() -> list[str]:
    """Which of the programs this machine lacks."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


class Knxd:
    """knxd with a dummy bus: tunnels on UDP, and routing."""

    def __init__(
        self, folder: Path, *, port: int | None = None, interface: str = "lo", inside: tuple[str, ...] = ()
    ):
        self.port = port or free_udp_port()
        self._folder = folder
        self._socket = folder / "knxd.sock"
        self._interface = interface
        self._inside = inside
        """Words before the command, such as `ip netns exec NAME`."""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until its bus can be reached."""
        self._socket.unlink(missing_ok=True)
        configuration = self._folder / "knxd.ini"
        configuration.write_text(
            f"""[main]
addr={GATEWAY}
client-addrs={FIRST_TUNNEL}:8
connections=server,local,bus
[server]
server=ets_router
tunnel=tunnel
router=router
interface={self._interface}
port={self.port}
[tunnel]
[router]
[local]
server=knxd_unix
path={self._socket}
[bus]
driver=dummy
"""
        )
        log = (self._folder / "knxd.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [*self._inside, "knxd", str(configuration)], stdout=log, stderr=log, start_new_session=True
            )
        ends = time.monotonic() + START_WITHIN_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(f"knxd did not start: {(self._folder / 'knxd.log').read_text()[-500:]}")

    def kill(self) -> None:
        """End it as a power cut does: it tells nobody."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        """End it, if it runs."""
        if self._process is not None:
            self.kill()

    def write(self, group: str, data: str) -> None:
        """A device writes to a group: octets in hexadecimal."""
        self._tool("groupwrite", group, *data.split())

    def write_small(self, group: str, value: int) -> None:
        """A device writes a value of up to six bits."""
        self._tool("groupswrite", group, str(value))

    @contextlib.contextmanager
    def listening(self) -> Iterator[Callable[[], list[str]]]:
        """Another device that hears every telegram on the bus; gives what it has heard so far."""
        path = self._folder / "heard"
        with path.open("wb") as heard:
            command = ["stdbuf", "-oL", "knxtool", "groupsocketlisten", self._bus]
            listener = subprocess.Popen([*self._inside, *command], stdout=heard, stderr=heard)
        try:
            yield lambda: _TELEGRAM.findall(path.read_text())
        finally:
            listener.terminate()
            listener.wait()

    @property
    def _bus(self) -> str:
        return f"local:{self._socket}"

    def _tool(self, *words: str) -> None:
        command = [*self._inside, "knxtool", words[0], self._bus, *words[1:]]
        subprocess.run(command, check=True, capture_output=True, timeout=10)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(0.2)
            try:
                client.connect(str(self._socket))
            except OSError:
                return False
            return True


def free_udp_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
