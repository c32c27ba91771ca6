"""The decoder that a source's settings ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from consumerapp.errors import ConsumerAppError
from consumerapp.h1.decoder import Decoder, Protocol
from consumerapp.h1.registry import NextKeys, decoder_for

if TYPE_CHECKING:
    from consumerapp.h1.cipher import CounterStore


def decoder_factory(
    protocol: str,
    key: str | None,
    auth_key: str | None,
    profile: str | None,
    *,
    next_key: str | None = None,
    next_auth_key: str | None = None,
    counters: CounterStore | None = None,
) -> Callable[[], Decoder]:
    """Makes a decoder for each connection. Raises ConsumerAppError now for what could never be made.

    All of them share one store of invocation counters: a telegram from before a cut is refused after it.
    Without `counters` it lasts as long as the factory.
    """
    chosen = _protocol(protocol)
    key_octets, auth_key_octets = octets_of_key(key), octets_of_key(auth_key)
    next_octets, next_auth_octets = octets_of_key(next_key), octets_of_key(next_auth_key)
    next_keys: NextKeys | None = None if next_octets is None else (next_octets, next_auth_octets)
    if counters is None and not (key_octets is None and next_octets is None):
        from consumerapp.h1.cipher import CountersInMemory  # noqa: PLC0415 - see octets_of_key

        counters = CountersInMemory()

    def decoder() -> Decoder:
        return decoder_for(
            chosen,
            key=key_octets,
            auth_key=auth_key_octets,
            profile=profile,
            next_keys=next_keys,
            counters=counters,
        )

    decoder()
    return decoder


def _protocol(name: str) -> Protocol | Literal["auto"]:
    if name == "auto":
        return "auto"
    try:
        return Protocol(name)
    except ValueError:
        raise ConsumerAppError(f"there is no protocol {name[:20]!r}") from None


def octets_of_key(key: str | None) -> bytes | None:
    """The octets of a key in hexadecimal. Raises ConsumerAppError with what is wrong about it."""
    if not key:
        return None
    # The cipher's module brings the cryptography package, which nobody without a key waits for.
    from consumerapp.h1.cipher import normalise_key  # noqa: PLC0415

    return normalise_key(key)
