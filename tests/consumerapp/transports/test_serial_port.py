from __future__ import annotations

import errno
import socket
import termios

import pytest

from consumerapp.errors import ConsumerAppError
from consumerapp.sources.link import LinkDetail
from consumerapp.transports.line import detail_of
from consumerapp.transports.serial_port import Framing, SerialPort


@pytest.mark.parametrize(
    ("text", "bits_per_character"), [("8N1", 10), ("7E1", 10), ("8e1", 11), (" 7O2 ", 11), ("8N2", 11)]
)
def test_framings_are_read(text, bits_per_character):
    assert Framing.parse(text).bits_per_character == bits_per_character


@pytest.mark.parametrize("text", ["", "8N", "9N1", "8X1", "8N3", "8N1.5", "N81"])
def test_what_is_no_framing_is_refused(text):
    with pytest.raises(ConsumerAppError):
        Framing.parse(text)


@pytest.mark.parametrize("baudrate", [0, 49, -9600, 10_000_000])
def test_impossible_speeds_are_refused(baudrate):
    with pytest.raises(ConsumerAppError):
        SerialPort("/dev/ttyS0", baudrate=baudrate)


def caused(error: Exception) -> Exception:
    outer = RuntimeError("the library's own")
    outer.__cause__ = error
    return outer


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (FileNotFoundError(errno.ENOENT, "none"), LinkDetail.PORT_MISSING),
        (caused(PermissionError(errno.EACCES, "no")), LinkDetail.PORT_DENIED),
        (OSError(errno.EBUSY, "locked"), LinkDetail.PORT_BUSY),
        (caused(termios.error(errno.EINVAL, "no such speed")), LinkDetail.SETTING_REFUSED),
        (ConnectionRefusedError(errno.ECONNREFUSED, "no"), LinkDetail.CONNECTION_REFUSED),
        (socket.gaierror(socket.EAI_NONAME, "who?"), LinkDetail.ADDRESS_UNKNOWN),
        (TimeoutError(), LinkDetail.UNREACHABLE),
        (OSError(errno.EIO, "?"), LinkDetail.PORT_FAILED),
        (RuntimeError("?"), LinkDetail.PORT_FAILED),
    ],
)
def test_errors_of_the_system_have_a_code(error, detail):
    assert detail_of(error, LinkDetail.PORT_FAILED) is detail
