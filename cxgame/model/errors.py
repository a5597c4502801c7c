"""Refusals: a code of the table with the facts of one case.

A refusal is a business no and travels as a value; an exception in this program is a bug.
"""

from typing import NamedTuple, final

from cxgame.model.codes import Code
from cxgame.model.meanings import MEANINGS

__all__ = ["MEANINGS", "Code", "Rejection", "reject"]


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
