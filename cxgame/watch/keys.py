"""The keyboard: what a key asks for, and a terminal that hands over each key as it is pressed.

Without a terminal to read from, or in the background, there are no keys, and nothing else changes.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from types import TracebackType
from typing import Any, Self

_AT_ONCE = 64  # bytes: more than anybody presses between two looks


class Wish(Enum):
    """What a watcher can ask for."""

    QUIT = "quit"
    HELP = "help"
    NEXT = "next market"
    PREVIOUS = "market before"


_WISHES = {
    b"q": Wish.QUIT,
    b"Q": Wish.QUIT,
    b"?": Wish.HELP,
    b"h": Wish.HELP,
    b"n": Wish.NEXT,
    b"\t": Wish.NEXT,
    b"\x1b[C": Wish.NEXT,
    b"\x1bOC": Wish.NEXT,
    b"p": Wish.PREVIOUS,
    b"\x1b[D": Wish.PREVIOUS,
    b"\x1bOD": Wish.PREVIOUS,
}


def wishes(typed: bytes) -> list[Wish]:
    """What was asked for by these bytes. Keys without a meaning have none."""
    found: list[Wish] = []
    while typed:
        key = _first(typed)
        if key in _WISHES:
            found.append(_WISHES[key])
        typed = typed[len(key) :]
    return found


def _first(typed: bytes) -> bytes:
    """The first key: a letter, or what a key sends that begins with an escape."""
    if typed[:1] != b"\x1b" or typed[1:2] not in (b"[", b"O"):
        return typed[:1]
    end = 2
    while end < len(typed) and not 0x40 <= typed[end] <= 0x7E:
        end += 1
    return typed[: end + 1]


class Keyboard:
    """While it is entered, `on_wish` is called for each key that asks for something."""

    def __init__(self, on_wish: Callable[[Wish], None], descriptor: int | None = None) -> None:
        self._on_wish = on_wish
        self._descriptor = _standard_input() if descriptor is None else descriptor
        self._before: list[Any] | None = None  # the terminal's modes, to be restored

    def __enter__(self) -> Self:
        if sys.platform == "win32" or not _is_ours(self._descriptor):
            return self
        import termios
        import tty

        self._before = termios.tcgetattr(self._descriptor)
        tty.setcbreak(self._descriptor, termios.TCSANOW)
        asyncio.get_running_loop().add_reader(self._descriptor, self._read)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if sys.platform == "win32" or self._before is None:
            return
        import termios

        asyncio.get_running_loop().remove_reader(self._descriptor)
        with suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)
        self._before = None

    @contextmanager
    def away(self) -> Iterator[None]:
        """Leave the terminal to others for a while."""
        self.__exit__(None, None, None)
        yield
        self.__enter__()

    def _read(self) -> None:
        try:
            typed = os.read(self._descriptor, _AT_ONCE)
        except OSError:  # the terminal is gone
            typed = b""
        if not typed:
            asyncio.get_running_loop().remove_reader(self._descriptor)
        for wish in wishes(typed):
            self._on_wish(wish)


def _standard_input() -> int:
    """Its descriptor; -1 where there is none."""
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):  # none, closed, or a test's
        return -1


def _is_ours(descriptor: int) -> bool:
    """Whether it is a terminal, and we are in its foreground: others would be stopped."""
    if sys.platform == "win32" or descriptor < 0 or not os.isatty(descriptor):
        return False
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # a terminal that is not the one of this session
        return True
