"""A supplier's bill beside what was reckoned here: line by line, what agrees, what differs and why. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from consumerapp.tariffs.bill import BillUnit
from consumerapp.tariffs.contract import (
    CapacityCharge,
    Component,
    EnergyPrice,
    FlatRate,
    RegisterRate,
    TimeOfUseRate,
)
from portal.metering.cost_sums import ZERO, CostLine, PeriodCost, gross_factors


class Kind(StrEnum):
    """What an entered line is."""

    LINE = "line"
    CONSUMPTION = "consumption"
    """What was used in all, without an amount."""


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line as the bill prints it."""

    name: str
    quantity: Decimal | None = None
    """In the unit of our line of that name."""
    amount: Decimal | None = None
    kind: Kind = Kind.LINE


def line_to_json(line: BillLine) -> dict[str, str | None]:
    """As it is kept."""
    return {
        "name": line.name,
        "quantity": None if line.quantity is None else str(line.quantity),
        "amount": None if line.amount is None else str(line.amount),
        "kind": line.kind.value,
    }


def line_from_json(kept: Mapping[str, Any]) -> BillLine:
    """As it was kept."""
    quantity, amount = kept.get("quantity"), kept.get("amount")
    return BillLine(
        str(kept["name"]),
        None if quantity is None else Decimal(quantity),
        None if amount is None else Decimal(amount),
        Kind(kept.get("kind", Kind.LINE)),
    )


class Verdict(StrEnum):
    """How a line of the bill stands beside ours."""

    AGREES = "agrees"
    ROUNDING = "rounding"
    """Equal but for rounding."""
    DIFFERS = "differs"
    ONLY_OURS = "only_ours"
    ONLY_THEIRS = "only_theirs"


class Why(StrEnum):
    """What explains a difference, or can."""

    QUANTITY_ROUNDED = "quantity_rounded"
    """The bill counts whole units and prices them."""
    QUANTITY = "quantity"
    ESTIMATED = "estimated"
    """Some of our days are estimated."""
    MISSING = "missing"
    """Some of our quarter-hours have no reading."""
    UNPRICED = "unpriced"
    PRICE = "price"
    OTHER_VERSION = "other_version"
    """The bill's price is that of another version of the contract."""
    WITH_TAX = "with_tax"
    """The bill's line has the tax in it, ours has it in a line of its own."""
    FOLLOWS = "follows"
    """A percentage of lines that differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason with its facts."""

    why: Why
    number: Decimal = ZERO
    """A quantity, a price, days or quarter-hours: what the reason is about."""
    other: Decimal = ZERO
    """The price that the bill comes to."""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a line."""

    quantity: Decimal | None
    amount: Decimal | None
    price: Decimal | None
    unit: BillUnit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedLine:
    """One line with its verdict."""

    name: str
    ours: Side | None
    theirs: Side | None
    verdict: Verdict
    difference: Decimal | None
    """Theirs minus ours; None: one of them has no amount."""
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BillCheck:
    """The whole bill."""

    lines: tuple[CheckedLine, ...]
    consumption: CheckedLine | None
    total: CheckedLine

    @property
    def agreeing(self) -> int:
        """Lines that agree, if need be but for rounding."""
        return sum(1 for line in self.lines if line.verdict in {Verdict.AGREES, Verdict.ROUNDING})


def line_name(line: CostLine) -> str:
    """What one of our lines is called."""
    return f"{line.component}: {line.label}" if line.label else line.component


def check_bill(cost: PeriodCost, entered: Sequence[BillLine], total: Decimal | None) -> BillCheck:
    """Set a bill beside what was reckoned."""
    return _Check(cost).of(entered, total)


class _Check:
    """One comparison."""

    def __init__(self, cost: PeriodCost) -> None:
        self._cost = cost
        self._cent = Decimal(1).scaleb(-cost.contract.places)

    def of(self, entered: Sequence[BillLine], total: Decimal | None) -> BillCheck:
        lines = list(self._lines([line for line in entered if line.kind is Kind.LINE]))
        told = next((line for line in entered if line.kind is Kind.CONSUMPTION), None)
        amounts = [line.amount for line in entered if line.amount is not None]
        theirs = total if total is not None else sum(amounts, ZERO) if amounts else None
        difference = None if theirs is None else theirs - self._cost.total
        return BillCheck(
            lines=tuple(lines),
            consumption=None if told is None else self._consumption(told),
            total=CheckedLine(
                name="",
                ours=Side(None, self._cost.total, None, None),
                theirs=None if theirs is None else Side(None, theirs, None, None),
                verdict=Verdict.ONLY_OURS
                if difference is None
                else self._verdict(difference, len(self._cost.lines)),
                difference=difference,
            ),
        )

    def _lines(self, entered: Sequence[BillLine]) -> Iterator[CheckedLine]:
        ours = _grouped([(line_name(line), line) for line in self._cost.lines])
        names = _aliases(self._cost.lines)
        theirs = _grouped([(names.get(_plain(line.name), line.name), line) for line in entered])
        differing = False
        for name, mine in ours.items():
            other = theirs.pop(name, [])
            if len(mine) == len(other):
                pairs = [([one], [their]) for one, their in zip(mine, other, strict=True)]
            else:
                pairs = [(mine, other)]
            for some, others in pairs:
                line = self._line(name, some, others, follows=differing)
                differing = differing or line.verdict in {Verdict.DIFFERS, Verdict.ONLY_OURS}
                yield line
        for name, rest in theirs.items():
            for strange in rest:
                side = Side(strange.quantity, strange.amount, None, None)
                yield CheckedLine(
                    name=name, ours=None, theirs=side, verdict=Verdict.ONLY_THEIRS, difference=strange.amount
                )

    def _line(self, name: str, ours: list[CostLine], theirs: list[BillLine], *, follows: bool) -> CheckedLine:
        unit = ours[0].unit
        percent = unit is BillUnit.PERCENT
        quantity = ours[0].quantity if percent else sum((line.quantity for line in ours), ZERO)
        amount = sum((line.amount for line in ours), ZERO)
        prices = {line.price for line in ours}
        mine = Side(quantity, amount, prices.pop() if len(prices) == 1 else None, unit)
        if not theirs:
            verdict = Verdict.AGREES if amount == 0 else Verdict.ONLY_OURS
            return CheckedLine(name=name, ours=mine, theirs=None, verdict=verdict, difference=None)
        quantities = [line.quantity for line in theirs if line.quantity is not None]
        amounts = [line.amount for line in theirs if line.amount is not None]
        their_quantity = sum(quantities, ZERO) if quantities else None
        their_amount = sum(amounts, ZERO) if amounts else None
        their_price = (
            their_amount / their_quantity
            if their_amount is not None and their_quantity and not percent
            else None
        )
        side = Side(their_quantity, their_amount, their_price, unit)
        difference = None if their_amount is None else their_amount - amount
        if difference is None:
            agrees = their_quantity is not None and _same_quantity(quantity, their_quantity)
            verdict = Verdict.AGREES if agrees else Verdict.DIFFERS
        else:
            verdict = self._verdict(difference, len(ours))
        reasons = () if verdict is Verdict.AGREES else tuple(self._reasons(ours, mine, side, follows=follows))
        if any(reason.why is Why.QUANTITY_ROUNDED for reason in reasons):
            verdict = Verdict.ROUNDING
        elif verdict is Verdict.ROUNDING:
            reasons = ()  # A cent more or less says nothing about a price.
        return CheckedLine(
            name=name, ours=mine, theirs=side, verdict=verdict, difference=difference, reasons=reasons
        )

    def _verdict(self, difference: Decimal, lines: int) -> Verdict:
        if difference == 0:
            return Verdict.AGREES
        # Each line may be rounded the other way.
        return Verdict.ROUNDING if abs(difference) <= self._cent * max(1, lines) else Verdict.DIFFERS

    def _reasons(self, lines: list[CostLine], ours: Side, theirs: Side, *, follows: bool) -> Iterator[Reason]:
        assert ours.quantity is not None  # our lines always count something
        if ours.unit is BillUnit.PERCENT:
            if theirs.quantity is not None and theirs.quantity != ours.quantity:
                yield Reason(why=Why.PRICE, number=ours.quantity, other=theirs.quantity)
            elif follows:
                yield Reason(why=Why.FOLLOWS)
            return
        sign = -1 if ours.amount is not None and ours.amount < 0 else 1
        price = ours.price
        if theirs.quantity is not None and theirs.quantity != ours.quantity:
            nearly = abs(theirs.quantity - ours.quantity) <= Decimal("0.5")
            if (
                nearly
                and price is not None
                and theirs.amount is not None
                and abs(theirs.amount - sign * abs(theirs.quantity * price)) <= self._cent / 2
            ):
                yield Reason(why=Why.QUANTITY_ROUNDED, number=theirs.quantity)
                return
            if not _same_quantity(ours.quantity, theirs.quantity):
                yield Reason(why=Why.QUANTITY, number=theirs.quantity - ours.quantity)
                yield from self._doubts(ours.unit)
        if theirs.price is not None and theirs.quantity and price is not None and theirs.amount is not None:
            allowed = (self._cent / 2) / abs(theirs.quantity)
            their_price = abs(theirs.price)
            if abs(their_price - abs(price)) > allowed:
                yield from self._price_reasons(lines[0], abs(price), their_price, allowed)
        elif ours.unit is not BillUnit.DAY and theirs.quantity is None:
            yield from self._doubts(ours.unit)

    def _price_reasons(
        self, line: CostLine, price: Decimal, their_price: Decimal, allowed: Decimal
    ) -> Iterator[Reason]:
        versions = {version.valid_from: version for version in self._cost.contract.versions}
        factor = gross_factors(versions[line.valid_from]).get(line.component, Decimal(1))
        if factor != 1 and abs(their_price - price * factor) <= allowed:
            yield Reason(why=Why.WITH_TAX, number=(factor - 1) * 100)
            return
        yield Reason(why=Why.PRICE, number=price, other=their_price)
        for day, other in prices_by_version(self._cost, line).items():
            if day != line.valid_from and abs(their_price - abs(other)) <= allowed:
                yield Reason(why=Why.OTHER_VERSION, number=other, day=day)

    def _doubts(self, unit: BillUnit | None) -> Iterator[Reason]:
        """What makes our own quantity doubtful."""
        if unit not in {BillUnit.KWH, BillUnit.M3}:
            return
        for why, number in (
            (Why.ESTIMATED, self._cost.estimated_days),
            (Why.MISSING, self._cost.missing),
            (Why.UNPRICED, self._cost.unpriced),
        ):
            if number:
                yield Reason(why=why, number=Decimal(number))

    def _consumption(self, told: BillLine) -> CheckedLine:
        ours, theirs = self._cost.quantity, told.quantity or ZERO
        agrees = _same_quantity(ours, theirs)
        doubts = () if agrees else tuple(self._doubts(BillUnit.KWH))
        return CheckedLine(
            name=told.name,
            ours=Side(ours, None, None, None),
            theirs=Side(theirs, None, None, None),
            verdict=Verdict.AGREES if agrees else Verdict.DIFFERS,
            difference=None,
            reasons=() if agrees else (Reason(why=Why.QUANTITY, number=theirs - ours), *doubts),
        )


def prices_by_version(cost: PeriodCost, line: CostLine) -> dict[date, Decimal]:
    """What each version of the contract says for the component and label of a line."""
    return {
        version.valid_from: price
        for version in cost.contract.versions
        for component in version.components
        if component.name == line.component
        for label, price in _prices_of(component)
        if label == line.label
    }


def _prices_of(component: Component) -> Iterator[tuple[str, Decimal]]:
    match component:
        case CapacityCharge():
            yield "", component.price_per_kw
        case EnergyPrice(rate=FlatRate(price)):
            yield "", price
        case EnergyPrice(rate=TimeOfUseRate() as rate):
            yield from ((band.name, band.price) for band in rate.bands)
            yield rate.otherwise_name, rate.otherwise
        case EnergyPrice(rate=RegisterRate() as rate):
            yield from ((register.name, register.price) for register in rate.prices)
        case _:
            return


def _grouped[Line](named: Sequence[tuple[str, Line]]) -> dict[str, list[Line]]:
    groups: dict[str, list[Line]] = {}
    for name, line in named:
        groups.setdefault(name, []).append(line)
    return groups


def _aliases(lines: Sequence[CostLine]) -> dict[str, str]:
    """Other words by which a bill may mean a line, where they mean only one."""
    found: dict[str, set[str]] = {}
    for line in lines:
        name = line_name(line)
        for alias in (name, f"{line.component} {line.label}", line.label, line.component):
            if alias:
                found.setdefault(_plain(alias), set()).add(name)
    return {alias: names.pop() for alias, names in found.items() if len(names) == 1}


def _plain(name: str) -> str:
    return " ".join("".join(letter if letter.isalnum() else " " for letter in name.casefold()).split())


def _same_quantity(ours: Decimal, theirs: Decimal) -> bool:
    """Equal in the digits that the bill prints."""
    exponent = theirs.as_tuple().exponent
    places = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
    return abs(ours).quantize(min(places, Decimal(1)), ROUND_HALF_UP) == abs(theirs)
