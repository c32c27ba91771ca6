"""Files of market prices: what is understood, what is refused and how it is said, what has gaps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from portal.metering.price_series import (
    MarketBook,
    PriceFileError,
    find_series,
    gaps_of,
    import_prices,
    parse_prices,
    series_for,
    span_of,
)

CSV = b"start,price,minutes\n2026-11-24T00:00+01:00,0.08412,60\n2026-11-24T01:00+01:00,-0.001,15\n"


def test_csv_says_start_price_and_length():
    points = parse_prices(CSV).points
    assert [(point.start, point.length, point.price) for point in points] == [
        (datetime(2026, 11, 23, 23, tzinfo=UTC), timedelta(hours=1), Decimal("0.08412")),
        (datetime(2026, 11, 24, 0, tzinfo=UTC), timedelta(minutes=15), Decimal("-0.001")),
    ]


def test_json_may_be_per_mwh_and_stays_exact():
    file = parse_prices(
        b'{"series": "DE-LU", "currency": "EUR", "unit": "MWh",'
        b' "points": [{"start": "2026-11-24T00:00Z", "price": 84.127}]}'
    )
    assert (file.series, file.currency, file.points[0].price) == ("DE-LU", "EUR", Decimal("0.084127"))


def test_semicolons_leave_the_comma_to_the_number():
    (point,) = parse_prices(b"start;price_per_mwh\n2026-11-24T00:00Z;84,12\n").points
    assert point.price == Decimal("0.08412")


def test_without_minutes_the_smallest_step_counts():
    file = parse_prices(b"start,price\n2026-11-24T00:00Z,1\n2026-11-24T00:15Z,2\n2026-11-24T01:00Z,3\n")
    assert {point.length for point in file.points} == {timedelta(minutes=15)}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "name the columns"),
        (b"when,what\n1,2\n", "name the columns"),
        (b"start,price\n", "no price"),
        (b"start,price\n2026-11-24T00:00,1\n", "offset"),
        (b"start,price\n2026-11-24T00:07Z,1\n", "quarter-hour"),
        (b"start,price\nyesterday,1\n", "Line 2: “yesterday” is no time"),
        (b"start,price\n2026-11-24T00:00Z,dear\n", "Line 2: “dear” is no price"),
        (b"start,price\n2026-11-24T00:00Z,NaN\n", "is no price"),
        (b"start,price\n2026-11-24T00:00Z,1e99\n", "is no price"),
        (b"start,price,minutes\n2026-11-24T00:00Z,1,45\n", "15, 30 or 60"),
        (b"start,price,minutes\n2026-11-24T00:00Z,1,60\n2026-11-24T00:30Z,2,60\n", "Two prices hold"),
        (b'{"points": 3}', "list of"),
        (b'{"points": [', "no JSON"),
        (b'{"points": [7]}', "is no time"),
        (b"\xff\xfe\x00", "UTF-8"),
    ],
)
def test_refusals_say_what_to_change(content, said):
    with pytest.raises(PriceFileError, match=said):
        parse_prices(content)


def test_gaps_stay_gaps_and_are_listed(household):
    file = parse_prices(
        b"start,price,minutes\n2026-11-22T23:00Z,0.1,60\n2026-11-23T02:00Z,0.2,60\n2026-11-24T02:00Z,0.3,60\n"
    )
    series = import_prices(household, "M", "EUR", file, source="x").series
    assert [(gap.start.hour, (gap.end - gap.start).total_seconds() / 3600) for gap in gaps_of(series)] == [
        (0, 2),
        (3, 23),
    ]
    span = span_of(series)
    assert span is not None
    assert (span.start, span.end) == (
        datetime(2026, 11, 22, 23, tzinfo=UTC),
        datetime(2026, 11, 24, 3, tzinfo=UTC),
    )
    prices = MarketBook(series, household, date(2026, 11, 23), date(2026, 11, 23)).prices_of(
        date(2026, 11, 23)
    )
    # The local day begins at 23 h UTC: an hour known, two unknown, an hour known.
    assert list(prices[:16]) == [100_000] * 4 + [None] * 8 + [200_000] * 4


def test_a_series_of_ones_own_goes_before_that_of_all(household, other_household):
    import_prices(None, "M", "EUR", parse_prices(CSV), source="all")
    own = import_prices(household, "M", "EUR", parse_prices(CSV), source="own").series
    assert find_series(household, "M") == own
    found = find_series(other_household, "M")
    assert found is not None
    assert found.household_id is None
    assert [series.pk for series in series_for(household)] == [own.pk]


def test_another_currency_is_refused(household):
    import_prices(household, "M", "EUR", parse_prices(CSV), source="x")
    with pytest.raises(PriceFileError, match="M is in EUR, the file in SEK"):
        import_prices(household, "M", "SEK", parse_prices(CSV), source="x")


@pytest.mark.django_db
def test_the_command_imports_for_all_and_says_how_much(tmp_path):
    file = tmp_path / "prices.csv"
    file.write_bytes(CSV)
    out = StringIO()
    call_command("import_prices", str(file), series="DE-LU", stdout=out)
    assert out.getvalue() == "DE-LU: 5 quarter-hours new, 0 changed, 0 known already\n"
    call_command("import_prices", str(file), series="DE-LU", stdout=out)
    assert out.getvalue().endswith("0 quarter-hours new, 0 changed, 5 known already\n")


@pytest.mark.django_db
def test_the_command_says_what_is_wrong(tmp_path):
    file = tmp_path / "prices.csv"
    file.write_bytes(CSV)
    with pytest.raises(CommandError, match="which series"):
        call_command("import_prices", str(file))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_prices", str(tmp_path / "nothing.csv"), series="M")
    with pytest.raises(CommandError, match="no such household"):
        call_command("import_prices", str(file), series="M", household="nobody")
