"""The synthetic household in the portal: its account, its link, its past.

It goes the way that every household goes: the same account services, the same kind of link to a serial
port, the same door for readings. What is special is kept in one folder: which household it is, and the
registers of the last midnight.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import batched, chain
from pathlib import Path

from consumerapp import intervals
from consumerapp.errors import ConsumerAppError
from consumerapp.readings import Reading
from consumerapp.simulator import checkpoint_file
from consumerapp.simulator.history import MeterHistory, every, quarter_hours
from consumerapp.simulator.home import HOMES, Home
from consumerapp.simulator.household import Checkpoint
from consumerapp.simulator.household import Household as SyntheticHousehold
from consumerapp.simulator.sml_meters import SmlMeter, sml_profile
from portal.accounts.models import Household, Role, User
from portal.accounts.services import NewHousehold, found_household
from portal.ingest.services import accept
from portal.metering import store
from portal.pairing.links import add_link, links_of

LINK_NAME = "Reading head"
HOUSEHOLD_NAME = "Sample household"
FINE_STEP = timedelta(seconds=10)
FINE_SPAN = timedelta(hours=24)
"""How long raw readings are kept: older ones would be thrown away again."""
BATCH_READINGS = 6_000
"""A month of quarter-hours of two registers."""
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """Which synthetic household this portal shows."""

    folder: Path
    seed: int
    home_name: str
    meter_type: str
    installed: date

    @property
    def home(self) -> Home:
        """The home behind the meter."""
        return replace(HOMES[self.home_name], seed=self.seed)

    @property
    def port(self) -> Path:
        """Where its meter pushes."""
        return self.folder / "meter"

    @property
    def checkpoint(self) -> Path:
        """Where the registers of a midnight are kept, so that the meter starts at once."""
        return self.folder / "checkpoint.json"

    def simulate_arguments(self) -> list[str]:
        """What `python -m consumerapp simulate` has to be told."""
        return [
            f"--seed={self.seed}",
            f"--home={self.home_name}",
            f"--meter={self.meter_type}",
            f"--since={self.installed.isoformat()}",
            f"--checkpoint={self.checkpoint}",
            f"--pty={self.port}",
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What `write_past` has done."""

    since: datetime
    until: datetime
    accepted: int
    refused: int


def find_or_begin(
    folder: Path, *, seed: int, home_name: str, meter_type: str, years: int, today: date
) -> Demo:
    """The household of an earlier run, or a new one that begins `years` ago. Refuses a different one."""
    kept = folder / "household.json"
    try:
        content = json.loads(kept.read_text())
        demo = Demo(
            folder=folder,
            seed=int(content["seed"]),
            home_name=content["home"],
            meter_type=content["meter"],
            installed=date.fromisoformat(content["installed"]),
        )
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
        installed = (today - timedelta(days=365 * years)).replace(day=1)
        demo = Demo(folder=folder, seed=seed, home_name=home_name, meter_type=meter_type, installed=installed)
        content = {
            "v": _VERSION,
            "seed": seed,
            "home": home_name,
            "meter": meter_type,
            "installed": installed.isoformat(),
        }
        kept.write_text(json.dumps(content, indent=1) + "\n")
    except (KeyError, TypeError, ValueError) as error:
        raise ConsumerAppError(f"{kept} cannot be read: {error!r}") from error
    if (demo.seed, demo.home_name, demo.meter_type) != (seed, home_name, meter_type):
        raise ConsumerAppError(
            f"this portal shows seed {demo.seed}, {demo.home_name}, {demo.meter_type} already;"
            " another household needs another METERSIDE_VAR"
        )
    return demo


def ensure_household(demo: Demo, *, email: str) -> tuple[User, Household]:
    """The owner, who has no password, and the household with its link."""
    owner = User.objects.filter(email__iexact=email).first() or User.objects.create_user(email)
    household = Household.objects.filter(
        name=HOUSEHOLD_NAME, memberships__user=owner, memberships__role=Role.OWNER
    ).first()
    if household is None:
        new = NewHousehold(name=HOUSEHOLD_NAME, timezone=demo.home.zone.key, country="DE", language="en")
        household = found_household(owner, new)
    settings = {"url": str(demo.port), "protocol": "sml"}
    # By its port: people may have given it another name, or switched it off.
    if not any(link.settings.get("url") == settings["url"] for link in links_of(household)):
        add_link(household, kind="serial", name=LINK_NAME, settings=settings)
    return owner, household


def write_past(
    demo: Demo, household: Household, *, now: datetime, progress: Callable[[datetime], None]
) -> Written:
    """Everything between the last reading that is kept, or the meter's installation, and now."""
    checkpoint = checkpoint_file.load(demo.checkpoint, demo.home)
    meter, history, since = _resume(demo, household, checkpoint or demo.installed)
    if checkpoint is not None and intervals.local_day(since, demo.home.zone) < checkpoint.day:
        # Readings from before the checkpoint are wanted: the database is another one.
        meter, history, since = _resume(demo, household, demo.installed)
    accepted = refused = 0
    for batch in batched(_past(history, since, now), BATCH_READINGS):
        # Taken in as of then: a past that was written all at once would be marked as late.
        answer = accept(household, batch, now=batch[-1].received_at)
        accepted += answer.accepted
        refused += len(answer.refused)
        progress(batch[-1].received_at)
    today = intervals.local_day(now, demo.home.zone)
    checkpoint_file.save(demo.checkpoint, demo.home, meter.household.checkpoint(today))
    return Written(since=since, until=now, accepted=accepted, refused=refused)


def _past(history: MeterHistory, since: datetime, now: datetime) -> Iterator[Reading]:
    fine_from = max(since, now - FINE_SPAN)
    return chain(
        history.totals(quarter_hours(since, fine_from)),
        history.samples(every(FINE_STEP, fine_from, now)),
    )


def _resume(
    demo: Demo, household: Household, begins: date | Checkpoint
) -> tuple[SmlMeter, MeterHistory, datetime]:
    """The meter, its past, and the first instant whose readings are not kept yet."""
    meter = SmlMeter(sml_profile(demo.meter_type), SyntheticHousehold(demo.home, begins))
    first_day = begins.day if isinstance(begins, Checkpoint) else begins
    history = MeterHistory(meter, source=LINK_NAME, at=intervals.day_bounds(first_day, demo.home.zone)[0])
    known = [
        latest.received_at for latest in store.latest(household.pk) if latest.meter_id == history.meter_id
    ]
    if known:
        return meter, history, max(known) + timedelta(milliseconds=1)
    return meter, history, intervals.day_bounds(demo.installed, demo.home.zone)[0]
