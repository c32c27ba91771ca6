"""`python -m consumerapp map`: JSON Lines of payloads, as `decode` prints telegrams."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from consumerapp.__main__ import main


def run(capsys, *words):
    status = main(["map", *map(str, words)])
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_one_payload_is_one_telegram(tmp_path, capsys):
    file = tmp_path / "sensor.json"
    file.write_text('{"Time":"2026-11-03T13:00:00","SML":{"Total_in":12.5,"Foo":1}}')
    status, (told,) = run(capsys, "--dialect", "tasmota", "--zone", "Europe/Berlin", file)
    assert status == 0
    assert told == {
        "protocol": "mqtt",
        "offset": 0,
        "meter_id": None,
        "measured_at": "2026-11-03T12:00:00Z",
        "authenticity": "plain",
        "readings": [{"obis": "1-0:1.8.0*255", "value": "12500", "unit": "Wh"}],
        "texts": [],
        "unmapped": [{"path": "SML.Foo", "value": "1"}],
    }


def test_recorded_messages_keep_their_digits_and_number_the_refused(tmp_path, capsys):
    file = tmp_path / "recorded.jsonl"
    topic = "smartmeter/L1/ACTIVE_ENERGY_P"
    value = {"value": 1234567.123, "timestamp": 1793707200}
    recorded = [
        {"tst": "2026-11-03T12:00:00Z", "topic": topic, "payload": value},
        {"topic": topic, "payload": "cut"},
    ]
    file.write_text("\n".join(map(json.dumps, recorded)))
    status, (told, refused) = run(capsys, "--dialect", "smartmeter-datacollector", file)
    assert status == 0
    assert told["meter_id"] == "L1"
    assert told["readings"][0]["value"] == "1234567.123"
    assert refused == {"error": "malformed", "offset": 1, "detail": "no JSON"}


@pytest.mark.parametrize("payload", [b"", b"\xff\xfe", b"{}", b"[]", b"nonsense"])
def test_nothing_of_the_dialect_is_status_one(tmp_path, capsys, payload):
    file = tmp_path / "payload"
    file.write_bytes(payload)
    status, told = run(capsys, "--dialect", "wmbusmeters", file)
    assert status == 1
    assert told[0]["error"] in ("unsupported", "malformed")


def test_rules_come_from_a_file_and_are_checked(tmp_path, capsys):
    rules, payload = tmp_path / "rules", tmp_path / "payload"
    rules.write_text("a/b | x | 1-0:1.7.0 | kW")
    payload.write_text('{"x": 1.5}')
    status, (told,) = run(capsys, "--dialect", "declared", "--rules", rules, "--topic", "a/b", payload)
    assert (status, told["readings"][0]["value"]) == (0, "1500")
    rules.write_text("a/b | x | 1-0:1.7.0 | km")
    assert run(capsys, "--dialect", "declared", "--rules", rules, payload)[0] == 2


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path, capsys):
    assert run(capsys, "--dialect", "tasmota", tmp_path / "missing")[0] == 2


def test_it_reads_standard_input():
    payload = '{"media": "gas", "id": "1", "total_m3": 2}'
    command = [sys.executable, "-m", "consumerapp", "map", "--dialect", "wmbusmeters", "-"]
    told = subprocess.run(command, input=payload, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout)["readings"] == [{"obis": "7-0:3.0.0*255", "value": "2.000", "unit": "m³"}]
