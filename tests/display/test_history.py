"""The local history of a display without a portal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.wire import Now
from display.history import KEPT_DAYS, MAX_BYTES, History, meter_mark
from tests.display.conftest import AMSTERDAM, MOMENT, a_now

METER = meter_mark("1EMH0012344417")
MIDNIGHT = datetime(2026, 11, 23, 23, tzinfo=UTC)
"""Tuesday, 24 November begins in Amsterdam."""


def a_word(at: datetime, import_wh: Decimal | int | None, **changes: Any) -> Now:
    value = None if import_wh is None else Decimal(import_wh)
    return a_now(at=at, received_at=at, import_wh=value, **changes)


def running(start: datetime, end: datetime, *, step_s: int, watts: int, from_wh: int) -> Iterator[Now]:
    """A meter that draws the same power all the time."""
    at = start
    while at <= end:
        drawn = Decimal(watts) * int((at - start).total_seconds()) / 3600
        yield a_word(at, from_wh + drawn, power_w=Decimal(watts))
        at += timedelta(seconds=step_s)


def today_of(history: History) -> tuple[Decimal | None, Decimal | None]:
    today = history.today(seq=1)
    assert today is not None
    return today.import_wh, today.export_wh


def test_today_counts_from_the_first_value_and_says_so() -> None:
    history = History(zone=AMSTERDAM)
    history.learn(a_word(MOMENT, 1000), meter=METER)
    history.learn(a_word(MOMENT + timedelta(minutes=5), 1250), meter=METER)
    assert today_of(history)[0] == 250
    assert history.today_since == MOMENT


def test_today_is_exact_when_midnight_was_seen() -> None:
    history = History(zone=AMSTERDAM)
    for now in running(
        MIDNIGHT - timedelta(minutes=5), MIDNIGHT + timedelta(hours=2), step_s=10, watts=900, from_wh=5000
    ):
        history.learn(now, meter=METER)
    assert history.today_since is None
    assert today_of(history)[0] == 1800


def test_a_night_without_a_display_counts_from_the_morning() -> None:
    history = History(zone=AMSTERDAM)
    history.learn(a_word(MIDNIGHT - timedelta(hours=2), 1000), meter=METER)
    morning = MIDNIGHT + timedelta(hours=6)
    history.learn(a_word(morning, 3000), meter=METER)
    history.learn(a_word(morning + timedelta(hours=1), 3500), meter=METER)
    assert today_of(history)[0] == 500
    assert history.today_since == morning


def test_the_value_nearest_to_midnight_is_the_base() -> None:
    history = History(zone=AMSTERDAM)
    history.learn(a_word(MIDNIGHT - timedelta(hours=1), 0), meter=METER)
    history.learn(a_word(MIDNIGHT - timedelta(seconds=2), 1000), meter=METER)
    history.learn(a_word(MIDNIGHT + timedelta(seconds=8), 1010), meter=METER)
    assert today_of(history)[0] == 10
    assert history.today_since is None


def test_starting_at_midnight_is_exact() -> None:
    history = History(zone=AMSTERDAM)
    history.learn(a_word(MIDNIGHT + timedelta(seconds=20), 1000), meter=METER)
    assert history.today_since is None


def test_a_register_that_goes_back_begins_a_new_series_and_loses_nothing() -> None:
    history = History(zone=AMSTERDAM)
    for number, value in enumerate((1000, 1400, 100, 350)):
        history.learn(a_word(MOMENT + timedelta(seconds=number), value), meter=METER)
    assert today_of(history)[0] == 400 + 250


def test_telegrams_without_registers_change_nothing() -> None:
    history = History(zone=AMSTERDAM)
    for number, value in enumerate((1000, None, 1200, None)):
        history.learn(a_word(MOMENT + timedelta(seconds=number), value), meter=METER)
    assert today_of(history)[0] == 200


def test_a_meter_without_export_shows_none_and_not_zero() -> None:
    history = History(zone=AMSTERDAM)
    history.learn(a_word(MOMENT, 1000, export_wh=None), meter=METER)
    assert today_of(history) == (Decimal(0), None)


def test_another_meter_begins_anew() -> None:
    history = History(zone=AMSTERDAM)
    history.learn(a_word(MOMENT, 1000), meter=METER)
    history.learn(a_word(MOMENT + timedelta(minutes=1), 70), meter=meter_mark("another"))
    assert today_of(history)[0] == 0
    assert set(history.hour.points(MOMENT)) == {None}


def test_a_clock_that_goes_back_a_day_begins_anew() -> None:
    history = History(zone=AMSTERDAM)
    history.learn(a_word(MOMENT, 1000), meter=METER)
    earlier = MOMENT - timedelta(days=2)
    history.learn(a_word(earlier, 1100), meter=METER)
    assert today_of(history)[0] == 0
    assert history.today_since == earlier


def test_typical_needs_three_days_of_the_same_kind() -> None:
    history = History(zone=AMSTERDAM)
    start = datetime(2026, 11, 16, 22, 59, 30, tzinfo=UTC)
    seen: list[Decimal | None] = []
    for day in range(8):
        for now in running(
            start + timedelta(days=day),
            start + timedelta(days=day, hours=23, minutes=59, seconds=30),
            step_s=30,
            watts=1000,
            from_wh=day * 24000,
        ):
            history.learn(now, meter=METER)
        today = history.today(seq=1)
        assert today is not None
        seen.append(today.typical_import_wh)
    # Tuesday to Friday are working days; three of them have to be over. Then comes the weekend.
    assert seen[:3] == [None, None, None]
    assert seen[4:6] == [None, None]
    assert seen[3] == pytest.approx(24000, abs=30)
    assert seen[7] == pytest.approx(24000, abs=30)


def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "state" / "history.json"
    history = History(zone=AMSTERDAM, path=path)
    for now in running(
        MIDNIGHT - timedelta(seconds=30), MIDNIGHT + timedelta(hours=1), step_s=10, watts=1200, from_wh=0
    ):
        history.learn(now, meter=METER)
    history.save()
    again = History(zone=AMSTERDAM, path=path)
    assert again.load()
    assert again.today(seq=1) == history.today(seq=1)
    assert again.today_since is None
    assert again.last_now == history.last_now
    assert again.hour.points(MIDNIGHT + timedelta(hours=1)) == history.hour.points(
        MIDNIGHT + timedelta(hours=1)
    )
    later = MIDNIGHT + timedelta(hours=3)
    again.learn(a_word(later, 3610), meter=METER)
    assert today_of(again)[0] == 3600


def test_the_file_is_private_and_names_no_meter(tmp_path: Path) -> None:
    path = tmp_path / "state" / "history.json"
    history = History(zone=AMSTERDAM, path=path)
    history.learn(a_word(MOMENT, 1000), meter=METER)
    history.save()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "0012344417" not in path.read_text()


def test_the_file_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    history = History(zone=AMSTERDAM, path=path)
    start = MIDNIGHT - timedelta(seconds=30)
    for day in range(KEPT_DAYS + 12):
        begin = start + timedelta(days=day)
        for now in running(
            begin, begin + timedelta(hours=23, minutes=59), step_s=60, watts=1234, from_wh=day * 30000
        ):
            history.learn(now, meter=METER)
    history.save()
    assert len(json.loads(path.read_text())["days"]) == KEPT_DAYS
    assert path.stat().st_size < MAX_BYTES // 4


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"v": 1}', '{"v": 2}', "[" * 50_000, "x" * (MAX_BYTES + 1)]
)
def test_a_damaged_file_is_the_same_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "history.json"
    path.write_text(text)
    assert not History(zone=AMSTERDAM, path=path).load()


@given(data=st.data())
def test_any_change_to_the_file_either_loads_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("history") / "history.json"
    history = History(zone=AMSTERDAM, path=path)
    history.learn(a_word(MOMENT, 1000), meter=METER)
    history.save()
    written = json.loads(path.read_text())
    name = data.draw(st.sampled_from(sorted(written)))
    written[name] = data.draw(
        st.one_of(st.none(), st.integers(), st.text(), st.lists(st.integers(), max_size=3), st.just({}))
    )
    path.write_text(json.dumps(written))
    again = History(zone=AMSTERDAM, path=path)
    if again.load():
        again.learn(a_word(MOMENT + timedelta(seconds=1), 1001), meter=METER)
    else:
        assert again.today(seq=1) is None


def test_a_wiped_history_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    history = History(zone=AMSTERDAM, path=path)
    history.learn(a_word(MOMENT, 1000), meter=METER)
    history.save()
    history.erase()
    assert not path.exists()
