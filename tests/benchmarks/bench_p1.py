"""P1: from the bytes of a telegram to finished values, against dsmr-parser (MIT) on the same telegrams.

Telegrams of our own synthetic meter, with the registers that a DSMR 5 meter has beside them (failure log,
sags and swells): 40 lines, 900 bytes, each with other numbers than the one before. Both check the CRC; ours
also finds the telegram in the stream. `general` is a decoder that has not seen this meter before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from harness import Contender, Skipped, Target, main, race, report, timed

from consumerapp import intervals
from consumerapp.h1 import p1
from consumerapp.h1.checksums import ArcOfLength
from consumerapp.h1.decoder import NEED_DATA, Telegram
from consumerapp.simulator.home import HOMES
from consumerapp.simulator.household import Household
from consumerapp.simulator.p1 import Line, p1_telegram
from consumerapp.simulator.p1_meters import P1Meter

TELEGRAMS = 1000
PEER_TELEGRAMS = 40
GENERAL_TELEGRAMS = 100
TIMES_FASTER = 50.0
OURS, GENERAL, CRC, PEER = "meterside", "meterside, first telegram of a meter", "of it the CRC", "dsmr-parser"
_FAILURES = ("251208152415W", "0000000240*s", "251208151004W", "0000000301*s")
BESIDE = (
    Line("1-0:99.97.0", ("2", "0-0:96.7.19", *_FAILURES)),
    Line("1-0:32.32.0", ("00002",)), Line("1-0:52.32.0", ("00001",)), Line("1-0:72.32.0", ("00000",)),
    Line("1-0:32.36.0", ("00000",)), Line("1-0:52.36.0", ("00003",)), Line("1-0:72.36.0", ("00000",)),
)  # fmt: skip


def telegrams(count: int) -> list[bytes]:
    """Telegrams a second apart."""
    home, now = HOMES["row-house"], datetime(2026, 6, 1, 10, tzinfo=UTC)
    first_day = intervals.local_day(now, home.zone) - timedelta(days=1)
    meter = P1Meter(Household(home, first_day), first_day)
    made = []
    for second in range(count):
        text = meter.telegram(now + timedelta(seconds=second)).decode("ascii")
        header, _, block = text.partition("\r\n\r\n")
        lines = [Line(code, tuple(groups)) for code, groups in map(_parts, block.rpartition("!")[0].split())]
        made.append(p1_telegram(header[1:], [*lines[:10], *BESIDE, *lines[10:]]))
    return made


def _parts(line: str) -> tuple[str, list[str]]:
    code, *groups = line.split("(")
    return code, [group.removesuffix(")") for group in groups]


def ours(octets: Sequence[bytes]) -> Callable[[], float]:
    """One decoder that knows this meter, as in a reader that runs for more than a second."""
    decoder = p1.decoder()

    def work() -> None:
        for telegram in octets:
            decoder.receive_data(telegram)
            event = decoder.next_event()
            assert type(event) is Telegram
            assert len(event.raw) > 20
            assert decoder.next_event() is NEED_DATA

    return lambda: timed(work, len(octets))


def ours_first(octets: Sequence[bytes]) -> Callable[[], float]:
    """A decoder of its own for each telegram."""

    def work() -> None:
        for telegram in octets:
            decoder = p1.decoder()
            decoder.receive_data(telegram)
            assert type(decoder.next_event()) is Telegram

    return lambda: timed(work, len(octets))


def dsmr_parser(octets: Sequence[bytes]) -> Callable[[], float]:
    """Parse with its CRC check on, and look at one value."""
    try:
        from dsmr_parser import telegram_specifications
        from dsmr_parser.parsers import TelegramParser
    except ImportError as error:
        raise Skipped("dsmr-parser is not installed (pip group: bench)") from error
    parser = TelegramParser(telegram_specifications.V5)
    texts = [telegram.decode("ascii") for telegram in octets]

    def work() -> None:
        for text in texts:
            assert parser.parse(text).ELECTRICITY_USED_TARIFF_1.value is not None

    return lambda: timed(work, len(texts))


def bench() -> bool:
    """Ours, the peer, in turns."""
    octets = telegrams(TELEGRAMS)
    bodies = [telegram[: telegram.rindex(b"!") + 1] for telegram in octets]
    checksum = ArcOfLength(len(bodies[0]))
    contenders = [
        Contender(PEER, dsmr_parser(octets[:PEER_TELEGRAMS])),
        Contender(OURS, ours(octets)),
        Contender(
            CRC,
            lambda: timed(lambda: [checksum(int.from_bytes(body, "little")) for body in bodies], TELEGRAMS),
        ),
        Contender(GENERAL, ours_first(octets[:GENERAL_TELEGRAMS])),
    ]
    title = f"P1 V5, {len(octets[0])} octets, {octets[0].count(b'\n')} lines, with CRC"
    return report(title, race(contenders), [Target(PEER, OURS, TIMES_FASTER)])


if __name__ == "__main__":
    sys.exit(main(bench))
