"""Synthetic meters that push DLMS, each with the habits of a type on the market: list, framing, cipher, pace.

Habits, not captures: see `consumerapp/h1/meters/` for what each type leaves unsaid. Serial numbers are made
from the seed; ciphering types use `SIMULATED_KEY` and `SIMULATED_AUTH_KEY`, which open nothing but synthetic
telegrams.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from consumerapp.readings import Obis
from consumerapp.simulator import dlms, dlms_frames
from consumerapp.simulator.chance import draws
from consumerapp.simulator.household import Household
from consumerapp.simulator.meter import HouseholdMeter, Measure, Sample

SIMULATED_KEY = b"Meterside test 1"
SIMULATED_AUTH_KEY = b"Meterside test 2"

_W, _VAR, _WH, _A, _V = 27, 29, 30, 33, 35
"""COSEM unit codes (Blue Book 13 - §?)."""

_CLOCK = Obis(0, 0, 1, 0, 0)
_NUMBER = Obis(0, 0, 96, 1, 0)
_DEVIATION_NOT_SAID = -0x8000

Datum = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Row:
    """One number of a list."""

    group_c: int
    measure: Measure
    unit: int
    exponent: int
    datum: Datum = dlms.u32
    channel: int = 0

    @property
    def code(self) -> Obis:
        """The register's code."""
        return Obis(1, self.channel, self.group_c, 8 if self.unit == _WH else 7, 0)


def _rows(
    *, volt_exponent: int, ampere_exponent: int, small: Datum, energy_channel: int = 0
) -> tuple[Row, ...]:
    phases = (
        (31, Measure.AMPERAGE_L1, _A, ampere_exponent), (51, Measure.AMPERAGE_L2, _A, ampere_exponent),
        (71, Measure.AMPERAGE_L3, _A, ampere_exponent), (32, Measure.VOLTAGE_L1, _V, volt_exponent),
        (52, Measure.VOLTAGE_L2, _V, volt_exponent), (72, Measure.VOLTAGE_L3, _V, volt_exponent),
    )  # fmt: skip
    return (
        Row(1, Measure.IMPORT_POWER, _W, 0),
        Row(2, Measure.EXPORT_POWER, _W, 0),
        *(Row(c, measure, unit, exponent, small) for c, measure, unit, exponent in phases),
        Row(1, Measure.IMPORT, _WH, 0, channel=energy_channel),
        Row(2, Measure.EXPORT, _WH, 0, channel=energy_channel),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DlmsProfile:
    """A meter type: what it sends and how."""

    name: str
    title: str
    flag: str
    """The maker's three letters (DLMS UA FLAG register)."""
    rows: tuple[Row, ...]
    apdu: Callable[[DlmsMeter, Sample], bytes]
    framed: Callable[[bytes], bytes]
    security: int | None = None
    """Security control octet; None: in the clear."""
    baudrate: int = 2400
    interval_s: float = 10.0


class DlmsMeter:
    """A household's meter of one type: telegrams for any instant."""

    def __init__(self, profile: DlmsProfile, household: Household) -> None:
        self.profile = profile
        self.zone = household.home.zone
        self._meter = HouseholdMeter(household)
        number = draws(household.home.seed, "serial", profile.name).whole(10_000_000, 99_999_999)
        self.number = f"{profile.flag}10{number:08d}"
        self.system_title = profile.flag.encode() + number.to_bytes(5, "big")

    def sample(self, at: datetime) -> Sample:
        """What the meter measured at an instant, exactly; a telegram shows it in steps."""
        return self._meter.sample(at)

    def telegram(self, at: datetime, *, locked: bool = False) -> bytes:
        """The frames it pushes at an instant. These meters know no PIN: `locked` changes nothing."""
        apdu = self.profile.apdu(self, self.sample(at))
        if self.profile.security is not None:
            apdu = dlms_frames.sealed(
                apdu,
                key=SIMULATED_KEY,
                auth_key=SIMULATED_AUTH_KEY,
                system_title=self.system_title,
                # It has to grow across restarts of the simulator as well.
                counter=int(at.timestamp()),
                security=self.profile.security,
            )
        return self.profile.framed(apdu)

    def clock(self, sample: Sample, *, says_deviation: bool) -> bytes:
        """Local time as the type tells it."""
        local = sample.at.astimezone(self.zone)
        status = 0x80 if local.dst() else 0x00
        return dlms.date_time(
            local, deviation_min=None if says_deviation else _DEVIATION_NOT_SAID, status=status
        )

    def registers(self, sample: Sample, *, scaled: bool) -> list[dlms.Register]:
        """Its list of numbers."""
        return [
            dlms.Register(
                row.code,
                row.datum(sample.raw(row.measure, row.exponent)),
                row.exponent,
                row.unit if scaled else None,
            )
            for row in self.profile.rows
        ]


def _aidon(meter: DlmsMeter, sample: Sample) -> bytes:
    head = [
        dlms.Register(Obis(1, 1, 0, 2, 129), dlms.visible("AIDON_V0001")),
        dlms.Register(_NUMBER, dlms.visible(meter.number)),
    ]
    return dlms.notification(dlms.coded_array(head + meter.registers(sample, scaled=True)))


def _kaifa_no(meter: DlmsMeter, sample: Sample) -> bytes:
    """List 2: no energies; import, export, two reactive powers, currents, voltages."""
    numbers = [register.value for register in meter.registers(sample, scaled=False) if register.code.d == 7]
    reactive = sample.raw(Measure.REACTIVE_POWER, 0)
    body = dlms.structure(
        dlms.octets("KFM_001"),
        dlms.octets(meter.number),
        dlms.octets("MA304H3E"),
        *numbers[:2],
        dlms.u32(max(reactive, 0)),
        dlms.u32(max(-reactive, 0)),
        *numbers[2:],
    )
    clock = meter.clock(sample, says_deviation=False)
    return dlms.notification(body, clock=clock, form=dlms.ClockForm.TAGGED)


def _flat(*, scaled: bool, behind: bool) -> Callable[[DlmsMeter, Sample], bytes]:
    def apdu(meter: DlmsMeter, sample: Sample) -> bytes:
        clock = meter.clock(sample, says_deviation=True)
        registers: Sequence[dlms.Register] = meter.registers(sample, scaled=scaled)
        tail = [dlms.octets(meter.number)] if behind else []
        return dlms.notification(dlms.flat(registers, before=[dlms.octets(clock)], behind=tail), clock=clock)

    return apdu


def _swiss(meter: DlmsMeter, sample: Sample) -> bytes:
    clock = meter.clock(sample, says_deviation=True)
    head = [
        dlms.Register(Obis(0, 0, 42, 0, 0), dlms.octets(meter.number)),
        dlms.Register(_CLOCK, dlms.octets(clock)),
    ]
    return dlms.notification(dlms.object_list(head + meter.registers(sample, scaled=False)), clock=clock)


_TENTHS = _rows(volt_exponent=-1, ampere_exponent=-2, small=dlms.u16)
_PROFILES = (
    DlmsProfile(
        name="aidon-6525",
        title="Aidon 6525 (Norway), HDLC in the clear",
        flag="AID",
        rows=_rows(volt_exponent=-1, ampere_exponent=-1, small=dlms.u16),
        apdu=_aidon,
        framed=dlms_frames.hdlc_message,
    ),
    DlmsProfile(
        name="kaifa-ma304",
        title="Kaifa MA304 (Norway), HDLC, values without codes",
        flag="KFM",
        rows=_rows(volt_exponent=-1, ampere_exponent=-3, small=dlms.u32),
        apdu=_kaifa_no,
        framed=dlms_frames.hdlc_message,
    ),
    DlmsProfile(
        name="kaifa-ma309m",
        title=f"Kaifa MA309M (Austria), M-Bus, ciphered without tag, key {SIMULATED_KEY.hex()}",
        flag="KFM",
        rows=_TENTHS,
        apdu=_flat(scaled=True, behind=True),
        framed=dlms_frames.mbus_frames,
        security=0x20,
        interval_s=5.0,
    ),
    DlmsProfile(
        name="landisgyr-e450-at",
        title=(
            f"Landis+Gyr E450 (Austria), HDLC in blocks, ciphered with tag, key {SIMULATED_KEY.hex()}, "
            f"authentication key {SIMULATED_AUTH_KEY.hex()}"
        ),
        flag="LGZ",
        rows=_TENTHS,
        apdu=_flat(scaled=False, behind=False),
        framed=dlms_frames.hdlc_blocks,
        security=0x30,
    ),
    DlmsProfile(
        name="landisgyr-e450-ch",
        title="Landis+Gyr E450 (Switzerland), HDLC in blocks, object list first",
        flag="LGZ",
        rows=_rows(volt_exponent=0, ampere_exponent=-2, small=dlms.u16, energy_channel=1),
        apdu=_swiss,
        framed=dlms_frames.hdlc_blocks,
        interval_s=5.0,
    ),
)

DLMS_PROFILES: dict[str, DlmsProfile] = {profile.name: profile for profile in _PROFILES}
