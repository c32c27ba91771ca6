"""Kaifa MA110M, MA309M, Austria: M-Bus, ciphered, scalers in the telegram.

Netz Niederösterreich customer interface 218_9 - §? (suite 0, flat list with the meter's number behind it
without a code); TINETZ customer interface - §? (suite 1, list of structures). Neither carries an
authentication tag.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import MeterProfile, Sample, Signs
from consumerapp.readings import Obis

PROFILE = MeterProfile(
    name="kaifa_at",
    title="Kaifa MA110M, MA309M (Austria)",
    signs=Signs(makers=("KFM",), shapes=(Shape.CODED_STRUCTURE, Shape.FLAT_SCALED, Shape.CODED_ARRAY)),
    loose=(Obis(0, 0, 96, 1, 0),),
    needs_key=True,
    sample=Sample(
        octets=(
            "68fafa6853ff000167db084b464d670000001782010d20000007e101f015f4d383f9fa3af22c1ce64e8f7eb2"
            "b26e11ca280a5dc848580e4753ddc20e8ae2ff2e8f63219ba1ec1c456097c946efc618d2e51fc9f9c1fabd40"
            "cfa33d0fc8ecd4655ba33db68816ce61219a390953bb9c9feb77e86cd4f7a259b5966bef061fb4f285abe363"
            "049f34d7eb5056869ff9ace410b99c24fa5b85bd47e03cfff69b36b20e7fdb34d27083cef9b38a7ef67fac02"
            "e4f1aa32fa8b793377a33af2bafce26c37bd9e6f4f693c5855236af8e013f61a61ed598e2b9bb193902c0788"
            "e0b0c0eddacb31f28a7c75f7eadb111dcd6c7cee2500f5487d2bad9cf1d0ab93dbfff216682a2a6853ff1101"
            "679e52abca60d4208063fd69031f38edd269dbeb0c7ea24369a3991a48691518516919ee4b5f8c16"
        ),
        values={
            "1-0:1.7.0": "1840 W",
            "1-0:31.7.0": "3.21 A",
            "1-0:32.7.0": "230.4 V",
            "1-0:1.8.0": "12345678 Wh",
            "1-0:2.8.0": "2345 Wh",
        },
        meter_id="181220000031",
        measured_at="2026-03-14T08:26:50Z",
        key="4d657465727369646520746573742031",
    ),
)
