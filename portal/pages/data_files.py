"""What a household has, as files to take away: CSV by part, one JSON document, Green Button XML.

All are written piece by piece, a month of one meter in memory at a time.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import batched

from consumerapp.intervals import day_bounds
from consumerapp.readings import Quality
from portal.accounts.models import Household
from portal.common import green_button
from portal.metering import series, store
from portal.metering.models import Meter
from portal.metering.series import Series
from portal.pages import people
from portal.pairing import devices, links

ROWS_AT_ONCE = 500
_QUARTER = timedelta(minutes=15)
_FORMULA = frozenset("=+-@\t\r")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_QUALITIES = tuple(flag for flag in Quality if flag.value)

Cell = str | int | None
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What is taken away: whose, and which days. `residents`: devices and people of the home too."""

    household: Household
    first: date
    last: date
    residents: bool


READING_HEADS = ("meter", "quantity", "start", "end", "amount", "unit", "quality")
DAY_HEADS = ("meter", "quantity", "day", "total", "unit", "complete", "quality")
MONTH_HEADS = ("quantity", "year", "month", "total", "unit", "complete", "quality")
CORRECTION_HEADS = ("meter", "quantity", "day", "revision", "total", "unit", "known_from", "known_until",
                    "reason", "source")  # fmt: skip
METER_HEADS = ("meter", "name", "commodity", "role", "installed_at", "removed_at")
DEVICE_HEADS = ("kind", "name", "since", "last_seen")
PERSON_HEADS = ("email", "name", "role", "since")


def reading_rows(taken: Taken) -> Iterator[Row]:
    """Every quarter-hour of every meter; one that is missing has no amount."""
    for one in series.series_of(taken.household):
        unit = str(one.quantity.unit)
        for profile in series.day_profiles(taken.household, one, taken.first, taken.last):
            for start, energy, quality in zip(profile.starts, profile.energy, profile.quality, strict=True):
                if energy is None and profile.until is not None and start + _QUARTER > profile.until:
                    continue  # Not over yet.
                yield (
                    one.meter.ident, one.quantity.value, _instant(start, taken),
                    _instant(start + _QUARTER, taken), _plain(energy), unit,
                    "missing" if energy is None else _quality(quality),
                )  # fmt: skip


def day_rows(taken: Taken) -> Iterator[Row]:
    """The total of every local day of every meter."""
    for one in series.series_of(taken.household):
        for profile in series.day_profiles(taken.household, one, taken.first, taken.last):
            marks = Quality.MEASURED
            for quality in profile.quality:
                marks |= quality
            yield (
                one.meter.ident, one.quantity.value, profile.day.isoformat(), _plain(profile.total),
                str(one.quantity.unit), _yes(profile.complete), _quality(marks),
            )  # fmt: skip


def month_rows(taken: Taken) -> Iterator[Row]:
    """The total of every month of every quantity, main meters together."""
    for quantity in dict.fromkeys(one.quantity for one in series.series_of(taken.household)):
        for month in store.months(taken.household, quantity, taken.first, taken.last):
            if month.total is not None:
                yield (
                    quantity.value, month.year, month.month, _plain(month.total), str(quantity.unit),
                    _yes(month.complete), _quality(month.quality),
                )  # fmt: skip


def correction_rows(taken: Taken) -> Iterator[Row]:
    """What was once known otherwise, and why it changed."""
    for one in series.series_of(taken.household):
        for old in series.corrections_of(taken.household, one, taken.first, taken.last):
            yield (
                one.meter.ident, one.quantity.value, old.day.isoformat(), old.number, _plain(old.total),
                str(one.quantity.unit), _instant(old.known_from, taken),
                None if old.known_until is None else _instant(old.known_until, taken), old.reason, old.source,
            )  # fmt: skip


def meter_rows(taken: Taken) -> Iterator[Row]:
    """The meters that measured on these days."""
    end = day_bounds(taken.last, taken.household.zone)[1]
    begin = day_bounds(taken.first, taken.household.zone)[0]
    for meter in Meter.objects.filter(household=taken.household, installed_at__lt=end):
        if meter.removed_at is None or meter.removed_at >= begin:
            yield (
                meter.ident, meter.name, meter.commodity, meter.role, _instant(meter.installed_at, taken),
                None if meter.removed_at is None or meter.removed_at >= end
                else _instant(meter.removed_at, taken),
            )  # fmt: skip


def device_rows(taken: Taken) -> Iterator[Row]:
    """Connections and screens; never a key or a token."""
    if not taken.residents:
        return
    for link in links.links_of(taken.household):
        seen = link.last_telegram_at
        yield (
            link.kind, link.name, _instant(link.created_at, taken),
            None if seen is None else _instant(seen, taken),
        )  # fmt: skip
    for device in devices.devices_of(taken.household):
        seen = device.last_seen_at
        yield (
            device.kind, device.name, _instant(device.paired_at, taken),
            None if seen is None else _instant(seen, taken),
        )  # fmt: skip


def person_rows(taken: Taken) -> Iterator[Row]:
    """Who is of the household."""
    if taken.residents:
        for membership in people.people_of(taken.household):
            user = membership.user
            yield user.email, user.name, membership.role, _instant(membership.since, taken)


PARTS = {
    "readings": (READING_HEADS, reading_rows),
    "days": (DAY_HEADS, day_rows),
    "months": (MONTH_HEADS, month_rows),
    "corrections": (CORRECTION_HEADS, correction_rows),
    "meters": (METER_HEADS, meter_rows),
    "devices": (DEVICE_HEADS, device_rows),
    "people": (PERSON_HEADS, person_rows),
}


def csv_file(taken: Taken, part: str) -> Iterator[str]:
    """One part as CSV (RFC 4180) with a line of heads."""
    heads, rows = PARTS[part]
    yield _lines([heads])
    for some in batched(rows(taken), ROWS_AT_ONCE):
        yield _lines(some)


def json_file(taken: Taken, now: datetime) -> Iterator[str]:
    """Everything as one JSON document (RFC 8259)."""
    household = taken.household
    head = {
        "v": 1,
        "household": household.name,
        "timezone": household.timezone,
        "first": taken.first.isoformat(),
        "last": taken.last.isoformat(),
        "written_at": now.isoformat(),
    }
    yield json.dumps(head, ensure_ascii=False)[:-1]
    for part, (heads, rows) in PARTS.items():
        yield f',\n"{part}": ['
        before = "\n"
        for some in batched(rows(taken), ROWS_AT_ONCE):
            written = [json.dumps(dict(zip(heads, row, strict=True)), ensure_ascii=False) for row in some]
            yield before + ",\n".join(written)
            before = ",\n"
        yield "]"
    yield "}\n"


def green_button_file(taken: Taken, now: datetime) -> Iterator[str]:
    """Every meter as a usage point, every local day as an interval block."""
    household = taken.household
    return green_button.feed(
        identity=household.public_id,
        title=household.name,
        zone=household.zone,
        year=taken.last.year,
        series=(_usage(taken, one) for one in series.series_of(household)
                if green_button.can_write(one.quantity)),
        now=now,
    )  # fmt: skip


def _usage(taken: Taken, one: Series) -> green_button.UsageSeries:
    return green_button.UsageSeries(
        usage_point=str(one.meter.pk),
        title=str(one.meter),
        quantity=one.quantity,
        blocks=_blocks(taken, one),
    )


def _blocks(taken: Taken, one: Series) -> Iterator[green_button.Block]:
    for profile in series.day_profiles(taken.household, one, taken.first, taken.last):
        begin, end = day_bounds(profile.day, taken.household.zone)
        known = zip(profile.starts, profile.energy, profile.quality, strict=True)
        yield green_button.Block(
            begin,
            end,
            tuple(
                green_button.Interval(start, energy, quality)
                for start, energy, quality in known
                if energy is not None
            ),
        )


def _lines(rows: Iterable[Row]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows([[_harmless(cell) for cell in row] for row in rows])
    return written.getvalue()


def _harmless(cell: Cell) -> Cell:
    """A name that begins like a formula would be one in a spreadsheet."""
    if isinstance(cell, str) and cell[:1] in _FORMULA and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def _instant(at: datetime, taken: Taken) -> str:
    """ISO 8601 in the household's time zone, with its offset."""
    return at.astimezone(taken.household.zone).isoformat(timespec="seconds")


def _plain(value: Decimal | None) -> str | None:
    """Exact, in the base unit, without exponent."""
    if value is None:
        return None
    return f"{value.normalize():f}" if value else "0"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _quality(quality: Quality) -> str:
    return " ".join(str(flag.name).lower() for flag in _QUALITIES if quality & flag)
