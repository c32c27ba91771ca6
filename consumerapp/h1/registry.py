"""Which decoder reads which protocol. Decoders are imported only when somebody asks for them.

A factory has one signature, whatever it needs of it:

    def decoder(*, key: bytes | None = None, auth_key: bytes | None = None,
                profile: str | None = None) -> Decoder
"""

from __future__ import annotations

from importlib import import_module
from typing import Literal
from typing import Protocol as TypingProtocol

from consumerapp.errors import ConsumerAppError
from consumerapp.h1.decoder import Decoder, Protocol

FACTORIES: dict[Protocol, str] = {
    Protocol.SML: "consumerapp.h1.sml:decoder",
    Protocol.DLMS: "consumerapp.h1.dlms:decoder",
    Protocol.P1: "consumerapp.h1.p1:decoder",
    Protocol.TIC: "consumerapp.h1.tic:decoder",
    Protocol.D0: "consumerapp.h1.iec62056_21:decoder",
}
"""Protocol → "module:factory"."""

Auto = Literal["auto"]


class DecoderFactory(TypingProtocol):
    """What a decoder module offers."""

    def __call__(
        self, *, key: bytes | None = None, auth_key: bytes | None = None, profile: str | None = None
    ) -> Decoder:
        """A fresh decoder. Raises ConsumerAppError for a profile it does not know."""


def factory_of(protocol: Protocol) -> DecoderFactory:
    """The factory of one protocol's decoder, its module imported now."""
    module_name, _, attribute = FACTORIES[protocol].partition(":")
    try:
        factory: DecoderFactory = getattr(import_module(module_name), attribute)
    except ModuleNotFoundError as error:
        raise ConsumerAppError(f"there is no decoder for {protocol.value} in this installation") from error
    return factory


def decoder_for(
    protocol: Protocol | Auto,
    *,
    key: bytes | None = None,
    auth_key: bytes | None = None,
    profile: str | None = None,
) -> Decoder:
    """A fresh decoder for one protocol, or for "auto" one that finds out which it is."""
    if protocol == "auto":
        auto: DecoderFactory = import_module("consumerapp.h1.auto").decoder
        return auto(key=key, auth_key=auth_key, profile=profile)
    return factory_of(Protocol(protocol))(key=key, auth_key=auth_key, profile=profile)
