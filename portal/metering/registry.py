"""What this process remembers of a household's meters and registers while it writes for them.

Writers of one household take turns by its shelf's token: a writer changes it first, which locks the row
until the transaction ends. Where the token is not the one this process left behind, another process has
written, or a transaction was rolled back, and everything is read afresh. So a remembered state can never
be wrong, and in the usual case it costs no query.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Lock

from django.db import connection

from consumerapp.catalogue import lookup
from consumerapp.readings import Commodity, MeterId, Obis, Quantity, Reading, from_thousandths, to_thousandths
from portal.accounts.models import Household
from portal.metering.derivation import Limits, is_profiled, limits_of, quantity_of
from portal.metering.facts import Fact
from portal.metering.models import Meter, Register, Shelf
from portal.metering.packing import unpack_facts

MAX_METERS = 64
"""A household has a handful of meters; a source that invents identities is stopped here."""
MAX_REGISTERS = 512
"""DLMS profiles send up to about a hundred; beyond this a decoder is reading noise."""
COARSE_WH = Decimal(100)
"""A register that counts in wider steps says little about a quarter-hour: 100 Wh are 400 W for 15 minutes."""
COARSE_M3 = Decimal("0.1")
_REMEMBERED_HOUSEHOLDS = 1024
_RUNNING = 255
NEVER = -1


@dataclass(slots=True)
class KnownRegister:
    """One register as this process remembers it."""

    id: int
    slot: int
    quantity: Quantity
    limits: Limits
    profiled: bool
    at: int = NEVER
    """Instant of the newest value, ms; `NEVER`: no value yet."""
    value: int = 0
    open_facts: list[Fact] = field(default_factory=list)
    open_start: int | None = None
    open_plain: bool = False
    """The open quarter-hour grew on from what was before it: as long as it only grows, it has no say in
    what is derived for earlier ones. False: not known."""
    open_marks: int = 0
    resolution: Decimal | None = None
    """As it was last sent."""
    finest: Decimal | None = None
    coarse: bool = False

    # What arrived in the running transaction.
    newest: Reading | None = None
    times: list[int] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    marked: list[tuple[int, int]] = field(default_factory=list)
    """(instant, marks) of readings that are special."""
    late: list[tuple[Reading, int, int]] = field(default_factory=list)
    """(reading, instant, value), not newer than `at`."""


@dataclass(slots=True)
class KnownMeter:
    """One meter as this process remembers it."""

    id: int
    registers: dict[Obis, KnownRegister] = field(default_factory=dict)
    by_identity: dict[int, tuple[Obis, KnownRegister]] = field(default_factory=dict)
    """`id()` of an OBIS code -> the code and its register: telegram after telegram sends the same objects."""
    newest_at: int = NEVER
    loose_chunks: int = 0
    """How many chunks the newest quarter-hour's samples lie in; `LOOSE_UNKNOWN`: to be counted."""


LOOSE_UNKNOWN = 10**6


@dataclass(slots=True)
class KnownHousehold:
    """One household as this process remembers it."""

    id: int
    token: int
    raw_hours: int
    meters: dict[str, KnownMeter] = field(default_factory=dict)


_remembered: OrderedDict[int, KnownHousehold] = OrderedDict()
_guard = Lock()


def claim(household: Household) -> KnownHousehold:
    """Take this household's turn, until the transaction ends, and say what is known of it."""
    with _guard:
        known = _remembered.get(household.pk)
    token = secrets.randbits(62) or 1
    if known is not None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE metering_shelf SET token = %s WHERE household_id = %s AND token = %s",
                (token, household.pk, known.token),
            )
            if cursor.rowcount == 1:
                known.token = token
                return known
    Shelf.objects.get_or_create(household=household)
    Shelf.objects.filter(household=household).update(token=token)
    known = _read(household, token)
    with _guard:
        _remembered[household.pk] = known
        _remembered.move_to_end(household.pk)
        while len(_remembered) > _REMEMBERED_HOUSEHOLDS:
            _remembered.popitem(last=False)
    return known


def forget(household_id: int) -> None:
    """Read afresh next time: a transaction failed, or settings changed."""
    with _guard:
        _remembered.pop(household_id, None)


def _read(household: Household, token: int) -> KnownHousehold:
    raw_hours = Shelf.objects.values_list("raw_hours", flat=True).get(household=household)
    known = KnownHousehold(household.pk, token, raw_hours)
    by_id: dict[int, KnownMeter] = {}
    for meter_id, ident in Meter.objects.filter(household=household).values_list("pk", "ident"):
        by_id[meter_id] = known.meters[ident] = KnownMeter(meter_id, loose_chunks=LOOSE_UNKNOWN)
    registers: dict[int, tuple[KnownMeter, KnownRegister]] = {}
    for row in Register.objects.filter(household_id=household.pk):
        meter = by_id[row.meter_id]
        obis = Obis.parse(row.obis)
        register = _known_register(row, obis)
        meter.registers[obis] = register
        registers[row.pk] = meter, register
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT register_id, at, value, open_start, open_marks, open_facts FROM metering_latest "
            "WHERE household_id = %s",
            (household.pk,),
        )
        for register_id, at, value, open_start, open_marks, open_facts in cursor.fetchall():
            if register_id not in registers:
                continue
            meter, register = registers[register_id]
            register.at, register.value = at, value
            register.open_start, register.open_marks = open_start, open_marks
            register.open_facts = unpack_facts(bytes(open_facts)) if open_facts else []
            meter.newest_at = max(meter.newest_at, at)
    return known


def find_or_add_meter(household: KnownHousehold, reading: Reading) -> KnownMeter | None:
    """The reading's meter, registered at first sight; None: the household has too many already."""
    known = household.meters.get(reading.meter_id)
    if known is None:
        if len(household.meters) >= MAX_METERS:
            return None
        row = Meter.objects.create(
            household_id=household.id,
            ident=str(reading.meter_id),
            commodity=_commodity_of(reading).value,
            installed_at=reading.instant,
        )
        known = household.meters[MeterId(reading.meter_id)] = KnownMeter(row.pk)
    return known


def find_or_add_register(
    household: KnownHousehold, meter: KnownMeter, reading: Reading
) -> KnownRegister | None:
    """The reading's register, registered at first sight; None: the meter has too many already."""
    known = meter.registers.get(reading.obis)
    if known is None:
        if len(meter.registers) >= MAX_REGISTERS:
            return None
        entry = lookup(reading.obis)
        row = Register.objects.create(
            meter_id=meter.id,
            household_id=household.id,
            obis=str(reading.obis),
            quantity=reading.quantity.value,
            phase=entry.phase if entry is not None else 0,
            tariff=entry.tariff if entry is not None else 0,
            slot=max((register.slot for register in meter.registers.values()), default=-1) + 1,
        )
        known = meter.registers[reading.obis] = _known_register(row, reading.obis)
    meter.by_identity[id(reading.obis)] = (reading.obis, known)
    if len(meter.by_identity) > 4 * MAX_REGISTERS:
        meter.by_identity.clear()
    return known


def note_resolution(register: KnownRegister, reading: Reading) -> None:
    """Remember how finely a register counts, and whether that is too coarse for quarter-hours."""
    register.resolution = step = reading.resolution
    if step is None:
        register.coarse = False
        return
    register.coarse = register.profiled and step > (
        COARSE_WH if register.limits is limits_of(Quantity.ACTIVE_ENERGY_IMPORT) else COARSE_M3
    )
    if register.finest is None or step < register.finest:
        register.finest = step
        Register.objects.filter(pk=register.id).update(resolution_thousandths=to_thousandths(step))


def _known_register(row: Register, obis: Obis) -> KnownRegister:
    quantity = quantity_of(row.quantity)
    finest = row.resolution_thousandths
    return KnownRegister(
        id=row.pk,
        slot=row.slot,
        quantity=quantity,
        limits=limits_of(quantity),
        profiled=is_profiled(quantity) and obis.f == _RUNNING,
        finest=None if finest is None else from_thousandths(finest),
    )


def _commodity_of(reading: Reading) -> Commodity:
    commodity = reading.quantity.commodity
    # A meter is known by what it counts, not by the status word that happens to come first.
    return Commodity.ELECTRICITY if commodity is Commodity.ABSTRACT else commodity
