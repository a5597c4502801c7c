"""A command that made the engine fail: what must be known of it to see it fail again.

A replay of the journal up to `after_batch`, then `before`, then `command`, each at the same game
time and wall clock, leads to the same exception: the engine is a pure function.
"""

import json
import traceback
from typing import Any, NamedTuple

from cxgame.engine.engine import Engine
from cxgame.model.batch import decode_command, plain
from cxgame.model.commands import Command


class Failure(NamedTuple):
    """One failed command, with the open batch it came into."""

    game: str  # `main.1`
    after_batch: int  # the last batch that was sealed
    batch_hash: bytes
    game_time_ns: int
    wall_ms: int
    before: list[Command]  # of the open batch, applied already
    command: Command
    trace: str


def traceback_of(error: BaseException) -> str:
    """The traceback of an exception as text."""
    return "".join(traceback.format_exception(error)).rstrip()


def dump(failure: Failure) -> str:
    """The failure as JSON that a person can read and `load` can read back."""
    fields: dict[str, Any] = failure._asdict()
    fields["batch_hash"] = failure.batch_hash.hex()
    fields["before"] = [plain(command) for command in failure.before]
    fields["command"] = plain(failure.command)
    fields["trace"] = failure.trace.splitlines()
    return json.dumps(fields, indent=1)


def load(text: str) -> Failure:
    """Read back what `dump` wrote."""
    fields = json.loads(text)
    fields["batch_hash"] = bytes.fromhex(fields["batch_hash"])
    fields["before"] = [decode_command(command) for command in fields["before"]]
    fields["command"] = decode_command(fields["command"])
    fields["trace"] = "\n".join(fields["trace"])
    return Failure(**fields)


def repeat(engine: Engine, failure: Failure) -> None:
    """Let an engine that stands at `after_batch` fail again; returns if it does not."""
    for command in (*failure.before, failure.command):
        engine.apply(command, failure.game_time_ns, failure.wall_ms)
