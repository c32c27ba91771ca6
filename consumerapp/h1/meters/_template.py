"""Maker, models, country: what its telegrams look like and what they leave unsaid.

Document, version - §?: what it says about the list, the units, the keys.

Copy this file to NAME.py (NAME is what people type: maker, underscore, model or country), take out what the
meter does not need, and run `pytest tests/consumerapp/h1/test_profile.py`. docs/adding-a-meter.md walks
through it.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import Measure, MeterProfile, Sample, Signs
from consumerapp.readings import Obis

PROFILE = MeterProfile(
    name="maker_model",
    title="Maker Model (Country)",
    # What it is known by: the first letters of its system title or logical device name, its list's name,
    # the shape of its body.
    signs=Signs(makers=("XYZ",), labels=("XYZ_V0001",), shapes=(Shape.FLAT_PAIRS,)),
    # Only for values that come without a scaler, and only what a document or a comparison with the meter's
    # own display has shown. Several exponents: candidates that physics has to decide between.
    exponents={Measure.ACTIVE_POWER: (0,), Measure.VOLTAGE: (0, -1), Measure.AMPERAGE: (-2,)},
    # What texts without a code are, in their order.
    loose=(Obis(0, 0, 96, 1, 0),),
    # Made by tests/consumerapp/h1/meter_telegrams.py, never captured.
    sample=Sample(octets="", values={"1-0:1.7.0": "1840 W"}, meter_id="00000017"),
)
