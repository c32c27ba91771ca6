"""`manage.py ingest`: the worker that reads the meters, as a process of its own."""

from __future__ import annotations

import asyncio
import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from portal.common.readiness import prefer_the_loop, tell_ready
from portal.ingest.worker import IngestWorker


class Command(BaseCommand):
    """Ends cleanly on SIGTERM and SIGINT: what waits is stored first."""

    help = "Read the meters and store what they say, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which worker of this machine it is."""
        parser.add_argument(
            "--instance",
            type=int,
            default=1,
            help="number of this worker on this machine, when there are several",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until told to stop."""
        asyncio.run(_run(options["instance"]))


async def _run(instance: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    prefer_the_loop()
    tell_ready()
    await IngestWorker(Path(settings.VAR) / "spill", instance=instance).run(stop)
