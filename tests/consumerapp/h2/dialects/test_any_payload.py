"""Whatever a broker hands on: a dialect answers or raises DecodeError, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.errors import ConsumerAppError, DecodeError
from consumerapp.h1.decoder import Refused
from consumerapp.h2.dialects import DialectOptions, available_dialects, dialect_info, open_dialect
from consumerapp.h2.message import Description, Mapped, Message, Presence
from consumerapp.normalise import normalise
from consumerapp.readings import Kind

NAMES = available_dialects()
NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
RULES = "a/+ | data.P | 1-0:1.7.0 | W\na/# || 1-0:1.8.0 | kWh\na/b | t | time"
KNOWN = st.sampled_from(
    ("id", "t", "data", "P", "tPI", "media", "timestamp", "total_m3", "total_energy_consumption_kwh", "Time",
     "ENERGY", "Power", "Total", "StatusSNS", "SML", "Total_in", "SerialReceived", "value", "time",
     "Quantity",
     "quantity", "type", "1-0:1.8.0", "nodes", "properties", "unit", "state_topic", "unit_of_measurement",
     "value_template", "device", "identifiers", "components", "readings", "obis", "meter_id")
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from(["kWh", "2026-10-25T02:30:00", "9" * 40, "1e9999", "{{ value_json.a }}", "electricity"]),
)  # fmt: skip
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KNOWN | st.text(max_size=8), inner, max_size=6)
    ),
    max_leaves=20,
)
TOPICS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["", "a/b", "tele/x/SENSOR", "tele/x/LWT", "tele/x/RESULT", "homie/5/d/$description", "homie/5/d/n/p",
         "homeassistant/sensor/d/config", "smartmeter/1/VOLTAGE_L1", "gw/meter/import/active", "/", "5"]
    ),
)  # fmt: skip
PAYLOADS = st.one_of(
    st.binary(max_size=300), ANY_JSON.map(lambda found: json.dumps(found).encode()), st.text().map(str.encode)
)


@pytest.mark.parametrize("name", NAMES)
@given(messages=st.lists(st.tuples(TOPICS, PAYLOADS), max_size=4))
def test_any_messages_raise_only_decode_errors(name, messages):
    rules = RULES if name == "declared" else ""
    dialect = open_dialect(name, DialectOptions(rules=rules))
    for topic, payload in messages:
        try:
            outcomes = dialect.receive_message(Message(topic, payload, NOW))
        except DecodeError:
            continue
        for outcome in outcomes:
            assert isinstance(outcome, Mapped | Refused | Presence | Description)
            if isinstance(outcome, Mapped):
                found = normalise(outcome.telegram, received_at=NOW, source="test")
                for reading in found.readings:
                    assert reading.value.is_finite()
                    assert name == "raw" or reading.value >= 0 or reading.quantity.kind is not Kind.REGISTER


@pytest.mark.parametrize("name", NAMES)
def test_every_dialect_says_what_it_is(name):
    info = dialect_info(name)
    assert info.name == name
    assert info.title
    assert info.topics


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"raw"}))
def test_a_payload_beyond_any_gateway_is_refused(name):
    dialect = open_dialect(name, DialectOptions(rules=RULES if name == "declared" else ""))
    topic = {"homie": "homie/5/d/$description", "ha-discovery": "homeassistant/sensor/d/config"}.get(
        name, "a/b"
    )
    with pytest.raises(DecodeError):
        dialect.receive_message(Message(topic, b"[" + b"0," * (1 << 18) + b"0]"))


def test_a_dialect_that_is_not_there_is_refused():
    with pytest.raises(ConsumerAppError, match="there is no dialect"):
        open_dialect("../registry")


def test_deep_nesting_is_refused():
    with pytest.raises(DecodeError):
        open_dialect("aiida").receive_message(Message("a", b"[" * 100_000))
