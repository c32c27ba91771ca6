"""One file for each meter type, found by being there; `_template.py` is the beginning of a new one."""

from __future__ import annotations

from pkgutil import iter_modules


def modules(beginning: str = "") -> tuple[str, ...]:
    """Names of the files that begin so; none of them is read for it."""
    return tuple(
        f"{__name__}.{module.name}"
        for module in iter_modules(__path__)
        if module.name.startswith(beginning) and not module.name.startswith("_")
    )
