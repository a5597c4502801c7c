"""Faults of the network, made on purpose and repeatable: docs/faults.md.

`read_fault` makes a `Fault` of a table; a server's `Board` has those that are in force; a `Link`
carries them out on one direction of one connection.
"""

from cxgame.faults.board import Board, BoardFullError, InForce
from cxgame.faults.fate import Fate
from cxgame.faults.line import NOBODY, Line
from cxgame.faults.link import Link, Parcel
from cxgame.faults.modes import ALL_FACES, MODES, Direction, Face, Fault, HalfOpen
from cxgame.faults.pacing import Ban
from cxgame.faults.reading import BadFaultError, read_fault, table_of

__all__ = [
    "ALL_FACES",
    "MODES",
    "NOBODY",
    "BadFaultError",
    "Ban",
    "Board",
    "BoardFullError",
    "Direction",
    "Face",
    "Fate",
    "Fault",
    "HalfOpen",
    "InForce",
    "Line",
    "Link",
    "Parcel",
    "read_fault",
    "table_of",
]
