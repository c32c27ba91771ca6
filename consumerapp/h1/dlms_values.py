"""From a body's items to the numbers and texts of a telegram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Final, NamedTuple

from consumerapp.h1.axdr import INTEGERS, Data, Tag
from consumerapp.h1.decoder import Column, Text
from consumerapp.h1.dlms_body import CLOCK_CODE, Body, Item, Shape, code_of
from consumerapp.h1.dlms_plausible import Doubtful, settle
from consumerapp.h1.dlms_time import from_date_and_time, has_no_deviation, looks_like_clock, to_utc
from consumerapp.h1.profile import (
    Evidence,
    Exponents,
    Layout,
    Match,
    MeterProfile,
    best_match,
    fits,
    match,
    measure_of,
)
from consumerapp.readings import MeterId, Obis, Unit
from consumerapp.units import cosem_unit

LIST_NAME: Final = Obis(1, 1, 0, 2, 129)
"""OBIS list version identifier, as the Norwegian lists call it."""

_IDENTITY: Final = ("0-*:96.1.0", "1-*:0.0.5", "1-*:0.0.0", "0-*:42.0.0", "0-*:96.1.1")
"""Where a meter's number usually stands, best first: device id, maker's number, logical device name."""

_BEHIND_A_TAG: Final = 7
"""Where a notification's twelve octets begin when they have their tag: behind APDU tag, invoke id, `09
0C`."""

NOWHERE: Final = -1
"""Position of a datum that was put together from several."""

_CLOCK_TAGS: Final = frozenset((Tag.OCTET_STRING, Tag.DATE_TIME))
CLOCK_WITHOUT_DEVIATION: Final = -1
"""In place of a tag: the first nine octets of a date-time."""

_SHORT_CLOCKS: Final = {4: Tag.TIME, 5: Tag.DATE}
_MAX_TEXT: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is known beforehand about the meter on the link."""

    profile: MeterProfile | None = None
    """Chosen by the installer; None: found by each telegram's own signs."""
    zone: tzinfo | None = None
    """Where the meter stands; None: times without deviation stay unknown."""


class Place(NamedTuple):
    """Where a number stands in the APDU."""

    at: int
    tag: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything a telegram says, and where it says it."""

    columns: tuple[Column, ...]
    raw: tuple[int | Decimal, ...]
    texts: tuple[Text, ...]
    meter_id: MeterId | None
    measured_at: datetime | None
    clock_at: int | None
    """Position of the twelve octets that `measured_at` was read from."""
    value_times: tuple[tuple[int, datetime], ...]
    places: tuple[Place, ...]
    """For each column; empty: not to be learned."""
    other_places: tuple[Place, ...]
    """Numbers that are not used, and clocks: they change, and nothing depends on them."""
    found: Match | None
    assumed: bool
    """Whether any exponent came from a profile, so that the guard has to look at every telegram."""


class _Number(NamedTuple):
    item: Item
    raw: int | Decimal
    column: Column | None
    exponents: Exponents
    unit: Unit


def interpret(
    body: Body,
    *,
    header_clock: tuple[bytes, int] | None,
    system_title: bytes | None,
    setting: Setting,
    before: Match | None = None,
) -> Content:
    """Find the profile, name what has no code, scale, and let the guard speak.

    `before`: the profile of the link's last telegram. It holds for a list that says nothing of itself.
    """
    tagged_clock = header_clock is not None and header_clock[1] == _BEHIND_A_TAG
    evidence = evidence_of(body, system_title, tagged_clock)
    if setting.profile is not None:
        found: Match | None = Match(
            profile=setting.profile, score=match(setting.profile, evidence).score, reason="chosen"
        )
    else:
        found = best_match(evidence)
        if found is None and before is not None and match(before.profile, evidence).score:
            found = before
    profile = found.profile if found else None
    items = _named(body, evidence, profile)
    numbers = [number for item in items if (number := _number(item, profile)) is not None]
    doubtful = [Doubtful(n.item.obis, Decimal(n.raw), n.exponents) for n in numbers if n.column is None]
    columns: list[Column] = []
    raw: list[int | Decimal] = []
    places: list[Place] = []
    times: list[tuple[int, datetime]] = []
    known = {
        n.item.obis: Decimal(n.raw).scaleb(n.column.exponent)
        for n in numbers
        if n.column and n.item.obis.a == 1
    }
    verdict = settle(doubtful, known, profile.firm if profile else frozenset())
    kept = set()
    undecided_zero = False
    for number in numbers:
        column = number.column
        if column is None:
            measure = measure_of(number.item.obis)
            exponent = _exponent(number, None if measure is None else verdict.exponents.get(measure))
            if exponent is None and not number.raw:
                # Nothing is nothing, whatever it is multiplied by.
                exponent, undecided_zero = number.exponents[0], True
            if exponent is None:
                continue
            column = Column(number.item.obis, number.unit, exponent)
        if number.item.captured is not None:
            captured = _utc(number.item.captured, profile, setting)
            if captured is not None:
                times.append((len(columns), captured))
        columns.append(column)
        raw.append(number.raw)
        places.append(Place(number.item.data.at, number.item.data.tag))
        kept.add(number.item.data.at)
    texts = _texts(items)
    clocks = _clocks(items, header_clock)
    measured_at, clock_at = _measured_at(clocks, profile, setting)
    learnable = (
        clock_at != NOWHERE
        and not times
        and not verdict.withheld
        and not undecided_zero
        and all(place.tag in INTEGERS for place in places)
    )
    return Content(
        columns=tuple(columns),
        raw=tuple(raw),
        texts=texts,
        meter_id=_identity(texts, profile, system_title),
        measured_at=measured_at,
        clock_at=clock_at,
        value_times=tuple(times),
        places=tuple(places) if learnable else (),
        other_places=_other_places(body, items, kept, clocks, clock_at),
        found=found,
        assumed=bool(doubtful),
    )


def _exponent(number: _Number, settled: int | None) -> int | None:
    """The exponent of a number without a scaler: the settled one of its kind, or the only one of its code."""
    if settled is not None and settled in number.exponents:
        return settled
    return number.exponents[0] if settled is not None and len(number.exponents) == 1 else None


def evidence_of(body: Body, system_title: bytes | None, tagged_clock: bool) -> Evidence:
    """What a body shows of its meter."""
    texts: list[tuple[Obis | None, str]] = []
    first = code_of(body.loose[0]) if body.loose else None
    for item in body.items:
        text = text_of(item.data)
        if text is not None:
            texts.append((item.obis, text))
    for data in body.loose:
        text = text_of(data)
        if text is not None:
            texts.append((None, text))
    return Evidence(
        shape=body.shape,
        system_title=system_title,
        texts=tuple(texts),
        codes=frozenset(item.obis for item in body.items),
        types="".join(map(type_letter, body.loose)) if body.shape is Shape.POSITIONAL else "",
        push_setup_first=first is not None and (first.a, first.c, first.d) == (0, 25, 9),
        tagged_clock=tagged_clock,
    )


def type_letter(data: Data) -> str:
    """The letter of `Layout.types` for one datum."""
    match data.tag:
        case Tag.UINT32:
            return "u"
        case Tag.UINT16:
            return "w"
        case Tag.OCTET_STRING | Tag.VISIBLE_STRING | Tag.UTF8_STRING | Tag.DATE_TIME:
            return "s"
        case Tag.NULL:
            return "n"
        case _:
            return "o"


def text_of(data: Data) -> str | None:
    """The text of a string: as it is where it can be printed, else in hexadecimal; None: no text."""
    value = data.value
    if isinstance(value, str):
        if data.tag == Tag.BIT_STRING:
            return value
        octets = value.encode("utf-8")
    elif isinstance(value, bytes) and data.tag == Tag.OCTET_STRING:
        octets = value
    else:
        return None
    if not octets or len(octets) > _MAX_TEXT:
        return None
    trimmed = octets.rstrip(b"\x00")
    try:
        text = trimmed.decode("utf-8")
    except UnicodeDecodeError:
        return octets.hex()
    return text.strip() if text and text.isprintable() else octets.hex()


def _named(body: Body, evidence: Evidence, profile: MeterProfile | None) -> list[Item]:
    """All items, with the codes that only the profile knows."""
    items = list(body.items)
    if body.shape is Shape.POSITIONAL:
        layout = _layout(profile, evidence)
        fields: Sequence[Obis | str | None] = layout.fields if layout else ()
        loose: Sequence[Data] = body.loose
    else:
        loose = [data for data in body.loose if _is_text(data)]
        fields = profile.loose if profile else ()
        items += [Item(CLOCK_CODE, data) for data in body.loose if _is_clock(data)]
    parts: dict[str, Data] = {}
    for data, named in zip(loose, fields, strict=False):
        if named == "clock":
            items.append(Item(CLOCK_CODE, data))
        elif isinstance(named, Obis):
            items.append(Item(named, data))
        elif named is not None:
            parts[named] = data
    if {"date", "time"} <= parts.keys():
        clock = from_date_and_time(parts["date"].octets or b"", parts["time"].octets or b"")
        if clock is not None:
            items.append(Item(CLOCK_CODE, Data(Tag.DATE_TIME, clock, NOWHERE)))
    return items


def _layout(profile: MeterProfile | None, evidence: Evidence) -> Layout | None:
    if profile is None:
        return None
    return next((layout for layout in profile.layouts if fits(layout, evidence)), None)


def _is_clock(data: Data) -> bool:
    return data.tag in _CLOCK_TAGS and isinstance(data.value, bytes) and looks_like_clock(data.value)


def _is_text(data: Data) -> bool:
    return text_of(data) is not None and not _is_clock(data)


def _number(item: Item, profile: MeterProfile | None) -> _Number | None:
    """A number with its column, or with the exponents its profile has for it; None: no number, or unknown."""
    raw = item.data.number
    if raw is None:
        return None
    if item.scaler_unit is not None:
        unit = cosem_unit(item.scaler_unit.unit)
        if unit is None:
            return None
        base, exponent = unit
        column = Column(item.obis, base, item.scaler_unit.scaler + exponent)
        return _Number(item, raw, column, (), base)
    known = profile.exponents_of(item.obis) if profile else None
    if known is not None:
        unit_known, exponents = known
        return _Number(item, raw, None, exponents, unit_known)
    if item.obis.a == 0 and item.obis.c in {94, 96, 97}:
        # States, counters and status words of the abstract objects are pure numbers.
        return _Number(item, raw, Column(item.obis, Unit.NONE, 0), (), Unit.NONE)
    return None


def _texts(items: Sequence[Item]) -> tuple[Text, ...]:
    return tuple(
        Text(item.obis, text)
        for item in items
        if not (item.obis.a == 0 and item.obis.c == 1 and _is_clock(item.data))
        if (text := text_of(item.data)) is not None
    )


def _clocks(items: Sequence[Item], header_clock: tuple[bytes, int] | None) -> list[tuple[bytes, int]]:
    """Every clock of the telegram and its place: the header's, then the clock objects'."""
    clocks = [] if header_clock is None else [header_clock]
    for item in items:
        octets = item.data.octets
        if (
            octets is not None
            and (item.obis.a, item.obis.c, item.obis.d) == (0, 1, 0)
            and _is_clock(item.data)
        ):
            clocks.append((octets, item.data.at))
    return clocks


def _measured_at(
    clocks: Sequence[tuple[bytes, int]], profile: MeterProfile | None, setting: Setting
) -> tuple[datetime | None, int | None]:
    """The instant of the telegram, and the place of the clock that says it."""
    if profile is not None and not profile.trusts_clock:
        return None, None
    for octets, at in clocks:
        instant = _utc(octets, profile, setting)
        if instant is not None:
            return instant, at
    return None, None


def _never_tells(clocks: Sequence[tuple[bytes, int]], setting: Setting) -> bool:
    """Whether these clocks can give no instant whatever they show: no deviation, and no zone to take it
    from."""
    return setting.zone is None and all(has_no_deviation(octets) for octets, _ in clocks)


def _utc(octets: bytes, profile: MeterProfile | None, setting: Setting) -> datetime | None:
    return to_utc(
        octets,
        zone=setting.zone,
        deviation_is_local_minus_utc=profile is not None and profile.deviation_is_local_minus_utc,
    )


def _identity(
    texts: Sequence[Text], profile: MeterProfile | None, system_title: bytes | None
) -> MeterId | None:
    by_code: dict[str, str] = {}
    for text in reversed(texts):
        by_code[f"{text.obis.a}-*:{text.obis.short}"] = text.value
    for code in profile.identity if profile and profile.identity else _IDENTITY:
        if by_code.get(code):
            return MeterId(by_code[code])
    if profile is not None and profile.identity_is_system_title and system_title:
        return MeterId(system_title_text(system_title))
    return None


def system_title_text(system_title: bytes) -> str:
    """A system title as people write it: the maker's letters, then five octets in hexadecimal."""
    maker = system_title[:3]
    if maker.isalnum() and maker.isascii():
        return maker.decode("ascii") + system_title[3:].hex().upper()
    return system_title.hex().upper()


def _other_places(
    body: Body,
    items: Sequence[Item],
    kept: set[int],
    clocks: Sequence[tuple[bytes, int]],
    clock_at: int | None,
) -> tuple[Place, ...]:
    """Numbers without a column and clocks: what may change without the structure being another.

    Where no clock told the time its deviation has to stay: with another one it would.
    """
    clock_tag = Tag.DATE_TIME if clock_at is not None else CLOCK_WITHOUT_DEVIATION
    places = [Place(at, clock_tag) for _, at in clocks if at != NOWHERE]
    for data in [item.data for item in items] + list(body.loose):
        if data.tag in INTEGERS and data.at not in kept:
            places.append(Place(data.at, data.tag))
        elif data.octets is not None and body.shape is Shape.POSITIONAL and len(data.octets) in _SHORT_CLOCKS:
            places.append(Place(data.at, _SHORT_CLOCKS[len(data.octets)]))
    return tuple(dict.fromkeys(places))
