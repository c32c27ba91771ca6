"""smartmeter-datacollector: `smartmeter/<meter>/<DATAPOINT>` with `{"value", "timestamp"}` of one value.

The names say register, tariff and phase: `ACTIVE_ENERGY_P_T1`, `VOLTAGE_L2`. Values are in W, Wh, var,
varh, V, A and Hz; `timestamp` is Unix seconds (smartmeter-datacollector, meter_data and mqtt_sink - §?).
"""

from __future__ import annotations

import re

from consumerapp.errors import DecodeError, RefusalKind
from consumerapp.h2.clocks import instant_of
from consumerapp.h2.collecting import Collector
from consumerapp.h2.dialects import DialectOptions
from consumerapp.h2.message import Message, Outcome
from consumerapp.h2.payloads import Json, levels_of, parse_object, text_in

TITLE = "smartmeter-datacollector"
TOPICS = ("smartmeter/+/+",)

_NAME = re.compile(
    r"(?P<kind>ACTIVE_POWER|REACTIVE_POWER|ACTIVE_ENERGY|REACTIVE_ENERGY)_(?P<way>P|N|Q[1-4])"
    r"(?:_T(?P<tariff>[1-9]))?(?:_L(?P<phase>[123]))?"
    r"|(?P<single>VOLTAGE|CURRENT|POWER_FACTOR|NET_FREQUENCY)(?:_L(?P<line>[123]))?",
    re.ASCII,
)
_WAYS = {"ACTIVE": {"P": 1, "N": 2}, "REACTIVE": {"P": 3, "N": 4, "Q1": 5, "Q2": 6, "Q3": 7, "Q4": 8}}
_SINGLE = {"VOLTAGE": (12, "V"), "CURRENT": (11, "A"), "POWER_FACTOR": (13, ""), "NET_FREQUENCY": (14, "Hz")}


class SmartmeterDatacollector:
    """Messages of one smartmeter-datacollector."""

    def __init__(self, options: DialectOptions) -> None:
        self._options = options

    def receive_message(self, message: Message) -> tuple[Outcome, ...]:
        """The one value of a message. In a file its data point stands in `type` or `identifier`."""
        found = parse_object(message.payload)
        if "value" not in found:
            raise DecodeError("no value", RefusalKind.UNSUPPORTED)
        levels = levels_of(message)
        name, meter = (
            (levels[-1], levels[-2]) if len(levels) > 1 else (_named(found), text_in(found, "source"))
        )
        at = instant_of(found.get("timestamp"), zone=None, near=message.received_at)
        collector = Collector(meter, at)
        register = _register(name)
        if register is None:
            collector.note(name, found["value"])
        else:
            collector.add(name, register[0], found["value"], register[1])
        return (collector.finish(),)


def _named(found: Json) -> str:
    kind = found.get("type")
    return text_in(kind, "identifier") if isinstance(kind, dict) else text_in(found, "type", "identifier")


def _register(name: str) -> tuple[str, str] | None:
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    if match["single"]:
        group_c, unit = _SINGLE[match["single"]]
        return f"1-0:{group_c + 20 * int(match['line'] or 0)}.7.0", unit
    family, _, what = match["kind"].partition("_")
    way = _WAYS[family].get(match["way"])
    if way is None or (match["tariff"] and what == "POWER"):
        return None
    group_c = way + 20 * int(match["phase"] or 0)
    unit = ("W" if family == "ACTIVE" else "var") + ("h" if what == "ENERGY" else "")
    return f"1-0:{group_c}.{8 if what == 'ENERGY' else 7}.{match['tariff'] or 0}", unit


def dialect(options: DialectOptions) -> SmartmeterDatacollector:
    """The dialect."""
    return SmartmeterDatacollector(options)
