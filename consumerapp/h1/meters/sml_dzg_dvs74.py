"""DZG DVS74: positive power is sent as a signed number too short for its top bit. Mended later.

The serial numbers are those known to have the habit; meters outside of them are read as the standard says.
"""

from __future__ import annotations

from consumerapp.h1.decoder import Protocol
from consumerapp.h1.profile import MeterProfile, Sample
from consumerapp.h1.sml_quirks import PowerSign, SmlProfile

PROFILE = MeterProfile(
    name="dzg-dvs74",
    title="DZG DVS74 (Germany, serials 42 to 48 and 55 to 58 million)",
    protocol=Protocol.SML,
    habit=SmlProfile(
        "dzg-dvs74",
        PowerSign.SHORT_IS_UNSIGNED,
        b"DZG",
        (range(42_000_000, 49_000_000), range(55_000_000, 59_000_000)),
    ),
    baudrate=9600,
    framing="8N1",
    sample=Sample(
        octets=(
            "1b1b1b1b010101017603001162006200726301017601010300110b0a01445a47000280de91010163c3040076"
            "030012620062007263070177010b0a01445a47000280de91070100620affff017277070100010800ff65001c"
            "010401621e52ff5900000000075bcd0c0177070100100700ff0101621b520052c8010101631e1b0076030013"
            "6200620072630201710163f8810000001b1b1b1b1a02ca84"
        ),
        values={"1-0:1.8.0": "12345678.0 Wh", "1-0:16.7.0": "200 W"},
        meter_id="1DZG0042000017",
    ),
)
