"""What the display's tests have in common: a fixed moment, a household, a feed that tells it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from consumerapp.live_values import WhyNoPower, ambient
from consumerapp.readings import Authenticity, Quality
from consumerapp.sources.link import LinkState
from consumerapp.wire import Hour, Link, Now, Snapshot, Today
from display.feed import Tell
from display.known import Knowledge, Known
from display.language import DOMAIN, LOCALE_FOLDER, Language

MOMENT = datetime(2026, 11, 24, 13, 7, 30, tzinfo=UTC)
"""A Tuesday, 14:07 in Amsterdam."""
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def a_now(
    power_w: Decimal | int | str | None = Decimal("1423.5"), *, age_s: float = 2, **changes: Any
) -> Now:
    """One meter's word, two seconds old."""
    at = MOMENT - timedelta(seconds=age_s)
    known: dict[str, Any] = {
        "seq": 1,
        "meter": "…4417",
        "source": "Hall meter",
        "at": at,
        "received_at": at,
        "power_w": None if power_w is None else Decimal(power_w),
        "why_no_power": WhyNoPower.NOT_SENT if power_w is None else None,
        "import_wh": Decimal("12937000.5"),
        "export_wh": Decimal("4412300.0"),
        "authenticity": Authenticity.PLAIN,
        "ambient": ambient(None if power_w is None else Decimal(power_w)),
        "quality": Quality.MEASURED,
    }
    return Now(**{**known, **changes})


def a_link(state: LinkState = LinkState.LIVE, detail: str = "", *, since_s: float = 380) -> Link:
    """The link to the reading head."""
    since = MOMENT - timedelta(seconds=since_s)
    return Link(seq=1, source="/dev/ttyUSB0", state=state, since=since, detail=detail)


def an_hour(*, exporting: bool = False) -> Hour:
    """A believable hour with a kettle, a washing machine, two minutes of silence, perhaps sun."""
    powers: list[Decimal | None] = []
    for step in range(360):
        power_w = 420 + 300 * math.sin(step / 40) + (1800 if 80 < step < 110 else 0)
        if exporting and step > 60:
            power_w -= 1700 * math.sin((step - 60) / 100)
        powers.append(None if 150 < step < 168 else Decimal(round(power_w)))
    return Hour(seq=1, start=MOMENT - timedelta(hours=1), step_s=10, power_w=tuple(powers))


def a_today(*, export_wh: int | None = 2210, typical_wh: int | None = 7900) -> Today:
    """The day so far."""
    return Today(
        seq=1,
        day=date(2026, 11, 24),
        import_wh=Decimal(8421),
        export_wh=None if export_wh is None else Decimal(export_wh),
        typical_import_wh=None if typical_wh is None else Decimal(typical_wh),
        until=MOMENT,
    )


def a_known(
    *nows: Now, link: Link | None = None, today: Today | None = None, hour: Hour | None = None
) -> Known:
    """A household in Amsterdam as the display knows it."""
    knowledge = Knowledge(zone=AMSTERDAM)
    knowledge.learn(
        Snapshot(
            seq=1,
            household="Kerkstraat 12",
            timezone="Europe/Amsterdam",
            now=nows,
            today=today or (a_today() if nows else None),
            hour=hour or an_hour(),
            links=(link or a_link(),),
        )
    )
    return knowledge.known(MOMENT)


class ToldFeed:
    """A feed that tells what the test hands it."""

    def __init__(self, *knowns: Known) -> None:
        self.knowns = knowns
        self.tell: Tell | None = None

    async def run(self, tell: Tell) -> None:
        """Tell everything at once, then stay silent."""
        self.tell = tell
        for known in self.knowns:
            tell(known)
        await asyncio.Event().wait()


class Clock:
    """A clock that the test winds."""

    def __init__(self, moment: datetime = MOMENT) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **span: float) -> None:
        """Let time pass."""
        self.moment += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at MOMENT."""
    return Clock()


@pytest.fixture(scope="session")
def locale_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogues of the repository, compiled outside of it."""
    folder = tmp_path_factory.mktemp("locale")
    for source in LOCALE_FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po"):
        code = source.parent.parent.name
        compiled = folder / code / "LC_MESSAGES" / f"{DOMAIN}.mo"
        compiled.parent.mkdir(parents=True)
        with source.open("rb") as stream, compiled.open("wb") as out:
            write_mo(out, read_po(stream, locale=code, domain=DOMAIN))
    return folder


@pytest.fixture
def language(locale_folder: Path) -> Callable[[str], Language]:
    """Languages by their code."""
    return lambda code: Language(code, folder=locale_folder)


@pytest.fixture
def english(language: Callable[[str], Language]) -> Language:
    """English, whatever the environment says."""
    return language("en")


@pytest.fixture
def german(language: Callable[[str], Language]) -> Language:
    """German."""
    return language("de")
