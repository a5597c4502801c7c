"""The exchange's no, as an exception: in a program's own process nobody reads a reply."""

from cxgame.model.errors import MEANINGS, Code, Rejection


class OrderRefused(Exception):
    """An order, a cancel or an entry was refused, and nothing was changed.

    `code` is one of `docs/errors.md`, `message` its sentence with this refusal's facts, `remedy`
    what to do, `facts` the texts that fill the sentence.
    """

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(f"{rejection.code}: {rejection.text}")
        self.code: Code = rejection.code
        self.message = rejection.text
        self.remedy = MEANINGS[rejection.code].remedy
        self.facts = rejection.facts

    def __reduce__(self) -> tuple[type["OrderRefused"], tuple[Rejection]]:
        """Let it cross to another process, where back-tests often run."""
        return OrderRefused, (Rejection(self.code, self.facts),)
