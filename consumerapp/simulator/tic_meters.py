"""Synthetic French meters on their customer port, historique and standard (Enedis-NOI-CPT_54E - §?)."""

from __future__ import annotations

from datetime import datetime
from math import isqrt

from consumerapp.simulator.chance import draws
from consumerapp.simulator.household import Household
from consumerapp.simulator.meter import HouseholdMeter, Measure, Sample
from consumerapp.simulator.tic import Group, historique, standard


class TicMeter:
    """A household's meter that prints a frame every second or two, in one of the two modes."""

    def __init__(self, household: Household, *, is_standard: bool) -> None:
        self._is_standard = is_standard
        self._zone = household.home.zone
        self._meter = HouseholdMeter(household)
        self.ident = f"0{draws(household.home.seed, 'serial', 'tic').whole(10**10, 10**11 - 1)}"

    def sample(self, at: datetime) -> Sample:
        """What the meter measured at an instant, exactly."""
        return self._meter.sample(at)

    def telegram(self, at: datetime, *, locked: bool = False) -> bytes:
        """The frame it prints at an instant. A TIC port knows no PIN: `locked` changes nothing."""
        sample = self.sample(at)
        return self._standard(sample) if self._is_standard else self._historique(sample)

    def _historique(self, sample: Sample) -> bytes:
        return historique(
            (
                Group("ADCO", self.ident),
                Group("OPTARIF", "BASE"),
                Group("ISOUSC", "45"),
                Group("BASE", f"{sample.raw(Measure.IMPORT, 0):09d}"),
                Group("PTEC", "TH.."),
                Group("IINST", f"{sample.raw(Measure.AMPERAGE_L1, 0):03d}"),
                Group("PAPP", f"{_apparent_va(sample) // 10 * 10:05d}"),
                Group("HHPHC", "A"),
                Group("MOTDETAT", "000000"),
            )
        )

    def _standard(self, sample: Sample) -> bytes:
        local = sample.at.astimezone(self._zone)
        horodate = f"{'E' if local.dst() else 'H'}{local:%y%m%d%H%M%S}"
        is_feeding_in = sample.power.total_mw < 0
        apparent_va = _apparent_va(sample)
        return standard(
            (
                Group("ADSC", self.ident),
                Group("VTIC", "02"),
                Group("DATE", "", horodate),
                Group("EAST", f"{sample.raw(Measure.IMPORT, 0):09d}"),
                Group("EASF01", f"{sample.raw(Measure.IMPORT, 0):09d}"),
                Group("EAIT", f"{sample.raw(Measure.EXPORT, 0):09d}"),
                Group("IRMS1", f"{sample.raw(Measure.AMPERAGE_L1, 0):03d}"),
                Group("URMS1", f"{sample.raw(Measure.VOLTAGE_L1, 0):03d}"),
                Group("SINSTS", f"{0 if is_feeding_in else apparent_va:05d}"),
                Group("SINSTI", f"{apparent_va if is_feeding_in else 0:05d}"),
                Group("NTARF", "01"),
            )
        )


def _apparent_va(sample: Sample) -> int:
    """√(P² + Q²), in VA."""
    watts = sample.raw(Measure.ABSOLUTE_POWER, 0)
    vars_ = sample.raw(Measure.REACTIVE_POWER, 0)
    return isqrt(watts * watts + vars_ * vars_)
