"""A household with ten years behind it: import and export, totals and tariff registers, through `accept()`.

Made by the simulator, kept in the folder for temporary files and brought up to now at every use, so that
only the first run waits for it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import batched
from pathlib import Path
from typing import Any

from harness import ROOT
from portal_at_home import Home, django_in, signed_in

YEARS = 10
EMAIL = "bench@example.org"
VERSION = 1


def folder_of_ten_years() -> Path:
    """Where it is kept: another one for other tables."""
    tables = hashlib.sha256(f"{VERSION}".encode())
    for migration in sorted(ROOT.glob("portal/*/migrations/0*.py")):
        tables.update(migration.read_bytes())
    name = f"meterside-bench-{os.getuid()}-{tables.hexdigest()[:12]}"
    return Path(tempfile.gettempdir()) / name


def ten_years() -> tuple[Path, Home]:
    """The folder and the household, up to now; Django is set up on it."""
    folder = folder_of_ten_years()
    folder.mkdir(mode=0o700, exist_ok=True)
    django_in(folder)
    from consumerapp.simulator import checkpoint_file
    from portal.ingest.demo_household import ensure_household, find_or_begin, write_past

    now = datetime.now(UTC)
    demo = find_or_begin(
        folder / "demo", seed=1, home_name="house", meter_type="emh-ed300l", years=YEARS, today=now.date()
    )
    owner, household = ensure_household(demo, email=EMAIL)
    checkpoint = checkpoint_file.load(demo.checkpoint, demo.home)
    _write_tariff_registers(demo, household, checkpoint, now)
    write_past(demo, household, now=now, progress=lambda until: None)
    return folder, Home(household, signed_in(owner))


def _write_tariff_registers(demo: Any, household: Any, checkpoint: Any, now: datetime) -> None:
    """Both tariffs of both directions, a quarter-hour at a time."""
    from consumerapp import intervals
    from consumerapp.simulator.history import quarter_hours
    from consumerapp.simulator.household import Household as SyntheticHousehold
    from consumerapp.simulator.sml_meters import SmlMeter, sml_profile
    from portal.ingest.services import accept
    from portal.metering import store

    known = [latest.received_at for latest in store.latest(household.pk) if latest.obis.e != 0]
    begins = checkpoint if known and checkpoint is not None else demo.installed
    meter = SmlMeter(sml_profile(demo.meter_type), SyntheticHousehold(demo.home, begins))
    first_day = demo.installed if begins is demo.installed else checkpoint.day
    since = intervals.day_bounds(first_day, demo.home.zone)[0]
    if known:
        since = max(since, max(known) + timedelta(milliseconds=1))
    readings = _tariff_readings(meter, since, quarter_hours(since, now))
    for batch in batched(readings, 12_000):
        accept(household, batch, now=batch[-1].received_at)


def _tariff_readings(meter: Any, at: datetime, instants: Iterator[datetime]) -> Iterator[Any]:
    from dataclasses import replace

    from consumerapp.h1.decoder import Protocol, Telegram
    from consumerapp.h1.registry import decoder_for
    from consumerapp.normalise import normalise
    from consumerapp.simulator.meter import REGISTERS, register_raw

    decoder = decoder_for(Protocol.SML)
    decoder.receive_data(meter.telegram(at))
    event = decoder.next_event()
    assert isinstance(event, Telegram)
    seen = normalise(event, received_at=at, source="Reading head").readings
    rows = {row.code: row for row in meter.profile.rows if row.measure in REGISTERS and row.code.e != 0}
    forms = [(reading, rows[reading.obis]) for reading in seen if reading.obis in rows]
    assert len(forms) == 4, "two tariffs of two directions"
    for instant in instants:
        registers = meter.household.registers_at(instant)
        for form, row in forms:
            value = Decimal(register_raw(registers, row.measure, row.exponent)).scaleb(row.exponent)
            at_meter = None if form.at is None else instant
            yield replace(form, value=value, at=at_meter, received_at=instant)
