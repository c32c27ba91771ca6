"""amsreader (AMS to MQTT Bridge): JSON of list 1 to 4 in one message, one value per topic, or frames in hex.

In JSON `P` and `PO` are W, `tPI` and `tPO` kWh, `Q` and `QO` var, `tQI` and `tQO` kvarh; `t` is the gateway's
clock and `rtc` the meter's, both Unix seconds (amsreader-firmware, JsonMqttHandler - §?). What the gateway
works out itself (`realtime`, prices) is not taken.
"""

from __future__ import annotations

import re
from decimal import Decimal

from consumerapp.errors import DecodeError, RefusalKind
from consumerapp.h2.clocks import instant_of
from consumerapp.h2.collecting import Collector
from consumerapp.h2.dialects import DialectOptions
from consumerapp.h2.dialects._h1 import DecodersByDevice
from consumerapp.h2.message import Message, Outcome
from consumerapp.h2.payloads import Json, parse_object, text_in, text_of

TITLE = "amsreader"
TOPICS = ("GATEWAY/#",)

_REGISTERS = {
    "P": ("1-0:1.7.0", "W"), "PO": ("1-0:2.7.0", "W"), "Q": ("1-0:3.7.0", "var"), "QO": ("1-0:4.7.0", "var"),
    "tPI": ("1-0:1.8.0", "kWh"), "tPO": ("1-0:2.8.0", "kWh"),
    "tQI": ("1-0:3.8.0", "kvarh"), "tQO": ("1-0:4.8.0", "kvarh"),
    **{f"P{phase}": (f"1-0:{1 + 20 * phase}.7.0", "W") for phase in (1, 2, 3)},
    **{f"PO{phase}": (f"1-0:{2 + 20 * phase}.7.0", "W") for phase in (1, 2, 3)},
    **{f"I{phase}": (f"1-0:{11 + 20 * phase}.7.0", "A") for phase in (1, 2, 3)},
    **{f"U{phase}": (f"1-0:{12 + 20 * phase}.7.0", "V") for phase in (1, 2, 3)},
    **{f"tPI{phase}": (f"1-0:{1 + 20 * phase}.8.0", "kWh") for phase in (1, 2, 3)},
    **{f"tPO{phase}": (f"1-0:{2 + 20 * phase}.8.0", "kWh") for phase in (1, 2, 3)},
    **{f"PF{phase or ''}": (f"1-0:{13 + 20 * phase}.7.0", "") for phase in (0, 1, 2, 3)},
}  # fmt: skip
_TOPIC = re.compile(
    r"(?P<prefix>.*?)/?meter/(?:(?P<way>import|export)/(?P<kind>active|reactive)(?P<total>/accumulated)?"
    r"|(?P<side>import|export)/l(?P<line>[123])|l(?P<phase>[123])/(?P<what>voltage|current))",
    re.ASCII,
)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){8,}")
_WITH_LISTS = ("id", "name", "up", "t")
_ABOUT_THE_METER = ("lv", "meterId", "id", "type", "rtc")


class AmsReader:
    """Messages of one amsreader."""

    def __init__(self, options: DialectOptions) -> None:
        self._options = options
        self._frames = DecodersByDevice("auto", options)

    def receive_message(self, message: Message) -> tuple[Outcome, ...]:
        """A list in JSON, one value of a topic, or a meter's own frame."""
        if match := _TOPIC.fullmatch(message.topic):
            return _one_value(match, text_of(message.payload))
        text = text_of(message.payload).strip()
        if _HEX.fullmatch(text):
            return self._frames.receive(_device(message), bytes.fromhex(text), is_whole=True)
        if "/meter/" in message.topic or message.topic.endswith(("/prices", "/realtime")):
            return ()
        found = parse_object(message.payload)
        data = found.get("data")
        if isinstance(data, str) and _HEX.fullmatch(data):
            return self._frames.receive(_device(message), bytes.fromhex(data), is_whole=True)
        return self._list(found, data, message)

    def _list(self, found: Json, data: object, message: Message) -> tuple[Outcome, ...]:
        values = data if isinstance(data, dict) else found
        if not all(name in found for name in ("id", "t")) or not any(name in values for name in _REGISTERS):
            raise DecodeError("no list of a meter", RefusalKind.UNSUPPORTED)
        number = text_in(values, "meterId") or (text_in(values, "id") if values is not found else "")
        # The meter's clock stands still between full lists, so the gateway's is the time of the values.
        at = instant_of(found["t"], zone=None, near=message.received_at)
        collector = Collector(number or text_in(found, "id"), at)
        collector.text("0-0:96.1.0", number)
        for name, value in values.items():
            if name in _REGISTERS and isinstance(value, Decimal):
                code, unit = _REGISTERS[name]
                if name.startswith("PF") and abs(value) > 1:
                    collector.note(name, value)
                else:
                    collector.add(name, code, value, unit)
            elif name not in (*_WITH_LISTS, *_ABOUT_THE_METER):
                collector.note(name, value)
        return () if collector.is_empty else (collector.finish(),)


def _one_value(match: re.Match[str], text: str) -> tuple[Outcome, ...]:
    way, line = match["way"] or match["side"], match["line"]
    if way is None:
        group_c = (12 if match["what"] == "voltage" else 11) + 20 * int(match["phase"])
        code, unit = f"1-0:{group_c}.7.0", "V" if match["what"] == "voltage" else "A"
    else:
        group_c = (1 if way == "import" else 2) + (2 if match["kind"] == "reactive" else 0)
        group_c += 20 * int(line or 0)
        base = "var" if match["kind"] == "reactive" else "W"
        code = f"1-0:{group_c}.{8 if match['total'] else 7}.0"
        unit = f"k{base}h" if match["total"] else base
    collector = Collector(match["prefix"])
    collector.add(match[0], code, text, unit)
    return (collector.finish(),)


def _device(message: Message) -> str:
    return message.topic.partition("/")[0]


def dialect(options: DialectOptions) -> AmsReader:
    """The dialect."""
    return AmsReader(options)
