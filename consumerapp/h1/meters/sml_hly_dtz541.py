"""Holley DTZ541: some firmware sends the amount of power only.

The direction is bit 11 of the status word (FNN Lastenheft Basiszähler - §?).
"""

from __future__ import annotations

from consumerapp.h1.decoder import Protocol
from consumerapp.h1.profile import MeterProfile, Sample
from consumerapp.h1.sml_quirks import PowerSign, SmlProfile

PROFILE = MeterProfile(
    name="holley-dtz541",
    title="Holley DTZ541 (Germany)",
    protocol=Protocol.SML,
    habit=SmlProfile("holley-dtz541", PowerSign.STATUS_BIT, b"HLY"),
    baudrate=9600,
    framing="8N1",
    sample=Sample(
        octets=(
            "1b1b1b1b010101017603001162006200726301017601010300110b0a01484c5900000000110101635d350076"
            "030012620062007263070177010b0a01484c590000000011070100620affff017277070100010800ff65001c"
            "090401621e52ff5900000000075bcd0c0177070100100700ff0101621b520055000000c801010163cbbc0076"
            "0300136200620072630201710163f881000000001b1b1b1b1a03bf93"
        ),
        values={"1-0:1.8.0": "12345678.0 Wh", "1-0:16.7.0": "-200 W"},
        meter_id="1HLY0000000017",
    ),
)
