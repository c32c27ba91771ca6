from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp import wire
from consumerapp.errors import DecodeError, RefusalKind
from consumerapp.live_values import Ambient, WhyNoPower
from consumerapp.readings import Authenticity, MeterId, Obis, Quality, Quantity, Reading
from consumerapp.sources.link import LinkState

SCHEMA_FILE = Path(__file__).parents[2] / "docs" / "wire.schema.json"

SEQ = st.integers(0, 2**53 - 1)
INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
NUMBERS = st.decimals(-(10**12), 10**12, places=3, allow_nan=False, allow_infinity=False)
TEXTS = st.text(max_size=40)
FLAGS = st.lists(st.sampled_from(list(Quality)), unique=True).map(
    lambda flags: Quality(sum(flag.value for flag in flags))
)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


NOWS = st.builds(
    wire.Now,
    seq=SEQ,
    meter=TEXTS,
    source=TEXTS,
    at=maybe(INSTANTS),
    received_at=INSTANTS,
    power_w=maybe(NUMBERS),
    why_no_power=maybe(st.sampled_from(WhyNoPower)),
    import_wh=maybe(NUMBERS),
    export_wh=maybe(NUMBERS),
    authenticity=st.sampled_from(Authenticity),
    ambient=maybe(st.sampled_from(Ambient)),
    quality=FLAGS,
)
TODAYS = st.builds(
    wire.Today,
    seq=SEQ,
    day=st.dates(),
    import_wh=maybe(NUMBERS),
    export_wh=maybe(NUMBERS),
    typical_import_wh=maybe(NUMBERS),
    until=INSTANTS,
)
HOURS = st.builds(
    wire.Hour,
    seq=SEQ,
    start=INSTANTS,
    step_s=st.integers(1, 3600),
    power_w=st.lists(maybe(NUMBERS), max_size=8).map(tuple),
)
LINKS = st.builds(
    wire.Link,
    seq=SEQ,
    source=TEXTS,
    state=st.sampled_from(LinkState),
    since=INSTANTS,
    detail=TEXTS,
    last_telegram_at=maybe(INSTANTS),
)
SNAPSHOTS = st.builds(
    wire.Snapshot,
    seq=SEQ,
    household=TEXTS,
    timezone=TEXTS,
    now=st.lists(NOWS, max_size=2).map(tuple),
    today=maybe(TODAYS),
    hour=maybe(HOURS),
    links=st.lists(LINKS, max_size=2).map(tuple),
)
MESSAGES = st.one_of(
    NOWS,
    TODAYS,
    HOURS,
    LINKS,
    SNAPSHOTS,
    st.builds(wire.Heartbeat, seq=SEQ, at=INSTANTS),
    st.builds(wire.Ended, seq=SEQ, reason=TEXTS),
)
READINGS = st.builds(
    Reading,
    meter_id=TEXTS.map(MeterId),
    obis=st.binary(min_size=6, max_size=6).map(Obis.from_bytes),
    quantity=st.sampled_from(list(Quantity)),
    value=NUMBERS,
    at=maybe(INSTANTS),
    received_at=INSTANTS,
    resolution=maybe(NUMBERS),
    quality=FLAGS,
    authenticity=st.sampled_from(Authenticity),
    source=TEXTS,
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(MESSAGES)
def test_a_message_comes_back_as_it_went(message):
    assert wire.decode(wire.encode(message)) == message


@given(READINGS)
def test_a_reading_comes_back_as_it_went(reading):
    assert wire.reading_from_json(json.loads(json.dumps(wire.reading_to_json(reading)))) == reading


@given(MESSAGES)
def test_every_message_obeys_the_schema(message):
    assert schema_breaches(json.loads(wire.encode(message)), wire.schema()) == []


@given(MESSAGES, st.data())
def test_what_breaks_the_schema_is_refused(message, data):
    body = json.loads(wire.encode(message))
    name = data.draw(st.sampled_from(sorted(body)))
    body[name] = data.draw(JSON_VALUES)
    breaches = schema_breaches(body, wire.schema())
    try:
        again = wire.decode(json.dumps(body))
    except DecodeError:
        return
    assert breaches == []
    assert wire.decode(wire.encode(again)) == again


@given(st.text() | JSON_VALUES.map(json.dumps))
def test_any_text_raises_only_decode_errors(text):
    with pytest.raises(DecodeError):
        wire.decode(text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"v":1,"type":"heartbeat","seq":' + "9" * 10_000 + ',"at":"2026-01-01T00:00:00Z"}',
        '{"v":1,"type":"heartbeat","seq":NaN,"at":"2026-01-01T00:00:00Z"}',
        '{"v":1,"type":"heartbeat","seq":1,"at":"0001-01-01T00:00:00+14:00"}',
        '{"v":1,"type":"heartbeat","seq":1,"at":"2026-01-01T00:00:00"}',
        '{"v":1,"type":"heartbeat","seq":true,"at":"2026-01-01T00:00:00Z"}',
        '{"v":1,"type":"heartbeat","at":"2026-01-01T00:00:00Z"}',
        '{"v":1,"type":"ended","seq":1,"reason":"' + "x" * 5000 + '"}',
        " " * (wire.MAX_MESSAGE_CHARS + 1),
    ],
)
def test_hostile_text_is_refused(text):
    with pytest.raises(DecodeError):
        wire.decode(text)


@pytest.mark.parametrize(
    "text", ['{"v":2,"type":"now"}', '{"v":true,"type":"now"}', '{"v":1,"type":"tariff"}', '{"type":"now"}']
)
def test_another_version_or_type_is_unsupported(text):
    with pytest.raises(DecodeError) as refused:
        wire.decode(text)
    assert refused.value.kind is RefusalKind.UNSUPPORTED


def test_members_of_a_newer_peer_are_skipped():
    text = '{"v":1,"type":"ended","seq":3,"reason":"removed","colour":"blue"}'
    assert wire.decode(text) == wire.Ended(seq=3, reason="removed")


def test_numbers_travel_exactly():
    text = wire.encode(
        wire.Today(
            seq=1,
            day=date(2026, 11, 24),
            import_wh=Decimal("8400.1"),
            export_wh=Decimal("1E+3"),
            typical_import_wh=None,
            until=datetime(2026, 11, 24, 13, tzinfo=UTC),
        )
    )
    assert json.loads(text) == {
        "v": 1,
        "type": "today",
        "seq": 1,
        "day": "2026-11-24",
        "import_wh": "8400.1",
        "export_wh": "1000",
        "typical_import_wh": None,
        "until": "2026-11-24T13:00:00Z",
    }


def test_a_reading_in_another_unit_is_refused():
    body = wire.reading_to_json(net_power("1420"))
    with pytest.raises(DecodeError):
        wire.reading_from_json({**body, "unit": "Wh"})


def test_now_is_made_of_one_telegrams_readings():
    power = net_power("2500")
    energy = Reading(
        meter_id=power.meter_id,
        obis=Obis.parse("1-0:1.8.0"),
        quantity=Quantity.ACTIVE_ENERGY_IMPORT,
        value=Decimal("12345.6"),
        at=None,
        received_at=power.received_at,
        source="Cellar",
    )
    now = wire.now_of([power, energy], seq=7)
    assert now == wire.Now(
        seq=7,
        meter="…4417",
        source="Cellar",
        at=None,
        received_at=power.received_at,
        power_w=Decimal(2500),
        import_wh=Decimal("12345.6"),
        ambient=Ambient.MEDIUM,
    )
    locked = wire.now_of([energy], seq=8, locked=True)
    assert locked is not None
    assert (locked.power_w, locked.why_no_power) == (None, WhyNoPower.PIN_LOCKED)
    assert wire.now_of([], seq=9) is None


def test_the_schema_in_the_docs_is_the_schema():
    assert json.loads(SCHEMA_FILE.read_text("utf-8")) == wire.schema()


def net_power(value: str) -> Reading:
    return Reading(
        meter_id=MeterId("1EMH0012344417"),
        obis=Obis.parse("1-0:16.7.0"),
        quantity=Quantity.ACTIVE_POWER_NET,
        value=Decimal(value),
        at=None,
        received_at=datetime(2026, 11, 24, 12, tzinfo=UTC) + timedelta(milliseconds=3),
        source="Cellar",
    )


def schema_breaches(found: Any, schema: Any, root: Any = None, path: str = "$") -> list[str]:
    """The parts of JSON Schema that ours uses, checked by a reader that is not the encoder."""
    root = root or schema
    if "$ref" in schema:
        return schema_breaches(found, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root, path)
    if "const" in schema:
        same = type(found) is type(schema["const"]) and found == schema["const"]
        return [] if same else [f"{path} is not {schema['const']}"]
    if "oneOf" in schema or "anyOf" in schema:
        parts = schema.get("oneOf") or schema["anyOf"]
        passed = [part for part in parts if not schema_breaches(found, part, root, path)]
        return [] if len(passed) == 1 else [f"{path} is {len(passed)} of its kinds"]
    if schema["type"] in ("array", "object"):
        return _inner_breaches(found, schema, root, path)
    return _scalar_breaches(found, schema, path)


def _inner_breaches(found: Any, schema: Any, root: Any, path: str) -> list[str]:
    if schema["type"] == "array":
        if not isinstance(found, list) or len(found) > schema["maxItems"]:
            return [f"{path} is no such list"]
        parts = [(item, schema["items"], f"{path}[{number}]") for number, item in enumerate(found)]
        lacking = []
    else:
        if not isinstance(found, dict):
            return [f"{path} is no object"]
        lacking = [f"{path}.{name} is missing" for name in schema["required"] if name not in found]
        properties = schema["properties"].items()
        parts = [(found[name], part, f"{path}.{name}") for name, part in properties if name in found]
    inner = [breach for item, part, where in parts for breach in schema_breaches(item, part, root, where)]
    return lacking + inner


def _scalar_breaches(found: Any, schema: Any, path: str) -> list[str]:
    if schema["type"] == "null":
        return [] if found is None else [f"{path} is not null"]
    if schema["type"] == "integer":
        is_whole = isinstance(found, int) and not isinstance(found, bool) and found >= schema["minimum"]
        return [] if is_whole else [f"{path} is no whole number"]
    if not isinstance(found, str):
        return [f"{path} is no string"]
    if len(found) > schema.get("maxLength", len(found)):
        return [f"{path} is too long"]
    if "enum" in schema and found not in schema["enum"]:
        return [f"{path} is none of {schema['enum']}"]
    if "pattern" in schema and re.search(schema["pattern"].replace("$", r"\Z"), found) is None:
        return [f"{path} does not fit its pattern"]
    return []
