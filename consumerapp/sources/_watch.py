"""How a link is doing, judged from what arrives and what does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType

from consumerapp.errors import RefusalKind
from consumerapp.sources.link import LinkDetail, LinkState, LinkStatus

SILENT_AFTER_S = 30.0
"""Three times the slowest regular push (10 s)."""
GARBAGE_AFTER_S = 12.0
"""Longer than the slowest regular push, so that a whole telegram has had its chance."""

_DETAIL_BY_REFUSAL = {
    RefusalKind.NEEDS_KEY: LinkDetail.NEEDS_KEY,
    RefusalKind.WRONG_KEY: LinkDetail.WRONG_KEY,
    RefusalKind.UNSUPPORTED: LinkDetail.UNSUPPORTED,
    RefusalKind.REPLAY: LinkDetail.FRAMES_BROKEN,
    RefusalKind.CHECKSUM: LinkDetail.FRAMES_BROKEN,
    RefusalKind.TRUNCATED: LinkDetail.FRAMES_BROKEN,
    RefusalKind.MALFORMED: LinkDetail.FRAMES_BROKEN,
}
_SPEAKS_FOR_ITSELF = (RefusalKind.NEEDS_KEY, RefusalKind.WRONG_KEY, RefusalKind.UNSUPPORTED)
"""The frame came whole, so there is nothing to wait for."""


class LinkWatch:
    """The state of one link. It owns no timer: whoever has one calls `check` when it is due."""

    def __init__(
        self,
        on_change: Callable[[LinkStatus], None],
        *,
        now: Callable[[], datetime],
        monotonic_s: Callable[[], float],
        silent_after_s: float = SILENT_AFTER_S,
        garbage_after_s: float = GARBAGE_AFTER_S,
    ) -> None:
        self._on_change = on_change
        self._now = now
        self._monotonic_s = monotonic_s
        self._silent_after_s = silent_after_s
        self._garbage_after_s = garbage_after_s
        self._state: LinkState | None = None
        self._detail = LinkDetail.NOTHING_TO_SAY
        self._since = now()
        self._frames_ok = 0
        self._refused: dict[RefusalKind, int] = {}
        self._last_telegram_at: datetime | None = None
        self._opened_s: float | None = None
        self._last_byte_s: float | None = None
        self._unexplained_since_s: float | None = None
        """When the first byte came that has not become part of a telegram yet."""
        self._last_refusal: RefusalKind | None = None
        self._is_flooded = False
        """Since the last telegram."""

    @property
    def status(self) -> LinkStatus:
        """The state now, with the counters."""
        return LinkStatus(
            state=self._state or LinkState.CONNECTING,
            since=self._since,
            detail=self._detail,
            frames_ok=self._frames_ok,
            refused=MappingProxyType(dict(self._refused)),
            last_telegram_at=self._last_telegram_at,
        )

    def connecting(self) -> None:
        """The source has been started."""
        self._become(LinkState.CONNECTING)

    def opened(self) -> None:
        """The line is open; what arrived before counts no more."""
        self._opened_s = self._monotonic_s()
        self._last_byte_s = self._unexplained_since_s = self._last_refusal = None
        self._is_flooded = False
        if self._state is not LinkState.SILENT:
            self._become(LinkState.CONNECTING)

    def bytes_arrived(self) -> None:
        """Something came, whatever it was."""
        now_s = self._last_byte_s = self._monotonic_s()
        if self._unexplained_since_s is None:
            self._unexplained_since_s = now_s

    def telegram_arrived(self, at: datetime) -> None:
        """A whole telegram came."""
        self._frames_ok += 1
        self._last_telegram_at = at
        self._unexplained_since_s = self._last_refusal = None
        self._is_flooded = False
        if self._state is not LinkState.LIVE:
            self._become(LinkState.LIVE)

    def frame_refused(self, kind: RefusalKind) -> None:
        """A frame came that gave no telegram."""
        self._refused[kind] = self._refused.get(kind, 0) + 1
        self._last_refusal = kind
        if kind in _SPEAKS_FOR_ITSELF and self._state is not LinkState.LIVE:
            self._become(LinkState.GARBAGE, _DETAIL_BY_REFUSAL[kind])

    def flooded(self) -> None:
        """More came than any meter sends."""
        self._is_flooded = True

    def left(self, detail: LinkDetail) -> None:
        """The line is open, but who spoke on it has gone."""
        self._unexplained_since_s = None
        self._become(LinkState.SILENT, detail)

    def lost(self, detail: LinkDetail) -> None:
        """It cannot be opened, or it broke."""
        self._opened_s = None
        self._become(LinkState.LOST, detail)

    def stopped(self, detail: LinkDetail = LinkDetail.NOTHING_TO_SAY) -> None:
        """The source ends."""
        self._opened_s = None
        self._become(LinkState.STOPPED, detail)

    def check(self) -> float:
        """Judge what time alone decides; how many seconds until it is worth judging again."""
        if self._opened_s is None:
            return self._garbage_after_s
        now_s = self._monotonic_s()
        silent_at_s = (self._last_byte_s or self._opened_s) + self._silent_after_s
        if now_s >= silent_at_s:
            self._unexplained_since_s = self._last_refusal = None
            nothing_yet = self._last_byte_s is None and self._last_telegram_at is None
            self._become(
                LinkState.SILENT, LinkDetail.NOTHING_RECEIVED if nothing_yet else LinkDetail.WENT_QUIET
            )
            return self._silent_after_s
        if self._unexplained_since_s is None:
            return min(silent_at_s - now_s, self._garbage_after_s)
        garbage_at_s = self._unexplained_since_s + self._garbage_after_s
        if now_s < garbage_at_s:
            return min(garbage_at_s, silent_at_s) - now_s
        self._become(LinkState.GARBAGE, self._kind_of_garbage())
        return min(silent_at_s - now_s, self._garbage_after_s)

    def _kind_of_garbage(self) -> LinkDetail:
        if self._last_refusal is not None:
            return _DETAIL_BY_REFUSAL[self._last_refusal]
        return LinkDetail.FLOODED if self._is_flooded else LinkDetail.NO_FRAMES

    @property
    def silent_for_s(self) -> float:
        """How long nothing has come over the open line; 0 when it is not open."""
        if self._opened_s is None:
            return 0.0
        return self._monotonic_s() - (self._last_byte_s or self._opened_s)

    def _become(self, state: LinkState, detail: LinkDetail = LinkDetail.NOTHING_TO_SAY) -> None:
        if (state, detail) == (self._state, self._detail):
            return
        if state is not self._state:
            self._since = self._now()
        self._state = state
        self._detail = detail
        self._on_change(self.status)
