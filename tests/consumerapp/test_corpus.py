"""Telegrams of real meters, where a collection of them lies at hand: not one value wrong, none missing.

The collection stays where it is; only its own scorer reads it, through the commands people use.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORPUS = os.environ.get("METERSIDE_CORPUS", "")
DECODE = f"{sys.executable} -m consumerapp decode"
MAP = f"{sys.executable} -m consumerapp map"

pytestmark = pytest.mark.skipif(not CORPUS, reason="METERSIDE_CORPUS names no collection of real telegrams")


def score(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(Path(CORPUS) / "score"), *arguments, "--timeout", "60", "--list-failures"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "family", ["sml", "dlms-hdlc", "dlms-mbus", "dlms-raw", "p1", "p1-encrypted", "d0", "tic"]
)
def test_telegrams_of_real_meters_are_read_right(family):
    scored = score("--family", family, "--command", DECODE)
    assert scored.returncode == 0, scored.stdout + scored.stderr


@pytest.mark.timeout(600)
def test_ciphered_telegrams_are_refused_without_their_keys():
    scored = score(
        "--family",
        "dlms-hdlc",
        "--family",
        "dlms-mbus",
        "--family",
        "dlms-raw",
        "--key-checks",
        "--command",
        DECODE,
    )
    assert scored.returncode == 0, scored.stdout + scored.stderr


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "family", ["mqtt-wmbusmeters", "mqtt-tasmota", "mqtt-amsreader", "mqtt-ha-discovery"]
)
def test_payloads_of_real_gateways_are_read_right(family):
    scored = score("--family", family, "--mqtt-command", MAP)
    assert scored.returncode == 0, scored.stdout + scored.stderr
