"""Home Assistant discovery: `homeassistant/sensor/…/config` says what a topic will carry.

Of the templates only plain ones are understood: `{{ value }}` and `{{ value_json.a.b }}`, with `float` or
`int` behind them. A value is taken where its name leaves no doubt which register it is, or a rule says so:

    unique_id | register
    garage_meter_total | 1-0:1.8.0
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import NamedTuple

from consumerapp.h2.collecting import Collector
from consumerapp.h2.dialects import DialectOptions
from consumerapp.h2.message import Description, Message, Outcome, Presence
from consumerapp.h2.naming import code_of, is_running
from consumerapp.h2.payloads import (
    Json,
    at_path,
    child,
    levels_of,
    parse_json,
    parse_object,
    text_in,
    text_of,
)
from consumerapp.h2.rules import parse_names
from consumerapp.readings import Obis

TITLE = "Home Assistant discovery"
TOPICS = ("homeassistant/sensor/DEVICE/#", "DEVICE/#")

MAX_ENTITIES = 1000
_SHORT = {
    "stat_t": "state_topic", "val_tpl": "value_template", "unit_of_meas": "unit_of_measurement",
    "dev_cla": "device_class", "stat_cla": "state_class", "uniq_id": "unique_id", "obj_id": "object_id",
    "dev": "device", "ids": "identifiers", "avty_t": "availability_topic", "pl_avail": "payload_available",
    "pl_not_avail": "payload_not_available", "cmps": "components", "p": "platform",
}  # fmt: skip
"""Abbreviations (Home Assistant, MQTT Discovery - §?)."""
_TEMPLATE = re.compile(
    r"\{\{-?\s*(?:value|value_json(?P<path>(?:\.\w+|\[\s*(?:'[^']+'|\"[^\"]+\"|\d+)\s*\])+))"
    r"\s*(?:\|\s*(?:float|int)(?:\(\s*[\d.]*\s*\))?\s*)*-?\}\}"
)
_STEP = re.compile(r"\.(\w+)|\[\s*'([^']+)'\s*\]|\[\s*\"([^\"]+)\"\s*\]|\[\s*(\d+)\s*\]")


class _Entity(NamedTuple):
    unique_id: str
    device: str
    path: str
    """In the JSON of the state topic; empty: the payload is the value."""
    unit: str
    obis: Obis | None


class HomeAssistantDiscovery:
    """Descriptions, and then values, of any number of devices."""

    def __init__(self, options: DialectOptions) -> None:
        self._given = parse_names(options.rules)
        self._entities: OrderedDict[str, dict[str, _Entity]] = OrderedDict()
        """State topic -> unique id -> entity."""
        self._wills: OrderedDict[str, tuple[str, str, str]] = OrderedDict()

    def receive_message(self, message: Message) -> tuple[Outcome, ...]:
        """A description, a device's presence, or the values of a state topic."""
        if levels_of(message)[-1] == "config":
            return self._describe(message)
        if message.topic in self._wills:
            device, online, offline = self._wills[message.topic]
            word = text_of(message.payload).strip()
            return (Presence(device, word == online),) if word in (online, offline) else ()
        entities = self._entities.get(message.topic)
        if not entities:
            return ()
        return self._values(entities, message)

    def _describe(self, message: Message) -> tuple[Outcome, ...]:
        if not message.payload.strip():
            return ()  # An empty description takes the entity away; its values would be unmapped.
        found = _full(parse_object(message.payload))
        device = _device_name(child(found, "device"))
        components = child(found, "components")
        described = []
        for config in (_full(part) for part in components.values() if isinstance(part, dict)):
            described += self._describe_one({**found, **config}, device, message)
        return tuple(described or self._describe_one(found, device, message))

    def _describe_one(self, config: Json, device: str, message: Message) -> list[Outcome]:
        base = text_in(config, "~")
        topic = _expanded(text_in(config, "state_topic"), base)
        unique_id = text_in(config, "unique_id", "object_id") or message.topic
        unit = text_in(config, "unit_of_measurement")
        title = text_in(config, "name") or unique_id
        if not topic or not unit:
            return []
        path = _path(config.get("value_template"))
        obis = self._register(unique_id, title, unit, config) if path is not None else None
        self._remember(topic, _Entity(unique_id, device, path or "", unit, obis))
        will = _expanded(text_in(config, "availability_topic"), base)
        if will and will != topic and len(self._wills) < MAX_ENTITIES:
            online = text_in(config, "payload_available") or "online"
            self._wills[will] = (device, online, text_in(config, "payload_not_available") or "offline")
        return [Description(topic, f"{title} ({unit})", str(obis) if obis else "")]

    def _register(self, unique_id: str, title: str, unit: str, config: Json) -> Obis | None:
        if unique_id in self._given:
            return self._given[unique_id]
        device_class, state_class = text_in(config, "device_class"), text_in(config, "state_class")
        obis = code_of(unique_id, unit, device_class) or code_of(title, unit, device_class)
        if obis is not None and is_running(obis) and state_class not in ("total", "total_increasing"):
            return None
        return obis

    def _remember(self, topic: str, entity: _Entity) -> None:
        of_topic = self._entities.setdefault(topic, {})
        of_topic[entity.unique_id] = entity
        if sum(map(len, self._entities.values())) > MAX_ENTITIES:
            self._entities.popitem(last=False)

    def _values(self, entities: dict[str, _Entity], message: Message) -> tuple[Outcome, ...]:
        collectors: dict[str, Collector] = {}
        is_json = any(entity.path for entity in entities.values())
        found = parse_json(message.payload) if is_json else None
        for entity in entities.values():
            value = at_path(found, entity.path) if entity.path else text_of(message.payload)
            collector = collectors.setdefault(
                entity.device, Collector(entity.device, None, offset=len(collectors))
            )
            if entity.obis is None:
                collector.note(entity.unique_id, value)
            elif value is not None:
                collector.add(entity.unique_id, entity.obis, value, entity.unit)
        return tuple(collector.finish() for collector in collectors.values())


def _full(config: Json) -> Json:
    """With abbreviations written out."""
    return {_SHORT.get(name, name): value for name, value in config.items()}


def _device_name(device: Json) -> str:
    identifiers = _full(device).get("identifiers")
    if isinstance(identifiers, list) and identifiers:
        identifiers = identifiers[0]
    return identifiers[:64] if isinstance(identifiers, str) else text_in(device, "name")


def _expanded(topic: str, base: str) -> str:
    if base and topic.startswith("~"):
        return base + topic[1:]
    return topic[:-1] + base if base and topic.endswith("~") else topic


def _path(template: object) -> str | None:
    """The dotted path of a plain template; empty: the value itself; None: it is not understood."""
    if template is None:
        return ""
    found = (
        _TEMPLATE.fullmatch(template.strip()) if isinstance(template, str) and len(template) < 500 else None
    )
    if found is None:
        return None
    steps = [next(filter(None, step.groups())) for step in _STEP.finditer(found["path"] or "")]
    return None if any("." in step for step in steps) else ".".join(steps)


def dialect(options: DialectOptions) -> HomeAssistantDiscovery:
    """The dialect. Raises ConsumerAppError for a rule that cannot be."""
    return HomeAssistantDiscovery(options)
