from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.errors import RefusalKind
from consumerapp.sources._watch import LinkWatch
from consumerapp.sources.link import LinkDetail, LinkState, LinkStatus

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
SILENT_AFTER_S, GARBAGE_AFTER_S = 30.0, 12.0


class Story:
    """A watch whose time is told."""

    def __init__(self) -> None:
        self.time_s = 1000.0
        self.changes: list[LinkStatus] = []
        self.watch = LinkWatch(
            self.changes.append,
            now=self.now,
            monotonic_s=lambda: self.time_s,
            silent_after_s=SILENT_AFTER_S,
            garbage_after_s=GARBAGE_AFTER_S,
        )
        self.watch.connecting()

    def now(self) -> datetime:
        """Our clock."""
        return START + timedelta(seconds=self.time_s - 1000.0)

    def after(self, seconds: float) -> LinkStatus:
        """Let time pass, judging whenever it is due."""
        end_s = self.time_s + seconds
        while (due_s := self.watch.check()) <= end_s - self.time_s:
            self.time_s += max(due_s, 0.001)
        self.time_s = end_s
        self.watch.check()
        return self.watch.status

    def telegram(self) -> None:
        """A whole telegram in one chunk."""
        self.watch.bytes_arrived()
        self.watch.telegram_arrived(self.now())


def state_of(status: LinkStatus) -> tuple[LinkState, LinkDetail]:
    return status.state, status.detail


def test_begins_by_connecting_and_lives_with_the_first_telegram():
    story = Story()
    story.watch.opened()
    story.telegram()
    assert [change.state for change in story.changes] == [LinkState.CONNECTING, LinkState.LIVE]
    assert story.changes[-1].last_telegram_at == START
    assert story.changes[-1].frames_ok == 1


def test_stays_live_at_the_pace_of_a_slow_meter():
    story = Story()
    story.watch.opened()
    for _ in range(50):
        story.telegram()
        assert story.after(10).state is LinkState.LIVE
    assert len(story.changes) == 2
    assert story.changes[-1].since == START


def test_says_that_nothing_ever_came():
    story = Story()
    story.watch.opened()
    assert state_of(story.after(SILENT_AFTER_S - 1)) == (LinkState.CONNECTING, LinkDetail.NOTHING_TO_SAY)
    assert state_of(story.after(1)) == (LinkState.SILENT, LinkDetail.NOTHING_RECEIVED)


def test_says_that_it_went_quiet_and_lives_again():
    story = Story()
    story.watch.opened()
    story.telegram()
    assert state_of(story.after(SILENT_AFTER_S)) == (LinkState.SILENT, LinkDetail.WENT_QUIET)
    assert story.changes[-1].since == START + timedelta(seconds=SILENT_AFTER_S)
    story.telegram()
    assert story.watch.status.state is LinkState.LIVE


def test_bytes_without_frames_are_garbage():
    story = Story()
    story.watch.opened()
    for _ in range(12):
        story.watch.bytes_arrived()
        story.after(1)
    assert state_of(story.watch.status) == (LinkState.GARBAGE, LinkDetail.NO_FRAMES)


def test_broken_frames_are_told_from_noise():
    story = Story()
    story.watch.opened()
    for _ in range(13):
        story.watch.bytes_arrived()
        story.watch.frame_refused(RefusalKind.CHECKSUM)
        story.after(1)
    assert state_of(story.watch.status) == (LinkState.GARBAGE, LinkDetail.FRAMES_BROKEN)
    assert story.watch.status.refused == {RefusalKind.CHECKSUM: 13}


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        (RefusalKind.NEEDS_KEY, LinkDetail.NEEDS_KEY),
        (RefusalKind.WRONG_KEY, LinkDetail.WRONG_KEY),
        (RefusalKind.UNSUPPORTED, LinkDetail.UNSUPPORTED),
    ],
)
def test_a_ciphered_frame_says_at_once_what_is_missing(kind, detail):
    story = Story()
    story.watch.opened()
    story.watch.bytes_arrived()
    story.watch.frame_refused(kind)
    assert state_of(story.watch.status) == (LinkState.GARBAGE, detail)


def test_a_flood_of_garbage_says_that_it_is_one():
    story = Story()
    story.watch.opened()
    story.watch.bytes_arrived()
    story.watch.flooded()
    assert state_of(story.after(GARBAGE_AFTER_S)) == (LinkState.GARBAGE, LinkDetail.FLOODED)
    story.telegram()
    assert state_of(story.watch.status) == (LinkState.LIVE, LinkDetail.NOTHING_TO_SAY)


def test_one_damaged_frame_among_good_ones_changes_nothing():
    story = Story()
    story.watch.opened()
    for number in range(30):
        story.watch.bytes_arrived()
        if number % 3 == 2:
            story.watch.frame_refused(RefusalKind.CHECKSUM)
        else:
            story.telegram()
        story.after(2)
    assert story.watch.status.state is LinkState.LIVE
    assert story.watch.status.refused == {RefusalKind.CHECKSUM: 10}


def test_garbage_that_ends_is_silence():
    story = Story()
    story.watch.opened()
    story.watch.bytes_arrived()
    assert story.after(GARBAGE_AFTER_S).state is LinkState.GARBAGE
    assert state_of(story.after(SILENT_AFTER_S)) == (LinkState.SILENT, LinkDetail.WENT_QUIET)


def test_a_lost_line_says_why_and_counters_go_on():
    story = Story()
    story.watch.opened()
    story.telegram()
    story.watch.lost(LinkDetail.PORT_UNPLUGGED)
    assert state_of(story.after(3600)) == (LinkState.LOST, LinkDetail.PORT_UNPLUGGED)
    story.watch.lost(LinkDetail.PORT_MISSING)
    assert story.watch.status.since == START
    story.watch.opened()
    story.telegram()
    assert (story.watch.status.state, story.watch.status.frames_ok) == (LinkState.LIVE, 2)


def test_a_silent_line_that_is_opened_anew_stays_silent():
    story = Story()
    story.watch.opened()
    story.after(SILENT_AFTER_S)
    changes = len(story.changes)
    story.watch.opened()
    story.after(SILENT_AFTER_S * 2)
    assert story.watch.status.state is LinkState.SILENT
    assert len(story.changes) == changes


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("after"), st.floats(0, 60)),
        st.tuples(st.just("telegram"), st.just(None)),
        st.tuples(st.just("bytes_arrived"), st.just(None)),
        st.tuples(st.just("frame_refused"), st.sampled_from(RefusalKind)),
        st.tuples(st.just("opened"), st.just(None)),
        st.tuples(st.just("lost"), st.sampled_from(LinkDetail)),
    ),
    max_size=40,
)


@given(STEPS)
def test_every_change_is_one_and_a_telegram_makes_it_live(steps):
    story = Story()
    story.watch.opened()
    for step, what in steps:
        if step in ("after", "telegram"):
            getattr(story, step)(*(() if what is None else (what,)))
        else:
            getattr(story.watch, step)(*(() if what is None else (what,)))
        if step == "telegram":
            assert story.watch.status.state is LinkState.LIVE
        assert story.watch.check() > 0
    shown = [state_of(change) for change in story.changes]
    assert all(earlier != later for earlier, later in pairwise(shown))
