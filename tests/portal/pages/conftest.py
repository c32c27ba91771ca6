"""A household with a history."""

from __future__ import annotations

from datetime import date

import pytest

from tests.portal.pages.written_history import write_history


@pytest.fixture
def history(household) -> date:
    """Forty days of readings; gives the running local day."""
    write_history(household, 40)
    return date(2026, 11, 24)
