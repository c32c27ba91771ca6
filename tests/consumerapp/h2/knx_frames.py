"""Our own encoder of KNXnet/IP frames, for tests only: the product makes none."""

from __future__ import annotations

from consumerapp.h2.knx import GroupAddress, IndividualAddress, MessageCode, Service

APCI = {Service.READ: 0x000, Service.RESPONSE: 0x040, Service.WRITE: 0x080}


def cemi(
    group: str,
    data: bytes = b"",
    *,
    small: int | None = None,
    source: str = "1.1.22",
    service: Service = Service.WRITE,
    code: MessageCode = MessageCode.INDICATION,
    additional: bytes = b"",
    control: int = 0xBC,
) -> bytes:
    """A cEMI frame with a group telegram."""
    apci = APCI[service] | (small or 0)
    head = bytes((code, len(additional))) + additional + bytes((control, 0xE0))
    addresses = IndividualAddress.parse(source).to_bytes(2, "big") + GroupAddress.parse(group).to_bytes(
        2, "big"
    )
    return head + addresses + bytes((1 + len(data),)) + apci.to_bytes(2, "big") + data


def routing(payload: bytes) -> bytes:
    """A routing indication."""
    return frame(0x0530, payload)


def tunnelling(payload: bytes, channel: int = 1, sequence: int = 0) -> bytes:
    """A tunnelling request."""
    return frame(0x0420, bytes((4, channel, sequence, 0)) + payload)


def frame(service: int, body: bytes) -> bytes:
    """Any KNXnet/IP frame."""
    return b"\x06\x10" + service.to_bytes(2, "big") + (6 + len(body)).to_bytes(2, "big") + body
