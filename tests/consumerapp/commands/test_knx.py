"""`python -m consumerapp knx`: recorded frames as JSON Lines."""

from __future__ import annotations

import json

import pytest

from consumerapp.__main__ import main

HEADER = bytes.fromhex("0610 0530 0015")
FRAME = HEADER + bytes.fromhex("2900 bce0 1116 0a03 05 0080 0012d687")
SECURED = bytes.fromhex("0610 0530 0013 2900 bce0 1116 0a03 03 03f1 0012")


def lines(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    "content",
    [
        FRAME,
        FRAME.hex().encode(),
        json.dumps([{"hex": FRAME.hex()}]).encode(),
        json.dumps([FRAME.hex()]).encode(),
    ],
)
def test_tells_telegrams_from_every_form_of_file(tmp_path, capsys, content):
    path = tmp_path / "frames"
    path.write_bytes(content)
    assert main(["knx", str(path)]) == 0
    (told,) = lines(capsys)
    assert told == {"offset": 0, "group": "1/2/3", "source": "1.1.22", "service": "write", "data": "0012d687"}


def test_tells_readings_of_a_table(tmp_path, capsys):
    (tmp_path / "frames").write_bytes(FRAME)
    (tmp_path / "table").write_text("1/2/3; 1-0:1.8.0; 13.010; ; ; Main\n")
    assert main(["knx", str(tmp_path / "frames"), "--table", str(tmp_path / "table")]) == 0
    (told,) = lines(capsys)
    assert told["meter_id"] == "Main"
    assert told["readings"] == [{"obis": "1-0:1.8.0*255", "value": "1234567", "unit": "Wh"}]


def test_tells_what_is_broken_and_what_needs_a_key(tmp_path, capsys):
    (tmp_path / "frames").write_text(f"{FRAME[:12].hex()}\nno hexadecimal\n{SECURED.hex()}\n")
    assert main(["knx", str(tmp_path / "frames")]) == 1
    assert [told["error"] for told in lines(capsys)] == ["truncated", "malformed", "needs_key"]


def test_a_wrong_table_is_wrong_usage(tmp_path, capsys):
    (tmp_path / "frames").write_bytes(FRAME)
    (tmp_path / "table").write_text("nothing\n")
    assert main(["knx", str(tmp_path / "frames"), "--table", str(tmp_path / "table")]) == 2
    assert main(["knx", str(tmp_path / "missing")]) == 2
    assert "line 1" in capsys.readouterr().err
