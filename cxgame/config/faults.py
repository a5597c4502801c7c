"""The settings of network faults: which are dealt from the start, and what draws them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxgame.config.about import FAULTS, setting
from cxgame.config.kinds import Kind, integer, optional, path


def deck() -> Kind:
    """A deck's file, or the tables of faults that hold from the start; they are read elsewhere."""
    file = path()

    def read(value: object) -> Path | tuple[Mapping[str, Any], ...]:
        if isinstance(value, list | tuple) and all(isinstance(each, Mapping) for each in value):
            return tuple(value)
        found: Path = file.read(value)
        return found

    return Kind("a path, or in TOML and Python a list of faults", file.metavar, read)


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What happens on the way between server and players."""

    faults: Path | tuple[Mapping[str, Any], ...] | None = setting(
        None,
        FAULTS,
        optional(deck()),
        "File of network faults to deal in the course of the game, a deck; or the faults that hold "
        "from the start on.",
    )
    fault_seed: int | None = setting(
        None,
        FAULTS,
        optional(integer(0, 2**63 - 1)),
        "The same seed hits the same messages; without it, the seed of the game.",
    )
