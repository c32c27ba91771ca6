"""How the sample telegram of every meter file was made: by our own encoder, with numbers and keys of
our own.

`python -m tests.consumerapp.h1.meter_telegrams NAME` prints one in hexadecimal, for a meter file.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from consumerapp.readings import Obis
from consumerapp.simulator import dlms as enc
from consumerapp.simulator import dlms_frames as frames
from consumerapp.simulator import sml
from consumerapp.simulator.p1 import Line, octet_text, p1_telegram

KEY = b"Meterside test 1"
AUTH_KEY = b"Meterside test 2"
VIENNA = ZoneInfo("Europe/Vienna")
CLOCK = enc.date_time(datetime(2026, 3, 14, 9, 26, 50, tzinfo=VIENNA))
CLOCK_WITHOUT_DEVIATION = enc.date_time(
    datetime(2026, 3, 14, 9, 26, 50, tzinfo=VIENNA), deviation_min=-0x8000
)
MEASURED_AT = "2026-03-14T08:26:50Z"

W, VAR, WH, VARH, A, V = 27, 29, 30, 32, 33, 35


def code(text: str, *, channel: int = 0) -> Obis:
    return Obis.parse(text, channel=channel)


def registers(
    *, scaled: bool, wide_volts: int = 1, channel: int = 0, exponents: dict[str, int] | None = None
):
    """Eleven registers of one instant: 1840 W at 3 × 230 V. `wide_volts` 10: voltages in 0.1 V."""
    shift = exponents or {}

    def register(name: str, value: bytes, unit: int, exponent: int) -> enc.Register:
        return enc.Register(
            code(name, channel=channel), value, shift.get(name, exponent), unit if scaled else None
        )

    volts = (2304, 2310, 2297) if wide_volts == 10 else (230, 231, 230)
    u_exponent = -1 if wide_volts == 10 else 0
    return [
        register("1.7.0", enc.u32(1840), W, 0),
        register("2.7.0", enc.u32(0), W, 0),
        register("3.7.0", enc.u32(120), VAR, 0),
        register("4.7.0", enc.u32(0), VAR, 0),
        *(
            register(f"{c}.7.0", enc.u16(n), A, -2)
            for c, n in zip((31, 51, 71), (321, 296, 193), strict=True)
        ),
        *(register(f"{c}.7.0", enc.u16(n), V, u_exponent) for c, n in zip((32, 52, 72), volts, strict=True)),
        register("1.8.0", enc.u32(12345678), WH, 0),
        register("2.8.0", enc.u32(2345), WH, 0),
    ]


def text(name: str, value: str, *, channel: int = 0) -> enc.Register:
    return enc.Register(code(name, channel=channel), enc.octets(value))


def visible(name: str, value: str, *, channel: int = 0) -> enc.Register:
    return enc.Register(code(name, channel=channel), enc.visible(value))


def aidon() -> bytes:
    body = enc.coded_array(
        [
            visible("1-1:0.2.129", "AIDON_V0001"),
            visible("0-0:96.1.0", "7359990000000017"),
            visible("0-0:96.1.7", "6525"),
            *registers(scaled=True, wide_volts=10),
        ]
    )
    return frames.hdlc_message(enc.notification(body), destination=b"\x41", source=b"\x08\x83")


def kaifa_no() -> bytes:
    numbers = (1840, 0, 120, 0, 3210, 2960, 1930, 2304, 2310, 2297)
    body = enc.structure(
        enc.octets("KFM_001"), enc.octets("6970630000000017"), enc.octets("MA304H3E"), *map(enc.u32, numbers)
    )
    apdu = enc.notification(body, clock=CLOCK_WITHOUT_DEVIATION, form=enc.ClockForm.TAGGED)
    return frames.hdlc_message(apdu, destination=b"\x01", source=b"\x02\x01", control=0x10)


def kaifa_se() -> bytes:
    amperes = {31: 3210, 51: 2960, 71: 1930}
    body = enc.flat(
        [text("1-1:0.2.129", "KFM_001"), text("0-0:96.1.0", "6970630000000024")]
        + [
            enc.Register(r.code, enc.u32(amperes[r.code.c]), 0, None) if r.code.c in amperes else r
            for r in registers(scaled=False, wide_volts=10)
        ]
    )
    return frames.hdlc_message(enc.notification(body, clock=CLOCK), destination=b"\x01", source=b"\x02\x01")


def kaifa_at() -> bytes:
    body = enc.flat(
        registers(scaled=True, wide_volts=10), before=[enc.octets(CLOCK)], behind=[enc.octets("181220000031")]
    )
    apdu = enc.notification(body, clock=CLOCK, invoke_id=0x80000017)
    return frames.mbus_frames(
        frames.sealed(apdu, key=KEY, system_title=b"KFMg\x00\x00\x00\x17", counter=2017, security=0x20)
    )


def _kamstrup(*, type_number: str, ampere_step: int) -> bytes:
    amperes = {31: 3210 // ampere_step, 51: 2960 // ampere_step, 71: 1930 // ampere_step}
    numbers = [
        enc.Register(r.code, enc.u32(amperes[r.code.c]), 0, None) if r.code.c in amperes else r
        for r in registers(scaled=False, channel=1)
    ]
    body = enc.flat(
        [visible("1-1:0.0.5", "5706560000000017"), visible("1-1:96.1.1", type_number), *numbers],
        before=[enc.visible("Kamstrup_V0001")],
    )
    return frames.hdlc_message(
        enc.notification(body, clock=CLOCK_WITHOUT_DEVIATION, invoke_id=0),
        destination=b"\x2b",
        source=b"\x21",
    )


def kamstrup() -> bytes:
    return _kamstrup(type_number="6841100BN200000000", ampere_step=10)


def kamstrup_ct() -> bytes:
    return _kamstrup(type_number="6851100BN200000000", ampere_step=1)


def kamstrup_dk() -> bytes:
    body = enc.flat(
        [*registers(scaled=False, channel=1), enc.Register(Obis(0, 1, 1, 0, 0), enc.octets(CLOCK))],
        before=[enc.visible("Kamstrup_V0001")],
    )
    apdu = frames.sealed(
        enc.notification(body, clock=CLOCK, invoke_id=0),
        key=KEY,
        auth_key=AUTH_KEY,
        system_title=b"KAM\x00\x00\x00\x00\x17",
        counter=2017,
        security=0x30,
    )
    return frames.hdlc_message(apdu, destination=b"\x41", source=b"\x03")


def landisgyr_ch() -> bytes:
    body = enc.object_list([text("0-0:42.0.0", "LGZ1030000000017"), *_swiss()])
    return frames.hdlc_blocks(enc.notification(body, clock=CLOCK, invoke_id=0x2478))


def iskra_ch() -> bytes:
    body = enc.object_list([text("0-0:42.0.0", "ISK1030000000017"), *_swiss(wide_volts=10)])
    apdu = enc.notification(body, clock=CLOCK)
    return frames.hdlc_message(apdu, most=150, destination=b"\xcf", source=b"\x02\x23")


def _swiss(*, wide_volts: int = 1) -> list[enc.Register]:
    """Energies in channel 1, everything else in channel 0."""
    return [
        enc.Register(Obis(1, 1 if r.code.d == 8 else 0, r.code.c, r.code.d, 0), r.value)
        for r in registers(scaled=False, wide_volts=wide_volts)
    ]


def landisgyr_e450_at() -> bytes:
    numbers = [r for r in registers(scaled=False) if r.code.c < 20]
    body = enc.flat(numbers, before=[enc.octets(CLOCK)])
    apdu = frames.sealed(
        enc.notification(body, clock=CLOCK_WITHOUT_DEVIATION, invoke_id=2017),
        key=KEY,
        auth_key=AUTH_KEY,
        system_title=b"LGZ\x00\x00\x00\x00\x17",
        counter=2017,
        security=0x30,
    )
    return frames.hdlc_blocks(apdu)


def landisgyr_zmf() -> bytes:
    body = enc.coded_array(
        [
            visible("1-1:0.2.129", "EMBRIQ_V1_1"),
            visible("0-0:96.1.0", "7070000000000017"),
            *registers(scaled=True, wide_volts=10),
        ]
    )
    swapped = body
    for group_c in (31, 51, 71):
        swapped = swapped.replace(b"\x09\x06" + bytes((1, 0, group_c)), b"\x06\x09" + bytes((1, 0, group_c)))
    return frames.hdlc_message(enc.notification(swapped), destination=b"\x41", source=b"\x08\x83")


def iskra_at() -> bytes:
    body = enc.coded_structure(
        [
            enc.Register(Obis(0, 0, 1, 0, 0), enc.octets(CLOCK)),
            text("0-0:96.1.0", "53410017"),
            *registers(scaled=True, wide_volts=10),
        ]
    )
    apdu = frames.sealed(
        enc.notification(body, clock=CLOCK),
        key=KEY,
        system_title=b"ISK\x00\x00\x00\x00\x17",
        counter=2017,
        security=0x20,
    )
    return frames.hdlc_message(apdu, most=164, destination=b"\xcf", source=b"\x02\x23")


def iskra_si() -> bytes:
    body = enc.structure(
        enc.octets("ISK1030000000017"),
        enc.octets("53410000017"),
        *map(enc.u32, (1840, 0, 120, 0)),
        *map(enc.u16, (2304, 2310, 2297, 321, 296, 193)),
        *map(enc.u32, (720, 660, 460, 0, 0, 0)),
    )
    return frames.hdlc_message(enc.notification(body, clock=CLOCK), destination=b"\xcf", source=b"\x02\x23")


def iskra_im350() -> bytes:
    body = enc.structure(
        enc.octets(Obis(0, 6, 25, 9, 0)),
        enc.octets("2200000000017"),
        enc.octets(CLOCK[5:9]),
        enc.octets(CLOCK[:5]),
        *map(enc.u32, (12345678, 2345, 392000, 282000, 1840, 0)),
        enc.octets(b""),
        enc.octets(b""),
    )
    apdu = frames.sealed(
        enc.notification(body), key=KEY, system_title=b"SMS\x00\x00\x00\x00\x17", counter=2017, security=0x20
    )
    return frames.hdlc_message(apdu, destination=b"\x02\x02\x02\x03", source=b"\x23")


def sagemcom_t210d() -> bytes:
    body = enc.flat(
        registers(scaled=True, wide_volts=10), before=[enc.octets(CLOCK)], behind=[enc.octets("178210000017")]
    )
    apdu = frames.sealed(
        enc.notification(body, clock=CLOCK),
        key=KEY,
        system_title=b"SAGy\x00\x00\x00\x17",
        counter=2017,
        security=0x20,
    )
    return frames.mbus_frames(apdu, most=252)


def sagemcom_xt211() -> bytes:
    numbers = [r for r in registers(scaled=False) if r.code.c in {1, 2}]
    body = enc.descriptors([text("0-0:96.1.1", "900000017"), text("0-0:96.14.0", "T1"), *numbers])
    return frames.hdlc_message(enc.notification(body), destination=b"\xcf", source=b"\x03")


def _p1(*energies: str) -> bytes:
    """09:26:50 in winter, whatever the country; 1840 W."""
    return p1_telegram(
        "MSD5\\2SAMPLE",
        [
            Line("1-3:0.2.8", ("50",)),
            Line("0-0:1.0.0", ("260314092650W",)),
            Line("0-0:96.1.1", (octet_text("MSD00000000017"),)),
            *(Line(energy, ("012345.678*kWh",)) for energy in energies),
            Line("1-0:1.7.0", ("01.840*kW",)),
            Line("1-0:2.7.0", ("00.000*kW",)),
            Line("1-0:32.7.0", ("230.4*V",)),
        ],
    )


def p1_by_tariff() -> bytes:
    return _p1("1-0:1.8.1", "1-0:1.8.2")


def p1_by_total() -> bytes:
    return _p1("1-0:1.8.0")


def _sml(maker: str, serial: int, power_w: int, width: int, *, is_export: bool) -> bytes:
    """Status words after FNN: bit 2 always, bit 11 export."""
    rows = [
        sml.ListEntry(
            obis=Obis(1, 0, 1, 8, 0),
            value=123456780,
            unit=WH,
            scaler=-1,
            status=0x1C0904 if is_export else 0x1C0104,
            width=8,
        ),
        sml.ListEntry(obis=Obis(1, 0, 16, 7, 0), value=power_w, unit=W, scaler=0, width=width),
    ]
    server_id = b"\x0a\x01" + maker.encode() + b"\x00" + serial.to_bytes(4, "big")
    return sml.telegram(server_id, rows, number=17)


def sml_dzg_dvs74() -> bytes:
    return _sml("DZG", 42_000_017, 200 - 256, 1, is_export=False)


def sml_hly_dtz541() -> bytes:
    return _sml("HLY", 17, 200, 4, is_export=True)


def sml_status_sign() -> bytes:
    return _sml("EMH", 17, 200, 4, is_export=True)


MADE: dict[str, Callable[[], bytes]] = {
    maker.__name__: maker
    for maker in (
        aidon, kaifa_no, kaifa_se, kaifa_at, kamstrup, kamstrup_ct, kamstrup_dk, landisgyr_ch, iskra_ch,
        landisgyr_e450_at, landisgyr_zmf, iskra_at, iskra_si, iskra_im350, sagemcom_t210d, sagemcom_xt211,
    )
} | {"kamstrup_no": kamstrup, "kamstrup_se": kamstrup}  # fmt: skip
MADE_OTHERWISE: dict[str, Callable[[], bytes]] = {
    "sml_dzg_dvs74": sml_dzg_dvs74,
    "sml_hly_dtz541": sml_hly_dtz541,
    "sml_status_sign": sml_status_sign,
    "p1_nl": p1_by_tariff,
    "p1_be": p1_by_tariff,
} | {
    f"p1_{country}": p1_by_total
    for country in ("lu", "hu", "se", "at", "si", "hr", "dk", "ie", "pt", "fi", "lt", "lv", "ee")
}
"""SML and P1."""

if __name__ == "__main__":
    sys.stdout.write((MADE | MADE_OTHERWISE)[sys.argv[1]]().hex() + "\n")
