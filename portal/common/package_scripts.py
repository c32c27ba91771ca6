"""Scripts out of the installed packages: nothing of third parties is committed.

`plotly/plotly.min.js` comes from the plotly package. htmx needs nothing here: django_htmx carries
it as `django_htmx/htmx-2.min.js`, which Django's own finder sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

# Name under /static/ -> package and path inside it.
SCRIPTS = {"plotly/plotly.min.js": ("plotly", "package_data/plotly.min.js")}


def script_path(name: str) -> Path | None:
    """Where the script of that name lies on disk; None: it is none of ours."""
    source = SCRIPTS.get(name)
    if source is None:
        return None
    # The specification tells the folder without importing the package.
    specification = find_spec(source[0])
    if specification is None or specification.origin is None:
        return None
    return Path(specification.origin).parent / source[1]


class _PackageStorage(FileSystemStorage):
    """Reads each script from its own package."""

    def path(self, name: str) -> str:
        found = script_path(name)
        return str(found) if found else super().path(name)


class PackageScriptsFinder(BaseFinder):
    """Django's static files finder for the scripts above."""

    def find(self, path: str, find_all: bool = False, **_: Any) -> str | list[str] | None:  # type: ignore[override]  # Django returns [] for "nothing" here
        """The script's path, in a list where all are asked for."""
        found = script_path(path)
        if found is None or not found.exists():
            return []
        return [str(found)] if find_all else str(found)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """Every script, for collectstatic."""
        storage = _PackageStorage(location="/")
        for name in SCRIPTS:
            yield name, storage
