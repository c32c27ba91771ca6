"""One local day of power, second by second, with its energy exact to the microjoule.

Power is constant within each second and a whole number of milliwatts, so energy over milliseconds is a
whole number of microjoules: no rounding anywhere, and any partition of the day adds up.

    net(second) = loads(second) + ripple(second) - sun(second)

Loads are stretches of constant power. Ripple and the slope of the sun within a minute sum to zero over
every whole minute, by construction. A day can therefore be integrated minute by minute in closed form;
only minutes in which the sign of the net power may change are walked second by second.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from consumerapp.simulator.appliances import ALL_PHASES, Use
from consumerapp.simulator.chance import mixed

_RIPPLE_FLOOR_MW = 1_400


class DayTrace:
    """The net power of one local day and what it adds up to."""

    def __init__(
        self, start_s: int, length_s: int, uses: Sequence[Use], sun_mw: Sequence[int], ripple: int
    ) -> None:
        """`uses` may begin before the day and end after it; `ripple` is the key of the noise."""
        self.start_s = start_s
        self.length_s = length_s
        self.minutes = length_s // 60
        self.uses = uses
        self.sun_mw = sun_mw
        self._ripple_key = ripple
        self._load_mj, self._level_mw, self._steps_mw = self._loads_by_minute()
        imported, exported = self._split_by_direction()
        self.import_mj: list[int] = list(accumulate(imported, initial=0))
        """Energy bought since the day began, in mJ (mW·s), at the start of every minute and at the end."""
        self.export_mj: list[int] = list(accumulate(exported, initial=0))
        """Energy fed in since the day began, likewise."""

    def net_mw(self, second: int) -> int:
        """Net power during a second of the day: positive is import."""
        minute, part = divmod(second, 60)
        load = sum(one.power_mw for one in self.uses if one.start_s <= second < one.end_s)
        return load + self._ripple_mw(minute, part) - self.sun_at_mw(second)

    def phases_mw(self, second: int) -> tuple[int, int, int]:
        """Net power of each phase during a second; they sum to `net_mw`."""
        minute, part = divmod(second, 60)
        phases = [0, 0, 0, 0]
        for one in self.uses:
            if one.start_s <= second < one.end_s:
                phases[one.phase] += one.power_mw
        evenly = phases[ALL_PHASES] - self.sun_at_mw(second)
        third = evenly // 3
        first = third + evenly - 3 * third + self._ripple_mw(minute, part)
        return phases[1] + first, phases[2] + third, phases[3] + third

    def reactive_mvar(self, second: int) -> tuple[int, int, int]:
        """Reactive power of each phase during a second: positive is inductive."""
        phases = [0, 0, 0, 0]
        for one in self.uses:
            if one.start_s <= second < one.end_s:
                phases[one.phase] += one.reactive_mvar
        third = phases[ALL_PHASES] // 3
        return phases[1] + third, phases[2] + third, phases[3] + third

    def sun_at_mw(self, second: int) -> int:
        """What the roof gives during a second; it glides from minute to minute."""
        minute, part = divmod(second, 60)
        return self.sun_mw[minute] + self._slope_mw(minute) * (2 * part - 59)

    def energy_uj(self, elapsed_ms: int) -> tuple[int, int]:
        """Import and export since the day began, in µJ (mW·ms), exact."""
        second, milliseconds = divmod(elapsed_ms, 1000)
        minute, part = divmod(second, 60)
        imported, exported = self.import_mj[minute], self.export_mj[minute]
        if part:
            for net in self._seconds_mw(minute)[:part]:
                if net > 0:
                    imported += net
                else:
                    exported -= net
        imported, exported = imported * 1000, exported * 1000
        if milliseconds:
            net = self.net_mw(second) * milliseconds
            if net > 0:
                imported += net
            else:
                exported -= net
        return imported, exported

    def _slope_mw(self, minute: int) -> int:
        """Half of what the sun gains from second to second in a minute."""
        before = self.sun_mw[minute - 1] if minute else 0
        after = self.sun_mw[minute + 1] if minute + 1 < self.minutes else 0
        slope = (after - before) // 240
        # At the edge of the night a slope would reach below zero; then the minute is level.
        return slope if abs(slope) * 59 <= self.sun_mw[minute] else 0

    def _ripple_mw(self, minute: int, part: int) -> int:
        return self._ripples_mw(minute)[part % 30] * (1 if part < 30 else -1)

    def _ripples_mw(self, minute: int) -> list[int]:
        """Noise of the first half of a minute; the second half takes back what the first one gave."""
        reach = self._ripple_reach_mw(minute)
        span = 2 * reach + 1
        first = (self.start_s // 60 + minute) * 15
        noise: list[int] = []
        for bits in (mixed(self._ripple_key, place) for place in range(first, first + 15)):
            noise.append(((bits & 0xFF_FFFF) * span >> 24) - reach)
            noise.append(((bits >> 40) * span >> 24) - reach)
        return noise

    def _ripple_reach_mw(self, minute: int) -> int:
        # The more is on, the more it flickers: four thousandths of the mean load.
        return _RIPPLE_FLOOR_MW + self._load_mj[minute] // 15_000

    def _loads_by_minute(self) -> tuple[list[int], list[int], dict[int, list[tuple[int, int]]]]:
        """By minute: energy of all loads in mJ, their power at its start in mW, steps (second, mW) in it."""
        energy = [0] * (self.minutes + 2)
        level = [0] * (self.minutes + 2)
        steps: dict[int, list[tuple[int, int]]] = {}
        for start, end, power, _, _ in self.uses:
            for second, step in ((start, power), (end, -power)):
                if second >= self.length_s:
                    continue
                minute, part = divmod(max(second, 0), 60)
                energy[minute] += step * (60 - part)
                energy[minute + 1] += step * part
                if part:
                    level[minute + 1] += step
                    steps.setdefault(minute, []).append((part, step))
                else:
                    level[minute] += step
        return list(accumulate(energy))[: self.minutes], list(accumulate(level)), steps

    def _split_by_direction(self) -> tuple[list[int], list[int]]:
        imported = self._load_mj.copy()
        exported = [0] * self.minutes
        for minute, sun in enumerate(self.sun_mw):
            if not sun:
                continue
            net = self._load_mj[minute] - 60 * sun
            reach = self._ripple_reach_mw(minute) + abs(self._slope_mw(minute)) * 59
            if abs(net) <= 60 * reach or minute in self._steps_mw:
                loads = self._loads_mw(minute)
                if min(loads) - reach < sun < max(loads) + reach:
                    imported[minute] = sum(power for power in self._seconds_mw(minute) if power > 0)
                    exported[minute] = imported[minute] - net
                    continue
            if net > 0:
                imported[minute] = net
            else:
                imported[minute], exported[minute] = 0, -net
        return imported, exported

    def _loads_mw(self, minute: int) -> list[int]:
        """Power of all loads in the sixty seconds of a minute, without ripple."""
        steps = [0] * 60
        steps[0] = self._level_mw[minute]
        for part, step in self._steps_mw.get(minute, ()):
            steps[part] += step
        return list(accumulate(steps))

    def _seconds_mw(self, minute: int) -> list[int]:
        """Net power of the sixty seconds of a minute."""
        sun, slope = self.sun_mw[minute], self._slope_mw(minute)
        noise = self._ripples_mw(minute)
        noise += [-one for one in noise]
        return [
            load + noise[part] - sun - slope * (2 * part - 59)
            for part, load in enumerate(self._loads_mw(minute))
        ]
