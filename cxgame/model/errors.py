"""Refusals: a code of the table with the facts of one case.

A refusal is a business no and travels as a value; an exception in this program is a bug.
"""

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple, final

from cxgame.model.codes import Code
from cxgame.model.meanings import MEANINGS

__all__ = ["MEANINGS", "Code", "Rejection", "reject", "unknown_symbol"]

_NAMED = 10  # symbols that a refusal names: a game may have thousands


@final
class Rejection(NamedTuple):
    """A business no: nothing was changed. `facts` fill the sentence; money in them is text."""

    code: Code
    facts: dict[str, str]

    @property
    def text(self) -> str:
        """The sentence of the code with this refusal's facts."""
        return MEANINGS[self.code].sentence.format(**self.facts)


def reject(code: Code, **facts: str) -> Rejection:
    """A refusal with the facts that its sentence names."""
    return Rejection(code, facts)


def unknown_symbol(got: str, known: Iterable[str]) -> Rejection:
    """Refuse a symbol; its bound are those that there are, the first few where there are many."""
    names = list(islice(known, _NAMED + 1))
    limit = ", ".join([*names[:_NAMED], *["…"][: len(names) - _NAMED]])
    return reject(Code.FILTER_SYMBOL, limit=limit, got=got)
