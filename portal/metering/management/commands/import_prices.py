"""`manage.py import_prices FILE --series DE-LU`: market prices for every household of this installation."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.accounts.models import Household
from portal.metering.price_series import PriceFileError, import_prices, parse_prices


class Command(BaseCommand):
    """Run it whenever there are new prices; what is known already stays as it is."""

    help = "Import market prices from a CSV or JSON file (docs/costs.md says how it looks)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which file, which series, whose."""
        parser.add_argument("file", help="path of the file, or - for standard input")
        parser.add_argument("--series", default="", help="name of the series; else the file has to say it")
        parser.add_argument("--currency", default="", help="ISO 4217 code; else the file's, else EUR")
        parser.add_argument("--household", default="", help="public id; else for all households")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, check, keep."""
        path = options["file"]
        household = None
        if options["household"]:
            household = Household.objects.filter(public_id=options["household"]).first()
            if household is None:
                raise CommandError("There is no such household.")
        try:
            content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
            file = parse_prices(content)
            name = options["series"] or file.series
            if not name:
                raise CommandError("Say which series these prices are of: --series NAME")
            currency = options["currency"] or file.currency or "EUR"
            done = import_prices(household, name, currency, file, source=Path(path).name)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from error
        except PriceFileError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{name}: {done.added} quarter-hours new, {done.changed} changed, {done.same} known already"
        )
