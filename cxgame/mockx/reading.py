"""What an answer means: the value to show, or the words with which the server refused.

A refusal has three forms: a status that is not 2xx; 200 with nothing but an `error`, which older
servers give; and an order that was taken down as `rejected`, which is shown all the same.
"""

from http import HTTPStatus
from typing import NamedTuple

from cxgame.mockx.numerals import Json, parse
from cxgame.mockx.sending import Answer

_NOTHING = object()


class Outcome(NamedTuple):
    """What is told to the person who asked."""

    value: Json  # to show, unless there is nothing
    refusal: str | None = None

    @property
    def has_value(self) -> bool:
        """Whether there is something to show."""
        return self.value is not _NOTHING


def read(answer: Answer, *, placed: bool = False) -> Outcome:
    """What the answer to a request says; `placed` if it was to place an order."""
    value = _value(answer.body)
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        words = _words(value) or _line(answer.body) or answer.reason
        return _refused(f"HTTP {answer.status}: {words}")
    if value is _NOTHING:
        return _refused(f"HTTP {answer.status}: the answer is not JSON")
    if isinstance(value, dict):
        if isinstance(value.get("error"), str):
            return _refused(f"HTTP {answer.status}: {_words(value)}")
        if placed and value.get("status") == "rejected":
            return Outcome(value, f"rejected: {value.get('comment') or 'no reason given'}")
    return Outcome(value)


def _refused(sentence: str) -> Outcome:
    return Outcome(_NOTHING, sentence)


def _value(body: bytes) -> Json:
    try:
        return parse(body)
    except ValueError:  # also bytes that are no text
        return _NOTHING


def _words(value: Json) -> str:
    """The server's own words; those about several fields are joined."""
    if not isinstance(value, dict):
        return ""
    detail = value.get("detail") or value.get("error") or ""
    if isinstance(detail, list):
        return "; ".join(map(_about_field, detail))
    return _line(str(detail))


def _about_field(item: Json) -> str:
    if not isinstance(item, dict):
        return _line(str(item))
    place = ".".join(map(str, item.get("loc") or ()))
    return _line(f"{place}: {item.get('msg', '')}" if place else str(item.get("msg", item)))


def _line(text: bytes | str) -> str:
    """Words on one line, and not a whole page of a proxy."""
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    line = " ".join(text.split())
    return line if len(line) <= 500 else line[:500] + "..."
