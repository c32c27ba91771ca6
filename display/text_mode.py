"""`--text`: plain sentences, one for each change, for screen readers, pipes and logs. No Textual."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from consumerapp.live_values import Ambient
from consumerapp.sources.link import LinkState
from consumerapp.wire import Now
from display.feed import Clock, Feed, utc_now
from display.known import Freshness, Known
from display.words import Notice, Words


@dataclass(frozen=True, slots=True)
class _Said:
    """What the last sentences were about."""

    number: str = ""
    direction: str = ""
    level: Ambient | None = None
    notice: str = ""
    hour: datetime | None = None


class Narrator:
    """Turns what is known into sentences, each said once."""

    def __init__(self, words: Words, say: Callable[[str], None], *, every: timedelta = timedelta(0)) -> None:
        """`every`: changes of the number alone are not told more often; direction and level are."""
        self._words = words
        self._say = say
        self._every = every
        self._said = _Said()
        self._number_at: datetime | None = None

    def tell(self, known: Known, clock: datetime) -> None:
        """Say what has changed."""
        now = known.now()
        notice = self._words.notice(known, now, clock)
        # Ages change every second: they are no news by themselves.
        fresh = known.freshness(now, clock) in (Freshness.FRESH, Freshness.LATE)
        if now is not None and now.power_w is not None and fresh:
            self._tell_power(known, now, clock)
        self._tell_notice(known, now, notice, clock)

    def _tell_power(self, known: Known, now: Now, clock: datetime) -> None:
        assert now.power_w is not None
        text = self._words.language.gettext
        number = self._words.kilowatts(now.power_w)
        direction = self._words.direction(now.power_w)
        turned = (direction, now.ambient) != (self._said.direction, self._said.level)
        waited = self._number_at is None or clock - self._number_at >= self._every
        if number != self._said.number and (turned or waited):
            level = self._words.level(now.ambient) if now.ambient is not None else ""
            if self._words.exports(now.power_w):
                sentence = text("Sending {power} kW to the grid.")
            elif self._words.imports(now.power_w):
                sentence = text("Using {power} kW, {level}.")
            else:
                sentence = text("Nothing is drawn, nothing is sent.")
            unsigned = self._words.kilowatts(abs(now.power_w))
            self._say(sentence.format(power=unsigned, level=level))
            self._number_at = clock
            self._said = _Said(number, direction, now.ambient, self._said.notice, self._said.hour)
        self._tell_hour(known, clock)

    def _tell_hour(self, known: Known, clock: datetime) -> None:
        """Once an hour, what the day has brought."""
        hour = clock.astimezone(known.zone).replace(minute=0, second=0, microsecond=0)
        today = known.today
        if hour == self._said.hour or today is None or today.import_wh is None:
            return
        text = self._words.language.gettext
        energy = self._words.kilowatt_hours(today.import_wh)
        if known.today_since is None:
            self._say(text("Today {energy} from the grid.").format(energy=energy))
        else:
            since = self._words.language.time_of_day(known.today_since, known.zone)
            self._say(text("Since {time} {energy} from the grid.").format(time=since, energy=energy))
        if today.typical_import_wh is not None:
            usual = self._words.kilowatt_hours(today.typical_import_wh)
            self._say(text("Usually {energy} by now.").format(energy=usual))
        said = self._said
        self._said = _Said(said.number, said.direction, said.level, said.notice, hour)

    def _tell_notice(self, known: Known, now: Now | None, notice: Notice | None, clock: datetime) -> None:
        said = self._said
        key, sentence = "", ""
        if notice is not None:
            # The same notice with another age is the same notice.
            key = notice.advice if notice.urgent and now is not None else f"{notice.headline} {notice.advice}"
            key = f"{'old' if notice.urgent else ''}{key}"
            sentence = f"{notice.headline} {notice.advice}".strip()
        if key == said.notice:
            return
        if sentence:
            self._say(sentence)
        elif said.notice and self._live(known):
            self._say(self._words.language.gettext("Live again."))
        number = "" if notice is not None and notice.urgent else said.number
        self._said = _Said(number, said.direction, said.level, key, said.hour)

    @staticmethod
    def _live(known: Known) -> bool:
        return known.link is None or known.link.state is LinkState.LIVE


def _end(tasks: tuple[asyncio.Task[None], ...]) -> None:
    """End in order, so that the feed saves what it has to save."""
    for task in tasks:
        task.cancel()


async def run(
    feed: Feed, words: Words, say: Callable[[str], None], *, every: timedelta, clock: Clock = utc_now
) -> None:
    """Narrate a feed until cancelled; looks at the clock every second, so that silence is told too."""
    narrator = Narrator(words, say, every=every)
    newest: list[Known] = []

    def told(known: Known) -> None:
        newest[:] = [known]
        narrator.tell(known, clock())

    async def watch() -> None:
        while True:
            await asyncio.sleep(1)
            for known in newest:
                narrator.tell(known, clock())

    async with asyncio.TaskGroup() as tasks:
        begun = (tasks.create_task(feed.run(told)), tasks.create_task(watch()))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(RuntimeError, ValueError):  # no main thread: nobody signals it
                asyncio.get_running_loop().add_signal_handler(number, _end, begun)
