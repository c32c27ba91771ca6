"""The learned path says exactly what the general path says, or nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumerapp.errors import DecodeError
from consumerapp.h1.cipher import Guard
from consumerapp.h1.decoder import Telegram
from consumerapp.h1.dlms_apdu import ApduReader
from consumerapp.h1.dlms_learned import MOST_STRUCTURES, Learned
from consumerapp.h1.dlms_values import Setting
from consumerapp.readings import Authenticity, Obis
from consumerapp.simulator import dlms as enc
from tests.consumerapp.h1 import meter_telegrams as made
from tests.consumerapp.h1.laws import flipped


def kaifa(
    watts: int = 1840, amperes: tuple[int, ...] = (3210, 2960, 1930), clock: bytes = made.CLOCK
) -> bytes:
    body = enc.structure(
        enc.octets("KFM_001"),
        enc.octets("6970630000000017"),
        enc.octets("MA304H3E"),
        *map(enc.u32, (watts, 0, 120, 0, *amperes, 2304, 2310, 2297)),
    )
    return enc.notification(body, clock=clock, form=enc.ClockForm.TAGGED)


def aidon(watts: int = 1840) -> bytes:
    first, *rest = made.registers(scaled=True, wide_volts=10)
    head = [made.visible("1-1:0.2.129", "AIDON_V0001"), made.visible("0-0:96.1.0", "7359990000000017")]
    return enc.notification(enc.coded_array([*head, enc.Register(first.code, enc.u32(watts), 0, 27), *rest]))


def swiss(watts: int = 1840) -> bytes:
    numbers = made.registers(scaled=False)
    numbers[0] = enc.Register(numbers[0].code, enc.u32(watts))
    body = enc.object_list([made.text("0-0:42.0.0", "LGZ1030000000017"), *numbers])
    return enc.notification(body, clock=made.CLOCK)


def fresh(apdu: bytes) -> Telegram | None:
    """What a reader without any memory says."""
    try:
        return ApduReader(Guard(), Setting()).read(apdu, 0)
    except DecodeError:
        return None


def seasoned(*apdus: bytes) -> Telegram | None:
    """What a reader says to the last of them."""
    reader = ApduReader(Guard(), Setting())
    for apdu in apdus[:-1]:
        reader.read(apdu, 0)
    try:
        return reader.read(apdus[-1], 0)
    except DecodeError:
        return None


BUILDERS: list[Callable[..., bytes]] = [kaifa, aidon, swiss]


@pytest.mark.parametrize("build", BUILDERS)
def test_the_second_telegram_is_read_by_the_structure(
    build: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = ApduReader(Guard(), Setting())
    reader.read(build(), 0)
    wanted = fresh(build(2222))
    with monkeypatch.context() as patch:
        patch.setattr("consumerapp.h1.dlms_apdu.read_body", None)
        assert reader.read(build(2222), 0) == wanted
    assert wanted is not None
    assert 2222 in wanted.raw


@pytest.mark.parametrize("build", BUILDERS)
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_both_paths_agree_on_every_damaged_telegram(build: Callable[..., bytes], data: st.DataObject) -> None:
    learned_from = build(data.draw(st.integers(500, 3000)))
    octets = build(data.draw(st.integers(500, 3000)))
    for bit in data.draw(st.lists(st.integers(0, 8 * len(octets) - 1), max_size=3)):
        octets = flipped(octets, bit)
    general, learned = fresh(octets), seasoned(learned_from, octets)
    if learned is None:
        assert general is None
    elif general is not None and general.columns:
        assert learned == general
    else:
        # A list that lost its name is read like the one before it, never with other numbers.
        again = seasoned(learned_from, octets, octets)
        assert again is not None
        assert learned.raw == again.raw


def test_the_guard_looks_at_learned_telegrams_too() -> None:
    doubtful = kaifa(watts=60_000)
    telegram = seasoned(kaifa(), doubtful)
    assert telegram == fresh(doubtful)
    assert telegram is not None
    assert "1.7.0" not in [column.obis.short for column in telegram.columns]


def test_a_clock_that_becomes_invalid_is_noticed() -> None:
    bad = made.CLOCK[:-1] + b"\x01"
    telegram = seasoned(kaifa(), kaifa(clock=bad))
    assert telegram is not None
    assert telegram.measured_at is None


def test_the_same_clock_and_the_next_one_are_both_right() -> None:
    later = made.CLOCK[:7] + b"\x33" + made.CLOCK[8:]
    for clock in (made.CLOCK, later):
        assert seasoned(kaifa(), kaifa(1), kaifa(2, clock=clock)) == fresh(kaifa(2, clock=clock))


def test_memory_does_not_grow_with_ever_new_structures() -> None:
    reader = ApduReader(Guard(), Setting())
    for number in range(3 * MOST_STRUCTURES):
        body = enc.coded_array(
            [enc.Register(Obis(1, 0, 1, 8, tariff), enc.u32(1), 0, 30) for tariff in range(number % 60 + 1)]
        )
        reader.read(enc.notification(body), 0)
    learned = reader._learned
    assert isinstance(learned, Learned)
    assert sum(map(len, learned._structures.values())) <= MOST_STRUCTURES


def test_what_has_a_time_of_its_own_or_no_certain_scale_is_not_learned() -> None:
    learned = Learned()
    reader = ApduReader(Guard(), Setting())
    reader._learned = learned
    reader.read(aidon(), 0)
    assert learned.read(aidon(7), 0, Authenticity.PLAIN, None) is not None
    reader.read(kaifa(watts=60_000), 0)
    assert learned.read(kaifa(watts=60_001), 0, Authenticity.PLAIN, None) is None
