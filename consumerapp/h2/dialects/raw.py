"""A meter's own telegrams as payload: the octets of any protocol of H1, or their hexadecimal digits."""

from __future__ import annotations

import re

from consumerapp.errors import ConsumerAppError, DecodeError
from consumerapp.h1.decoder import Protocol
from consumerapp.h1.registry import Auto
from consumerapp.h2.dialects import DialectOptions
from consumerapp.h2.dialects._h1 import DecodersByDevice
from consumerapp.h2.message import MAX_PAYLOAD_BYTES, Message, Outcome

TITLE = "Raw telegrams"
TOPICS = ("meter/raw",)

_HEX = re.compile(rb"\s*(?:[0-9A-Fa-f]{2}\s*){8,}", re.ASCII)


class Raw:
    """Messages that hold a telegram, or pieces of telegrams in their order."""

    def __init__(self, options: DialectOptions) -> None:
        self._pieces = DecodersByDevice(_protocol(options.protocol), options)

    def receive_message(self, message: Message) -> tuple[Outcome, ...]:
        """The telegrams that this message completes. In a file, without a topic, it is the whole of them."""
        payload = message.payload
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise DecodeError(f"{len(payload)} bytes, at most {MAX_PAYLOAD_BYTES} are read")
        octets = bytes.fromhex(payload.decode("ascii")) if _HEX.fullmatch(payload) else payload
        return self._pieces.receive(message.topic, octets, is_whole=not message.topic)


def _protocol(name: str) -> Protocol | Auto:
    if name == "auto":
        return "auto"
    try:
        return Protocol(name)
    except ValueError:
        raise ConsumerAppError(f"there is no protocol {name[:20]!r}") from None


def dialect(options: DialectOptions) -> Raw:
    """The dialect. Raises ConsumerAppError for a protocol or profile that is not there."""
    return Raw(options)
