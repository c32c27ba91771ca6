"""The decoder that a source's settings ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from consumerapp.errors import ConsumerAppError
from consumerapp.h1.decoder import Decoder, Protocol
from consumerapp.h1.registry import decoder_for


def decoder_factory(
    protocol: str,
    key: str | None,
    auth_key: str | None,
    profile: str | None,
    *,
    remembers_counters: bool = False,
) -> Callable[[], Decoder]:
    """Makes a decoder for each connection. Raises ConsumerAppError now for what could never be made.

    With `remembers_counters` a link that has a key keeps its one decoder, which knows the invocation
    counters: a telegram from before a cut is refused after it.
    """
    chosen = _protocol(protocol)
    key_octets, auth_key_octets = _octets(key), _octets(auth_key)

    def decoder() -> Decoder:
        return decoder_for(chosen, key=key_octets, auth_key=auth_key_octets, profile=profile)

    first = decoder()
    if remembers_counters and key_octets is not None:
        return lambda: first
    return decoder


def _protocol(name: str) -> Protocol | Literal["auto"]:
    if name == "auto":
        return "auto"
    try:
        return Protocol(name)
    except ValueError:
        raise ConsumerAppError(f"there is no protocol {name[:20]!r}") from None


def _octets(key: str | None) -> bytes | None:
    if not key:
        return None
    # The cipher's module brings the cryptography package, which nobody without a key waits for.
    from consumerapp.h1.cipher import normalise_key  # noqa: PLC0415

    return normalise_key(key)
