"""Rules by which an installer says what a value is, one in a line.

    topic filter | path | code | unit | scale | meter
    home/meter/+/state | ENERGY.Total | 1-0:1.8.0 | kWh

The path is dotted and empty where the payload is the value itself; scale and meter may be left out. `time` as
code names where the time of the message stands. Empty lines and lines that begin with # are skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from consumerapp.catalogue import lookup
from consumerapp.errors import ConsumerAppError, UnitMismatch
from consumerapp.h2.payloads import number_of
from consumerapp.readings import Obis
from consumerapp.units import printed_unit

MAX_RULES = 200
TIME = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line."""

    topic: str
    path: str
    obis: Obis | None
    """None: the time of the message stands there."""
    unit: str = ""
    scale: Decimal | None = None
    meter: str = ""


def parse_rules(text: str) -> tuple[Rule, ...]:
    """All lines. Raises ConsumerAppError with the number of the line that is wrong, and why."""
    rules: list[Rule] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if len(rules) >= MAX_RULES:
            raise ConsumerAppError(f"more than {MAX_RULES} rules")
        try:
            rules.append(_rule(line))
        except ConsumerAppError as error:
            raise ConsumerAppError(f"line {number}: {error}") from error
    return tuple(rules)


def parse_names(text: str) -> dict[str, Obis]:
    """Lines of `name | register`, for dialects that describe their values but not the registers."""
    names: dict[str, Obis] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, bar, code = (part.strip() for part in line.partition("|"))
        if not bar or not name or len(names) >= MAX_RULES:
            raise ConsumerAppError(f"line {number}: want name | register")
        try:
            names[name] = Obis.parse(code)
        except ConsumerAppError as error:
            raise ConsumerAppError(f"line {number}: {error}") from error
    return names


def _rule(line: str) -> Rule:
    cells = [cell.strip() for cell in line.split("|")]
    if not 3 <= len(cells) <= 6 or not cells[0]:
        raise ConsumerAppError("want topic filter | path | code | unit")
    topic, path, code, unit, scale, meter = (*cells, *[""] * (6 - len(cells)))
    check_filter(topic)
    if code == TIME:
        return Rule(topic=topic, path=path, obis=None)
    obis = Obis.parse(code)
    entry, base = lookup(obis), printed_unit(unit)
    if entry is None or entry.quantity is None:
        raise ConsumerAppError(f"{code[:24]} is no register that Meterside knows")
    if base is None:
        raise ConsumerAppError(f"{unit[:12]!r} is no unit")
    if base[0] is not entry.quantity.unit:
        raise UnitMismatch(
            f"{code[:24]} is in {entry.quantity.unit or 'a bare number'}, not in {unit[:12]!r}"
        )
    factor = number_of(scale) if scale else None
    if scale and not factor:
        raise ConsumerAppError(f"{scale[:12]!r} is no factor")
    return Rule(topic=topic, path=path, obis=obis, unit=unit, scale=factor, meter=meter)


def check_filter(topic_filter: str) -> None:
    """Refuse what is no topic filter (MQTT Version 5.0 - §4.7). Raises ConsumerAppError."""
    levels = topic_filter.split("/")
    if not topic_filter or len(topic_filter) > 512 or "\0" in topic_filter:
        raise ConsumerAppError("a topic filter has 1 to 512 characters")
    for place, level in enumerate(levels):
        if ("#" in level and (level != "#" or place != len(levels) - 1)) or ("+" in level and level != "+"):
            raise ConsumerAppError(
                f"{topic_filter[:60]!r} is no topic filter: + stands alone, # alone and last"
            )


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a topic falls under a filter (MQTT Version 5.0 - §4.7)."""
    wanted, found = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("#", "+"):
        return False
    for place, level in enumerate(wanted):
        if level == "#":
            return True
        if place >= len(found) or level not in ("+", found[place]):
            return False
    return len(wanted) == len(found)
