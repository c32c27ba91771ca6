"""`manage.py demo`: a synthetic household whose meter pushes real telegrams, and the portal that shows it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consumerapp import intervals
from consumerapp.errors import ConsumerAppError
from consumerapp.simulator.home import HOMES
from consumerapp.simulator.sml_meters import SML_PROFILES
from portal.accounts.models import Household
from portal.ingest.demo_household import Demo, ensure_household, find_or_begin, write_past
from portal.ingest.management.commands.serve import portal_url

STOPS_WITHIN_S = 5
LONG_AGO = timedelta(days=2)


class Command(BaseCommand):
    """What `make run` starts. Run again, the same household goes on, and the time between is filled in."""

    help = "Show a synthetic household: two years of history, a meter that pushes, and the portal."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which household, and where to listen."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on")
        parser.add_argument(
            "--home", choices=sorted(HOMES), default="house", help="what lives behind the meter"
        )
        parser.add_argument(
            "--meter", choices=sorted(SML_PROFILES), default="emh-ed300l", help="type of the meter"
        )
        parser.add_argument("--seed", type=int, default=1, help="another number, another household")
        parser.add_argument("--years", type=int, choices=range(1, 11), default=2, help="years of history")
        parser.add_argument(
            "--email", default="home@example.org", help="the owner's account; it has no password"
        )
        parser.add_argument(
            "--no-serve", action="store_true", help="only write the history; no meter, no portal"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Account, link, past; then the meter beside the portal until it is stopped."""
        call_command("migrate", interactive=False, verbosity=0)
        try:
            demo = find_or_begin(
                Path(settings.VAR) / "demo",
                seed=options["seed"],
                home_name=options["home"],
                meter_type=options["meter"],
                years=options["years"],
                today=timezone.now().date(),
            )
            owner, household = ensure_household(demo, email=options["email"])
        except ConsumerAppError as error:
            raise CommandError(str(error)) from error
        self._write_past(demo, household)
        if options["no_serve"]:
            return
        with _pushing_meter(demo) as title:
            self.stdout.write(title)
            # What has passed while the meter started is not worth a gap.
            write_past(demo, household, now=timezone.now(), progress=lambda until: None)
            self.stdout.write("Sign in, once, within 15 minutes, at ", ending="")
            self.stdout.flush()
            call_command(
                "login_link",
                owner.email,
                base_url=portal_url(options["host"], options["port"]),
                stdout=self.stdout,
            )
            call_command("serve", host=options["host"], port=options["port"], stdout=self.stdout)

    def _write_past(self, demo: Demo, household: Household) -> None:
        started = time.monotonic()
        years_told: set[int] = set()

        def progress(until: datetime) -> None:
            year = intervals.local_day(until, demo.home.zone).year
            if year not in years_told and timezone.now() - until > LONG_AGO:
                years_told.add(year)
                self.stdout.write(f"Writing the household's past: {year} …")
                self.stdout.flush()

        written = write_past(demo, household, now=timezone.now(), progress=progress)
        took_s = time.monotonic() - started
        since = f"{written.since:%Y-%m-%d %H:%M} UTC"
        self.stdout.write(f"{written.accepted} readings since {since}, written in {took_s:.1f} s.")


@contextlib.contextmanager
def _pushing_meter(demo: Demo) -> Iterator[str]:
    """The meter, in a process of its own; what it says of itself. It ends with us, however we end."""
    command = [sys.executable, "-m", "consumerapp", "simulate", *demo.simulate_arguments(), "--commands"]
    # Our own interpreter, our own module, and words that were checked when they were parsed.
    with subprocess.Popen(  # noqa: S603
        command, cwd=settings.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            title = process.stdout.readline().partition(" Commands:")[0]
            if not title:
                raise CommandError("The synthetic meter did not start; its own words are above.")
            yield title
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOPS_WITHIN_S)
            process.kill()
