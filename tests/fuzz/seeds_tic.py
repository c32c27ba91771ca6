"""TIC frames to start fuzzing from, made by our own encoder; some have wrong groups under right sums."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from consumerapp.simulator.home import HOMES
from consumerapp.simulator.household import Household
from consumerapp.simulator.tic import Group, checksum, historique, standard
from consumerapp.simulator.tic_meters import TicMeter

NOON = datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC)
"""The clock springs forward in the seconds after it."""


def frames() -> list[bytes]:
    """Both modes, the tariffs, three phases, and the same with characters changed under right sums."""
    chance = random.Random(1)
    household = Household(HOMES["flat"], date(2026, 3, 20))
    meters = [TicMeter(household, is_standard=is_standard) for is_standard in (False, True)]
    sound = [meter.telegram(NOON + timedelta(seconds=13 * step)) for step in range(4) for meter in meters]
    sound += [_tempo(), _off_peak(), _interrupted(), _three_phases()]
    return sound + [_changed(frame, chance) for frame in sound * 4]


def _tempo() -> bytes:
    """Six registers by colour of the day."""
    registers = [
        Group(f"BBRH{hours}J{colour}", f"{number * 1234567:09d}")
        for number, (colour, hours) in enumerate((c, h) for c in "BWR" for h in "CP")
    ]
    head = [Group("ADCO", "000000000017"), Group("OPTARIF", "BBR("), Group("ISOUSC", "45")]
    tail = [Group("PTEC", "HPJB"), Group("DEMAIN", "BLEU"), Group("IINST", "003"), Group("PAPP", "00720")]
    return historique([*head, *registers, *tail, Group("HHPHC", "Y"), Group("MOTDETAT", "000000")])


def _off_peak() -> bytes:
    """Two registers, three phases, the short frame's warnings."""
    groups = [Group("ADCO", "000000000017"), Group("OPTARIF", "HC.."), Group("HCHC", "001234567")]
    groups += [Group("HCHP", "002345678"), Group("PTEC", "HP..")]
    groups += [Group(f"IINST{phase}", f"{phase:03d}") for phase in (1, 2, 3)]
    groups += [Group(f"ADIR{phase}", "046") for phase in (1, 2, 3)]
    return historique([*groups, Group("PMAX", "06789"), Group("PAPP", "01840"), Group("PPOT", "00")])


def _interrupted() -> bytes:
    """A frame that a remote session cut with EOT."""
    whole = _off_peak()
    return whole[: len(whole) // 2] + b"\x04" + whole


def _three_phases() -> bytes:
    """Standard mode with what a three-phase producer sends."""
    groups = [Group("ADSC", "000000000017"), Group("VTIC", "02"), Group("DATE", "", "H260314092650")]
    groups += [Group("NGTF", "PRODUCTEUR"), Group("LTARF", "HEURE CREUSE"), Group("EAST", "012345678")]
    groups += [
        Group("EAIT", "000002345"),
        *(Group(f"ERQ{quadrant}", "000000120") for quadrant in (1, 2, 3, 4)),
    ]
    groups += [Group(f"IRMS{phase}", f"{phase:03d}") for phase in (1, 2, 3)]
    groups += [Group(f"URMS{phase}", "230") for phase in (1, 2, 3)]
    groups += [Group("SINSTS", "01840"), Group("SMAXSN", "06789", "E260614184500")]
    groups += [Group("CCASN", "00720", "H260314090000"), Group("UMOY1", "231", "H260314092000")]
    groups += [Group("STGE", "003A4401"), Group("MSG1", "PAS DE MESSAGE"), Group("PRM", "00000000000017")]
    return standard(groups)


def _changed(frame: bytes, chance: random.Random) -> bytes:
    """Characters of some groups changed and their sums put right: gets past the first gate."""
    octets = bytearray(frame)
    ends = [place for place, octet in enumerate(octets) if octet == 0x0D]
    for end in chance.sample(ends, min(3, len(ends))):
        begin = octets.rindex(b"\n", 0, end) + 1
        if end - begin < 5:
            continue
        octets[chance.randrange(begin, end - 2)] = chance.choice(b"0123456789AEHS. \t-\x00\xff")
        summed = octets[begin : end - 1] if octets[end - 2] == 0x09 else octets[begin : end - 2]
        octets[end - 1 : end] = checksum(bytes(summed))
    return bytes(octets)
