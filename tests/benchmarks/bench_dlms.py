"""DLMS push: one telegram at a time as it comes from the line, against dlms-cosem (MIT) in the same run.

Frames are made by our own encoder, each with other numbers, clock and counter than the one before:

    ciphered     18 registers with scalers, general-glo SC 30, HDLC; the tag verified, the counter checked
    plain        the same in the clear
    positional   Kaifa's 13 values without codes; scalers from the profile, the guard looks at each

Ours gives finished telegrams (columns, units, exponents, clock, identity, authenticity). dlms-cosem checks
HCS, FCS and tag and gives a tree of untyped values. `general` is our way without learned structures.

    python tests/benchmarks/bench_dlms.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from harness import Contender, Skipped, Target, main, race, report, timed

from consumerapp.h1.cipher import MeterKeys
from consumerapp.h1.decoder import NEED_DATA, Telegram
from consumerapp.h1.dlms import DlmsDecoder
from consumerapp.h1.dlms_learned import Learned
from consumerapp.readings import Authenticity, Obis
from consumerapp.simulator import dlms as enc
from consumerapp.simulator import dlms_frames as frames

FRAMES = 300
KEY = b"Meterside test 1"
AUTH_KEY = b"Meterside test 2"
TITLE = b"AID\x00\x00\x00\x00\x17"
BEGIN = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
W, VAR, WH, VARH, A, V = 27, 29, 30, 32, 33, 35


def han_list(number: int) -> bytes:
    """Clock, number, energies, powers, voltages and currents of a three-phase meter."""
    clock = enc.date_time(BEGIN + timedelta(seconds=10 * number))
    registers = [
        enc.Register(Obis(0, 0, 1, 0, 0), enc.octets(clock)),
        enc.Register(Obis(0, 0, 96, 1, 0), enc.octets("7359990000000017")),
    ]
    registers += [
        enc.Register(Obis(1, 0, c, 8, 0), enc.u32(1_000_000 * c + number), 0, WH if c < 3 else VARH)
        for c in (1, 2, 3, 4)
    ]
    registers += [
        enc.Register(Obis(1, 0, c, 7, 0), enc.u32(c * 10 + number), 0, W if c % 20 < 3 else VAR)
        for c in (1, 2, 3, 4, 21, 41, 61, 22)
    ]
    registers += [enc.Register(Obis(1, 0, c, 7, 0), enc.u16(2300 + number % 50), -1, V) for c in (32, 52, 72)]
    registers += [enc.Register(Obis(1, 0, c, 7, 0), enc.i16(30 + number % 50), -1, A) for c in (31, 51, 71)]
    return enc.notification(enc.coded_array(registers), clock=clock, invoke_id=0x40000000 | number)


def kaifa_list(number: int) -> bytes:
    """List 2 of KFM_001: power goes with the currents, so that the guard has nothing against it."""
    milliamperes = 3000 + 10 * number
    watts = 3 * 230 * milliamperes // 1000
    numbers = (watts, 0, 120, 0, milliamperes, milliamperes, milliamperes, 2304, 2310, 2297)
    body = enc.structure(
        enc.octets("KFM_001"), enc.octets("6970630000000017"), enc.octets("MA304H3E"), *map(enc.u32, numbers)
    )
    clock = enc.date_time(BEGIN + timedelta(seconds=2 * number))
    return enc.notification(body, clock=clock, form=enc.ClockForm.TAGGED)


def sealed(number: int) -> bytes:
    return frames.sealed(
        han_list(number), key=KEY, auth_key=AUTH_KEY, system_title=TITLE, counter=number + 1, security=0x30
    )


def framed(build: Callable[[int], bytes]) -> list[bytes]:
    return [
        frames.hdlc_message(build(number), destination=b"\x41", source=b"\x08\x83")
        for number in range(FRAMES)
    ]


class NothingLearned(Learned):
    """Remembers no structure."""

    def learn(self, *_: object) -> None:
        return


def ours(octets: Sequence[bytes], *, learned: bool = True) -> Callable[[], float]:
    """Feed frame by frame, as a port does, and take what comes."""

    def measure() -> float:
        decoder = DlmsDecoder(keys=(MeterKeys(KEY, AUTH_KEY),))
        if not learned:
            decoder._reader._learned = NothingLearned()
        seen: list[object] = []

        def work(some: Sequence[bytes]) -> None:
            for frame in some:
                decoder.receive_data(frame)
                while (event := decoder.next_event()) is not NEED_DATA:
                    seen.append(event)

        # The first telegram teaches the structure, once for the life of the link.
        work(octets[:1])
        spent = timed(lambda: work(octets[1:]), len(octets) - 1)
        assert len(seen) == len(octets)
        assert all(isinstance(event, Telegram) for event in seen)
        return spent

    return measure


def dlms_cosem(octets: Sequence[bytes], *, ciphered: bool) -> Callable[[], float]:
    """HDLC with its checksums, the cipher with its tag, the notification and its data."""
    try:
        from dlms_cosem.hdlc.frames import UnnumberedInformationFrame
        from dlms_cosem.protocol.xdlms import DataNotification, GeneralGlobalCipher
        from dlms_cosem.security import decrypt
        from dlms_cosem.utils import parse_as_dlms_data
    except ImportError as error:
        raise Skipped("dlms-cosem is not installed (pip group: bench)") from error

    def read(frame: bytes) -> object:
        apdu = UnnumberedInformationFrame.from_bytes(frame).payload[3:]
        if ciphered:
            sealed_apdu = GeneralGlobalCipher.from_bytes(apdu)
            apdu = decrypt(
                sealed_apdu.security_control,
                bytes(sealed_apdu.system_title),
                sealed_apdu.invocation_counter,
                KEY,
                sealed_apdu.ciphered_text,
                AUTH_KEY,
            )
        return parse_as_dlms_data(DataNotification.from_bytes(apdu).body)

    def measure() -> float:
        some = octets[: len(octets) // 10]
        values: list[object] = []
        spent = timed(lambda: values.extend(map(read, some)), len(some))
        assert len(values) == len(some)
        return spent

    return measure


def benchmark() -> bool:
    """All three kinds of telegram; whether every target was reached."""
    ciphered, plain, positional = framed(sealed), framed(han_list), framed(kaifa_list)
    check = DlmsDecoder(keys=(MeterKeys(KEY, AUTH_KEY),))
    check.receive_data(ciphered[0])
    event = check.next_event()
    assert isinstance(event, Telegram)
    assert event.authenticity is Authenticity.AUTHENTICATED
    assert len(event.values) == 18
    reached = True
    for title, octets, is_ciphered, target in (
        ("ciphered", ciphered, True, 80.0),
        ("plain", plain, False, 120.0),
        ("positional", positional, False, None),
    ):
        contenders = [
            Contender("meterside", ours(octets)),
            Contender("meterside general", ours(octets, learned=False)),
        ]
        if target is not None:
            contenders.append(Contender("dlms-cosem 21.3.2", dlms_cosem(octets, ciphered=is_ciphered)))
        targets = [Target("dlms-cosem 21.3.2", "meterside", target)] if target is not None else []
        reached &= report(f"DLMS {title}, HDLC, {len(octets[-1])} octets", race(contenders), targets)
    return reached


if __name__ == "__main__":
    raise SystemExit(main(benchmark))
