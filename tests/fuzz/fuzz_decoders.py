"""Throw mutated streams at every decoder: `python tests/fuzz/fuzz_decoders.py --seconds 60 [--only sml]`.

Invariants, checked for every stream: nothing is raised; offsets ascend; one chunk, byte by byte and random
chunks give the same events; every telegram is complete. A failure is written to a file and told with the seed
that leads to it.

A family takes part by having an entry in SEEDS: whole frames, made by our encoders.
"""

from __future__ import annotations

import argparse
import importlib
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from consumerapp.errors import ConsumerAppError  # noqa: E402 - the path comes first
from consumerapp.h1.decoder import NEED_DATA, Decoder, Event, Protocol, Refused, Telegram  # noqa: E402
from consumerapp.h1.registry import decoder_for  # noqa: E402

SEEDS: dict[Protocol, str] = {
    Protocol.SML: "tests.fuzz.seeds_sml:frames",
    Protocol.DLMS: "tests.fuzz.seeds_dlms:frames",
    Protocol.P1: "tests.fuzz.seeds_p1:frames",
    Protocol.TIC: "tests.fuzz.seeds_tic:frames",
    Protocol.D0: "tests.fuzz.seeds_d0:frames",
}
"""Family → "module:function" that gives whole frames. A family without a module is left out, and said so."""

KEYS: dict[Protocol, bytes] = {Protocol.DLMS: b"Meterside test 1"}
"""What opens the ciphered frames among the seeds; it opens nothing else."""

MAX_EVENTS = 100_000


def main() -> int:
    """0: nothing found. 1: something found. 2: wrong usage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long, shared among the families")
    parser.add_argument("--only", choices=[protocol.value for protocol in Protocol], action="append")
    parser.add_argument("--seed", type=int, default=None, help="repeat one run")
    parser.add_argument(
        "--keep", type=Path, default=Path("fuzz-failure.bin"), help="where a failure is written"
    )
    arguments = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if arguments.seed is None else arguments.seed
    families = seeds_of(arguments.only)
    if not families:
        print("no family has seeds")
        return 2
    found = 0
    for protocol, frames in families.items():
        chance = random.Random(f"{seed}-{protocol}")
        found += campaign(protocol, frames, arguments.seconds / len(families), chance, seed, arguments.keep)
    return 1 if found else 0


def seeds_of(only: Sequence[str] | None) -> dict[Protocol, list[bytes]]:
    """The frames of every family that has some."""
    families = {}
    for protocol, place in SEEDS.items():
        if only and protocol.value not in only:
            continue
        module, _, function = place.partition(":")
        try:
            make: Callable[[], list[bytes]] = getattr(importlib.import_module(module), function)
            decoder_for(protocol)
        except (ModuleNotFoundError, ConsumerAppError) as error:
            print(f"{protocol.value}: left out, {error}")
            continue
        families[protocol] = make()
    return families


def campaign(
    protocol: Protocol, frames: list[bytes], seconds: float, chance: random.Random, seed: int, keep: Path
) -> int:
    """Fuzz one family; how many failures were found (it stops at the first)."""
    ends = time.monotonic() + seconds
    streams = octets = 0
    seen: Counter[str] = Counter()
    while time.monotonic() < ends:
        stream = mutated(frames, chance)
        streams += 1
        octets += len(stream)
        try:
            seen.update(examine(protocol, stream, chance))
        except Exception:  # noqa: BLE001 - whatever it is, it is what we are looking for
            keep.write_bytes(stream)
            print(f"{protocol.value}: FAILED with --seed {seed} after {streams} streams; bytes in {keep}")
            traceback.print_exc()
            return 1
    kinds = ", ".join(f"{kind} {count}" for kind, count in seen.most_common())
    print(f"{protocol.value}: {streams} streams, {octets / 1e6:.1f} MB, seed {seed}, nothing found")
    print(f"  seen: {kinds}")
    return 0


def examine(protocol: Protocol, stream: bytes, chance: random.Random) -> Counter[str]:
    """Check every invariant on one stream; what kinds of events came out."""

    def fresh() -> Decoder:
        return decoder_for(protocol, key=KEYS.get(protocol))

    whole = events_of(fresh(), [stream])
    assert whole == events_of(fresh(), [stream[place : place + 1] for place in range(len(stream))])
    cuts = sorted(chance.randrange(len(stream) + 1) for _ in range(5))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert whole == events_of(fresh(), pieces)
    offsets = [event.offset for event in whole]
    assert offsets == sorted(offsets), "events out of order"
    assert not offsets or 0 <= offsets[0] <= offsets[-1] <= len(stream)
    for event in whole:
        if isinstance(event, Telegram):
            assert len(event.columns) == len(event.raw)
            assert all(value.value.is_finite() for value in event.values)
    return Counter(event.kind.value if isinstance(event, Refused) else "telegram" for event in whole)


def events_of(decoder: Decoder, chunks: Sequence[bytes]) -> list[Event]:
    """Everything that a decoder says to these chunks."""
    events: list[Event] = []
    for chunk in [*chunks, None]:
        if chunk is None:
            decoder.receive_eof()
        else:
            decoder.receive_data(chunk)
        while (event := decoder.next_event()) is not NEED_DATA:
            events.append(event)
            assert len(events) < MAX_EVENTS, "the decoder never asks for more"
    return events


def mutated(frames: list[bytes], chance: random.Random) -> bytes:
    """A few frames in a row, most of them damaged."""
    return b"".join(damaged(chance.choice(frames), frames, chance) for _ in range(chance.randint(1, 4)))


def damaged(frame: bytes, frames: list[bytes], chance: random.Random) -> bytes:
    """One frame after none to six accidents."""
    octets = bytearray(frame)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 6))):
        place = chance.randrange(len(octets) + 1)
        length = chance.choice((1, 1, 2, 4, 8, 40))
        match chance.randrange(8):
            case 0:
                if place < len(octets):
                    octets[place] ^= 1 << chance.randrange(8)
            case 1:
                del octets[place : place + length]
            case 2:
                octets[place:place] = octets[place : place + length]
            case 3:
                octets[place:place] = chance.randbytes(length)
            case 4:
                octets[place : place + length] = chance.randbytes(length)
            case 5:
                other = chance.choice(frames)
                begin = chance.randrange(len(other))
                octets[place : place + length] = other[begin : begin + length]
            case 6:
                del octets[place:]
            case _:
                octets[place : place + length] = bytes([chance.choice((0, 0xFF, 0x1B, 0x7E))]) * length
    return bytes(octets)


if __name__ == "__main__":
    sys.exit(main())
