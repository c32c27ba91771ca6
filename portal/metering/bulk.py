"""Many rows in one go, the way each database likes it best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

_ROWS_AT_ONCE = 500
"""Of PostgreSQL's 65,535 parameters and of a statement's text this needs a tenth at most."""


def insert_rows(insert: str, rows: Sequence[tuple[Any, ...]], on_conflict: str = "") -> None:
    """Insert rows of one shape; `insert` ends before VALUES.

    SQLite runs a prepared statement again for each row, which costs it a microsecond. PostgreSQL would
    answer each one, so it is given one statement with many rows.
    """
    if not rows:
        return
    one = "(" + ", ".join(["%s"] * len(rows[0])) + ")"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(f"{insert} VALUES {one} {on_conflict}", rows)
            return
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[start : start + _ROWS_AT_ONCE]
            values = ", ".join([one] * len(part))
            cursor.execute(f"{insert} VALUES {values} {on_conflict}", [cell for row in part for cell in row])
