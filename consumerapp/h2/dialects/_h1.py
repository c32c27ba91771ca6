"""Telegrams of a meter's port inside messages, each device with a decoder of its own."""

from __future__ import annotations

from collections import OrderedDict

from consumerapp.h1.decoder import NEED_DATA, Decoder, Protocol, Refused, Telegram
from consumerapp.h1.registry import Auto, decoder_for
from consumerapp.h2.dialects import DialectOptions
from consumerapp.h2.message import Mapped, Outcome
from consumerapp.readings import MeterId

MAX_DEVICES = 32
"""Devices whose half telegrams are remembered; the one that spoke least recently is forgotten."""


class DecodersByDevice:
    """A decoder for each device that hands on a meter's own telegrams."""

    def __init__(self, protocol: Protocol | Auto, options: DialectOptions) -> None:
        self._protocol: Protocol | Auto = protocol
        self._options = options
        self._decoders: OrderedDict[str, Decoder] = OrderedDict()
        self._meters: OrderedDict[str, MeterId] = OrderedDict()
        """The meter last heard of each device: some name themselves only in every other telegram."""
        self._make()

    def receive(self, device: str, octets: bytes, *, is_whole: bool = False) -> tuple[Outcome, ...]:
        """The telegrams and refusals that these octets complete.

        `is_whole`: the message ends with them, so a frame still open is cut short. A telegram that does not
        name its meter stands for the device.
        """
        decoder = self._make() if is_whole else self._decoder_of(device)
        decoder.receive_data(octets)
        if is_whole:
            decoder.receive_eof()
        outcomes: list[Outcome] = []
        while (event := decoder.next_event()) is not NEED_DATA:
            outcomes.append(self._outcome(event, device))
        return tuple(outcomes)

    def _outcome(self, event: Telegram | Refused, device: str) -> Outcome:
        if isinstance(event, Refused):
            return event
        if event.meter_id is not None:
            self._meters[device] = event.meter_id
            if len(self._meters) > MAX_DEVICES:
                self._meters.popitem(last=False)
        elif device:
            event = event._replace(meter_id=self._meters.get(device, MeterId(device)))
        return Mapped(event)

    def _decoder_of(self, device: str) -> Decoder:
        decoder = self._decoders.pop(device, None)
        if decoder is None:
            decoder = self._make()
            if len(self._decoders) >= MAX_DEVICES:
                self._decoders.popitem(last=False)
        self._decoders[device] = decoder
        return decoder

    def _make(self) -> Decoder:
        options = self._options
        return decoder_for(
            self._protocol, key=options.key, auth_key=options.auth_key, profile=options.profile
        )
