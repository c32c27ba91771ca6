"""Synthetic meters that push SML over the optical port, each with the habits of a type on the market.

Habits, not captures: which registers a type sends, in which steps and widths, how it tells the time, which
checksum and tags it uses (see docs/standards.md). Serial numbers are made from the seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from consumerapp.errors import ConsumerAppError
from consumerapp.readings import Obis
from consumerapp.simulator import sml
from consumerapp.simulator.chance import draws
from consumerapp.simulator.household import Household
from consumerapp.simulator.meter import HouseholdMeter, Measure, Sample

_W, _WH, _A, _V, _HZ = 27, 30, 33, 35, 44
"""COSEM unit codes (Blue Book 13 - §?)."""

# FNN basic meter: bit 2 is always set, bit 8 current above start-up, bits 18 to 20 voltage on each phase.
_STATUS = 0x1C0104
_STATUS_EXPORTS = (11, 12, 13, 14)
"""Bits for the sum and each phase feeding in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One number of a telegram."""

    obis: str
    measure: Measure
    unit: int
    exponent: int
    width: int | None = 8
    """Octets; None: as few as the number needs without its sign."""
    is_signed: bool = True
    has_status: bool = False

    @property
    def code(self) -> Obis:
        """The register's code."""
        return Obis.parse(self.obis)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmlProfile:
    """A meter type: what it sends and how."""

    name: str
    title: str
    flag: str
    """The maker's three letters (DLMS UA FLAG register)."""
    rows: tuple[Row, ...]
    serials: tuple[int, int] = (10_000_000, 99_999_999)
    firmware: bytes | None = None
    tag_width: int = 2
    checksum: sml.ChecksumForm = sml.ChecksumForm.X25
    sensor_time: Callable[[int], bytes] | None = sml.seconds_index
    """From seconds of operation to the time field; None: it sends none."""


def _energy(
    obis: str, measure: Measure, *, exponent: int = -1, has_status: bool = False, width: int = 8
) -> Row:
    return Row(obis=obis, measure=measure, unit=_WH, exponent=exponent, has_status=has_status, width=width)


_PHASES = (
    Row(obis="1-0:36.7.0", measure=Measure.NET_POWER_L1, unit=_W, exponent=-2, width=4),
    Row(obis="1-0:56.7.0", measure=Measure.NET_POWER_L2, unit=_W, exponent=-2, width=4),
    Row(obis="1-0:76.7.0", measure=Measure.NET_POWER_L3, unit=_W, exponent=-2, width=4),
    Row(obis="1-0:32.7.0", measure=Measure.VOLTAGE_L1, unit=_V, exponent=-1, width=2, is_signed=False),
    Row(obis="1-0:52.7.0", measure=Measure.VOLTAGE_L2, unit=_V, exponent=-1, width=2, is_signed=False),
    Row(obis="1-0:72.7.0", measure=Measure.VOLTAGE_L3, unit=_V, exponent=-1, width=2, is_signed=False),
    Row(obis="1-0:31.7.0", measure=Measure.AMPERAGE_L1, unit=_A, exponent=-2, width=4),
    Row(obis="1-0:51.7.0", measure=Measure.AMPERAGE_L2, unit=_A, exponent=-2, width=4),
    Row(obis="1-0:71.7.0", measure=Measure.AMPERAGE_L3, unit=_A, exponent=-2, width=4),
    Row(obis="1-0:14.7.0", measure=Measure.FREQUENCY, unit=_HZ, exponent=-1, width=2, is_signed=False),
)

_PROFILES = (
    SmlProfile(
        name="emh-ed300l",
        title="EMH ED300L, two tariffs, total power",
        flag="EMH",
        rows=(
            _energy("1-0:1.8.0", Measure.IMPORT, has_status=True),
            _energy("1-0:2.8.0", Measure.EXPORT),
            _energy("1-0:1.8.1", Measure.IMPORT_HIGH),
            _energy("1-0:2.8.1", Measure.EXPORT_HIGH),
            _energy("1-0:1.8.2", Measure.IMPORT_LOW),
            _energy("1-0:2.8.2", Measure.EXPORT_LOW),
            Row(obis="1-0:16.7.0", measure=Measure.NET_POWER, unit=_W, exponent=-1, width=4),
        ),
    ),
    SmlProfile(
        name="iskra-mt175",
        title="Iskraemeco MT175, total and phase powers",
        flag="ISK",
        rows=(
            _energy("1-0:1.8.0", Measure.IMPORT, has_status=True),
            _energy("1-0:2.8.0", Measure.EXPORT),
            Row(obis="1-0:16.7.0", measure=Measure.NET_POWER, unit=_W, exponent=0, width=4),
            Row(obis="1-0:36.7.0", measure=Measure.NET_POWER_L1, unit=_W, exponent=0, width=4),
            Row(obis="1-0:56.7.0", measure=Measure.NET_POWER_L2, unit=_W, exponent=0, width=4),
            Row(obis="1-0:76.7.0", measure=Measure.NET_POWER_L3, unit=_W, exponent=0, width=4),
        ),
    ),
    SmlProfile(
        name="ebz-dd3",
        title="eBZ DD3, phases with voltage and current, four-byte tags",
        flag="EBZ",
        tag_width=4,
        rows=(
            _energy("1-0:1.8.0", Measure.IMPORT, exponent=-8, has_status=True),
            _energy("1-0:2.8.0", Measure.EXPORT, exponent=-8),
            Row(obis="1-0:16.7.0", measure=Measure.NET_POWER, unit=_W, exponent=-2, width=8),
            *_PHASES,
        ),
        firmware=b"1.04",
    ),
    SmlProfile(
        name="dzg-dvs74",
        title="DZG DVS74, powers in short integers whose sign misleads",
        flag="DZG",
        serials=(42_000_000, 48_999_999),
        rows=(
            _energy("1-0:1.8.0", Measure.IMPORT, has_status=True),
            _energy("1-0:2.8.0", Measure.EXPORT),
            Row(obis="1-0:16.7.0", measure=Measure.NET_POWER, unit=_W, exponent=-2, width=None),
        ),
    ),
    SmlProfile(
        name="holley-dtz541",
        title="Holley DTZ541, bare time, power without sign and its direction in the status word",
        flag="HLY",
        tag_width=4,
        checksum=sml.ChecksumForm.KERMIT_HIGH_FIRST,
        sensor_time=sml.bare_time,
        rows=(
            _energy("1-0:1.8.0", Measure.IMPORT, has_status=True),
            _energy("1-0:2.8.0", Measure.EXPORT),
            Row(obis="1-0:16.7.0", measure=Measure.ABSOLUTE_POWER, unit=_W, exponent=0, width=4),
        ),
    ),
)

SML_PROFILES: dict[str, SmlProfile] = {profile.name: profile for profile in _PROFILES}


class SmlMeter:
    """A household's meter of one type: telegrams for any instant."""

    def __init__(self, profile: SmlProfile, household: Household) -> None:
        self.profile = profile
        self.household = household
        self._meter = HouseholdMeter(household)
        serial = draws(household.home.seed, "serial", profile.name).whole(*profile.serials)
        self.server_id = (
            bytes((0x0A, 0x01)) + profile.flag.encode() + bytes((0x00,)) + serial.to_bytes(4, "big")
        )

    def sample(self, at: datetime) -> Sample:
        """What the meter measured at an instant, exactly; a telegram shows it in steps."""
        return self._meter.sample(at)

    def telegram(self, at: datetime, *, locked: bool = False) -> bytes:
        """The frame it pushes at an instant. Locked: energy in kWh only, until its PIN is entered."""
        sample = self.sample(at)
        seconds = int(at.timestamp())
        entries = [
            sml.ListEntry(obis=Obis(1, 0, 96, 50, 1, 1), value=self.profile.flag.encode()),
            sml.ListEntry(obis=Obis(1, 0, 96, 1, 0), value=self.server_id),
        ]
        entries += [
            self._entry(row, sample, locked) for row in self.profile.rows if not locked or row.unit == _WH
        ]
        if self.profile.firmware is not None:
            entries.append(sml.ListEntry(obis=Obis(1, 0, 0, 2, 0), value=self.profile.firmware))
        time = self.profile.sensor_time
        return sml.telegram(
            self.server_id,
            entries,
            # Seconds of operation: four bytes, counted from an instant that only the meter knows.
            sensor_time=None if time is None else time(seconds & 0x0FFF_FFFF),
            number=3 * seconds & 0xFFFF,
            tag_width=self.profile.tag_width,
            checksum=self.profile.checksum,
        )

    def _entry(self, row: Row, sample: Sample, locked: bool) -> sml.ListEntry:
        exponent = 3 if locked else row.exponent
        value = sample.raw(row.measure, exponent)
        width = _shortest(value) if row.width is None else row.width
        if row.width is None and value >> 8 * width - 1 == 1:
            # These meters send a positive number in so few octets that a reader takes its top bit for a sign.
            value -= 1 << 8 * width
        return sml.ListEntry(
            obis=row.code,
            value=value,
            unit=row.unit,
            scaler=exponent,
            status=self._status(sample) if row.has_status else None,
            width=width,
            is_signed=row.is_signed,
        )

    def _status(self, sample: Sample) -> int:
        bits = zip(_STATUS_EXPORTS, sample.exporting, strict=True)
        return _STATUS | sum(1 << bit for bit, exporting in bits if exporting)


def _shortest(value: int) -> int:
    """Octets that a positive number needs as an unsigned one, a negative one as signed."""
    return max(1, (value.bit_length() + (value < 0) + 7) // 8)


def sml_profile(name: str) -> SmlProfile:
    """The profile of that name."""
    try:
        return SML_PROFILES[name]
    except KeyError as error:
        raise ConsumerAppError(
            f"no meter type is called {name!r}; there are {', '.join(SML_PROFILES)}"
        ) from error
