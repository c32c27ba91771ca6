"""Meter files: each is found by being there, reads its own sample, and says why it was taken."""

from __future__ import annotations

import importlib
from datetime import datetime
from pathlib import Path

import pytest

from consumerapp.errors import ConsumerAppError
from consumerapp.h1.cipher import MeterKeys, normalise_key
from consumerapp.h1.decoder import Protocol, Telegram
from consumerapp.h1.dlms import DlmsDecoder
from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import (
    ENOUGH,
    Evidence,
    Layout,
    Measure,
    MeterProfile,
    best_match,
    fits,
    get_profile,
    match,
    measure_of,
    profiles,
)
from consumerapp.h1.registry import decoder_for
from consumerapp.readings import Obis
from tests.consumerapp.h1.laws import events_of
from tests.consumerapp.h1.meter_telegrams import MADE, MADE_OTHERWISE

METERS = Path(importlib.import_module("consumerapp.h1.meters").__path__[0])
DLMS = sorted(name for name, profile in profiles().items() if profile.protocol is Protocol.DLMS)
OTHERS = sorted(set(profiles()) - set(DLMS))


def file_of(name: str) -> str:
    """The SML decoder reads only the files that begin with `sml_` and, where it knows it, the maker."""
    habit = get_profile(name).habit
    if habit is None or not habit.manufacturer:
        return name.replace("-", "_")
    return f"sml_{habit.manufacturer.decode().lower()}_{name.rpartition('-')[2]}"


def telegram_of(profile: MeterProfile, *, chosen: bool) -> tuple[Telegram, DlmsDecoder]:
    sample = profile.sample
    assert sample is not None
    keys: tuple[MeterKeys, ...] = ()
    if sample.key is not None:
        keys = (
            MeterKeys(normalise_key(sample.key), normalise_key(sample.auth_key) if sample.auth_key else None),
        )
    reader = DlmsDecoder(keys=keys, profile=profile.name if chosen else None)
    (event,) = events_of(reader, [bytes.fromhex(sample.octets)])
    assert isinstance(event, Telegram), event
    return event, reader


def test_every_file_is_found_and_named_for_its_meter() -> None:
    files = {path.stem for path in METERS.glob("*.py") if not path.stem.startswith("_")}
    assert files == {file_of(name) for name in profiles()}
    assert len(DLMS) >= 18
    assert len(OTHERS) >= 18


@pytest.mark.parametrize("name", DLMS)
def test_the_sample_was_made_by_our_encoder(name: str) -> None:
    sample = get_profile(name).sample
    assert sample is not None
    assert bytes.fromhex(sample.octets) == MADE[name]()


@pytest.mark.parametrize("name", DLMS)
def test_the_sample_gives_its_values(name: str) -> None:
    profile = get_profile(name)
    sample = profile.sample
    assert sample is not None
    for chosen in (True,) if sample.chosen else (True, False):
        telegram, reader = telegram_of(profile, chosen=chosen)
        given = {
            f"{value.obis.a}-{value.obis.b}:{value.obis.short}": f"{value.value:f} {value.unit}"
            for value in telegram.values
        }
        assert {code: given.get(code) for code in sample.values} == sample.values
        assert telegram.meter_id == sample.meter_id
        instant = None if sample.measured_at is None else datetime.fromisoformat(sample.measured_at)
        assert telegram.measured_at == instant
        assert reader.found is not None
        assert reader.found.profile is profile
        assert reader.found.reason


@pytest.mark.parametrize("name", [name for name in DLMS if not get_profile(name).signs.only_chosen])
def test_the_sample_is_recognised_by_its_signs(name: str) -> None:
    _, reader = telegram_of(get_profile(name), chosen=False)
    assert reader.found is not None
    assert (reader.found.profile.name, ENOUGH <= reader.found.score <= 100) == (name, True)


@pytest.mark.parametrize("name", DLMS)
def test_no_other_profile_makes_other_numbers_of_it_unless_chosen(name: str) -> None:
    """Whatever is asserted without a chosen profile is what the right profile asserts."""
    profile = get_profile(name)
    right, _ = telegram_of(profile, chosen=True)
    by_signs, _ = telegram_of(profile, chosen=False)
    assert set(by_signs.values) <= set(right.values)


@pytest.mark.parametrize("name", OTHERS)
def test_a_sample_of_p1_or_sml_is_our_encoders_and_gives_its_values(name: str) -> None:
    profile = get_profile(name)
    sample = profile.sample
    assert sample is not None
    octets = bytes.fromhex(sample.octets)
    assert octets == MADE_OTHERWISE[file_of(name)]()
    for chosen in (True,) if sample.chosen else (True, False):
        reader = decoder_for(profile.protocol, profile=name if chosen else None)
        (telegram,) = events_of(reader, [octets])
        assert isinstance(telegram, Telegram), telegram
        given = {
            f"{value.obis.a}-{value.obis.b}:{value.obis.short}": f"{value.value:f} {value.unit}"
            for value in telegram.values
        }
        assert {code: given.get(code) for code in sample.values} == sample.values
        assert telegram.meter_id == sample.meter_id
        instant = None if sample.measured_at is None else datetime.fromisoformat(sample.measured_at)
        assert telegram.measured_at == instant


@pytest.mark.parametrize("name", OTHERS)
def test_a_profile_is_of_use_to_its_own_protocol_only(name: str) -> None:
    for protocol in set(Protocol) - {get_profile(name).protocol}:
        with pytest.raises(ConsumerAppError):
            decoder_for(protocol, profile=name)
    (telegram,) = events_of(decoder_for("auto", profile=name), [MADE_OTHERWISE[file_of(name)]()])
    assert isinstance(telegram, Telegram)


def test_an_sml_habit_is_named_like_its_meter() -> None:
    habits = {name: profile.habit for name, profile in profiles().items() if profile.protocol is Protocol.SML}
    assert {name: habit and habit.name for name, habit in habits.items()} == {name: name for name in habits}


def test_an_unknown_name_is_answered_with_the_names_there_are() -> None:
    with pytest.raises(ConsumerAppError, match="kaifa_no"):
        get_profile("no such meter")


def test_two_profiles_that_fit_alike_decide_nothing() -> None:
    evidence = Evidence(shape=Shape.FLAT_PAIRS, texts=((None, "Kamstrup_V0001"),))
    found = best_match(evidence)
    assert found is not None
    assert found.profile.name == "kamstrup"
    assert best_match(Evidence(shape=Shape.FLAT_PAIRS)) is None
    assert best_match(Evidence(shape=Shape.POSITIONAL, types="u")) is None


def test_a_contradiction_ends_a_match() -> None:
    aidon = get_profile("aidon")
    assert match(aidon, Evidence(shape=Shape.POSITIONAL, texts=((None, "AIDON_V0001"),))).score == 0
    strange = Evidence(
        shape=Shape.CODED_ARRAY, texts=((None, "AIDON_V0001"),), system_title=b"XYZ\x00\x00\x00\x00\x01"
    )
    assert match(aidon, strange).score == 0
    ct = get_profile("kamstrup_ct")
    assert (
        match(ct, Evidence(shape=Shape.FLAT_PAIRS, texts=((None, "Kamstrup_V0001"), (None, "6841")))).score
        == 0
    )


def test_layouts_know_their_types() -> None:
    def fit(layout: Layout, types: str, *, push_setup_first: bool = False) -> bool:
        evidence = Evidence(shape=Shape.POSITIONAL, types=types, push_setup_first=push_setup_first)
        return fits(layout, evidence)

    layout = Layout((Obis(1, 0, 1, 7, 0), None, "clock"), "u?s")
    assert fit(layout, "uws")
    assert fit(layout, "nns")
    assert not fit(layout, "wws")
    assert not fit(layout, "uw")
    marked = Layout((None, Obis(1, 0, 1, 7, 0)), "su", push_setup_first=True)
    assert fit(marked, "su", push_setup_first=True)
    assert not fit(marked, "su")
    with pytest.raises(ConsumerAppError):
        Layout((None,), "uu")


@pytest.mark.parametrize(
    ("code", "measure"),
    [
        ("1-0:1.7.0", Measure.ACTIVE_POWER),
        ("1-1:62.7.0", Measure.ACTIVE_POWER),
        ("1-0:16.7.0", Measure.ACTIVE_POWER),
        ("1-0:43.7.0", Measure.REACTIVE_POWER),
        ("1-0:29.7.0", Measure.APPARENT_POWER),
        ("1-0:71.7.0", Measure.AMPERAGE),
        ("1-0:52.7.0", Measure.VOLTAGE),
        ("1-0:33.7.0", Measure.POWER_FACTOR),
        ("1-0:14.7.0", Measure.FREQUENCY),
        ("1-0:2.8.2", Measure.ACTIVE_ENERGY),
        ("1-0:5.8.0", Measure.REACTIVE_ENERGY),
        ("1-0:9.8.0", Measure.APPARENT_ENERGY),
        ("1-0:81.7.4", Measure.ANGLE),
        ("1-0:91.7.0", Measure.AMPERAGE),
        ("1-0:31.8.0", None),
        ("1-0:1.6.0", None),
        ("0-0:96.1.0", None),
        ("7-0:3.1.0", None),
    ],
)
def test_codes_are_scaled_by_what_they_measure(code: str, measure: Measure | None) -> None:
    assert measure_of(Obis.parse(code)) is measure


def test_the_document_names_every_profile() -> None:
    document = (Path(__file__).parents[3] / "docs" / "adding-a-meter.md").read_text(encoding="utf-8")
    assert [name for name in profiles() if f"`{name}`" not in document] == []
