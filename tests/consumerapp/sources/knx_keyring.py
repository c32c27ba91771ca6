"""A keyring as ETS writes it, made for tests: attributes ciphered and the whole signed under a password."""

from __future__ import annotations

import base64
from hashlib import pbkdf2_hmac, sha256
from xml.etree import ElementTree as ET

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

CREATED = "2026-01-01T00:00:00"


def keyring(password: str, *, backbone_key: bytes, groups: dict[str, bytes], senders: tuple[str, ...]) -> str:
    """A .knxkeys file with a backbone for secure routing and keys of groups for Data Secure."""
    secret = pbkdf2_hmac("sha256", password.encode(), b"1.keyring.ets.knx.org", 65_536, 16)
    first_block = sha256(CREATED.encode()).digest()[:16]

    def ciphered(key: bytes) -> str:
        cipher = Cipher(algorithms.AES(secret), modes.CBC(first_block)).encryptor()
        return base64.b64encode(cipher.update(key) + cipher.finalize()).decode()

    root = ET.Element("Keyring", Project="made", CreatedBy="tests", Created=CREATED)
    ET.SubElement(root, "Backbone", MulticastAddress="224.0.23.12", Latency="300", Key=ciphered(backbone_key))
    devices = ET.SubElement(root, "Devices")
    for sender in senders:
        ET.SubElement(devices, "Device", IndividualAddress=sender, SequenceNumber="0")
    addresses = ET.SubElement(root, "GroupAddresses")
    for group, key in groups.items():
        ET.SubElement(addresses, "Group", Address=group, Key=ciphered(key))
    signed = _listed(root) + _counted(base64.b64encode(secret))
    root.set("Signature", base64.b64encode(sha256(signed).digest()[:16]).decode())
    root.set("xmlns", "http://knx.org/xml/keyring/1")
    return ET.tostring(root, encoding="unicode")


def _listed(element: ET.Element) -> bytes:
    attributes = b"".join(
        _counted(name.encode()) + _counted(value.encode()) for name, value in sorted(element.items())
    )
    return b"\x01" + _counted(element.tag.encode()) + attributes + b"".join(map(_listed, element)) + b"\x02"


def _counted(octets: bytes) -> bytes:
    return bytes((len(octets),)) + octets
