"""`manage.py serve`: the whole portal in one process, pages, sockets and the ingest worker."""

from __future__ import annotations

import asyncio
import logging
import socket
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse

from portal.accounts.services import make_setup_link, needs_setup
from portal.common.collected import collect_if_changed
from portal.common.readiness import prefer_the_loop, tell_ready

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """What a home runs."""

    help = "Serve pages and sockets and read the meters, in one process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen."""
        parser.add_argument(
            "--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for the home network"
        )
        parser.add_argument("--port", type=int, default=8000, help="port to listen on")
        parser.add_argument(
            "--no-ingest", action="store_true", help="serve only; `manage.py ingest` reads the meters"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring the database and the static files up to date, say where to look, and serve."""
        host, port = options["host"], options["port"]
        _refuse_taken_port(host, port)
        if MigrationExecutor(connection).migration_plan(
            MigrationExecutor(connection).loader.graph.leaf_nodes()
        ):
            self.stdout.write("Bringing the database up to date …")
            call_command("migrate", interactive=False, verbosity=0)
        if collect_if_changed():
            self.stdout.write("Collected the static files.")
        reached_at = _reached_at(host)
        if reached_at not in settings.ALLOWED_HOSTS:
            settings.ALLOWED_HOSTS.append(reached_at)
        url = portal_url(host, port)
        self.stdout.write(f"Meterside is at {url}/")
        if needs_setup():
            path = reverse("setup", args=[make_setup_link()])
            self.stdout.write(f"Nobody has an account yet. Set it up, within a day, at {url}{path}")
        self.stdout.flush()
        # The connection of this thread is not used again; workers open their own.
        connection.close()
        _serve(host, port, with_ingest=not options["no_ingest"])


def portal_url(host: str, port: int) -> str:
    """What to type into a browser when the portal listens there; no slash at the end."""
    reached_at = _reached_at(host)
    return f"http://{f'[{reached_at}]' if ':' in reached_at else reached_at}:{port}"


def _serve(host: str, port: int, *, with_ingest: bool) -> None:
    # Daphne installs its reactor when it is imported: nothing but `serve` may do that.
    from daphne.server import Server, twisted_loop  # noqa: PLC0415
    from twisted.internet import defer, reactor  # noqa: PLC0415

    from portal.asgi import application  # noqa: PLC0415
    from portal.ingest.worker import IngestWorker  # noqa: PLC0415
    from portal.live.hub import running_hub  # noqa: PLC0415

    twisted_reactor: Any = reactor
    stop = asyncio.Event()
    running: list[asyncio.Task[None]] = []

    async def read_meters() -> None:
        try:
            await IngestWorker(Path(settings.VAR) / "spill").run(stop)
        except Exception:
            # Half a portal is worse than one that its supervisor starts again.
            logger.exception("The ingest worker failed; the portal ends")
            twisted_reactor.stop()

    async def end() -> None:
        stop.set()
        await asyncio.gather(*running, return_exceptions=True)
        await running_hub().stop()

    def ending() -> Any:
        return defer.Deferred.fromFuture(asyncio.ensure_future(end(), loop=twisted_loop))

    def started() -> None:
        if with_ingest:
            running.append(twisted_loop.create_task(read_meters(), name="ingest worker"))
        twisted_reactor.addSystemEventTrigger("before", "shutdown", ending)
        prefer_the_loop()
        tell_ready()

    Server(
        application=application,
        endpoints=[f"tcp:port={port}:interface={host.replace(':', chr(92) + ':')}"],
        websocket_max_message_size=4096,
        websocket_max_frame_size=4096,
        application_close_timeout=2,
        ready_callable=started,
        server_name="meterside",
    ).run()


def _refuse_taken_port(host: str, port: int) -> None:
    """Say it in words before anything is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host}:{port}: {error.strerror}. Try another --port."
            ) from error


def _reached_at(host: str) -> str:
    """The address to print: of a wildcard, the one that the home network sees."""
    if host not in {"0.0.0.0", "::"}:  # noqa: S104  compared, not bound
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Sends nothing; only asks the routing table (192.0.2.1 is for documentation, RFC 5737 - §3).
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "localhost"
        return str(probe.getsockname()[0])
