"""Tasmota: `tele/<device>/SENSOR`, the answer to `Status 10`, raw P1 lines, and the last will.

The names under a smart meter's prefix are chosen in the device's script, so only those of Tasmota's own
descriptors are taken: `Total_in` and `Total_out` in kWh, `Power_curr` in W (Tasmota documentation, Smart
Meter Interface - §?). `ENERGY` is the device's own measuring. Times are local and have no offset unless
`SetOption52` asks for it.
"""

from __future__ import annotations

import re
from decimal import Decimal

from consumerapp.h1.decoder import Protocol
from consumerapp.h2.clocks import instant_of
from consumerapp.h2.collecting import Collector
from consumerapp.h2.dialects import DialectOptions
from consumerapp.h2.dialects._h1 import DecodersByDevice
from consumerapp.h2.message import Message, Outcome, Presence
from consumerapp.h2.payloads import Json, child, levels_of, parse_object, text_in, text_of, values_in

TITLE = "Tasmota"
TOPICS = ("tele/DEVICE/+",)

_METER_NUMBERS = (
    "Meter_Number", "Meter_number", "meter_number", "Meter_id", "Meter_ID", "meter_id",
    "Server_ID", "Server_id", "server_id",
)  # fmt: skip
_NAMES: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.ASCII), code, unit)
    for pattern, code, unit in (
        (r"(?:total|e)_in", "1-0:1.8.0", "energy"),
        (r"(?:total|e)_out", "1-0:2.8.0", "energy"),
        (r"(?:total|e)_in_?(?:t|tarif|tariff_?)?([1-4])", "1-0:1.8.{}", "energy"),
        (r"(?:total|e)_out_?(?:t|tarif|tariff_?)?([1-4])", "1-0:2.8.{}", "energy"),
        (r"([12])[_.]8[_.]([0-4])", "1-0:{}.8.{}", "energy"),
        (r"power_curr?|power_w|curr_w", "1-0:16.7.0", "W"),
        (r"power_[pl]([123])(?:_curr)?", "1-0:{phase16}.7.0", "W"),
        (r"volt(?:age)?_[pl]([123])(?:_curr)?", "1-0:{phase12}.7.0", "V"),
        (r"(?:curr(?:ent)?|amp(?:erage)?)_[pl]([123])(?:_curr)?", "1-0:{phase11}.7.0", "A"),
        (r"hz|freq(?:uency)?", "1-0:14.7.0", "Hz"),
    )
)
_ENERGY = {
    "Total": ("1-0:1.8.0", "kWh"),
    "ExportActive": ("1-0:2.8.0", "kWh"),
    "Power": ("1-0:16.7.0", "W"),
    "ApparentPower": ("1-0:9.7.0", "VA"),
    "Factor": ("1-0:13.7.0", ""),
    "Frequency": ("1-0:14.7.0", "Hz"),
    "Voltage": ("1-0:12.7.0", "V"),
    "Current": ("1-0:11.7.0", "A"),
}
_ENERGY_OF_PHASES = {"Power": (16, "W"), "Voltage": (12, "V"), "Current": (11, "A")}
_ENERGY_OF_TARIFFS = {"TotalTariff": 1, "ExportTariff": 2}
_NOT_VALUES = ("Time", "TempUnit", "PressureUnit", "SpeedUnit")


class Tasmota:
    """Messages of any number of Tasmota devices."""

    def __init__(self, options: DialectOptions) -> None:
        self._options = options
        self._ports = DecodersByDevice(Protocol.P1, options)

    def receive_message(self, message: Message) -> tuple[Outcome, ...]:
        """Telegrams of a SENSOR or StatusSNS, of P1 lines; presence of a last will."""
        levels = levels_of(message)
        device = levels[-2] if len(levels) > 1 else ""
        if levels[-1] == "LWT":
            return self._will(device, text_of(message.payload))
        found = parse_object(message.payload)
        line = found.get("SerialReceived", found.get("SSerialReceived"))
        if isinstance(line, str):
            return self._ports.receive(device, _ended(line).encode("latin-1", "replace"))
        if isinstance(found.get("StatusSNS"), dict):
            found = child(found, "StatusSNS")
        return self._sensors(found, device, message)

    def _will(self, device: str, word: str) -> tuple[Outcome, ...]:
        return (Presence(device, word == "Online"),) if word in ("Online", "Offline") else ()

    def _sensors(self, found: Json, device: str, message: Message) -> tuple[Outcome, ...]:
        at = instant_of(found.get("Time"), zone=self._options.zone, near=message.received_at)
        outcomes: list[Outcome] = []
        for name in found:
            values = child(found, name)
            if not values or name in _NOT_VALUES:
                continue
            number = text_in(values, *_METER_NUMBERS)
            collector = Collector(number or (f"{device}/{name}" if device else ""), at, offset=len(outcomes))
            collector.text("0-0:96.1.0", number)
            if name == "ENERGY":
                _measured(collector, values)
            else:
                self._read(collector, name, values)
            if not collector.is_empty:
                outcomes.append(collector.finish())
        return tuple(outcomes)

    def _read(self, collector: Collector, prefix: str, values: Json) -> None:
        for name, value in values.items():
            if name in _METER_NUMBERS:
                continue
            path = f"{prefix}.{name}"
            found = _register(name)
            if found is None:
                collector.note(path, value)
                continue
            code, unit = found
            collector.add(path, code, value, self._options.energy_unit if unit == "energy" else unit)


def _register(name: str) -> tuple[str, str] | None:
    for pattern, code, unit in _NAMES:
        if match := pattern.fullmatch(name):
            groups = match.groups()
            if "{phase" in code:
                group_c = int(code[code.index("e") + 1 : code.index("}")]) + 20 * int(groups[0])
                return f"1-0:{group_c}.7.0", unit
            return code.format(*groups), unit
    return None


def _measured(collector: Collector, values: Json) -> None:
    """`ENERGY`: a list of three is the three phases; of another length it may be two plugs."""
    for name, value in values.items():
        path = f"ENERGY.{name}"
        if isinstance(value, list):
            _measured_list(collector, name, value, path)
        elif name in _ENERGY and isinstance(value, Decimal):
            code, unit = _ENERGY[name]
            collector.add(path, code, value, unit)
        else:
            collector.note(path, value)


def _measured_list(collector: Collector, name: str, values: list[object], path: str) -> None:
    if name in _ENERGY_OF_TARIFFS and len(values) <= 4:
        for tariff, value in enumerate(values, 1):
            collector.add(f"{path}.{tariff - 1}", f"1-0:{_ENERGY_OF_TARIFFS[name]}.8.{tariff}", value, "kWh")
    elif name in _ENERGY_OF_PHASES and len(values) == 3:
        group_c, unit = _ENERGY_OF_PHASES[name]
        for phase, value in enumerate(values, 1):
            collector.add(f"{path}.{phase - 1}", f"1-0:{group_c + 20 * phase}.7.0", value, unit)
    else:
        for inner, value in values_in(values, path):
            collector.note(inner, value)


def _ended(line: str) -> str:
    """A line as it was on the wire: Tasmota takes the delimiter away."""
    if line.endswith("\n"):
        return line
    return line + ("\n" if line.endswith("\r") else "\r\n")


def dialect(options: DialectOptions) -> Tasmota:
    """The dialect."""
    return Tasmota(options)
