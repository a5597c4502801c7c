"""The due queue: what happens by itself when game time reaches it, in order of (due, seq)."""

from enum import StrEnum
from heapq import heapify, heappop, heappush
from typing import NamedTuple


class Task(StrEnum):
    """What can fall due."""

    END = "end"  # the time limit
    ORDER = "order"  # one that waits


class Due(NamedTuple):
    """One entry; `due_ns` is game time."""

    due_ns: int
    seq: int
    task: Task
    order: int = 0


class Timers:
    """A heap of entries."""

    __slots__ = ("heap",)

    def __init__(self) -> None:
        self.heap: list[Due] = []

    def next_ns(self) -> int | None:
        """When the next entry falls due."""
        return self.heap[0].due_ns if self.heap else None

    def add(self, due: Due) -> None:
        """Put an entry in."""
        heappush(self.heap, due)

    def drop(self, task: Task) -> None:
        """Take all entries of a task out."""
        self.heap = [due for due in self.heap if due.task is not task]
        heapify(self.heap)

    def take(self, now_ns: int) -> Due | None:
        """The next entry that is due, taken out; None when nothing is."""
        if self.heap and self.heap[0].due_ns <= now_ns:
            return heappop(self.heap)
        return None
