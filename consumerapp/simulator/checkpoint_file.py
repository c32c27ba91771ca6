"""Registers of a past midnight in a file: a household goes on without living through its years again."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from consumerapp.errors import ConsumerAppError
from consumerapp.simulator.home import Home
from consumerapp.simulator.household import Checkpoint, Registers

_VERSION = 1


def save(path: Path, home: Home, checkpoint: Checkpoint) -> None:
    """Write it whole or not at all."""
    registers = checkpoint.registers
    content = {
        "v": _VERSION,
        "seed": home.seed,
        "day": checkpoint.day.isoformat(),
        "registers_uj": {name: getattr(registers, name) for name in Registers.__slots__},
    }
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(json.dumps(content, indent=1) + "\n")
    beside.replace(path)


def load(path: Path, home: Home) -> Checkpoint | None:
    """Read it; None: there is no such file. Refuses one of another household."""
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConsumerAppError(f"{path} cannot be read as a checkpoint: {error}") from error
    try:
        if content["v"] != _VERSION or content["seed"] != home.seed:
            raise ConsumerAppError(
                f"{path} belongs to another household (seed {content['seed']}, not {home.seed})"
            )
        registers = Registers(**{name: int(content["registers_uj"][name]) for name in Registers.__slots__})
        return Checkpoint(date.fromisoformat(content["day"]), registers)
    except (KeyError, TypeError, ValueError) as error:
        raise ConsumerAppError(f"{path} is no checkpoint: {error!r}") from error
