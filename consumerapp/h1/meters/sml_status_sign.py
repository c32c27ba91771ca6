"""Meters that send the amount of power only and that their server id does not tell from others.

The direction is bit 11 of the status word (FNN Lastenheft Basiszähler - §?). The installer chooses it.
"""

from __future__ import annotations

from consumerapp.h1.decoder import Protocol
from consumerapp.h1.profile import MeterProfile, Sample, Signs
from consumerapp.h1.sml_quirks import PowerSign, SmlProfile

PROFILE = MeterProfile(
    name="sml-status-sign",
    title="EMH ED300L, Elster AS2020 with power without sign (Germany)",
    protocol=Protocol.SML,
    signs=Signs(only_chosen=True),
    habit=SmlProfile("sml-status-sign", PowerSign.STATUS_BIT),
    baudrate=9600,
    framing="8N1",
    sample=Sample(
        octets=(
            "1b1b1b1b010101017603001162006200726301017601010300110b0a01454d480000000011010163f5570076"
            "030012620062007263070177010b0a01454d480000000011070100620affff017277070100010800ff65001c"
            "090401621e52ff5900000000075bcd0c0177070100100700ff0101621b520055000000c801010163d1ac0076"
            "0300136200620072630201710163f881000000001b1b1b1b1a0312b5"
        ),
        values={"1-0:1.8.0": "12345678.0 Wh", "1-0:16.7.0": "-200 W"},
        meter_id="1EMH0000000017",
        chosen=True,
    ),
)
