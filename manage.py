#!/usr/bin/env python
"""Meterside's command line: `serve`, `ingest`, `login_link`, `migrate` and Django's own."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run one command with the home settings unless the environment names others."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.home")
    # Late, so that a wrong interpreter is told by pip's or Django's own words.
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
