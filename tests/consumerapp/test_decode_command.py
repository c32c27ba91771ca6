"""`python -m consumerapp decode`: its output is a contract, whatever is fed to it."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumerapp.__main__ import command_names, main
from consumerapp.commands.decode import key_from_text
from consumerapp.errors import RefusalKind
from consumerapp.readings import Obis
from consumerapp.simulator.sml import ListEntry, telegram, timestamp
from tests.consumerapp.h1.sml_frames import SERVER_ID, energy, power, text, usual_telegram

ROOT = Path(__file__).resolve().parents[2]


def decode(
    tmp_path: Path, octets: bytes, capsys: pytest.CaptureFixture[str], *options: str
) -> tuple[int, list[dict[str, object]]]:
    """Exit status and the objects printed."""
    recording = tmp_path / "recording.bin"
    recording.write_bytes(octets)
    status = main(["decode", *options, str(recording)])
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_prints_one_object_per_telegram(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        text("1-0:96.50.1*1", b"ETA"),
        energy("1-0:1.8.0", 129_370, status=0x001C0104),
        power(-105_50, scaler=-2),
        ListEntry(obis=Obis.parse("1-0:31.7.0"), value=106, unit=33, scaler=-2),
        ListEntry(obis=Obis.parse("1-0:96.5.0"), value=7),
    ]
    status, told = decode(tmp_path, telegram(SERVER_ID, rows, sensor_time=timestamp(1_700_000_000)), capsys)
    assert status == 0
    assert told == [
        {
            "protocol": "sml",
            "offset": 0,
            "meter_id": "1ETA0000000482",
            "measured_at": "2023-11-14T22:13:20Z",
            "authenticity": "plain",
            "readings": [
                {"obis": "1-0:1.8.0*255", "value": "12937.0", "unit": "Wh"},
                {"obis": "1-0:16.7.0*255", "value": "-105.50", "unit": "W"},
                {"obis": "1-0:31.7.0*255", "value": "1.06", "unit": "A"},
                {"obis": "1-0:96.5.0*255", "value": "7", "unit": None},
            ],
            "texts": [{"obis": "1-0:96.50.1*1", "value": "ETA"}],
            "status": 0x001C0104,
        }
    ]


def test_a_row_with_its_own_time_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = ListEntry(obis=Obis.parse("1-0:1.8.0"), value=6, unit=30, time=timestamp(1_700_000_000))
    _, told = decode(tmp_path, telegram(SERVER_ID, [row]), capsys)
    assert told[0]["readings"] == [
        {"obis": "1-0:1.8.0*255", "value": "6", "unit": "Wh", "at": "2023-11-14T22:13:20Z"}
    ]


def test_values_are_plain_decimals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        energy("1-0:1.8.0", 2043, scaler=3),
        energy("1-0:2.8.0", 0, scaler=-4),
        energy("1-0:1.8.1", 1, scaler=-9),
    ]
    _, told = decode(tmp_path, telegram(SERVER_ID, rows), capsys)
    readings = told[0]["readings"]
    assert isinstance(readings, list)
    assert [reading["value"] for reading in readings] == ["2043000", "0.0000", "0.000000001"]


def test_a_locked_meter_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = decode(tmp_path, telegram(SERVER_ID, [energy("1-0:1.8.0", 2043, scaler=3)]), capsys)
    assert status == 0
    assert told[0]["locked"] is True
    assert "PIN" in str(told[0]["note"])


def test_refused_frames_stand_among_the_telegrams(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = usual_telegram()
    damaged = bytearray(frame)
    damaged[60] ^= 1
    status, told = decode(tmp_path, frame + damaged + frame + frame[:50], capsys)
    assert status == 0
    assert [entry.get("error") for entry in told] == [None, "checksum", None, "truncated"]
    assert [entry["offset"] for entry in told] == [0, len(frame), 2 * len(frame), 3 * len(frame)]


def test_no_telegram_is_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damaged = bytearray(usual_telegram())
    damaged[60] ^= 1
    status, told = decode(tmp_path, bytes(damaged), capsys)
    assert status == 1
    assert [entry["error"] for entry in told] == ["checksum"]


@pytest.mark.parametrize("protocol", ["auto", "sml"])
@pytest.mark.parametrize(
    "octets",
    [b"", b"This is a shopping list.\n", bytes(range(256)) * 4],
    ids=["empty", "text", "binary"],
)
def test_an_unknown_file_gets_a_clear_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], octets: bytes, protocol: str
) -> None:
    status, told = decode(tmp_path, octets, capsys, "--protocol", protocol)
    assert status == 1
    assert [entry["error"] for entry in told] == ["malformed"]
    assert f"{len(octets)} bytes" in str(told[0]["detail"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    octets=st.binary(max_size=300)
    | st.binary(max_size=40).map(lambda noise: noise + usual_telegram()[len(noise) :])
    | st.text(max_size=200).map(str.encode)
)
def test_the_contract_holds_for_any_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], octets: bytes
) -> None:
    status, told = decode(tmp_path, octets, capsys)
    telegrams = [entry for entry in told if "error" not in entry]
    assert status == (0 if telegrams else 1)
    assert told, "something is always said"
    offsets = [entry["offset"] for entry in told]
    assert offsets == sorted(offsets, key=lambda offset: int(str(offset)))
    for entry in told:
        assert "error" not in entry or RefusalKind(str(entry["error"]))
        readings = entry.get("readings", [])
        assert isinstance(readings, list)
        for reading in readings:
            assert "E" not in reading["value"]
            Decimal(reading["value"])


def test_wrong_usage_is_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", str(tmp_path / "nowhere.bin")]) == 2
    assert "nowhere.bin" in capsys.readouterr().err
    assert main(["decode", str(tmp_path)]) == 2
    recording = tmp_path / "recording.bin"
    recording.write_bytes(usual_telegram())
    assert main(["decode", "--protocol", "sml", "--profile", "nonsense", str(recording)]) == 2
    assert "nonsense" in capsys.readouterr().err
    for words in (["--key", "12", str(recording)], ["--protocol", "morse", str(recording)], []):
        with pytest.raises(SystemExit) as exit_of:
            main(["decode", *words])
        assert exit_of.value.code == 2


def test_a_named_profile_reaches_the_decoder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = telegram(SERVER_ID, [energy("1-0:1.8.0", 5, status=0x001C0904), power(310)])
    _, told = decode(tmp_path, frame, capsys, "--profile", "sml-status-sign", "--protocol", "sml")
    assert '"-310"' in json.dumps(told[0]["readings"])


def test_keys_are_taken_as_people_paste_them() -> None:
    key = bytes(range(16))
    for pasted in (key.hex(), key.hex(" ").upper(), key.hex(":"), "0x" + key.hex(), f"  {key.hex('-')}\n"):
        assert key_from_text(pasted) == key


@pytest.mark.parametrize(
    ("pasted", "complaint"), [("00" * 15 + "0", "31"), ("zz" * 16, "other characters"), ("", "0")]
)
def test_a_wrong_key_is_explained_without_being_shown(pasted: str, complaint: str) -> None:
    with pytest.raises(Exception, match=complaint) as error:
        key_from_text(pasted)
    assert not pasted or pasted not in str(error.value)


def test_reads_standard_input() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "consumerapp", "decode", "-"],
        input=usual_telegram() * 2,
        capture_output=True,
        cwd=ROOT,
        check=False,
    )
    assert answer.returncode == 0
    assert answer.stderr == b""
    assert [json.loads(line)["offset"] for line in answer.stdout.splitlines()] == [0, len(usual_telegram())]


def test_a_closed_pipe_is_no_traceback(tmp_path: Path) -> None:
    recording = tmp_path / "recording.bin"
    recording.write_bytes(usual_telegram() * 5000)
    command = f"{sys.executable} -m consumerapp decode {recording} | head -1"
    answer = subprocess.run(["sh", "-c", command], capture_output=True, cwd=ROOT, check=False)
    assert answer.stdout.count(b"\n") == 1
    assert b"Traceback" not in answer.stderr


def test_commands_are_found_by_being_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert "decode" in command_names()
    assert main(["--help"]) == 0
    overview = capsys.readouterr().out
    assert all(f"  {name} " in overview for name in command_names())
    assert main([]) == 2
    assert main(["nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err


def test_decoding_sml_imports_no_other_family(tmp_path: Path) -> None:
    recording = tmp_path / "recording.bin"
    recording.write_bytes(usual_telegram())
    program = (
        "import sys; from consumerapp.__main__ import main; main(sys.argv[1:]);"
        "heavy = {'dataclasses', 'cryptography', 'consumerapp.h1.dlms', 'consumerapp.h1.p1'};"
        "sys.exit(', '.join(heavy & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, "decode", recording],
        capture_output=True,
        cwd=ROOT,
        text=True,
        check=False,
    )
    assert answer.stderr.strip() == ""
