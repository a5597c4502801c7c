"""The settings of network faults: which are dealt from the start, and what draws them."""

from dataclasses import dataclass
from pathlib import Path

from cxgame.config.about import FAULTS, OPTIONAL_FILE, setting
from cxgame.config.kinds import integer, optional


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What happens on the way between server and players."""

    faults: Path | None = setting(
        None,
        FAULTS,
        OPTIONAL_FILE,
        "File of network faults to deal in the course of the game: a deck; none without it.",
    )
    fault_seed: int | None = setting(
        None,
        FAULTS,
        optional(integer(0, 2**63 - 1)),
        "The same seed hits the same messages; without it, the seed of the game.",
    )
