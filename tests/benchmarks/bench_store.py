"""The shelf: readings in with all derivations, ten years of them at rest, and any range of them out again.

On SQLite, and on PostgreSQL too when METERSIDE_DATABASE_URL names one (its schema `public` is emptied!).
Beside it, in the same run, stands the layout that it was chosen over: a row per register and quarter-hour,
clustered by its key, with the same values; and for writing the bare commit of one row per telegram.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time
from typing import Any

from harness import Contender, main, race, report, timed, where_and_what

YEARS = 10
UNTIL = datetime(2026, 6, 1, tzinfo=UTC)
ZONE = "Europe/Berlin"
MOST_BYTES_PER_VALUE = 6.0
MOST_DATABASE_MS = 5.0
LEAST_TELEGRAMS_PER_S = {"sqlite": 12_000, "postgresql": 2_975}
"""A hundred times and twenty-five times what the nearest peer reaches on PostgreSQL (119/s)."""
REGISTERS = ("1-0:1.8.1", "1-0:1.8.2", "1-0:2.8.1", "1-0:2.8.2")


def start_django(folder: Path) -> str:
    """Settings, an empty database; which kind it is."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings.test"
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    if connection.vendor == "sqlite":
        settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = str(
            folder / "bench.sqlite3"
        )
    else:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
    call_command("migrate", verbosity=0)
    return connection.vendor


def new_household() -> Any:
    from portal.accounts.models import Household

    return Household.objects.create(name="Bench", timezone=ZONE, country="DE")


def telegrams(kind: str, count: int, meter: str) -> list[list[Any]]:
    """Telegrams of one meter at one a second, as a decoder hands them over."""
    from consumerapp.readings import Kind, MeterId, Obis, Quantity, Reading

    columns = [
        ("1-0:1.8.0", Quantity.ACTIVE_ENERGY_IMPORT),
        ("1-0:2.8.0", Quantity.ACTIVE_ENERGY_EXPORT),
        ("1-0:16.7.0", Quantity.ACTIVE_POWER_NET),
    ]
    if kind == "P1":
        columns = [(code, Quantity.ACTIVE_ENERGY_IMPORT) for code in REGISTERS[:2]]
        columns += [(code, Quantity.ACTIVE_ENERGY_EXPORT) for code in REGISTERS[2:]]
        for group in (1, 21, 41, 61):
            columns += [(f"1-0:{group}.7.0", Quantity.ACTIVE_POWER_IMPORT)]
            columns += [(f"1-0:{group + 1}.7.0", Quantity.ACTIVE_POWER_EXPORT)]
        columns += [(f"1-0:{group}.7.0", Quantity.VOLTAGE) for group in (32, 52, 72)]
        columns += [(f"1-0:{group}.7.0", Quantity.AMPERAGE) for group in (31, 51, 71)]
    random = Random(4417)
    codes = [(Obis.parse(code), quantity) for code, quantity in columns]
    counted = [Decimal(12_345_678)] * len(codes)
    step, ident = Decimal("0.1"), MeterId(meter)
    made: list[list[Any]] = []
    for second in range(count):
        at = UNTIL - timedelta(seconds=count - second)
        telegram = []
        for number, (obis, quantity) in enumerate(codes):
            if quantity.kind is Kind.REGISTER:
                counted[number] += Decimal(random.randrange(10)).scaleb(-1)
                value = counted[number]
            else:
                value = Decimal(random.randrange(3000))
            telegram.append(
                Reading(
                    meter_id=ident, obis=obis, quantity=quantity, value=value, at=at, received_at=at,
                    resolution=step, source="bench",
                )
            )  # fmt: skip
        made.append(telegram)
    return made


def bench_writing(vendor: str) -> bool:
    """Telegrams in, with all that is derived from them, by size of batch."""
    from django.db import connection, transaction

    from portal.ingest.services import accept

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare (at BIGINT, a BIGINT, b BIGINT, c BIGINT)")

    cpu: dict[tuple[str, int], list[float]] = {}

    def bare_commits(count: int) -> Callable[[], float]:
        def work() -> None:
            for number in range(count):
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("INSERT INTO bare VALUES (%s, 1, 2, 3)", (number,))

        return lambda: timed(work, count)

    def batches(kind: str, size: int, count: int) -> Callable[[], float]:
        made = telegrams(kind, count, f"{kind}{size}")
        parts = [[reading for one in made[at : at + size] for reading in one] for at in range(0, count, size)]

        def work() -> float:
            household = new_household()
            # The first call registers meter and registers.
            accept(household, parts[0], now=UNTIL)
            begin, begin_cpu = perf_counter(), process_time()
            for part in parts[1:]:
                accept(household, part, now=UNTIL)
            cpu.setdefault((kind, size), []).append((process_time() - begin_cpu) * 1e6 / (count - size))
            return (perf_counter() - begin) * 1e6 / (count - size)

        return work

    plan = [(kind, size) for kind in ("SML", "P1") for size in (1, 10, 100, 1000)]
    contenders = [Contender("bare commit of one row (no derivation)", bare_commits(500))]
    for kind, size in plan:
        contenders.append(
            Contender(
                f"{kind}, {size} telegrams a transaction",
                batches(kind, size, {1: 500, 10: 3000}.get(size, 6000)),
            )
        )
    gc.collect()
    gc.freeze()  # The telegrams waiting here are not the shelf's garbage.
    timings = race(contenders, rounds=5)
    report(f"{vendor}: one telegram in (SML 3 values, P1 18)", timings)
    reached = True
    for kind in ("SML", "P1"):
        by_clock = 1e6 / timings[f"{kind}, 100 telegrams a transaction"].median_us
        by_cpu = 1e6 / median(cpu[kind, 100])
        # SQLite works in this process: its processor time does not depend on who else is busy here.
        per_second = by_cpu if vendor == "sqlite" else by_clock
        least = LEAST_TELEGRAMS_PER_S[vendor]
        reached &= per_second >= least
        print(
            f"{kind} in batches of 100: {by_clock:,.0f} telegrams/s by the clock, {by_cpu:,.0f}/s of "
            f"processor time (target {least:,}: {'reached' if per_second >= least else 'MISSED'})"
        )
    return reached


def quarter_hours(first: datetime, last: datetime) -> Any:
    """Four registers at every quarter-hour, by seasons and hours, in steps of 0.1 Wh."""
    random = Random(7)
    counted = [0] * 4
    at = first
    while at <= last:
        yield at, tuple(counted)
        summer = abs(6.5 - at.month) < 3
        day = 5 <= at.hour < 21
        counted[0 if day else 1] += random.randrange(300, 6000 if day else 1500)
        if day and random.random() < (0.6 if summer else 0.25):
            counted[2] += random.randrange(0, 9000)
        at += timedelta(minutes=15)


def fill(household: Any) -> tuple[float, int]:
    """Ten years through the same door as live readings; seconds, and values."""
    from consumerapp.readings import MeterId, Obis, Quantity, Reading
    from portal.ingest.services import accept

    ident = MeterId("1MTS0000004417")
    columns = [
        (Obis.parse(code), Quantity.ACTIVE_ENERGY_IMPORT if "1.8" in code else Quantity.ACTIVE_ENERGY_EXPORT)
        for code in REGISTERS
    ]
    spent, values = 0.0, 0
    part: list[Reading] = []

    def flush() -> None:
        nonlocal spent, part
        begin = perf_counter()
        accepted = accept(household, part, now=UNTIL)
        spent += perf_counter() - begin
        assert accepted.accepted == len(part), accepted
        part = []

    for at, counted in quarter_hours(UNTIL - timedelta(days=365.25 * YEARS), UNTIL):
        for (obis, quantity), tenths in zip(columns, counted, strict=True):
            part.append(
                Reading(
                    meter_id=ident, obis=obis, quantity=quantity, value=Decimal(tenths).scaleb(-1), at=at,
                    received_at=at, source="bench",
                )
            )  # fmt: skip
        values += 4
        if len(part) >= 40_000:
            flush()
    flush()
    return spent, values


def fill_rows() -> float:
    """The same values, a row each; seconds."""
    from django.db import connection

    clustered = " WITHOUT ROWID" if connection.vendor == "sqlite" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE interval_rows (household_id bigint, register_id bigint, start bigint, "
            f"energy bigint, quality smallint, PRIMARY KEY (household_id, register_id, start)){clustered}"
        )
    rows: list[tuple[int, ...]] = []
    before: tuple[int, ...] | None = None
    for at, counted in quarter_hours(UNTIL - timedelta(days=365.25 * YEARS), UNTIL):
        if before is not None:
            start = int(at.timestamp()) - 900
            rows += [
                (1, number + 1, start, (counted[number] - before[number]) * 100, 0) for number in range(4)
            ]
        before = counted
    rows.sort()
    from portal.metering.bulk import insert_rows

    begin = perf_counter()
    insert_rows("INSERT INTO interval_rows (household_id, register_id, start, energy, quality)", rows)
    return perf_counter() - begin


def table_bytes(*tables: str) -> int:
    """What tables take with their indexes."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            names = ", ".join(["%s"] * len(tables))
            cursor.execute(
                "SELECT SUM(pgsize) FROM dbstat WHERE name IN "
                f"(SELECT name FROM sqlite_schema WHERE tbl_name IN ({names}))",
                tables,
            )
            return int(cursor.fetchone()[0])
        total = 0
        for table in tables:
            cursor.execute("SELECT pg_total_relation_size(%s)", (table,))
            total += int(cursor.fetchone()[0])
        return total


@contextmanager
def noting(statements: list[tuple[str, Any]]) -> Any:
    from django.db import connection

    def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        statements.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(note):
        yield


def database_ms(ask: Callable[[], object]) -> float:
    """Time of a question's statements, fetching included."""
    from django.db import connection

    statements: list[tuple[str, Any]] = []
    with noting(statements):
        ask()
    spent: list[float] = []
    for _ in range(9):
        begin = perf_counter()
        for sql, parameters in statements:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                cursor.fetchall()
        spent.append(perf_counter() - begin)
    return sorted(spent)[4] * 1000


def bench_reading(vendor: str) -> bool:
    """Ten years of four registers at rest, and what it costs to ask."""
    from django.db import connection

    from consumerapp.readings import Quantity
    from portal.metering import store

    household = new_household()
    spent, values = fill(household)
    rows_spent = fill_rows()
    if vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    ours, theirs = table_bytes("metering_day", "metering_month"), table_bytes("interval_rows")
    print(f"\n{vendor}: {YEARS} years of 4 registers at rest\n{where_and_what()}")
    print(f"filled through accept(): {values:,} readings in {spent:.1f} s, {values / spent:,.0f}/s")
    print(f"a row per quarter-hour, bare: {rows_spent:.1f} s")
    for name, size in (("a row per register and day", ours), ("a row per quarter-hour", theirs)):
        print(f"{name:<44} {size / 1e6:8.1f} MB  {size / values:6.2f} bytes/value")
    reached = ours / values <= MOST_BYTES_PER_VALUE

    quantity, today = Quantity.ACTIVE_ENERGY_IMPORT, date(2026, 5, 20)
    questions: dict[str, Callable[[], object]] = {
        "a day by quarter-hours": lambda: store.day(household, today, quantity),
        "a typical day": lambda: store.typical_day(household, today, quantity),
        "31 days": lambda: store.days(household, quantity, date(2026, 5, 1), date(2026, 5, 31)),
        "365 days": lambda: store.days(household, quantity, date(2025, 6, 1), date(2026, 5, 31)),
        "120 months": lambda: store.months(household, quantity, date(2016, 6, 1), date(2026, 5, 1)),
        "10 years": lambda: store.years(household, quantity, 2016, 2026),
        "the first and last day": lambda: store.bounds(household),
        "every register's newest value": lambda: store.latest(household.pk),
    }

    def by_rows(days: int, label: str) -> Callable[[], object]:
        first = int(UNTIL.timestamp()) - days * 86400

        def ask() -> object:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT {label}, SUM(energy) FROM interval_rows WHERE household_id = 1 "
                    "AND register_id IN (1, 2) AND start >= %s GROUP BY 1",
                    (first,),
                )
                return cursor.fetchall()

        return ask

    print(f"{'':<34} {'database':>12} {'with Python':>12} {'row per quarter-hour':>24}")
    same_by_rows = {
        "a day by quarter-hours": by_rows(1, "start"),
        "31 days": by_rows(31, "start / 86400"),
        "365 days": by_rows(365, "start / 86400"),
        "120 months": by_rows(3652, "start / 2629800"),
        "10 years": by_rows(3652, "start / 31557600"),
    }
    for name, ask in questions.items():
        ask()
        database = database_ms(ask)
        whole = sorted(timed(ask, 1) for _ in range(9))[4] / 1000
        beside = ""
        if name in same_by_rows:
            beside = f"{database_ms(same_by_rows[name]):.2f} ms"
        verdict = "" if database <= MOST_DATABASE_MS else "  MISSED"
        reached &= database <= MOST_DATABASE_MS
        print(f"{name:<34} {database:>9.2f} ms {whole:>9.2f} ms {beside:>24}{verdict}")
    return reached


def bench_raw(vendor: str) -> bool:
    """A day of raw samples, one telegram a second, kept 24 hours."""
    from portal.ingest.services import accept
    from portal.metering import store

    household = new_household()
    before = table_bytes("metering_samples")
    made = telegrams("SML", 86_400, "raw")
    for at in range(0, len(made), 600):
        accept(household, [reading for one in made[at : at + 600] for reading in one], now=UNTIL)
    size = table_bytes("metering_samples") - before
    day = UNTIL - timedelta(days=1)
    questions: dict[str, Callable[[], object]] = {
        "the last hour, every 10 s": lambda: store.power_points(
            household, UNTIL - timedelta(hours=1), UNTIL, 10
        ),
        "24 hours, every 60 s": lambda: store.power_points(household, day, UNTIL, 60),
    }
    print(f"\n{vendor}: 24 hours of raw samples, one telegram of 3 values a second")
    print(f"{size / 1e6:.2f} MB, {size / len(made) / 3:.2f} bytes a value")
    for name, ask in questions.items():
        ask()
        whole = sorted(timed(ask, 1) for _ in range(9))[4] / 1000
        print(f"{name:<34} {database_ms(ask):>9.2f} ms {whole:>9.2f} ms")
    return True


def bench() -> bool:
    """Writing, resting, reading."""
    with tempfile.TemporaryDirectory() as folder:
        vendor = start_django(Path(folder))
        reached = [bench_writing(vendor), bench_raw(vendor), bench_reading(vendor)]
    return all(reached)


if __name__ == "__main__":
    sys.exit(main(bench))
