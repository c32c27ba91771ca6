"""Any JSON or plain number, by rules that an installer writes: topic filter, path, register, unit."""

from __future__ import annotations

from datetime import datetime

from consumerapp.errors import ConsumerAppError, DecodeError
from consumerapp.h2.clocks import instant_of
from consumerapp.h2.collecting import Collector
from consumerapp.h2.dialects import DialectOptions
from consumerapp.h2.message import Message, Outcome
from consumerapp.h2.payloads import at_path, parse_json, text_of, values_in
from consumerapp.h2.rules import Rule, matches, parse_rules

TITLE = "Own rules"
TOPICS = ("DEVICE/#",)


class Declared:
    """Messages of a gateway that no dialect knows."""

    def __init__(self, options: DialectOptions) -> None:
        self._options = options
        self._rules = parse_rules(options.rules)
        if not self._rules:
            raise ConsumerAppError("own rules need at least one line")

    def receive_message(self, message: Message) -> tuple[Outcome, ...]:
        """The values that rules name, a telegram for each meter; what no rule names is unmapped."""
        rules = [rule for rule in self._rules if not message.topic or matches(rule.topic, message.topic)]
        found = _content(message.payload, is_json=any(rule.path for rule in rules) or not rules)
        at = None
        for rule in rules:
            if rule.obis is None:
                at = instant_of(at_path(found, rule.path), zone=self._options.zone, near=message.received_at)
        collectors: dict[str, Collector] = {}
        named: set[str] = set()
        for rule in rules:
            named.add(rule.path)
            value = at_path(found, rule.path)
            if rule.obis is not None and value is not None:
                _collector(collectors, rule, message, at).add(
                    rule.path or message.topic, rule.obis, value, rule.unit, scale=rule.scale
                )
        first = next(iter(collectors.values()), None) or Collector()
        for path, value in values_in(found):
            if path not in named:
                first.note(path or message.topic, value)
        mapped = [one.finish() for one in (collectors.values() or (first,))]
        return tuple(one for one in mapped if one.telegram.columns or one.unmapped)


def _collector(
    collectors: dict[str, Collector], rule: Rule, message: Message, at: datetime | None
) -> Collector:
    """The meter that the rule names, else the topic up to what its filter leaves open."""
    meter = rule.meter or _device(rule.topic, message.topic)
    collector = collectors.get(meter)
    if collector is None:
        collector = collectors[meter] = Collector(meter, at, offset=len(collectors))
    return collector


def _device(topic_filter: str, topic: str) -> str:
    """One meter where the filter is a plain topic; its first open level where it has one."""
    for place, level in enumerate(topic_filter.split("/")):
        if level == "+":
            return "/".join(topic.split("/")[: place + 1])
        if level == "#":
            return "/".join(topic.split("/")[:place])
    return topic.rpartition("/")[0] or topic


def _content(payload: bytes, *, is_json: bool) -> object:
    if is_json:
        try:
            return parse_json(payload)
        except DecodeError:
            if len(payload) > 64:
                raise
    return text_of(payload).strip()


def dialect(options: DialectOptions) -> Declared:
    """The dialect. Raises ConsumerAppError for a rule that cannot be."""
    return Declared(options)
