"""ETS exports in their forms, and suggestions that leave open what nothing tells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.errors import ConsumerAppError
from consumerapp.h2.ets_export import ExportedGroup, read_export, suggest
from consumerapp.h2.knx import GroupAddress
from consumerapp.h2.knx_table import parse_row

XML = """<?xml version="1.0" encoding="utf-8" standalone="yes"?>
<GroupAddress-Export xmlns="http://knx.org/xml/ga-export/01">
  <GroupRange Name="Zähler" RangeStart="2048" RangeEnd="4095">
    <GroupRange Name="Strom" RangeStart="2048" RangeEnd="2303">
      <GroupAddress Name="Zählerstand Bezug" Address="1/0/1" DPTs="DPST-13-10" Description="Wh" />
      <GroupAddress Name="Leistung" Address="1/0/2" DPTs="DPST-14-56" />
      <GroupAddress Name="Licht Küche" Address="1/0/3" DPTs="DPST-1-1" />
      <GroupAddress Name="ohne Typ" Address="2052" />
    </GroupRange>
  </GroupRange>
</GroupAddress-Export>
"""
ONE_COLUMN = """"Group name";"Address";"Central";"Unfiltered";"Description";"DatapointType";"Security"
"Zähler";"1/-/-";"";"";"";"";"Auto"
"Strom";"1/0/-";"";"";"";"";"Auto"
"Zählerstand Bezug";"1/0/1";"";"";"Wh";"DPST-13-10";"Auto"
"Leistung";"1/0/2";"";"";"";"DPST-14-56";"Auto"
"Licht Küche";"1/0/3";"";"";"";"DPST-1-1";"Auto"
"ohne Typ";"1/0/4";"";"";"";"";"Auto"
"""
THREE_COLUMNS = """"Hauptgruppe"\t"Mittelgruppe"\t"Untergruppe"\t"Adresse"\t"Zentral"\t"Datenpunkttyp"
"Zähler"\t" "\t" "\t"1/-/-"\t""\t""
" "\t"Strom"\t" "\t"1/0/-"\t""\t""
" "\t" "\t"Zählerstand Bezug"\t"1/0/1"\t""\t"DPST-13-10"
" "\t" "\t"Leistung"\t"1/0/2"\t""\t"DPST-14-56"
" "\t" "\t"Licht Küche"\t"1/0/3"\t""\t"DPST-1-1"
" "\t" "\t"ohne Typ"\t"1/0/4"\t""\t""
"""
SIX_COLUMNS = """Main,Middle,Sub,Main,Middle,Sub,Central,DatapointType
Zähler,,,1,,,,
Zähler,Strom,,1,0,,,
Zähler,Strom,Zählerstand Bezug,1,0,1,,DPST-13-10
Zähler,Strom,Leistung,1,0,2,,DPST-14-56
Zähler,Strom,Licht Küche,1,0,3,,DPST-1-1
Zähler,Strom,ohne Typ,1,0,4,,
"""


@pytest.mark.parametrize("text", [XML, ONE_COLUMN, THREE_COLUMNS, SIX_COLUMNS])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_reads_every_form_of_export(text, encoding):
    if text is XML:
        text = XML.replace('"utf-8"', f'"{encoding.removesuffix("-sig")}"')
    found = read_export(text.encode(encoding))
    assert [(str(one.group), one.name, one.dpt) for one in found] == [
        ("1/0/1", "Zählerstand Bezug", "13.010"),
        ("1/0/2", "Leistung", "14.056"),
        ("1/0/3", "Licht Küche", "1.001"),
        ("1/0/4", "ohne Typ", ""),
    ]


def exported(name: str, dpt: str) -> ExportedGroup:
    return ExportedGroup(group=GroupAddress.parse("1/0/1"), name=name, dpt=dpt)


@pytest.mark.parametrize(
    ("name", "dpt", "obis"),
    [
        ("Zählerstand Bezug", "13.010", "1-0:1.8.0"),
        ("Einspeisung gesamt", "13.013", "1-0:2.8.0"),
        ("Wirkleistung", "14.056", "1-0:16.7.0"),
        ("Active power L2", "9.024", "1-0:56.7.0"),
        ("Spannung L1", "14.027", "1-0:32.7.0"),
        ("Strom L3", "14.019", "1-0:71.7.0"),
        ("Netzfrequenz", "14.033", "1-0:14.7.0"),
        ("Gaszähler", "13.1200", "7-0:3.0.0"),
        ("Wärmemenge", "13.013", "6-0:1.0.0"),
        ("Wasser Haus", "12.1201", "8-0:1.0.0"),
        ("Warmwasser", "13.1200", "9-0:1.0.0"),
        ("Heizung Vorlauf", "9.001", "6-0:10.0.0"),
        ("Tarif", "5.006", "0-0:96.14.0"),
    ],
)
def test_suggests_what_name_and_type_say_together(name, dpt, obis):
    suggestion = suggest(exported(name, dpt))
    assert suggestion is not None
    assert suggestion.obis == obis
    assert parse_row(suggestion.row).obis.short in obis


@pytest.mark.parametrize(
    ("name", "dpt"),
    [
        ("Objekt 17", "13.010"),
        ("Raumtemperatur", "9.001"),
        ("Zähler", "12.001"),
        ("Zähler", ""),
        ("Strom", "9"),
    ],
)
def test_leaves_open_what_nothing_tells(name, dpt):
    suggestion = suggest(exported(name, dpt))
    assert suggestion is not None
    assert not suggestion.is_whole


@pytest.mark.parametrize("dpt", ["1.001", "3.007", "17"])
def test_passes_by_what_is_no_matter_of_metering(dpt):
    assert suggest(exported("Licht", dpt)) is None


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"nothing here",
        b"<html/>",
        b"<broken",
        b'<!DOCTYPE x [<!ENTITY a "b">]><GroupAddress-Export>&a;</GroupAddress-Export>',
        XML.replace("1/0/2", "somewhere").encode(),
    ],
)
def test_refuses_what_is_no_export(octets):
    with pytest.raises(ConsumerAppError):
        read_export(octets)


@given(st.binary(max_size=400))
def test_any_file_raises_only_our_error(octets):
    for head in (b"", b"<", b"\xff\xfe", b'"1/0/1";"'):
        try:
            assert read_export(head + octets)
        except ConsumerAppError:
            continue
