"""Framings and ciphers of DLMS push, as meters send them: the counterpart of what `consumerapp.h1` reads.

hdlc_frame, hdlc_message    7E … 7E, one frame or a segmented message
mbus_frames                 68 L L 68 … 16, as many as it takes
wrapped                     the UDP and TCP wrapper
blocks                      general block transfer
sealed                      general-glo, general-ded and glo-event-notification
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consumerapp.h1.checksums import x25
from consumerapp.h1.cipher import AUTHENTICATION, ENCRYPTION, GENERAL_GLO, GLO_EVENT_NOTIFICATION, TAG_OCTETS

LLC = b"\xe6\xe7\x00"


def hdlc_frame(
    information: bytes,
    *,
    destination: bytes = b"\xcf",
    source: bytes = b"\x03",
    control: int = 0x13,
    segmented: bool = False,
    stuffed: bool = False,
) -> bytes:
    """One frame between its flags; `stuffed` as some converters send it, which meters do not."""
    length = 2 + len(destination) + len(source) + 1 + (2 + len(information) if information else 0) + 2
    if length > 0x7FF:
        raise ValueError(f"{length} octets do not fit the eleven bits of the length field")
    header = (0xA000 | (0x800 if segmented else 0) | length).to_bytes(2, "big")
    header += destination + source + bytes((control,))
    octets = header + (_x25(header) + information if information else b"")
    octets += _x25(octets)
    if stuffed:
        octets = octets.replace(b"\x7d", b"\x7d\x5d").replace(b"\x7e", b"\x7d\x5e")
    return b"\x7e" + octets + b"\x7e"


def hdlc_message(
    apdu: bytes,
    *,
    most: int = 2000,
    destination: bytes = b"\xcf",
    source: bytes = b"\x03",
    control: int = 0x13,
    stuffed: bool = False,
) -> bytes:
    """The APDU behind its LLC header, in segments of at most `most` octets."""
    information = LLC + apdu
    parts = [information[at : at + most] for at in range(0, len(information), most)]
    return b"".join(
        hdlc_frame(
            part,
            destination=destination,
            source=source,
            control=control,
            segmented=number < len(parts),
            stuffed=stuffed,
        )
        for number, part in enumerate(parts, 1)
    )


def hdlc_blocks(
    apdu: bytes, *, most: int = 119, destination: bytes = b"\xce\xff", source: bytes = b"\x03"
) -> bytes:
    """General block transfer, each block in a frame of its own; only the first has the LLC header."""
    return b"".join(
        hdlc_frame((LLC if not number else b"") + block, destination=destination, source=source)
        for number, block in enumerate(blocks(apdu, most=most))
    )


def mbus_frames(apdu: bytes, *, most: int = 245, control: int = 0x53, address: int = 0xFF) -> bytes:
    """The APDU in as many long frames as it takes, `most` octets of it in each.

    `most` of 251 to 258 makes the length field overflow, as one meter does.
    """
    parts = [apdu[at : at + most] for at in range(0, len(apdu), most)]
    if len(parts) > 16:
        raise ValueError(f"{len(parts)} segments; the sequence field counts to 15")
    frames = b""
    for number, part in enumerate(parts):
        final = 0x10 if number == len(parts) - 1 else 0
        body = bytes((control, address, final | number, 0x01, 0x67)) + part
        length = len(body) & 0xFF
        frames += bytes((0x68, length, length, 0x68)) + body + bytes((sum(body) & 0xFF, 0x16))
    return frames


def wrapped(apdu: bytes, *, source: int = 1, destination: int = 103) -> bytes:
    """The APDU behind the header of the UDP and TCP wrapper."""
    ports = source.to_bytes(2, "big") + destination.to_bytes(2, "big")
    return b"\x00\x01" + ports + len(apdu).to_bytes(2, "big") + apdu


def blocks(apdu: bytes, *, most: int = 119) -> list[bytes]:
    """The APDU as numbered blocks of at most `most` octets."""
    parts = [apdu[at : at + most] for at in range(0, len(apdu), most)]
    return [block(number, part, last=number == len(parts)) for number, part in enumerate(parts, 1)]


def block(number: int, part: bytes, *, last: bool) -> bytes:
    """One block of a general block transfer."""
    control = 0xC0 if last else 0x40
    return bytes((0xE0, control)) + number.to_bytes(2, "big") + b"\x00\x00" + length_field(len(part)) + part


def sealed(
    plain: bytes,
    *,
    key: bytes,
    system_title: bytes,
    counter: int,
    security: int,
    auth_key: bytes = b"",
    tag: int = GENERAL_GLO,
) -> bytes:
    """The APDU ciphered and authenticated as its security control octet says."""
    gcm = AESGCM(key)
    nonce = system_title + counter.to_bytes(4, "big")
    associated = bytes((security,)) + auth_key
    encrypted, authenticated = security & ENCRYPTION, security & AUTHENTICATION
    body, proof = plain, b""
    if encrypted and authenticated:
        text = gcm.encrypt(nonce, plain, associated)
        body, proof = text[:-16], text[-16:-4]
    elif encrypted:
        body = gcm.encrypt(nonce, plain, None)[:-16]
    elif authenticated:
        proof = gcm.encrypt(nonce, b"", associated + plain)[:TAG_OCTETS]
    content = bytes((security,)) + counter.to_bytes(4, "big") + body + proof
    title = b"" if tag == GLO_EVENT_NOTIFICATION else bytes((len(system_title),)) + system_title
    return bytes((tag,)) + title + length_field(len(content)) + content


def length_field(length: int) -> bytes:
    """A variable length in its shortest form."""
    if length < 0x80:
        return bytes((length,))
    octets = length.to_bytes(1 if length < 0x100 else 2, "big")
    return bytes((0x80 | len(octets),)) + octets


def _x25(octets: bytes) -> bytes:
    return x25(octets).to_bytes(2, "little")
