"""Which decoder reads which protocol. Decoders are imported only when somebody asks for them.

A factory has one signature, whatever it needs of it:

    def decoder(*, key: bytes | None = None, auth_key: bytes | None = None,
                profile: str | None = None) -> Decoder

Where meters cipher (`CIPHERING`), it takes `next_keys` and `counters` as well.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal
from typing import Protocol as TypingProtocol

from consumerapp.errors import ConsumerAppError
from consumerapp.h1.decoder import Decoder, Protocol

if TYPE_CHECKING:
    from consumerapp.h1.cipher import CounterStore

FACTORIES: dict[Protocol, str] = {
    Protocol.SML: "consumerapp.h1.sml:decoder",
    Protocol.DLMS: "consumerapp.h1.dlms:decoder",
    Protocol.P1: "consumerapp.h1.p1:decoder",
    Protocol.TIC: "consumerapp.h1.tic:decoder",
    Protocol.D0: "consumerapp.h1.iec62056_21:decoder",
}
"""Protocol → "module:factory"."""

CIPHERING = frozenset({Protocol.DLMS})
"""Families whose decoders open ciphered telegrams and remember invocation counters."""

Auto = Literal["auto"]
NextKeys = tuple[bytes, bytes | None]
"""Encryption and authentication key that are to follow the ones in force."""


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


class CipheringFactory(TypingProtocol):
    """What a decoder module offers where meters cipher."""

    def __call__(
        self,
        *,
        key: bytes | None = None,
        auth_key: bytes | None = None,
        profile: str | None = None,
        next_keys: NextKeys | None = None,
        counters: CounterStore | None = None,
    ) -> Decoder:
        """A fresh decoder. Raises ConsumerAppError for a profile it does not know."""


def decoder_for(
    protocol: Protocol | Auto,
    *,
    key: bytes | None = None,
    auth_key: bytes | None = None,
    profile: str | None = None,
    next_keys: NextKeys | None = None,
    counters: CounterStore | None = None,
) -> Decoder:
    """A fresh decoder for one protocol, or for "auto" one that finds out which it is.

    `counters`: what the link remembers of its meter, so that a telegram from before is refused after a cut
    or a restart, and another meter's always; None: the decoder remembers for as long as it lives.
    """
    if protocol == "auto":
        module = "consumerapp.h1.auto"
    elif Protocol(protocol) in CIPHERING:
        module = FACTORIES[protocol].partition(":")[0]
    else:
        return factory_of(Protocol(protocol))(key=key, auth_key=auth_key, profile=profile)
    ciphering: CipheringFactory = import_module(module).decoder
    return ciphering(key=key, auth_key=auth_key, profile=profile, next_keys=next_keys, counters=counters)
