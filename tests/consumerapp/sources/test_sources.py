from __future__ import annotations

import subprocess
import sys

import pytest

from consumerapp.errors import ConsumerAppError
from consumerapp.sources import available_sources, open_source
from consumerapp.sources._decoding import decoder_factory


def test_sources_are_found_by_being_there():
    assert {"serial", "replay"} <= set(available_sources())
    assert not any(kind.startswith("_") or kind == "link" for kind in available_sources())


def test_every_source_can_be_asked_for_by_name():
    for kind in available_sources():
        with pytest.raises(ConsumerAppError, match="missing"):
            open_source(kind, {})


def test_a_kind_that_is_not_there_is_refused():
    with pytest.raises(ConsumerAppError, match="no source"):
        open_source("../errors", {})


def test_each_connection_has_a_decoder_of_its_own_and_wrong_keys_are_refused_at_once():
    key = "00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff"
    ciphered = decoder_factory("dlms", key, None, None)
    assert ciphered() is not ciphered()
    with pytest.raises(ConsumerAppError, match="31 characters"):
        decoder_factory("dlms", key[:-1], None, None)
    with pytest.raises(ConsumerAppError, match="2 characters"):
        decoder_factory("auto", None, None, None, next_key="00")


def test_asking_for_a_source_imports_no_library_of_a_port():
    script = (
        "import sys\n"
        "from consumerapp.sources import open_source\n"
        "open_source('serial', {'name': 'x', 'url': '/dev/ttyS0', 'protocol': 'sml'})\n"
        "heavy = {'serialx', 'bleak', 'cryptography', 'websockets', 'django', 'textual', 'xknx', 'paho'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
