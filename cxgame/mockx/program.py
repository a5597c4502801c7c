"""The command from its first word to its exit status."""

import os
import sys
from argparse import Namespace
from collections.abc import Sequence

from cxgame.config import ConfigError
from cxgame.config.mockx import MOCKX_ABOUT, load_mockx
from cxgame.mockx import command_line
from cxgame.mockx.numerals import Json, pretty
from cxgame.mockx.reading import Outcome, read
from cxgame.mockx.requests import Request
from cxgame.mockx.sending import Unreachable, send

DONE, FAILED, MISUSED = 0, 1, 2
INTERRUPTED, CUT_OFF = 130, 141  # as a shell reports an end at Ctrl-C, or by a reader that left


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit status."""
    typed = command_line.parse(None if arguments is None else list(arguments))
    try:
        return _tell(_ask(typed.request(typed), typed), as_table="table" in typed)
    except ConfigError as error:
        return _complain(f"mockx: {error}", MISUSED)
    except Unreachable as error:
        return _complain(f"mockx: {error}", FAILED)
    except BrokenPipeError:
        # Python would complain once more when it flushes standard output at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CUT_OFF
    except KeyboardInterrupt:
        return INTERRUPTED


def _ask(request: Request, typed: Namespace) -> Outcome:
    settings = load_mockx({name: getattr(typed, name, None) for name in MOCKX_ABOUT})
    answer = send(request, settings, insecure="insecure" in typed)
    return read(answer, placed=typed.command == "order")


def _tell(outcome: Outcome, *, as_table: bool) -> int:
    if outcome.has_value:
        _show(outcome.value, as_table=as_table)
    return DONE if outcome.refusal is None else _complain(outcome.refusal, FAILED)


def _show(value: Json, *, as_table: bool) -> None:
    if as_table:
        from cxgame.mockx.tables import show  # only now: rich is slow to import

        show(value)
    else:
        sys.stdout.write(pretty(value) + "\n")
    sys.stdout.flush()


def _complain(sentence: str, status: int) -> int:
    sys.stderr.write(sentence + "\n")
    return status
