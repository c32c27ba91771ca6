"""The factor-of-ten guard: physics against scalers that the telegram does not carry.

Voltage has to be a mains voltage. Apparent power ΣU·I can never be less than active power, and no house is
connected for more than `MOST_VA`. Where a profile knows several exponents these rules must leave exactly one;
where it knows one and they speak against it, the values are withheld. A missing value is better than one that
is wrong by ten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final

from consumerapp.h1.decoder import Column
from consumerapp.h1.profile import Exponents, Measure, measure_of
from consumerapp.readings import Obis

LEAST_V: Final = 80
MOST_V: Final = 500
"""Between phase and neutral 230 V, between phases 400 V, with room for a brown-out and a swell. Under ten
times apart, so that of two neighbouring exponents one at most fits."""

MOST_VA: Final = 120_000
"""A house connection of 3 × 160 A at 240 V, rounded up."""

SLIGHT_W: Final = 300
"""Below this the steps of a current of 10 mA or of a small meter's noise say nothing about a factor of
ten."""

FACTORS_OF_TEN: Final = ((7, 14), (70, 140))
"""ΣU·I over power that looks like a slip of one or two decimal places. Behind a roof it may happen by itself:
then the currents are missing for a telegram."""

LEAST_RATIO: Final = 0.5
"""ΣU·I over |P|: never under 1, but for values taken at different instants and phases not measured."""

MOST_RATIO: Final = 5
"""ΣU·I over the larger of |P| and |Q|: more only where phases cancel out, behind a photovoltaic roof."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A number whose exponent is not in the telegram."""

    obis: Obis
    raw: Decimal
    exponents: Exponents


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which exponent holds for each kind of value; a kind that is missing has to be withheld."""

    exponents: Mapping[Measure, int]
    withheld: frozenset[Measure]


_SCALED_TOGETHER: Final = (
    Measure.ACTIVE_POWER,
    Measure.REACTIVE_POWER,
    Measure.APPARENT_POWER,
    Measure.ACTIVE_ENERGY,
    Measure.REACTIVE_ENERGY,
    Measure.APPARENT_ENERGY,
)
"""A meter behind transformers scales its powers and energies by the same ratio."""


def settle(
    doubtful: Sequence[Doubtful], known: Mapping[Obis, Decimal], firm: frozenset[Measure] = frozenset()
) -> Verdict:
    """Decide the exponents of everything doubtful. `known`: values with a scaler of their own."""
    by_measure: dict[Measure, list[Doubtful]] = {}
    for value in doubtful:
        measure = measure_of(value.obis)
        if measure is not None:
            by_measure.setdefault(measure, []).append(value)
    exponents: dict[Measure, int] = {}
    withheld: set[Measure] = set()
    for measure, values in by_measure.items():
        candidates = values[0].exponents
        if measure is Measure.VOLTAGE:
            candidates = tuple(exponent for exponent in candidates if _are_mains(values, exponent))
        if len(candidates) == 1 or (candidates and not any(value.raw for value in values)):
            exponents[measure] = candidates[0]
        elif measure is not Measure.AMPERAGE or not candidates:
            withheld.add(measure)
    _settle_amperage(by_measure, known, exponents, withheld, firm)
    return Verdict(exponents, frozenset(withheld))


def _are_mains(values: Sequence[Doubtful], exponent: int) -> bool:
    return all(not value.raw or LEAST_V <= value.raw.scaleb(exponent) <= MOST_V for value in values)


def _settle_amperage(
    by_measure: Mapping[Measure, Sequence[Doubtful]],
    known: Mapping[Obis, Decimal],
    exponents: dict[Measure, int],
    withheld: set[Measure],
    firm: frozenset[Measure],
) -> None:
    values = by_measure.get(Measure.AMPERAGE, ())
    voltages = by_measure.get(Measure.VOLTAGE, ())
    if Measure.AMPERAGE in withheld or not (values or voltages):
        return
    numbers = dict(known)
    for measure, members in by_measure.items():
        if measure in exponents and measure is not Measure.AMPERAGE:
            numbers.update({value.obis: value.raw.scaleb(exponents[measure]) for value in members})
    candidates = values[0].exponents if values else (0,)
    verdicts = {
        exponent: _judge(
            numbers | {value.obis: value.raw.scaleb(exponent) for value in values}, len(candidates) > 1
        )
        for exponent in candidates
    }
    fitting = [exponent for exponent, verdict in verdicts.items() if verdict is _Fit.FITS]
    if len(fitting) == 1:
        if values:
            exponents[Measure.AMPERAGE] = fitting[0]
        return
    if values and not any(value.raw for value in values):
        return
    doubted: set[Measure] = set()
    if len(candidates) == 1 and verdicts[candidates[0]] is _Fit.CONTRADICTS:
        doubted = {measure for measure in _SCALED_TOGETHER if measure in by_measure}
    if Measure.AMPERAGE in firm and len(candidates) == 1:
        exponents[Measure.AMPERAGE] = candidates[0]
    else:
        # One of them is wrong, and nothing says which.
        doubted.add(Measure.AMPERAGE)
    for measure in doubted:
        withheld.add(measure)
        exponents.pop(measure, None)


class _Fit(Enum):
    """How power and ΣU·I go together."""

    FITS = "of one connection"
    TOO_BIG = "the currents look ten times too big"
    CONTRADICTS = "one of the two is wrong"
    SILENT = "nothing to go by"


def _judge(numbers: Mapping[Obis, Decimal], choosing: bool) -> _Fit:
    """Whether power and ΣU·I can be of one connection. `choosing`: between candidates, so silence is no
    consent."""
    apparent = apparent_va(numbers)
    net = power(numbers, 1, 2)
    silence = _Fit.SILENT if choosing else _Fit.FITS
    if apparent is None or net is None:
        return silence
    active = abs(net)
    if max(active, apparent) < SLIGHT_W:
        return silence
    if apparent < active * Decimal(LEAST_RATIO):
        return _Fit.CONTRADICTS
    larger = max(active, abs(power(numbers, 3, 4) or Decimal(0)))
    if choosing:
        return _Fit.FITS if active >= SLIGHT_W and apparent <= larger * MOST_RATIO else _Fit.SILENT
    if apparent > larger * MOST_RATIO and apparent > MOST_VA:
        return _Fit.CONTRADICTS
    if larger >= SLIGHT_W and any(low * larger <= apparent <= high * larger for low, high in FACTORS_OF_TEN):
        return _Fit.TOO_BIG
    return _Fit.FITS


def power(numbers: Mapping[Obis, Decimal], group_import: int, group_export: int) -> Decimal | None:
    """Import minus export of the sum of all phases, in W or var; None: not sent."""
    found = [
        number if obis.c == group_import else -number
        for obis, number in numbers.items()
        if obis.a == 1 and obis.d == 7 and obis.e == 0 and obis.c in {group_import, group_export}
    ]
    return sum(found, Decimal(0)) if found else None


def apparent_va(numbers: Mapping[Obis, Decimal]) -> Decimal | None:
    """ΣU·I in VA over the phases; None: no phase has both.

    In the networks without neutral some phases have no voltage or none of their own: theirs is taken from
    another.
    """
    amperes = {c: number for c in (31, 51, 71) for number in _instants(numbers, c)}
    volts = {c: number for c in (32, 52, 72) for number in _instants(numbers, c) if number}
    if not amperes or not volts:
        return None
    any_volts = max(volts.values())
    return sum((number * volts.get(c + 1, any_volts) for c, number in amperes.items()), Decimal(0))


def _instants(numbers: Mapping[Obis, Decimal], group_c: int) -> list[Decimal]:
    return [
        n for obis, n in numbers.items() if obis.a == 1 and obis.c == group_c and obis.d == 7 and obis.e == 0
    ]


def quick_guard(
    columns: Sequence[Column], firm: frozenset[Measure] = frozenset()
) -> Callable[[Sequence[int]], bool]:
    """A test of raw numbers under assumed exponents that is quick where nothing is wrong.

    Whatever is not clearly in order is put before `settle`. In integers, with a little less room than its
    limits.
    """
    instants = [
        (at, column) for at, column in enumerate(columns) if column.obis.a == 1 and column.obis.d == 7
    ]
    place = {column.obis.c: at for at, column in instants}
    exponent = {column.obis.c: column.exponent for _, column in instants}
    volts = [place[c] for c in (32, 52, 72) if c in place]
    phases = [(place[c], place.get(c + 1)) for c in (31, 51, 71) if c in place]
    powers = [place.get(c) for c in (1, 2, 3, 4)]

    def slowly(raw: Sequence[int]) -> bool:
        values = [
            Doubtful(column.obis, Decimal(number), (column.exponent,))
            for column, number in zip(columns, raw, strict=True)
            if measure_of(column.obis) is not None
        ]
        return not settle(values, {}, firm).withheld

    volt_exponents = {exponent[c] for c in (32, 52, 72) if c in place}
    ampere_exponents = {exponent[c] for c in (31, 51, 71) if c in place}
    others = sum(measure_of(column.obis) is Measure.VOLTAGE for column in columns) != len(volts)
    if (
        others
        or len(place) != len(instants)
        or len(volt_exponents) != 1
        or len(ampere_exponents) != 1
        or powers[0] is None
        or any(exponent.get(c, 0) for c in (1, 2, 3, 4))
        or max(volt_exponents | ampere_exponents) > 0
    ):
        return slowly
    (volt_exponent,), (ampere_exponent,) = volt_exponents, ampere_exponents
    ten = 10 ** -(volt_exponent + ampere_exponent)
    least, most = LEAST_V * 10**-volt_exponent, MOST_V * 10**-volt_exponent
    nothing = len(columns)
    p_import, p_export, q_import, q_export = (nothing if at is None else at for at in powers)

    def quickly(raw: Sequence[int]) -> bool:
        found = [raw[at] for at in volts]
        any_volts = max(found)
        if not least < min([number or any_volts for number in found]) <= any_volts < most:
            return slowly(raw)
        apparent = 0
        for at, volt_at in phases:
            apparent += raw[at] * ((volt_at is not None and raw[volt_at]) or any_volts)
        numbers = (*raw, 0)
        active = abs(numbers[p_import] - numbers[p_export]) * ten
        reactive = abs(numbers[q_import] - numbers[q_export]) * ten
        larger = max(reactive, active)
        return (apparent * 10 > active * 6 and apparent < larger * 4) or slowly(raw)

    return quickly
