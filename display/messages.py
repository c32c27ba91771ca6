"""What is posted inside the display, in the past tense."""

from __future__ import annotations

from typing import TYPE_CHECKING, override

from textual.message import Message

from display.known import Known

if TYPE_CHECKING:
    from consumerapp.detection import Setting


class KnowledgeGrew(Message):
    """A feed has told something new; it carries all that is known now."""

    def __init__(self, known: Known) -> None:
        super().__init__()
        self.known = known

    @override
    def can_replace(self, message: Message) -> bool:
        """Let the newest win: a screen has no use for what was known a moment earlier."""
        return isinstance(message, KnowledgeGrew)


class PortChosen(Message):
    """A serial port was chosen on the first screen."""

    def __init__(self, port: str, setting: Setting | None = None) -> None:
        """`setting`: speed and framing that were found out; None: the usual ones."""
        super().__init__()
        self.port = port
        self.setting = setting


class PinEntered(Message):
    """A PIN was typed to its end."""

    def __init__(self, pin: str) -> None:
        super().__init__()
        self.pin = pin
