"""`python -m consumerapp COMMAND`: the core by hand, for people with a serial cable.

Every module in `consumerapp/commands/` is a command: its name is the file's, its help the first line of
its docstring. It has `add_arguments(parser)` and `run(arguments) -> int`. Only the one asked for is imported.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

WRONG_USAGE = 2


def command_names() -> tuple[str, ...]:
    """The commands that are there."""
    folder = Path(__file__).with_name("commands")
    return tuple(sorted(file.stem for file in folder.glob("*.py") if not file.stem.startswith("_")))


def _first_line(name: str) -> str:
    return (import_module(f"consumerapp.commands.{name}").__doc__ or "").partition("\n")[0]


def _overview() -> str:
    rows = [f"  {name:<10} {_first_line(name)}" for name in command_names()]
    return "\n".join(["usage: python -m consumerapp COMMAND [--help] ...", "", *rows])


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the answer is the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in {"-h", "--help"}:
        print(_overview(), file=sys.stdout if words else sys.stderr)
        return 0 if words else WRONG_USAGE
    name = words.pop(0)
    if name not in command_names():
        print(f"There is no command {name!r}.\n\n{_overview()}", file=sys.stderr)
        return WRONG_USAGE
    command = import_module(f"consumerapp.commands.{name}")
    parser = argparse.ArgumentParser(prog=f"python -m consumerapp {name}", description=command.__doc__)
    command.add_arguments(parser)
    status: int = command.run(parser.parse_args(words))
    return status


if __name__ == "__main__":
    sys.exit(main())
