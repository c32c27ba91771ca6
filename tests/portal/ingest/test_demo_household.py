"""The synthetic household in the portal: one past, written once, gone on with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from consumerapp import intervals
from consumerapp.errors import ConsumerAppError
from consumerapp.readings import Quantity
from consumerapp.simulator.household import UJ_PER_WH
from consumerapp.simulator.household import Household as SyntheticHousehold
from portal.accounts.models import Household, User
from portal.ingest.demo_household import Demo, ensure_household, find_or_begin, write_past
from portal.metering import store
from portal.pairing.models import MeterLink

INSTALLED = date(2026, 3, 26)
# The clocks change on the 29th.
NOW = datetime(2026, 3, 31, 9, 20, 5, tzinfo=UTC)


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    begun = find_or_begin(
        tmp_path / "demo", seed=3, home_name="house", meter_type="emh-ed300l", years=1, today=NOW.date()
    )
    return replace(begun, installed=INSTALLED)


def told_nothing(until: datetime) -> None:
    """For who does not want to be told."""


@pytest.mark.django_db
def test_the_owner_has_no_password_and_the_link_is_an_ordinary_one(demo: Demo) -> None:
    owner, household = ensure_household(demo, email="home@example.org")
    assert not owner.has_usable_password()
    link = MeterLink.objects.get(household=household)
    assert (link.kind, link.settings["url"]) == ("serial", str(demo.port))


@pytest.mark.django_db
def test_asked_again_it_is_the_same_household(demo: Demo) -> None:
    assert ensure_household(demo, email="home@example.org") == ensure_household(
        demo, email="Home@example.org"
    )
    assert (User.objects.count(), Household.objects.count(), MeterLink.objects.count()) == (1, 1, 1)


@pytest.mark.django_db
def test_days_hold_what_the_household_used(demo: Demo) -> None:
    _, household = ensure_household(demo, email="home@example.org")
    written = write_past(demo, household, now=NOW, progress=told_nothing)
    assert written.refused == 0
    lived = SyntheticHousehold(demo.home, INSTALLED)
    for day in (INSTALLED + timedelta(days=number) for number in range(5)):
        opening, closing = (lived.checkpoint(one).registers for one in (day, day + intervals.ONE_DAY))
        for quantity, name in (
            (Quantity.ACTIVE_ENERGY_IMPORT, "import_uj"),
            (Quantity.ACTIVE_ENERGY_EXPORT, "export_uj"),
        ):
            # The meter shows tenths of a watt-hour.
            shown = [getattr(registers, name) * 10 // UJ_PER_WH for registers in (opening, closing)]
            profile = store.day(household, day, quantity)
            assert profile.total == Decimal(shown[1] - shown[0]) / 10
            assert profile.complete
            assert not any(profile.quality)


@pytest.mark.django_db
def test_a_second_run_fills_in_the_time_between_and_repeats_nothing(demo: Demo) -> None:
    _, household = ensure_household(demo, email="home@example.org")
    earlier = NOW - timedelta(days=2, minutes=7)
    write_past(demo, household, now=earlier, progress=told_nothing)
    again = write_past(demo, household, now=NOW, progress=told_nothing)
    assert earlier - timedelta(seconds=15) < again.since <= earlier
    assert again.refused == 0
    profile = store.day(household, date(2026, 3, 30), Quantity.ACTIVE_ENERGY_IMPORT)
    assert profile.complete
    at_once = write_past(demo, household, now=NOW, progress=told_nothing)
    assert (at_once.accepted, at_once.refused) == (0, 0)


@pytest.mark.django_db
def test_the_last_day_is_fine_enough_for_a_curve(demo: Demo) -> None:
    _, household = ensure_household(demo, email="home@example.org")
    write_past(demo, household, now=NOW, progress=told_nothing)
    curve = store.power_points(household, NOW - timedelta(hours=1), NOW, 60)
    known = [power for power in curve.power_w if power is not None]
    assert len(known) >= 58


@pytest.mark.django_db
def test_a_new_database_gets_the_whole_past_again(demo: Demo) -> None:
    _, household = ensure_household(demo, email="home@example.org")
    first = write_past(demo, household, now=NOW, progress=told_nothing)
    assert demo.checkpoint.exists()
    household.delete()
    _, again = ensure_household(demo, email="home@example.org")
    second = write_past(demo, again, now=NOW, progress=told_nothing)
    assert (second.since, second.accepted) == (first.since, first.accepted)


def test_one_portal_shows_one_household(tmp_path: Path) -> None:
    def begin(seed: int, today: date) -> Demo:
        return find_or_begin(
            tmp_path, seed=seed, home_name="house", meter_type="emh-ed300l", years=2, today=today
        )

    first = begin(1, date(2026, 3, 31))
    assert first.installed == date(2024, 3, 1)
    assert begin(1, date(2026, 9, 1)) == first
    with pytest.raises(ConsumerAppError, match="METERSIDE_VAR"):
        begin(2, date(2026, 3, 31))
    (tmp_path / "household.json").write_text("{}")
    with pytest.raises(ConsumerAppError, match="cannot be read"):
        begin(1, date(2026, 3, 31))
