"""Meter profiles: what a meter type does that its telegrams do not say.

A profile is data: which telegrams are its own, what its values are scaled by, what its positional lists
mean, where its identification stands. Code never asks for a model; it asks the profile. Each lives in a file
of its own in `meters/` and is found by being there (see docs/adding-a-meter.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from consumerapp.errors import ConsumerAppError
from consumerapp.h1.decoder import Protocol
from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.meters import modules
from consumerapp.readings import Obis, Unit

if TYPE_CHECKING:
    from consumerapp.h1.sml_quirks import SmlProfile

ENOUGH: Final = 40
"""Score from which a profile is taken; one strong sign reaches it, two weak ones do."""


class Measure(StrEnum):
    """Kinds of values that a meter scales alike."""

    ACTIVE_POWER = "active power"
    REACTIVE_POWER = "reactive power"
    APPARENT_POWER = "apparent power"
    ACTIVE_ENERGY = "active energy"
    REACTIVE_ENERGY = "reactive energy"
    APPARENT_ENERGY = "apparent energy"
    VOLTAGE = "voltage"
    AMPERAGE = "amperage"
    POWER_FACTOR = "power factor"
    FREQUENCY = "frequency"
    ANGLE = "angle"


UNIT_OF: Final = MappingProxyType(
    {
        Measure.ACTIVE_POWER: Unit.W,
        Measure.REACTIVE_POWER: Unit.VAR,
        Measure.APPARENT_POWER: Unit.VA,
        Measure.ACTIVE_ENERGY: Unit.WH,
        Measure.REACTIVE_ENERGY: Unit.VARH,
        Measure.APPARENT_ENERGY: Unit.VAH,
        Measure.VOLTAGE: Unit.V,
        Measure.AMPERAGE: Unit.A,
        Measure.POWER_FACTOR: Unit.NONE,
        Measure.FREQUENCY: Unit.HZ,
        Measure.ANGLE: Unit.DEG,
    }
)

_BY_GROUP_C: Final = {
    1: "active", 2: "active", 3: "reactive", 4: "reactive", 5: "reactive", 6: "reactive", 7: "reactive",
    8: "reactive", 9: "apparent", 10: "apparent", 15: "active", 16: "active",
}  # fmt: skip
_INSTANT_BY_GROUP_C: Final = {
    11: Measure.AMPERAGE, 12: Measure.VOLTAGE, 13: Measure.POWER_FACTOR, 14: Measure.FREQUENCY,
}  # fmt: skip
_POWER: Final = {
    "active": Measure.ACTIVE_POWER,
    "reactive": Measure.REACTIVE_POWER,
    "apparent": Measure.APPARENT_POWER,
}
_ENERGY: Final = {
    "active": Measure.ACTIVE_ENERGY,
    "reactive": Measure.REACTIVE_ENERGY,
    "apparent": Measure.APPARENT_ENERGY,
}


@lru_cache(maxsize=4096)
def measure_of(obis: Obis) -> Measure | None:
    """What a code of electricity measures, as far as scaling goes; None: something else.

    Groups C and D of IEC 62056-6-1 - §?: 1-20 sum, 21-40, 41-60, 61-80 the phases; D 7 instantaneous,
    8 and 9 time integrals.
    """
    if obis.a != 1:
        return None
    if obis.d == 7 and obis.c in {81, 90, 91, 92}:
        return {81: Measure.ANGLE, 90: Measure.AMPERAGE, 91: Measure.AMPERAGE, 92: Measure.VOLTAGE}[obis.c]
    if not 1 <= obis.c <= 80:
        return None
    kind = obis.c if obis.c <= 20 else (obis.c - 1) % 20 + 1
    if obis.d == 7 and kind in _INSTANT_BY_GROUP_C:
        return _INSTANT_BY_GROUP_C[kind]
    name = _BY_GROUP_C.get(kind)
    if name is None:
        return None
    if obis.d == 7:
        return _POWER[name]
    return _ENERGY[name] if obis.d in {8, 9} else None


Exponents = tuple[int, ...]
"""One: known. Several: candidates, of which plausibility has to leave exactly one, or there is no value."""

Field = Obis | str | None
"""What a place in a positional list is: a code; "clock", "date" or "time"; None for what nobody has
explained."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A positional list: what each place means, and which types of data it is known by."""

    fields: tuple[Field, ...]
    types: str
    """One letter for each place: u u32, w u16, s string, o other integer or truth value, ? anything; null
    fits all."""

    push_setup_first: bool = False
    """The first string has to be the code of a push setup (0-x:25.9.0)."""

    def __post_init__(self) -> None:
        if len(self.fields) != len(self.types):
            raise ConsumerAppError(f"a layout of {len(self.fields)} fields and {len(self.types)} types")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What a meter type is known by. Every sign that is there adds to the score; a contradiction ends it."""

    makers: tuple[str, ...] = ()
    """First letters of the system title, or, where there is none, of a text such as the logical device
    name."""
    labels: tuple[str, ...] = ()
    """Beginnings of the list's own name (`KFM_001`)."""
    types: tuple[str, ...] = ()
    """Beginnings of the meter type's name: one of them has to be there."""
    shapes: tuple[Shape, ...] = ()
    codes: tuple[str, ...] = ()
    """Codes that are only here found together."""
    tagged_clock: bool = False
    """Its notifications write the tag of the date-time's octet-string, which the standard leaves out."""
    ciphered: bool = False
    """It never sends in the clear."""
    only_chosen: bool = False
    """Its telegrams do not tell it from its sisters: the installer has to choose it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A telegram as this meter would send it, made by our own encoder with keys and numbers of our own."""

    octets: str
    """Hexadecimal, with its framing."""
    values: Mapping[str, str]
    """Code → value and unit that it must give, for some of its numbers."""
    meter_id: str | None = None
    measured_at: str | None = None
    key: str | None = None
    auth_key: str | None = None
    chosen: bool = False
    """It can only be read when the profile has been chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterProfile:
    """One meter type (or one operator's configuration of it)."""

    name: str
    title: str
    """As people know it: maker, models, countries."""
    protocol: Protocol = Protocol.DLMS
    signs: Signs = field(default_factory=Signs)
    exponents: Mapping[Measure, Exponents] = field(default_factory=dict)
    """Scaling of what comes without a scaler; a scaler in the telegram always has precedence."""
    code_exponents: Mapping[str, Exponents] = field(default_factory=dict)
    """The same for single codes."""
    layouts: tuple[Layout, ...] = ()
    """Its positional lists (shape E)."""
    firm: frozenset[Measure] = frozenset()
    """What its documents leave no doubt about: when physics speaks against a telegram, it is the rest that
    is wrong."""
    loose: tuple[Field, ...] = ()
    """What the texts without a code are, in their order (a list's name, an id at the end)."""
    identity: tuple[str, ...] = ()
    """Codes of the meter's number, best first; empty: the usual ones."""
    identity_is_system_title: bool = False
    """Its telegrams carry no number; the system title is the only one there is."""
    deviation_is_local_minus_utc: bool = False
    """Its clock has the sign of the deviation the wrong way round."""
    trusts_clock: bool = True
    """False: its clock object is no wall clock."""
    standard_offset_min: int | None = None
    """P1: the country's standard time minus UTC, in minutes; its W and S stamps are read by it."""
    habit: SmlProfile | None = None
    """SML: how its power gets its sign, and which server ids it is known by."""
    baudrate: int = 2400
    framing: str = "8E1"
    needs_key: bool = False
    sample: Sample | None = None
    """A telegram of this meter; the test of every profile reads it back."""

    def exponents_of(self, obis: Obis) -> tuple[Unit, Exponents] | None:
        """Unit and exponents of a value without a scaler; None: not known, so there is no value."""
        measure = measure_of(obis)
        if measure is None:
            return None
        found = self.code_exponents.get(f"{obis.c}.{obis.d}.{obis.e}") or self.exponents.get(measure)
        return None if found is None else (UNIT_OF[measure], found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one telegram shows of the meter it comes from."""

    shape: Shape
    system_title: bytes | None = None
    texts: tuple[tuple[Obis | None, str], ...] = ()
    """Its texts, with their codes where they have one."""
    codes: frozenset[Obis] = frozenset()
    types: str = ""
    """For shape E: the letters of `Layout.types`."""
    push_setup_first: bool = False
    tagged_clock: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How well a profile fits, and why, in words for the installer."""

    profile: MeterProfile
    score: int
    reason: str


def fits(layout: Layout, evidence: Evidence) -> bool:
    """Whether a telegram's places fit a layout; `n` is null-data and fits everything."""
    types = evidence.types
    if layout.push_setup_first and not evidence.push_setup_first:
        return False
    return len(layout.types) == len(types) and all(
        wanted in {found, "?"} or found == "n" for wanted, found in zip(layout.types, types, strict=True)
    )


def match(profile: MeterProfile, evidence: Evidence) -> Match:
    """Score one profile against a telegram: 0 to 100, 0 where something contradicts."""
    signs = profile.signs
    nothing = Match(profile=profile, score=0, reason="")
    if (
        profile.protocol is not Protocol.DLMS
        or signs.only_chosen
        or (signs.shapes and evidence.shape not in signs.shapes)
    ):
        return nothing
    if signs.ciphered and evidence.system_title is None:
        return nothing
    score = 0
    reasons = []
    if evidence.shape is Shape.POSITIONAL:
        if not any(fits(layout, evidence) for layout in profile.layouts):
            return nothing
        # A list of one or two numbers fits by accident, a long one hardly.
        score += min(5 * len(evidence.types), 40)
        reasons.append(f"its list of {len(evidence.types)} values")
    texts = [text for _, text in evidence.texts]
    title = "".join(map(chr, evidence.system_title[:4])) if evidence.system_title else ""
    for weight, beginnings, found, what in (
        (45, signs.labels, texts, "list name"),
        (45, signs.types, texts, "meter type"),
        (34, signs.makers, [title] if title else texts, "maker"),
    ):
        if not beginnings:
            continue
        hits = [beginning for beginning in beginnings if any(text.startswith(beginning) for text in found)]
        if hits:
            score += weight + max(map(len, hits))
            reasons.append(f"{what} {max(hits, key=len)}")
        elif what == "meter type" or (what == "maker" and title):
            return nothing
    wanted = [Obis.parse(code) for code in signs.codes]
    if wanted and set(wanted) <= evidence.codes:
        score += 36
        reasons.append(f"{len(wanted)} codes of its own")
    if signs.tagged_clock and evidence.tagged_clock:
        score += 34
        reasons.append("date-time with its tag")
    if signs.shapes and score:
        score += 6
        reasons.append(f"body shape {evidence.shape}")
    return Match(profile=profile, score=min(score, 100), reason=", ".join(reasons))


def best_match(evidence: Evidence) -> Match | None:
    """The profile that fits best; None: none fits well enough, or two fit equally well."""
    matches = sorted(
        (match(profile, evidence) for profile in profiles().values()), key=lambda found: -found.score
    )
    if not matches or matches[0].score < ENOUGH:
        return None
    if len(matches) > 1 and matches[1].score == matches[0].score:
        return None
    return matches[0]


@lru_cache(maxsize=1)
def profiles() -> Mapping[str, MeterProfile]:
    """Every profile, by name: one from each module of `meters/` whose name has no leading underscore."""
    found: dict[str, MeterProfile] = {}
    for module in modules():
        profile: MeterProfile = import_module(module).PROFILE
        if profile.name in found:
            raise ConsumerAppError(f"two meter files call themselves {profile.name}")
        found[profile.name] = profile
    return MappingProxyType(found)


def get_profile(name: str, protocol: Protocol | None = None) -> MeterProfile:
    """The profile of that name, and of that protocol. Raises ConsumerAppError with the names there are."""
    offered = {each: profile for each, profile in profiles().items() if protocol in {None, profile.protocol}}
    if name not in offered:
        kind = "meter" if protocol is None else protocol.value.upper()
        known = ", ".join(sorted(offered))
        raise ConsumerAppError(f"there is no {kind} profile {name!r}; there are {known}")
    return offered[name]
