"""Market prices: taken in from files, kept as whole numbers, with their gaps.

A file is CSV with a heading, or JSON:

    start,price,minutes                          {"series": "DE-LU", "currency": "EUR", "unit": "MWh",
    2026-11-24T00:00+01:00,0.08412,60             "points": [{"start": "2026-11-24T00:00+01:00",
                                                              "price": 84.12, "minutes": 60}]}

`price` is per kWh (`price_per_mwh`, or `"unit": "MWh"`: per MWh); every start says its offset from UTC;
without `minutes`, a price holds as long as the smallest step of the file.
"""

from __future__ import annotations

import csv
import json
import sys
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.models import Max, Min
from django.utils.translation import gettext

from consumerapp.errors import ConsumerAppError
from consumerapp.intervals import day_bounds, quarter_starts
from consumerapp.tariffs.prices import PricePoint, PriceSeries
from portal.accounts.models import Household
from portal.metering.contract_models import MarketDay, MarketImport, MarketSeries
from portal.metering.day_costs import PRICE_STEP, Prices
from portal.metering.facts import QUARTER_MS
from portal.metering.local_days import to_ms

MAX_FILE_BYTES = 8_000_000
"""Ten years of quarter-hours are 350,000 lines; one file of a year or two is enough."""
MAX_POINTS = 120_000
GAP = -(1 << 63)
"""No price: the least number of 8 bytes."""
_SLOTS = 96
_EMPTY = array("q", [GAP] * _SLOTS)
_MOST = 10**12
"""A million of any currency per kWh: beyond it, a file states another unit."""
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_QUARTER = timedelta(minutes=15)


class PriceFileError(ConsumerAppError):
    """A file of prices that cannot be taken in; the message says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceFile:
    """What a file holds."""

    points: tuple[PricePoint, ...]
    series: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From when to when; aware UTC."""

    start: datetime
    end: datetime


# -- files


def parse_prices(content: bytes) -> PriceFile:
    """Read CSV or JSON, whichever it is. Raises PriceFileError."""
    if len(content) > MAX_FILE_BYTES:
        raise PriceFileError(gettext("The file is too long; import a year at a time."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PriceFileError(gettext("The file is no text in UTF-8.")) from error
    return _parse_json(text) if text.lstrip().startswith(("{", "[")) else _parse_csv(text)


def _parse_json(text: str) -> PriceFile:
    try:
        content: Any = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise PriceFileError(gettext("The file is no JSON: %(why)s") % {"why": str(error)[:80]}) from error
    head: Mapping[str, Any] = content if isinstance(content, dict) else {}
    listed = head.get("points") if head else content
    if not isinstance(listed, list):
        raise PriceFileError(gettext("The file has no list of “points”."))
    per_mwh = str(head.get("unit", "kWh")).lower() == "mwh"
    rows = [
        (
            gettext("Point %(number)d") % {"number": number},
            str(row.get("start", "")),
            str(row.get("price", "")),
            str(row.get("minutes", "")),
        )
        if isinstance(row, dict)
        else (gettext("Point %(number)d") % {"number": number}, "", "", "")
        for number, row in enumerate(listed, 1)
    ]
    return PriceFile(
        points=_points(rows, per_mwh=per_mwh),
        series=str(head.get("series", ""))[:40],
        currency=str(head.get("currency", ""))[:3],
    )


def _parse_csv(text: str) -> PriceFile:
    lines = text.splitlines()
    separator = ";" if lines and ";" in lines[0] else ","
    reader = csv.DictReader(lines, delimiter=separator)
    heads = {(name or "").strip().lower() for name in reader.fieldnames or ()}
    price = "price_per_mwh" if "price_per_mwh" in heads else "price"
    if not {"start", price} <= heads:
        raise PriceFileError(gettext("The first line has to name the columns: start,price,minutes"))
    rows = []
    try:
        for row in reader:
            named = {
                (name or "").strip().lower(): value.strip()
                for name, value in row.items()
                if isinstance(value, str)
            }
            where = gettext("Line %(number)d") % {"number": reader.line_num}
            amount = named.get(price, "")
            # Where the semicolon separates, the comma is free to be a decimal sign.
            amount = amount.replace(",", ".") if separator == ";" else amount
            rows.append((where, named.get("start", ""), amount, named.get("minutes", "")))
    except csv.Error as error:
        raise PriceFileError(gettext("The file is no CSV: %(why)s") % {"why": error}) from error
    return PriceFile(points=_points(rows, per_mwh=price == "price_per_mwh"))


def _points(rows: list[tuple[str, str, str, str]], *, per_mwh: bool) -> tuple[PricePoint, ...]:
    if not rows:
        raise PriceFileError(gettext("The file holds no price."))
    if len(rows) > MAX_POINTS:
        raise PriceFileError(gettext("The file is too long; import a year at a time."))
    read = sorted(
        (_start(where, start), _price(where, price, per_mwh=per_mwh), minutes, where)
        for where, start, price, minutes in rows
    )
    steps = [later[0] - earlier[0] for earlier, later in pairwise(read) if later[0] > earlier[0]]
    usual = min([*steps, timedelta(hours=1)])
    points = []
    for start, price, minutes, where in read:
        length = _length(where, minutes) if minutes else usual
        points.append(PricePoint(start, length, price))
    for earlier, later in pairwise(points):
        if earlier.start + earlier.length > later.start:
            raise PriceFileError(
                gettext("Two prices hold at %(time)s UTC; each hour must have one.")
                % {"time": f"{later.start:%Y-%m-%d %H:%M}"}
            )
    return tuple(points)


def _start(where: str, text: str) -> datetime:
    try:
        start = datetime.fromisoformat(text)
    except ValueError as error:
        raise PriceFileError(
            gettext("%(where)s: “%(text)s” is no time such as 2026-11-24T00:00+01:00.")
            % {"where": where, "text": text[:40]}
        ) from error
    if start.tzinfo is None:
        raise PriceFileError(
            gettext("%(where)s: the time needs its offset from UTC, such as +01:00 or Z.") % {"where": where}
        )
    start = start.astimezone(UTC)
    if to_ms(start) % QUARTER_MS or not 2000 <= start.year < 2200:
        raise PriceFileError(gettext("%(where)s: a price has to begin on a quarter-hour.") % {"where": where})
    return start


def _price(where: str, text: str, *, per_mwh: bool) -> Decimal:
    try:
        price = Decimal(text)
        price = price / 1000 if per_mwh else price
        whole = price / PRICE_STEP
        if not price.is_finite() or abs(whole) > _MOST:
            raise InvalidOperation
    except InvalidOperation as error:
        raise PriceFileError(
            gettext("%(where)s: “%(text)s” is no price.") % {"where": where, "text": text[:40]}
        ) from error
    return price


def _length(where: str, text: str) -> timedelta:
    if text in {"15", "30", "60"}:
        return timedelta(minutes=int(text))
    raise PriceFileError(gettext("%(where)s: a price holds for 15, 30 or 60 minutes.") % {"where": where})


# -- keeping


def find_series(household: Household | None, name: str) -> MarketSeries | None:
    """The household's own series of that name, else the installation's."""
    found = {
        series.household_id: series
        for series in MarketSeries.objects.filter(name=name)
        if series.household_id in (None, household.pk if household else None)
    }
    own = found.get(household.pk) if household else None
    return own or found.get(None)


def series_for(household: Household) -> tuple[MarketSeries, ...]:
    """Every series that a household may use: its own, and those of all that it has none of the name of."""
    known = MarketSeries.objects.filter(household=household) | MarketSeries.objects.filter(household=None)
    by_name: dict[str, MarketSeries] = {}
    for series in known:
        if series.name not in by_name or series.household_id is not None:
            by_name[series.name] = series
    return tuple(by_name[name] for name in sorted(by_name))


@transaction.atomic
def import_prices(
    household: Household | None, name: str, currency: str, file: PriceFile, *, source: str
) -> MarketImport:
    """Take a file in. A price that differs from a known one replaces it, and the import says which."""
    series = MarketSeries.objects.select_for_update().filter(household=household, name=name).first()
    if series is None:
        series = MarketSeries.objects.create(household=household, name=name, currency=currency)
    wanted = file.currency or currency
    if series.currency != wanted:
        raise PriceFileError(
            gettext("%(name)s is in %(known)s, the file in %(wanted)s.")
            % {"name": name, "known": series.currency, "wanted": wanted}
        )
    days = _by_day(file.points)
    rows = MarketDay.objects.filter(series_id=series.pk, day__in=list(days))
    known = {row.day: _unpack(bytes(row.prices)) for row in rows}
    added = changed = same = 0
    replaced: list[list[int]] = []
    kept: list[MarketDay] = []
    for day, slots in days.items():
        prices = known.get(day, array("q", _EMPTY))
        for slot, price in slots:
            before = prices[slot]
            if before == price:
                same += 1
            elif before == GAP:
                added += 1
            else:
                changed += 1
                replaced.append([((day - _EPOCH_DAY) * _SLOTS + slot) * QUARTER_MS, before])
            prices[slot] = price
        kept.append(MarketDay(series_id=series.pk, day=day, prices=_pack(prices)))
    MarketDay.objects.bulk_create(
        kept,
        update_conflicts=True,
        unique_fields=["series", "day"],
        update_fields=["prices"],
        batch_size=400,
    )
    return MarketImport.objects.create(
        series=series, source=source[:120], added=added, changed=changed, same=same, replaced=replaced
    )


@transaction.atomic
def remove_series(series: MarketSeries) -> None:
    """Forget a series with its prices; what was priced by it has no price any more."""
    series.delete()


def _by_day(points: Iterable[PricePoint]) -> dict[int, list[tuple[int, int]]]:
    days: dict[int, list[tuple[int, int]]] = {}
    for point in points:
        price = int((point.price / PRICE_STEP).to_integral_value())
        first = to_ms(point.start) // QUARTER_MS
        for quarter in range(first, first + point.length // _QUARTER):
            day, slot = divmod(quarter, _SLOTS)
            days.setdefault(day + _EPOCH_DAY, []).append((slot, price))
    return days


def _pack(prices: array[int]) -> bytes:
    if sys.byteorder == "big":
        prices = array("q", prices)
        prices.byteswap()
    return prices.tobytes()


def _unpack(data: bytes) -> array[int]:
    prices = array("q")
    prices.frombytes(data)
    if sys.byteorder == "big":
        prices.byteswap()
    return prices


# -- reading


class MarketBook:
    """The prices of one series over a stretch of local days, read at once."""

    def __init__(self, series: MarketSeries | None, household: Household, first: date, last: date) -> None:
        self.series = series
        self._zone = household.zone
        self._days: dict[int, bytes] = {}
        if series is not None:
            rows = MarketDay.objects.filter(
                series_id=series.pk, day__range=(first.toordinal() - 1, last.toordinal() + 1)
            ).values_list("day", "prices")
            self._days = {day: bytes(prices) for day, prices in rows}

    def content_of(self, day: date) -> tuple[bytes | None, ...]:
        """Everything that a local day's prices can depend on, for the key of what is remembered."""
        ordinal = day.toordinal()
        return tuple(self._days.get(near) for near in (ordinal - 1, ordinal, ordinal + 1))

    def prices_of(self, day: date) -> Prices:
        """Of each quarter-hour of a local day; None: a gap."""
        start, end = day_bounds(day, self._zone)
        first, until = to_ms(start) // QUARTER_MS, to_ms(end) // QUARTER_MS
        found: list[int | None] = []
        unpacked: dict[int, array[int]] = {}
        for quarter in range(first, until):
            number, slot = divmod(quarter, _SLOTS)
            ordinal = number + _EPOCH_DAY
            data = self._days.get(ordinal)
            if data is None:
                found.append(None)
                continue
            if ordinal not in unpacked:
                unpacked[ordinal] = _unpack(data)
            price = unpacked[ordinal][slot]
            found.append(None if price == GAP else price)
        return found

    def points_of(self, day: date) -> PriceSeries:
        """The same as the core's series, for the explanation."""
        starts = quarter_starts(day, self._zone)
        return PriceSeries(
            PricePoint(start, _QUARTER, price * PRICE_STEP)
            for start, price in zip(starts, self.prices_of(day), strict=True)
            if price is not None
        )


def gaps_of(series: MarketSeries) -> tuple[Stretch, ...]:
    """Stretches without a price between the first and the last one."""
    rows = MarketDay.objects.filter(series_id=series.pk).order_by("day").values_list("day", "prices")
    gaps: list[Stretch] = []
    last_priced: int | None = None
    for day, data in rows.iterator():
        prices = _unpack(bytes(data))
        if last_priced == (day - _EPOCH_DAY) * _SLOTS - 1 and GAP not in prices:
            last_priced += _SLOTS
            continue
        for slot, price in enumerate(prices):
            if price == GAP:
                continue
            quarter = (day - _EPOCH_DAY) * _SLOTS + slot
            if last_priced is not None and quarter > last_priced + 1:
                gaps.append(Stretch(_instant(last_priced + 1), _instant(quarter)))
            last_priced = quarter
    return tuple(gaps)


def span_of(series: MarketSeries) -> Stretch | None:
    """From the first to the end of the last price; None: there is none."""
    bounds = MarketDay.objects.filter(series_id=series.pk).aggregate(first=Min("day"), last=Max("day"))
    if bounds["first"] is None:
        return None
    ends = MarketDay.objects.filter(series_id=series.pk, day__in=bounds.values()).order_by("day")
    rows = [(row.day, _unpack(bytes(row.prices))) for row in ends]
    first = next(slot for slot, price in enumerate(rows[0][1]) if price != GAP)
    last = next(slot for slot in reversed(range(_SLOTS)) if rows[-1][1][slot] != GAP)
    return Stretch(
        _instant((rows[0][0] - _EPOCH_DAY) * _SLOTS + first),
        _instant((rows[-1][0] - _EPOCH_DAY) * _SLOTS + last + 1),
    )


def _instant(quarter: int) -> datetime:
    return datetime.fromtimestamp(quarter * QUARTER_MS // 1000, UTC)
