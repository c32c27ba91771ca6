"""Green Button "Download My Data": usage as NAESB REQ.21 ESPI 4.0 XML in an Atom feed (RFC 4287).

Knows no database: whoever may see the data hands it in day by day, and gets the file piece by piece.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from consumerapp.readings import Commodity, Quality, Quantity, Unit, to_thousandths

_NAMESPACE = UUID("8f5f4d58-6c1d-4f58-9f8f-0a7f3f1f6b5e")
_QUARTER_S = 900
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:espi="http://naesb.org/espi">\n'
)
_SERVICES = {
    Commodity.ELECTRICITY: 0,
    Commodity.GAS: 1,
    Commodity.COLD_WATER: 2,
    Commodity.HOT_WATER: 2,
    Commodity.HEAT: 4,
    Commodity.COOLING: 4,
}
"""ServiceKind (ESPI 4.0, espi.xsd)."""
_COMMODITIES = {Commodity.ELECTRICITY: 1, Commodity.GAS: 7, Commodity.COLD_WATER: 9, Commodity.HOT_WATER: 9}
"""CommodityKind (ESPI 4.0, espi.xsd); 0: none of its names fits."""
_UNITS = {Unit.WH: 72, Unit.VARH: 73, Unit.VAH: 71, Unit.M3: 42}
"""UnitSymbolKind (ESPI 4.0, espi.xsd)."""
_FORWARD, _REVERSE, _NOT_APPLICABLE, _TOTAL = 1, 19, 0, 20
_DIRECTIONS = {
    Quantity.ACTIVE_ENERGY_IMPORT: _FORWARD,
    Quantity.ACTIVE_ENERGY_EXPORT: _REVERSE,
    Quantity.ACTIVE_ENERGY_ABSOLUTE: _TOTAL,
}
_DELTA = 4
"""AccumulationKind deltaData."""
_RAW, _INTERPOLATED, _QUESTIONABLE = 14, 9, 10
"""QualityOfReading: raw, estimated by linear interpolation, questionable."""
NO_DST = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Interval:
    """One quarter-hour of which the energy or volume is known."""

    start: datetime
    amount: Decimal
    """In the quantity's unit."""
    quality: Quality


@dataclass(frozen=True, slots=True)
class Block:
    """One local day."""

    start: datetime
    end: datetime
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSeries:
    """One direction of one meter."""

    usage_point: str
    """Names the meter within the file; the same for all its series."""
    title: str
    quantity: Quantity
    blocks: Iterable[Block]


def can_write(quantity: Quantity) -> bool:
    """Whether ESPI has a unit for it."""
    return quantity.unit in _UNITS and quantity.commodity in _SERVICES


def feed(
    *, identity: str, title: str, zone: ZoneInfo, year: int, series: Iterable[UsageSeries], now: datetime
) -> Iterator[str]:
    """The file, piece by piece. `identity` makes its identifiers the same each time; `year` is that of the
    rules by which clocks change."""
    write = _Writer(identity, now)
    yield _HEAD
    yield f"<id>{write.urn('feed')}</id><title>{escape(title)}</title><updated>{write.updated}</updated>\n"
    yield write.entry("LocalTimeParameters", "LocalTimeParameters/1", title, _local_time(zone, year))
    known_points: set[str] = set()
    for number, one in enumerate(series, 1):
        point = f"UsagePoint/{escape(one.usage_point)}"
        if one.usage_point not in known_points:
            known_points.add(one.usage_point)
            yield write.entry(
                "UsagePoint", point, one.title, _usage_point(one.quantity.commodity),
                related=(f"{point}/MeterReading", "LocalTimeParameters/1"),
            )  # fmt: skip
        reading = f"{point}/MeterReading/{number}"
        kind = f"ReadingType/{number}"
        yield write.entry(
            "MeterReading", reading, one.title, "<espi:MeterReading/>",
            related=(f"{reading}/IntervalBlock", kind),
        )  # fmt: skip
        yield write.entry("ReadingType", kind, one.title, _reading_type(one.quantity))
        for position, block in enumerate(one.blocks, 1):
            if block.intervals:
                yield write.entry(
                    "IntervalBlock", f"{reading}/IntervalBlock/{position}", "", _interval_block(block)
                )
    yield "</feed>\n"


@dataclass(frozen=True, slots=True)
class _Writer:
    identity: str
    now: datetime

    @property
    def updated(self) -> str:
        return self.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def urn(self, what: str) -> str:
        return uuid5(_NAMESPACE, f"{self.identity}/{what}").urn

    def entry(self, kind: str, path: str, title: str, content: str, *, related: tuple[str, ...] = ()) -> str:
        up = path.rpartition("/")[0]
        links = f'<link rel="self" href="{path}"/><link rel="up" href="{up}"/>' + "".join(
            f'<link rel="related" href="{other}"/>' for other in related
        )
        return (
            f"<entry><id>{self.urn(path)}</id>{links}<title>{escape(title or kind)}</title>"
            f'<content type="application/xml">{content}</content>'
            f"<published>{self.updated}</published><updated>{self.updated}</updated></entry>\n"
        )


def _usage_point(commodity: Commodity) -> str:
    return (
        "<espi:UsagePoint><espi:ServiceCategory>"
        f"<espi:kind>{_SERVICES[commodity]}</espi:kind></espi:ServiceCategory></espi:UsagePoint>"
    )


def _reading_type(quantity: Quantity) -> str:
    return (
        f"<espi:ReadingType><espi:accumulationBehaviour>{_DELTA}</espi:accumulationBehaviour>"
        f"<espi:commodity>{_COMMODITIES.get(quantity.commodity, 0)}</espi:commodity>"
        f"<espi:defaultQuality>{_RAW}</espi:defaultQuality>"
        f"<espi:flowDirection>{_DIRECTIONS.get(quantity, _NOT_APPLICABLE)}</espi:flowDirection>"
        f"<espi:intervalLength>{_QUARTER_S}</espi:intervalLength><espi:kind>{_measured(quantity)}</espi:kind>"
        "<espi:powerOfTenMultiplier>-3</espi:powerOfTenMultiplier>"
        f"<espi:uom>{_UNITS[quantity.unit]}</espi:uom></espi:ReadingType>"
    )


def _measured(quantity: Quantity) -> int:
    """MeasurementKind: energy or volume (ESPI 4.0, espi.xsd)."""
    return 58 if quantity.unit is Unit.M3 else 12


def _interval_block(block: Block) -> str:
    readings = "".join(_interval_reading(interval) for interval in block.intervals)
    return (
        f"<espi:IntervalBlock><espi:interval><espi:duration>{int((block.end - block.start).total_seconds())}"
        f"</espi:duration><espi:start>{int(block.start.timestamp())}</espi:start></espi:interval>"
        f"{readings}</espi:IntervalBlock>"
    )


def _interval_reading(interval: Interval) -> str:
    quality = ""
    if interval.quality & Quality.ESTIMATED:
        quality = f"<espi:ReadingQuality><espi:quality>{_INTERPOLATED}</espi:quality></espi:ReadingQuality>"
    elif interval.quality & Quality.CLOCK_DOUBTFUL:
        quality = f"<espi:ReadingQuality><espi:quality>{_QUESTIONABLE}</espi:quality></espi:ReadingQuality>"
    return (
        f"<espi:IntervalReading>{quality}<espi:timePeriod><espi:duration>{_QUARTER_S}</espi:duration>"
        f"<espi:start>{int(interval.start.timestamp())}</espi:start></espi:timePeriod>"
        f"<espi:value>{to_thousandths(interval.amount)}</espi:value></espi:IntervalReading>"
    )


def _local_time(zone: ZoneInfo, year: int) -> str:
    begins, ends = _changes(zone, year)
    offsets = [_offset_s(datetime(year, month, 15, 12, tzinfo=UTC), zone) for month in range(1, 13)]
    standard_s = min(offsets) if begins != NO_DST else offsets[-1]
    summer_s = max(offsets) - standard_s
    return (
        f"<espi:LocalTimeParameters><espi:dstEndRule>{ends:08X}</espi:dstEndRule>"
        f"<espi:dstOffset>{summer_s if begins != NO_DST else 0}</espi:dstOffset>"
        f"<espi:dstStartRule>{begins:08X}</espi:dstStartRule>"
        f"<espi:tzOffset>{standard_s}</espi:tzOffset></espi:LocalTimeParameters>"
    )


def _offset_s(instant: datetime, zone: ZoneInfo) -> int:
    offset = instant.astimezone(zone).utcoffset()
    assert offset is not None  # the instant is aware
    return int(offset.total_seconds())


def _changes(zone: ZoneInfo, year: int) -> tuple[int, int]:
    """The rules by which clocks go forward and back in that year; `NO_DST` twice where they do not."""
    begins = ends = NO_DST
    instant, step = datetime(year, 1, 1, tzinfo=UTC), timedelta(minutes=15)
    before = _offset_s(instant, zone)
    while instant.year == year:
        following = instant + timedelta(days=1)
        if _offset_s(following, zone) != before:
            while _offset_s(instant, zone) == before:
                instant += step
            after = _offset_s(instant, zone)
            rule = _rule(instant + timedelta(seconds=before))
            begins, ends = (rule, ends) if after > before else (begins, rule)
            before = after
            following = instant + timedelta(days=1)
        instant = following
    return (begins, ends) if NO_DST not in {begins, ends} else (NO_DST, NO_DST)


def _rule(wall: datetime) -> int:
    """A wall-clock instant as an ESPI rule: its hour on the n-th or last such weekday of its month."""
    day = wall.date()
    is_last = (day + timedelta(days=7)).month != day.month
    operator = 7 if is_last else 2 + (day.day - 1) // 7
    seconds = wall.minute * 60 + wall.second
    return wall.month << 28 | operator << 25 | day.isoweekday() << 17 | wall.hour << 12 | seconds
