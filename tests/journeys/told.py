"""What a telegram says, read by our own decoder: the truth that screens are compared with."""

from __future__ import annotations

from decimal import Decimal

from consumerapp.h1.decoder import Telegram
from consumerapp.h1.registry import decoder_for
from consumerapp.readings import Obis

POWER = Obis.parse("1-0:16.7.0")
IMPORT = Obis.parse("1-0:1.8.0")


def told_by(octets: bytes) -> dict[Obis, Decimal]:
    """Every number of one telegram in its base unit."""
    decoder = decoder_for("auto")
    decoder.receive_data(octets)
    decoder.receive_eof()
    telegram = decoder.next_event()
    assert isinstance(telegram, Telegram)
    return {value.obis: value.value for value in telegram.values}
