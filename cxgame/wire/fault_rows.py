"""The `data` of the command `faults`, as types: see `cxgame.wire.reply_types`.

Which members a fault has beside its name is the matter of its mode (docs/faults.md).
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

FaultWord = Literal[
    "drop",
    "delay",
    "duplicate",
    "reorder",
    "corrupt",
    "throttle",
    "silence",
    "rate_limit",
    "disconnect",
    "half_open",
]


class _FaultTable(Struct, frozen=True, kw_only=True):
    fault: FaultWord
    direction: Literal["in", "out", "both"]
    faces: list[Literal["orders", "feed", "rest", "simulator"]] | UnsetType = UNSET
    messages: list[str] | UnsetType = UNSET
    to: list[str] | UnsetType = UNSET
    probability: float | UnsetType = UNSET
    min_ms: float | UnsetType = UNSET
    max_ms: float | UnsetType = UNSET
    profile: Literal["typical", "stable"] | UnsetType = UNSET
    max_duplicates: int | UnsetType = UNSET
    window_size: int | UnsetType = UNSET
    corruption_level: float | UnsetType = UNSET
    max_messages_per_second: float | UnsetType = UNSET
    after_messages: int | UnsetType = UNSET
    per_second: int | UnsetType = UNSET
    bans_s: list[float] | UnsetType = UNSET
    by: Literal["setting", "deck", "admin"]


class FaultRow(_FaultTable, frozen=True, kw_only=True):
    """A fault in force; times in seconds of playing time."""

    id: int
    since: float
    until: float | None
    hits: int


class DealRow(_FaultTable, frozen=True, kw_only=True, rename={"for_": "for"}):
    """A fault that is still to come."""

    at: float
    for_: float | UnsetType = UNSET


class FaultsData(Struct, frozen=True):
    """What happens to messages on their way."""

    seed: int
    game_time: float
    faults: list[FaultRow]
    deck: list[DealRow]
