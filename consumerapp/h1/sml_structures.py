"""The structures of frames that one SML decoder has learned; `sml_learned` makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from consumerapp.h1.decoder import Telegram
from consumerapp.h1.sml_file import SumForm
from consumerapp.h1.sml_quirks import Shape

ReadFrames = Callable[[bytes, int, int, list[Telegram]], int]


class LearnedFrame:
    """One structure: all frames of this length that have this skeleton."""

    __slots__ = ("length", "read")

    def __init__(self, length: int, read: ReadFrames) -> None:
        self.length = length
        self.read = read
        """(stream, place, offset of the stream, telegrams) → place behind the frames that were read.

        Appends the telegram of every frame from `place` on, up to the first that has another skeleton, a
        wrong sum or a doubtful sign: a loop in one call, because calls cost as much as the work.
        """


class _Sight:
    """Frames of one length that the general way had to read."""

    __slots__ = ("_frame", "moved", "offset")

    def __init__(self, octets: bytes, offset: int) -> None:
        self._frame = int.from_bytes(octets)
        self.offset = offset
        """Of the last one in the stream."""
        self.moved = 0
        """The bits in which they differed."""

    def look_again(self, octets: bytes, offset: int) -> None:
        """Another one: what differs is remembered, so that no byte surprises twice."""
        frame = int.from_bytes(octets)
        self.moved |= frame ^ self._frame
        self._frame, self.offset = frame, offset


class LearnedFrames:
    """The structures of one stream, by length. Their number is bounded; the oldest make room."""

    MAX_FRAMES: Final = 24
    """Meters that trim their numbers (DZG) alternate between a dozen structures."""
    MAX_SEEN: Final = 32
    """Lengths of which the last frame is kept; a meter has a dozen at most."""
    PATIENCE: Final = 8
    """Once all places are taken, one surprise in eight is learned: learning takes as long as 50 frames."""

    MEMORY: Final = 256
    """Telegrams after which a surprise is a first sight again: a counter has carried, the rest stays."""

    __slots__ = ("_in_order", "_max", "_seen", "_surprises", "by_length")

    def __init__(self, max_frames: int = MAX_FRAMES) -> None:
        self._max = max_frames
        self.by_length: dict[int, tuple[LearnedFrame, ...]] = {}
        """Length → the structures that a frame of this length may have."""
        self._in_order: list[LearnedFrame] = []
        self._seen: dict[tuple[int, int], _Sight] = {}
        """By length and fill count."""
        self._surprises = 0

    def learn(self, octets: bytes, telegram: Telegram, shape: Shape, form: SumForm) -> LearnedFrame | None:
        """The structure of a frame that the general way has decoded; None: a first sight, or odd."""
        length = len(octets)
        # Two frames of one length may differ in their fill: then nothing stands where it stood.
        looks = (length, octets[-3])
        sight = self._seen.get(looks)
        if sight is None or telegram.offset - sight.offset > self.MEMORY * length:
            if len(self._seen) >= self.MAX_SEEN:
                self._seen.clear()
            self._seen[looks] = _Sight(octets, telegram.offset)
            return None
        sight.look_again(octets, telegram.offset)
        self._surprises += 1
        if len(self._in_order) >= self._max and self._surprises % self.PATIENCE:
            return None
        # Most programs that decode a single telegram never come here.
        from consumerapp.h1.sml_learned import learn  # noqa: PLC0415 - imported when it is first needed

        learned = learn(octets, sight.moved.to_bytes(length), telegram, shape, form)
        if learned is not None:
            if len(self._in_order) >= self._max:
                self._forget(self._in_order.pop(0))
            self._in_order.append(learned)
            self.by_length[length] = (learned, *self.by_length.get(length, ()))
        return learned

    def _forget(self, oldest: LearnedFrame) -> None:
        left = tuple(learned for learned in self.by_length[oldest.length] if learned is not oldest)
        if left:
            self.by_length[oldest.length] = left
        else:
            del self.by_length[oldest.length]
