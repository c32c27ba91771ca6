"""P1 of Latvia: its clock stands at UTC+2 in winter.

DSMR P1 Companion Standard v5.0.2 - §? (frame and stamps). The country's own document was not read.
W and S behind a stamp say winter and summer, not the zone.
"""

from __future__ import annotations

from consumerapp.h1.decoder import Protocol
from consumerapp.h1.profile import MeterProfile, Sample, Signs

PROFILE = MeterProfile(
    name="p1-lv",
    title="P1, Latvia",
    protocol=Protocol.P1,
    signs=Signs(only_chosen=True),
    standard_offset_min=120,
    baudrate=115200,
    framing="8N1",
    sample=Sample(
        octets=(
            "2f4d5344355c3253414d504c450d0a0d0a312d333a302e322e38283530290d0a302d303a312e302e30283236"
            "3033313430393236353057290d0a302d303a39362e312e312834443533343433303330333033303330333033"
            "303330333033313337290d0a312d303a312e382e30283031323334352e3637382a6b5768290d0a312d303a31"
            "2e372e302830312e3834302a6b57290d0a312d303a322e372e302830302e3030302a6b57290d0a312d303a33"
            "322e372e30283233302e342a56290d0a21373045310d0a"
        ),
        values={"1-0:1.8.0": "12345678 Wh", "1-0:1.7.0": "1840 W", "1-0:32.7.0": "230.4 V"},
        meter_id="MSD00000000017",
        measured_at="2026-03-14T07:26:50Z",
        chosen=True,
    ),
)
