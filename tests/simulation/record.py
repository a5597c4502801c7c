"""What was asked and what was answered: the auditor's evidence, and the hash of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any


@dataclass(eq=False)
class Attempt:
    """One message of a player, and its reply if there was one."""

    player: int
    id: str  # of the request: no two are alike
    connection: int
    command: str
    params: dict[str, Any]
    sent_s: float
    replied_s: float = float("inf")
    reply: dict[str, Any] | None = None

    @property
    def done(self) -> bool:
        """Whether it was answered with a yes."""
        return self.reply is not None and self.reply["status"] is True

    @property
    def code(self) -> str:
        """The code of a no; empty for a yes and for no answer."""
        return "" if self.reply is None or self.done else str(self.reply.get("code"))


@dataclass
class Record:
    """Everything that happened in one run."""

    attempts: list[Attempt] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)  # found while it ran
    starts: int = 0
    lines: list[str] | None = None  # the whole trace, if it is to be read
    _hash: Any = field(default_factory=lambda: blake2b(digest_size=16))

    def note(self, now_s: float, who: str, what: bytes) -> None:
        """Something that the world could see."""
        self._hash.update(b"%.9f %b " % (now_s, who.encode()))
        self._hash.update(what)
        if self.lines is not None:
            self.lines.append(f"{now_s - 1000:10.6f} {who}: {what[:300]!r}")

    @property
    def digest(self) -> str:
        """The hash over everything noted."""
        return str(self._hash.hexdigest())
