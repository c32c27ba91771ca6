"""Homie 5: `homie/5/<device>/<node>/<property>`, described by the device's own `$description`.

`$state` tells whether the device is there (`ready`), its last will that it is `lost`. A property is taken
where its id, name and unit leave no doubt which register it is, or a rule says so (Homie Convention v5 - §?):

    node/property | register
    meter/total | 1-0:1.8.0
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from consumerapp.h2.collecting import Collector
from consumerapp.h2.dialects import DialectOptions
from consumerapp.h2.message import Description, Message, Outcome, Presence
from consumerapp.h2.naming import code_of
from consumerapp.h2.payloads import Json, child, levels_of, parse_object, text_in, text_of
from consumerapp.h2.rules import parse_names
from consumerapp.readings import Obis

TITLE = "Homie 5"
TOPICS = ("homie/5/DEVICE/#",)

MAX_DEVICES = 64
MAX_PROPERTIES = 500
_NUMERIC = ("float", "integer")
_HERE = ("ready", "init", "sleeping")


class _Property(NamedTuple):
    unit: str
    obis: Obis | None


class Homie:
    """Messages of any number of Homie devices."""

    def __init__(self, options: DialectOptions) -> None:
        self._given = parse_names(options.rules)
        self._devices: OrderedDict[str, dict[str, _Property]] = OrderedDict()
        """Device -> node/property -> what it is."""

    def receive_message(self, message: Message) -> tuple[Outcome, ...]:
        """A description, a device's state, or one value."""
        levels = levels_of(message)
        if "5" not in levels[:-1]:
            return ()
        device, *rest = levels[levels.index("5") + 1 :]
        match rest:
            case ["$state"]:
                word = text_of(message.payload).strip()
                return (Presence(device, word in _HERE),) if word else ()
            case ["$description"]:
                return self._describe(device, message) if message.payload.strip() else ()
            case [node, name] if not node.startswith("$") and not name.startswith("$"):
                return self._value(device, f"{node}/{name}", message)
            case _:
                return ()

    def _describe(self, device: str, message: Message) -> tuple[Outcome, ...]:
        found = parse_object(message.payload)
        described: list[Outcome] = []
        properties: dict[str, _Property] = {}
        for node_id, node in child(found, "nodes").items():
            for name, about in child(node, "properties").items():
                if not isinstance(about, dict) or len(properties) >= MAX_PROPERTIES:
                    continue
                path = f"{node_id}/{name}"
                known = self._property(path, about)
                properties[path] = known
                if known.unit:
                    title = f"{text_in(about, 'name') or path} ({known.unit})"
                    topic = f"{message.topic.removesuffix('$description')}{path}"
                    described.append(Description(topic, title, str(known.obis) if known.obis else ""))
        self._devices.pop(device, None)
        self._devices[device] = properties
        if len(self._devices) > MAX_DEVICES:
            self._devices.popitem(last=False)
        return tuple(described)

    def _property(self, path: str, about: Json) -> _Property:
        unit = text_in(about, "unit")
        is_setting = about.get("settable") is True or text_in(about, "datatype") not in _NUMERIC
        if path in self._given:
            return _Property(unit, self._given[path])
        if is_setting or not unit:
            return _Property(unit, None)
        return _Property(unit, code_of(path, unit) or code_of(text_in(about, "name"), unit))

    def _value(self, device: str, path: str, message: Message) -> tuple[Outcome, ...]:
        known = self._devices.get(device, {}).get(path)
        collector = Collector(device)
        value = text_of(message.payload)
        if known is None or known.obis is None:
            collector.note(path, value)
        else:
            collector.add(path, known.obis, value, known.unit)
        return (collector.finish(),)


def dialect(options: DialectOptions) -> Homie:
    """The dialect. Raises ConsumerAppError for a rule that cannot be."""
    return Homie(options)
