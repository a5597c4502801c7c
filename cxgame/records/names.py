"""How people name a game: `main` is the one played now, `main.2` one in particular."""

from typing import NamedTuple

from cxgame.records.errors import Misuse
from cxgame.store.errors import StoreError
from cxgame.store.keys import check_name


class Wanted(NamedTuple):
    """A game as it was asked for."""

    name: str
    number: int | None  # None: the current one

    def __str__(self) -> str:
        return self.name if self.number is None else f"{self.name}.{self.number}"


def wanted_game(text: str) -> Wanted:
    """Read `main` or `main.2`; raises `Misuse` for what cannot be a game."""
    name, dot, number = text.rpartition(".")
    wanted = Wanted(name, int(number)) if dot and _is_number(number) else Wanted(text, None)
    try:
        check_name(wanted.name)
    except StoreError as error:
        raise Misuse(str(error)) from None
    return wanted


def no_such_game(wanted: Wanted, where: str, found: list[str]) -> Misuse:
    """The refusal that says which games there are instead."""
    if not found:
        return Misuse(f"there is no game in {where}")
    shown = ", ".join(sorted(found)[:10]) + (", …" if len(found) > 10 else "")
    return Misuse(f"there is no game {wanted} in {where}; there is {shown}")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9
