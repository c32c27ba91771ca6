from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from consumerapp.sources._pace import KNOWN_TELEGRAMS, MARGIN_S, MAX_HELD_OCTETS, MEASURE_EVERY, Pace

CHUNKS = 20
ROUNDING_S = 1e-6


class Meter:
    """Says telegrams in even chunks; a held line hands over what has gathered."""

    def __init__(self) -> None:
        self.time_s = 0.0
        self.pace = Pace(lambda: self.time_s)

    def say(self, duration_s: float, octets_per_chunk: int = 16) -> tuple[int, float]:
        """How many chunks woke the reader, and how late the telegram was."""
        begun_s = self.time_s
        ends_s = begun_s + duration_s
        wakes = gathered = 0
        held_until_s = begun_s
        for number in range(1, CHUNKS + 1):
            self.time_s = begun_s + duration_s * number / CHUNKS
            gathered += octets_per_chunk
            if self.time_s < held_until_s and number < CHUNKS:
                continue
            wakes += 1
            if number == CHUNKS:
                self.time_s = max(self.time_s, held_until_s)
                self.pace.telegram_ended(gathered)
            else:
                held_until_s = self.time_s + self.pace.bytes_arrived(gathered)
            gathered = 0
        return wakes, self.time_s - ends_s


def test_sleeps_while_a_known_telegram_is_said():
    meter = Meter()
    assert [meter.say(0.33)[0] for _ in range(KNOWN_TELEGRAMS)] == [CHUNKS] * KNOWN_TELEGRAMS
    wakes, late_s = meter.say(0.33)
    assert wakes <= 4
    assert late_s < ROUNDING_S


def test_no_telegram_of_a_steady_meter_is_late():
    meter = Meter()
    assert all(meter.say(0.33)[1] < ROUNDING_S for _ in range(3 * MEASURE_EVERY))


@given(st.floats(0.0, 3.0), st.lists(st.floats(0.0, 0.012), min_size=80, max_size=80))
def test_jitter_of_an_adapter_makes_no_telegram_late(duration_s, jitters):
    meter = Meter()
    for jitter_s in jitters:
        assert meter.say(duration_s + jitter_s)[1] < ROUNDING_S


def test_a_faster_meter_is_noticed():
    meter = Meter()
    for _ in range(10):
        meter.say(0.33)
    late = [meter.say(0.02)[1] > ROUNDING_S for _ in range(2 * MEASURE_EVERY)]
    assert not any(late[MEASURE_EVERY:])


def test_a_telegram_in_one_burst_is_never_held():
    meter = Meter()
    for _ in range(50):
        assert meter.say(MARGIN_S)[0] == CHUNKS


def test_a_long_telegram_is_never_held():
    meter = Meter()
    octets_per_chunk = MAX_HELD_OCTETS // CHUNKS + 1
    for _ in range(10):
        assert meter.say(2.0, octets_per_chunk)[0] == CHUNKS


def test_a_refused_frame_makes_it_measure_anew():
    meter = Meter()
    for _ in range(10):
        meter.say(0.33)
    meter.pace.disturbed()
    assert meter.say(0.33)[0] == CHUNKS
