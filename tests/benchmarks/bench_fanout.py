"""Many screens at once: each in a household of its own, and all in one household.

Everything is real but the meters: Daphne, the portal's own ASGI application, sessions, sockets. Beside the
server in its process a publisher tells every household its power once a second, as the ingest worker does
(`Hub.publish`), spread over the second; each message bears the instant that it was published at.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from harness import main, where_and_what
from portal_at_home import Served, django_in, free_port, new_home, wait_for_answer
from results import measured, percentile
from screen_socket import ScreenSocket

TITLE = "Fan-out of WebSocket messages, one process"
CLIENTS = (500, 1000, 2000)
SECONDS = 15
WARM_UP_S = 3
MOST_P99_MS = 20.0


def serve_and_publish(folder: Path, port: int, households: int) -> None:
    """The server's process: tell each household its power once a second, for ever."""
    django_in(folder)
    from decimal import Decimal

    from daphne.server import Server, twisted_loop

    from consumerapp import wire
    from consumerapp.readings import Authenticity
    from portal.accounts.models import Household
    from portal.asgi import application
    from portal.live.hub import running_hub

    ids = list(Household.objects.order_by("pk").values_list("pk", flat=True))[:households]

    async def publish() -> None:
        hub = running_hub()
        lives = [await hub.live_of(household_id, pinned=True) for household_id in ids]
        started, told = time.monotonic(), 0
        while True:
            # Spread over the second, some at a time; what is late is told at once.
            due = int((time.monotonic() - started) * len(lives)) - told
            for _ in range(due):
                at = datetime.now(UTC)
                lives[told % len(lives)].publish(
                    wire.Now(
                        seq=0, meter="…4417", source="Bench", at=None, received_at=at,
                        power_w=Decimal("1234.5"), why_no_power=None, import_wh=Decimal("12345678.9"),
                        export_wh=Decimal("2345.6"), authenticity=Authenticity.PLAIN, ambient=None,
                    )
                )  # fmt: skip
                told += 1
            await asyncio.sleep(0.001)

    def started() -> None:
        twisted_loop.create_task(publish())

    Server(
        application=application, endpoints=[f"tcp:port={port}:interface=127.0.0.1"], ready_callable=started
    ).run()


@contextmanager
def published(folder: Path, households: int) -> Iterator[Served]:
    """That process, until the end."""
    port = free_port()
    program = [sys.executable, __file__, "serve", str(folder), str(port), str(households)]
    started = time.perf_counter()
    with subprocess.Popen(program) as process:
        try:
            wait_for_answer(process, port)
            yield Served(port, process, time.perf_counter() - started)
        finally:
            process.kill()


def listen(portal: Served, paths: list[tuple[str, str]]) -> tuple[list[float], float, float]:
    """Milliseconds from published to whole for every message; share of a core; messages missed per cent."""
    screens = [ScreenSocket(portal.port, path, cookie=cookie) for path, cookie in paths]
    with selectors.DefaultSelector() as selector:
        for screen in screens:
            screen.socket.setblocking(False)
            selector.register(screen.socket, selectors.EVENT_READ, screen)
        begin = time.perf_counter() + WARM_UP_S
        end, cpu_s, took_ms = begin + SECONDS, 0.0, list[float]()
        while (now := time.perf_counter()) < end:
            if now >= begin and not cpu_s:
                cpu_s = portal.cpu_s
            for key, _ in selector.select(0.5):
                key.data.take_arrived()
                arrived = time.time()
                while (message := key.data.find_message()) is not None:
                    if time.perf_counter() >= begin and b'"type":"now"' in message[:40]:
                        sent = datetime.fromisoformat(json.loads(message)["received_at"]).timestamp()
                        took_ms.append((arrived - sent) * 1000)
        share = (portal.cpu_s - cpu_s) / SECONDS * 100
    for screen in screens:
        screen.close()
    return took_ms, share, 100 * (1 - len(took_ms) / (len(screens) * SECONDS))


def bench_clients(folder: Path, homes: list[tuple[str, str]], name: str, households: int) -> bool:
    """One number of screens."""
    with published(folder, households) as portal:
        before = portal.resident_mib
        took_ms, share, missed = listen(portal, homes)
        grown = portal.resident_mib - before
    measured(TITLE, f"{name}, p50", percentile(took_ms, 0.5), "ms")
    goal = MOST_P99_MS if households > 1 else None
    reached = measured(TITLE, f"{name}, p99", percentile(took_ms, 0.99), "ms", at_most=goal)
    measured(TITLE, f"{name}, CPU", share, "%")
    measured(TITLE, f"{name}, not delivered in time", max(missed, 0.0), "%")
    measured(TITLE, f"{name}, memory they cost", grown, "MiB")
    return reached


def bench() -> bool:
    """All numbers of screens, both ways."""
    print(f"\n{TITLE}\n{where_and_what()}")
    most = max(CLIENTS)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 2 * most + 200), hard), hard))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        django_in(folder)
        from django.db import transaction

        with transaction.atomic():
            owner_of_first = new_home("bench-0@example.org")
            rest = [new_home(f"bench-{number}@example.org") for number in range(1, most)]
        own = [(home.live_path, home.cookie) for home in (owner_of_first, *rest)]
        reached = True
        for clients in CLIENTS:
            reached &= bench_clients(folder, own[:clients], f"{clients} own households", clients)
        for clients in CLIENTS:
            reached &= bench_clients(folder, [own[0]] * clients, f"{clients} in one household", 1)
        return reached


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve_and_publish(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
        os._exit(0)
    sys.exit(main(bench))
