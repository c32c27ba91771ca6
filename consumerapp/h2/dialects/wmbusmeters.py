"""wmbusmeters: one JSON object for each telegram of a radio meter, on a topic with the meter's number.

A field's name ends with its unit: `total_m3`, `total_energy_consumption_kwh`, `power_kw` (wmbusmeters README,
units - §?). What a name means depends on the medium. Values of a set date, of past months and extremes are no
running registers. `timestamp` is when the gateway heard the meter, in UTC.
"""

from __future__ import annotations

import re

from consumerapp.errors import DecodeError, RefusalKind
from consumerapp.h2.clocks import instant_of
from consumerapp.h2.collecting import Collector
from consumerapp.h2.dialects import DialectOptions
from consumerapp.h2.message import Message, Outcome
from consumerapp.h2.payloads import parse_object, text_in

TITLE = "wmbusmeters"
TOPICS = ("wmbusmeters/+",)

_Table = tuple[tuple[re.Pattern[str], str], ...]

_UNITS = {
    "kwh": "kWh", "wh": "Wh", "mwh": "MWh", "mj": "MJ", "gj": "GJ", "kj": "kJ", "m3": "m3", "l": "l",
    "m3h": "m3/h", "lh": "l/h", "kw": "kW", "w": "W", "c": "°C", "v": "V", "a": "A", "hz": "Hz",
    "kvarh": "kvarh", "kvar": "kvar", "kva": "kVA", "kvah": "kVAh", "hca": "",
}  # fmt: skip
"""The unit at the end of a name -> as it is printed."""

_PHASE = r"(?:_at)?_(?:phase_?|l)?([123])(?:_n)?"


def _table(*rows: tuple[str, str]) -> _Table:
    return tuple((re.compile(pattern, re.ASCII), code) for pattern, code in rows)


_ELECTRICITY = _table(
    (r"total(?:_energy)?(?:_consumption)?_(?:kwh|wh|mwh)", "1-0:1.8.0"),
    (r"total(?:_energy)?_production_(?:kwh|wh|mwh)", "1-0:2.8.0"),
    (r"total_energy_consumption_tariff_?([1-9])_(?:kwh|wh|mwh)", "1-0:1.8.{}"),
    (r"total_energy_production_tariff_?([1-9])_(?:kwh|wh|mwh)", "1-0:2.8.{}"),
    (r"total_energy_consumption_(?:l|phase_?)([123])_(?:kwh|wh|mwh)", "1-0:{p1}.8.0"),
    (r"total_energy_production_(?:l|phase_?)([123])_(?:kwh|wh|mwh)", "1-0:{p2}.8.0"),
    (r"total_reactive_energy_consumption_kvarh", "1-0:3.8.0"),
    (r"total_reactive_energy_production_kvarh", "1-0:4.8.0"),
    (r"total_apparent_energy_consumption_kvah", "1-0:9.8.0"),
    (r"(?:current_power|power|active|active_power)_consumption_(?:kw|w)", "1-0:1.7.0"),
    (r"(?:current_power|power|active|active_power)_production_(?:kw|w)", "1-0:2.7.0"),
    (r"(?:(?:three_phase_)?total_)?active_power_(?:kw|w)", "1-0:16.7.0"),
    (rf"(?:current_power|power|active|active_power)_consumption{_PHASE}_(?:kw|w)", "1-0:{p1}.7.0"),
    (rf"(?:current_power|power|active|active_power)_production{_PHASE}_(?:kw|w)", "1-0:{p2}.7.0"),
    (rf"active_power{_PHASE}_(?:kw|w)", "1-0:{p16}.7.0"),
    (r"(?:(?:three_phase_)?total_)?apparent_power_kva", "1-0:9.7.0"),
    (rf"apparent_power{_PHASE}_kva", "1-0:{p9}.7.0"),
    (rf"voltage{_PHASE}_v", "1-0:{p12}.7.0"),
    (rf"current{_PHASE}_a", "1-0:{p11}.7.0"),
    (r"current_in_neutral_a", "1-0:91.7.0"),
    (r"frequency_hz", "1-0:14.7.0"),
)
_HEAT = _table(
    (r"total(?:_energy|_heating)?(?:_consumption)?_(?:kwh|wh|mwh|mj|gj|kj)", "6-0:1.0.0"),
    (r"total_energy_consumption_tariff_?([1-9])_(?:kwh|wh|mwh|mj|gj|kj)", "6-0:1.0.{}"),
    (r"total_cooling(?:_energy)?(?:_consumption)?_(?:kwh|wh|mwh|mj|gj|kj)", "5-0:1.0.0"),
    (r"total(?:_heating)?(?:_volume)?_(?:m3|l)", "6-0:2.0.0"),
    (r"(?:current_)?power_(?:kw|w)", "6-0:8.0.0"),
    (r"(?:volume_)?flow_(?:m3h|lh)", "6-0:9.0.0"),
    (r"(?:flow|t1|forward|supply)(?:_temperature)?_c", "6-0:10.0.0"),
    (r"(?:return|t2)(?:_temperature)?_c", "6-0:11.0.0"),
    (r"(?:flow_return_)?temperature_difference_c", "6-0:12.0.0"),
)
_COOLING = _table(
    (r"total(?:_energy|_cooling)?(?:_consumption)?_(?:kwh|wh|mwh|mj|gj|kj)", "5-0:1.0.0"),
    (r"total(?:_cooling)?(?:_volume)?_(?:m3|l)", "5-0:2.0.0"),
    (r"(?:current_)?power_(?:kw|w)", "5-0:8.0.0"),
)
_GAS = _table(
    (r"total(?:_volume)?_(?:m3|l)", "7-0:3.0.0"),
    (r"(?:current_|volume_)?flow_(?:m3h|lh)", "7-0:43.0.0"),
)
_COLD_WATER = _table(
    (r"total(?:_volume|_water)?_(?:m3|l)", "8-0:1.0.0"),
    (r"total_tariff_?([1-9])_(?:m3|l)", "8-0:1.0.{}"),
    (r"(?:current_|volume_)?flow_(?:m3h|lh)", "8-0:2.0.0"),
)
_HOT_WATER: _Table = tuple((pattern, code.replace("8-0", "9-0")) for pattern, code in _COLD_WATER)
_HEAT_COST = _table((r"(?:current_|total_)?(?:consumption_)?hca", "4-0:1.0.0"))

_MEDIA = {
    "electricity": _ELECTRICITY,
    "gas": _GAS,
    "heat": _HEAT,
    "heat volume at inlet": _HEAT,
    "heat/cooling load": _HEAT,
    "cooling load volume at outlet": _COOLING,
    "cooling load volume at inlet": _COOLING,
    "water": _COLD_WATER,
    "cold water": _COLD_WATER,
    "warm water": _HOT_WATER,
    "hot water": _HOT_WATER,
    "heat cost allocation": _HEAT_COST,
    "heat cost allocator": _HEAT_COST,
}
"""Names of the device types of EN 13757-3, as wmbusmeters prints them."""
_ABOUT_THE_MESSAGE = ("_", "media", "meter", "name", "id", "timestamp", "device", "rssi_dbm")


class Wmbusmeters:
    """Messages of one wmbusmeters."""

    def __init__(self, options: DialectOptions) -> None:
        self._options = options

    def receive_message(self, message: Message) -> tuple[Outcome, ...]:
        """The telegram of one meter."""
        found = parse_object(message.payload)
        media, number = text_in(found, "media"), text_in(found, "id")
        if not media or not number or found.get("_", "telegram") != "telegram":
            raise DecodeError("no telegram of wmbusmeters: media or id is missing", RefusalKind.UNSUPPORTED)
        at = instant_of(found.get("timestamp"), zone=self._options.zone, near=message.received_at)
        collector = Collector(number, at)
        table = _MEDIA.get(media, ())
        for name, value in found.items():
            if name in _ABOUT_THE_MESSAGE:
                continue
            code = _code(name, table)
            unit = _UNITS.get(name.rpartition("_")[2])
            if code is None or unit is None:
                collector.note(name, value)
            else:
                collector.add(name, code, value, unit)
        return (collector.finish(),)


def _code(name: str, table: _Table) -> str | None:
    for pattern, code in table:
        if match := pattern.fullmatch(name):
            groups = match.groups()
            if "{p" in code:
                start, _, rest = code.partition("{p")
                group_c, _, tail = rest.partition("}")
                return f"{start}{int(group_c) + 20 * int(groups[0])}{tail}"
            return code.format(*groups)
    return None


def dialect(options: DialectOptions) -> Wmbusmeters:
    """The dialect."""
    return Wmbusmeters(options)
