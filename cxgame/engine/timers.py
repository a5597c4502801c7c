"""The due queue: what happens by itself when game time reaches it, in order of (due, seq)."""

from bisect import bisect_left, insort
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple


class Task(StrEnum):
    """What can fall due."""

    END = "end"  # the time limit
    ORDER = "order"  # one that waits
    EXPIRE = "expire"  # an order that rests for a while


class Due(NamedTuple):
    """One entry; `due_ns` is game time."""

    due_ns: int
    seq: int
    task: Task
    order: int = 0


class Timers:
    """The entries, kept sorted: a heap in which each is found by halving, to be taken out."""

    __slots__ = ("heap",)

    def __init__(self) -> None:
        self.heap: list[Due] = []

    def next_ns(self) -> int | None:
        """When the next entry falls due."""
        return self.heap[0].due_ns if self.heap else None

    def add(self, due: Due) -> None:
        """Put an entry in."""
        insort(self.heap, due)

    def drop(self, task: Task) -> None:
        """Take all entries of a task out."""
        self.heap = [due for due in self.heap if due.task is not task]

    def holds(self, due_ns: int, order: int) -> bool:
        """Whether an order's expiry at a time is among the entries."""
        return self._index(due_ns, order) is not None

    def cancel(self, due_ns: int, order: int) -> None:
        """Take an order's expiry at a time out, if it has not fallen due."""
        index = self._index(due_ns, order)
        if index is not None:
            del self.heap[index]

    def take(self, now_ns: int) -> Due | None:
        """The next entry that is due, taken out; None when nothing is."""
        if self.heap and self.heap[0].due_ns <= now_ns:
            return self.heap.pop(0)
        return None

    def _index(self, due_ns: int, order: int) -> int | None:
        """Where an order's expiry stands; few entries have the same time."""
        heap, index = self.heap, bisect_left(self.heap, due_ns, key=_time)
        while index < len(heap) and heap[index].due_ns == due_ns:
            if heap[index].order == order and heap[index].task is Task.EXPIRE:
                return index
            index += 1
        return None


_time = attrgetter("due_ns")
