"""Keys, as terminals send them."""

import asyncio
import os
import sys

import pytest

from cxgame.watch.keys import Keyboard, Wish, wishes
from tests.support.serving import WITHIN_S


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        (b"q", [Wish.QUIT]),
        (b"?h", [Wish.HELP, Wish.HELP]),
        (b"n\tp", [Wish.NEXT, Wish.NEXT, Wish.PREVIOUS]),
        (b"\x1b[C\x1b[D", [Wish.NEXT, Wish.PREVIOUS]),
        (b"\x1bOC\x1bOD", [Wish.NEXT, Wish.PREVIOUS]),
        (b"\x1b[1;5Cq", [Wish.QUIT]),
        (b"\x1b[A\x1b[15~xyz\x00\xff", []),
        (b"\x1b", []),
        (b"\x1bq", [Wish.QUIT]),
        (b"\x1b[", []),
        (b"", []),
    ],
)
def test_keys_ask_for_something(typed: bytes, asked: list[Wish]) -> None:
    """Letters, and arrows in both of the ways that terminals send them; others do nothing."""
    assert wishes(typed) == asked


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
async def test_a_terminal_hands_over_keys_and_is_left_as_it_was() -> None:
    """Without Enter, and unseen; also when the keyboard is away for a while."""
    import pty
    import termios

    here, there = pty.openpty()
    asked: asyncio.Queue[Wish] = asyncio.Queue()
    try:
        before = termios.tcgetattr(there)
        with Keyboard(asked.put_nowait, there) as keyboard:
            os.write(here, b"nq")
            async with asyncio.timeout(WITHIN_S):
                assert [await asked.get(), await asked.get()] == [Wish.NEXT, Wish.QUIT]
            assert not termios.tcgetattr(there)[3] & (termios.ICANON | termios.ECHO)
            with keyboard.away():
                assert termios.tcgetattr(there) == before
            assert not termios.tcgetattr(there)[3] & termios.ICANON
        assert termios.tcgetattr(there) == before
    finally:
        os.close(here)
        os.close(there)


async def test_without_a_terminal_there_are_no_keys() -> None:
    """A pipe is left alone."""
    asked: list[Wish] = []
    reading, writing = os.pipe()
    try:
        os.write(writing, b"q")
        with Keyboard(asked.append, reading):
            await asyncio.sleep(0)
        assert asked == []
        assert os.read(reading, 1) == b"q"
    finally:
        os.close(reading)
        os.close(writing)
