"""Static files are collected by `serve` itself, when they changed since the last start."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

STAMP = ".collected"


def collect_if_changed() -> bool:
    """Collect, hash and compress the static files unless the collected ones are these; True: did so."""
    stamp_path = Path(settings.STATIC_ROOT) / STAMP
    wanted = _stamp_of_sources()
    if stamp_path.exists() and stamp_path.read_text(encoding="ascii") == wanted:
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp_path.write_text(wanted, encoding="ascii")
    return True


def _stamp_of_sources() -> str:
    """A hash over name, size and time of every source file: reading a folder is enough to know."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()
