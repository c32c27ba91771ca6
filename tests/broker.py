"""A real Mosquitto in a process and a folder of its own, and somebody who publishes to it.

Only tests, benchmarks and the simulator publish; the product never does.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

PATIENCE_S = 20.0
MOSQUITTO = shutil.which("mosquitto") or (
    "/usr/sbin/mosquitto" if Path("/usr/sbin/mosquitto").exists() else None
)


KEPT_AT_ONCE = ("autosave_on_changes true", "autosave_interval 1")
"""Every second change or so is on the disk at once: what a broker needs that may be killed itself."""


@dataclass(slots=True)
class Mosquitto:
    """A broker that can be killed and started again on what it kept."""

    folder: Path
    port: int
    settings: tuple[str, ...] = ("allow_anonymous true",)
    listener: tuple[str, ...] = ()
    """More about its one listener: TLS."""
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it and wait until it listens."""
        self.folder.mkdir(exist_ok=True)
        config = self.folder / "mosquitto.conf"
        lines = [
            "per_listener_settings false",
            *(["user root"] if os.geteuid() == 0 else []),
            "persistence true",
            f"persistence_location {self.folder}/",
            "max_queued_messages 100000",
            f"listener {self.port} 127.0.0.1",
            *self.listener,
            *self.settings,
        ]
        config.write_text("\n".join(lines) + "\n")
        assert MOSQUITTO is not None
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([MOSQUITTO, "-c", str(config)], stdout=log, stderr=log)
        pause, deadline = threading.Event(), time.monotonic() + PATIENCE_S
        while True:
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                pause.wait(0.02)
            else:
                return

    def stop(self, *, kill: bool = False) -> None:
        """End it: kindly, or as a power cut does."""
        process, self._process = self._process, None
        if process is not None:
            (process.kill if kill else process.terminate)()
            process.wait(PATIENCE_S)

    def publisher(self, **options: Any) -> Publisher:
        """Somebody who publishes."""
        return Publisher(self.port, **options)


class Publisher:
    """Publishes and waits until the broker has each message."""

    def __init__(
        self, port: int, *, username: str = "", password: str = "", context: ssl.SSLContext | None = None
    ) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2)
        if username:
            self._client.username_pw_set(username, password)
        if context is not None:
            self._client.tls_set_context(context)
        self._client.max_inflight_messages_set(1000)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def publish(self, topic: str, payload: object, *, qos: int = 1, retain: bool = False) -> None:
        """One message; what is no text or bytes becomes JSON."""
        octets = payload if isinstance(payload, str | bytes) else json.dumps(payload)
        self._client.publish(topic, octets, qos=qos, retain=retain).wait_for_publish(PATIENCE_S)

    def publish_all(self, messages: list[tuple[str, str]]) -> None:
        """Many messages at once; returns when the broker has the last one."""
        sent = [self._client.publish(topic, payload, qos=1) for topic, payload in messages]
        for one in sent:
            one.wait_for_publish(PATIENCE_S)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Publisher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that lets everybody in, running."""
    if MOSQUITTO is None:
        pytest.skip("Mosquitto is not installed: see tests/services.sh")
    broker = Mosquitto(tmp_path / "broker", free_port())
    broker.start()
    yield broker
    broker.stop()
