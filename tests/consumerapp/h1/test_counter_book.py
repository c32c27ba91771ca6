"""A book of counters survives being written down, pairs with the meter that proves itself, and is bounded."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.errors import CipherError, RefusalKind
from consumerapp.h1.cipher import CounterStore, Guard, MeterKeys, counter_name
from consumerapp.h1.counter_book import FRAMES_TO_PAIR, MAX_ENTRIES, CounterBook
from consumerapp.h1.decoder import NEED_DATA, Event, Protocol, Refused, Telegram
from consumerapp.h1.registry import Auto, decoder_for
from consumerapp.readings import Obis
from consumerapp.simulator import dlms, dlms_frames

KEY, AUTH_KEY, NEXT_KEY = b"Meterside test 1", b"Meterside test 2", b"Meterside test 3"
TITLE, OTHER_TITLE = b"TST\x00\x00\x00\x00\x17", b"TST\x00\x00\x00\x00\x18"


def frame(
    counter: int, *, title: bytes = TITLE, key: bytes = KEY, auth_key: bytes = AUTH_KEY, security: int = 0x30
) -> bytes:
    """A made telegram of a meter that ciphers."""
    registers = [dlms.Register(Obis.parse("1-0:1.7.0"), dlms.u32(1000 + counter), 0, 27)]
    return dlms_frames.hdlc_message(
        dlms_frames.sealed(
            dlms.notification(dlms.coded_array(registers)),
            key=key,
            auth_key=auth_key,
            system_title=title,
            counter=counter,
            security=security,
        )
    )


def heard(octets: bytes, book: CounterStore, protocol: Protocol | Auto = Protocol.DLMS) -> list[Event]:
    decoder = decoder_for(protocol, key=KEY, auth_key=AUTH_KEY, next_keys=(NEXT_KEY, AUTH_KEY), counters=book)
    decoder.receive_data(octets)
    decoder.receive_eof()
    events: list[Event] = []
    while (event := decoder.next_event()) is not NEED_DATA:
        events.append(event)
    return events


def reopened(book: CounterBook) -> CounterBook:
    """The book after a restart."""
    return CounterBook.from_text(book.to_text())


@pytest.mark.parametrize("protocol", [Protocol.DLMS, "auto"])
@pytest.mark.parametrize("security", [0x30, 0x20])
def test_a_telegram_from_before_a_restart_is_refused_after_it(protocol, security):
    book = CounterBook()
    recorded = frame(7, security=security)
    assert isinstance(heard(recorded, book, protocol)[0], Telegram)
    book = reopened(book)
    refused = heard(recorded, book, protocol)[0]
    assert isinstance(refused, Refused)
    assert refused.kind is RefusalKind.REPLAY
    assert isinstance(heard(frame(8, security=security), book, protocol)[0], Telegram)


def test_a_link_pairs_itself_with_the_meter_that_proves_itself_and_refuses_others():
    book = CounterBook()
    titles = [TITLE, TITLE, OTHER_TITLE, *[TITLE] * FRAMES_TO_PAIR]
    paired = []
    for counter, title in enumerate(titles, start=1):
        heard(frame(counter, title=title), book)
        paired.append(book.paired_title)
    assert paired == [None] * (len(titles) - 1) + [TITLE]
    for again in (book, reopened(book)):
        refused = heard(frame(500, title=OTHER_TITLE), again)[0]
        assert isinstance(refused, Refused)
        assert "not the paired meter's" in refused.detail
    assert isinstance(heard(frame(20), book)[0], Telegram)


def test_one_who_has_no_key_pairs_with_nothing_and_moves_no_counter():
    book = CounterBook()
    for counter in range(1, 10):
        events = heard(frame(counter, key=b"another key, yes", title=OTHER_TITLE), book)
        assert [event.kind for event in events if isinstance(event, Refused)] == [RefusalKind.WRONG_KEY]
    assert (book.paired_title, book.is_changed) == (None, False)


def test_a_meter_that_was_learned_is_a_stranger_once_another_is_paired():
    book = CounterBook()
    decoder = decoder_for(Protocol.DLMS, key=KEY, auth_key=AUTH_KEY, counters=book)
    kinds = []
    for octets in [frame(1), frame(2), *(frame(n, title=OTHER_TITLE) for n in (1, 2, 3)), frame(3)]:
        decoder.receive_data(octets)
        kinds.append(type(decoder.next_event()))
    assert kinds == [Telegram] * 5 + [Refused]


def test_both_keys_open_while_the_operator_changes_them():
    book = CounterBook()
    assert isinstance(heard(frame(900), book)[0], Telegram)
    assert not book.opened_last(NEXT_KEY)
    for counter in (1, 2, 3):
        assert isinstance(heard(frame(counter, key=NEXT_KEY), book)[0], Telegram)
    assert book.opened_last(NEXT_KEY)
    assert (book.good_frames(NEXT_KEY), book.good_frames(KEY)) == (3, 1)


def test_what_could_not_be_written_is_handed_out_again():
    book = CounterBook()
    heard(frame(5), book)
    changes = book.take_changes()
    assert [(entry.system_title, entry.key_name, entry.counter) for entry in changes] == [
        (TITLE, counter_name(KEY), 5)
    ]
    assert not book.is_changed
    assert book.take_changes() == ()
    heard(frame(6), book)
    book.give_back(changes)
    assert [entry.counter for entry in book.take_changes()] == [6]


def test_a_book_is_bounded():
    book = CounterBook()
    for number in range(3 * MAX_ENTRIES):
        book.accept(number.to_bytes(8, "big"), counter_name(KEY), 1)
    assert len(json.loads(book.to_text())["counters"]) == MAX_ENTRIES
    assert book.last((3 * MAX_ENTRIES - 1).to_bytes(8, "big"), counter_name(KEY)) == 1
    assert len(book.take_changes()) == MAX_ENTRIES


@given(
    text=st.one_of(st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
)
def test_what_is_no_book_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - json's own error is one
        CounterBook.from_text(text)


@pytest.mark.parametrize(
    "row",
    [
        ["00" * 8, "0" * 32, 2**32],
        ["00" * 7, "0" * 32, 1],
        ["00" * 8, "0" * 31, 1],
        ["zz" * 8, "0" * 32, 1],
        ["00" * 8, "0" * 32, -1],
        [1, "0" * 32, 1],
        ["00" * 8, "0" * 32],
    ],
)
def test_a_damaged_line_is_refused(row):
    with pytest.raises(ValueError, match=r"no |non-hex"):
        CounterBook.from_text(json.dumps({"v": 1, "paired": None, "counters": [row]}))


@given(counters=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=30))
def test_the_same_counter_is_never_accepted_twice(counters):
    book, keys = CounterBook(), MeterKeys(KEY)
    accepted: list[int] = []
    for counter in counters:
        book = reopened(book)
        guard = Guard((keys,), counters=book)
        try:
            last = guard.last_accepted(TITLE, counter_name(KEY))
            if last is not None and counter <= last:
                raise CipherError("again", RefusalKind.REPLAY)
        except CipherError:
            continue
        guard.accept_counter(TITLE, counter_name(KEY), counter)
        accepted.append(counter)
    assert accepted == sorted(set(accepted))
