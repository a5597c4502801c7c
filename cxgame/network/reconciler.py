"""What is in doubt, since when, and when to ask for it again. The asking is the owner's.

Anything that was missed puts something into doubt: the book of a market, the open orders. A look
at the truth settles it, but only if nothing was put into doubt again while one was looking.
"""

from collections.abc import Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

from cxgame.network.backoff import Backoff

Key = TypeVar("Key", bound=Hashable)


class Doubt(NamedTuple, Generic[Key]):
    """What is being looked into: to be handed to `settle` or `fail`."""

    key: Key
    version: int


class _State:
    """One thing that may be in doubt."""

    __slots__ = ("backoff", "due_at", "looking", "since", "version")

    def __init__(self, backoff: Backoff) -> None:
        self.backoff = backoff
        self.since: float | None = None  # when the doubt began; None: there is none
        self.due_at = 0.0
        self.looking = False
        self.version = 0  # of the last doubt: an old look settles no new one


class Reconciler(Generic[Key]):
    """The doubts of a view, one per key, each looked into by one look at a time."""

    def __init__(
        self,
        *,
        pause_s: float = 0.0,
        backoff: Callable[[], Backoff] = lambda: Backoff(0.1, 5.0),
    ) -> None:
        """`pause_s`: how long a doubt waits for others of its kind before it is looked into."""
        self._pause_s = pause_s
        self._backoff = backoff
        self._states: dict[Key, _State] = {}
        self._versions = 0

    def doubt(self, key: Key, now: float) -> bool:
        """Something may be wrong. Returns whether it was thought right until now."""
        state = self._states.get(key)
        if state is None:
            state = self._states[key] = _State(self._backoff())
        self._versions += 1
        state.version = self._versions
        if state.since is not None:
            return False
        state.since, state.due_at = now, now + self._pause_s
        return True

    def begin(self, now: float) -> Doubt[Key] | None:
        """The doubt that is due for longest, to be looked into now; None: none is."""
        due = [
            (state.due_at, number, key)
            for number, (key, state) in enumerate(self._states.items())
            if state.since is not None and not state.looking and state.due_at <= now
        ]
        if not due:
            return None
        key = min(due)[2]
        state = self._states[key]
        state.looking = True
        return Doubt(key, state.version)

    def settle(self, doubt: Doubt[Key], now: float) -> float | None:
        """The truth is known as of the beginning of the look.

        Returns for how long it was in doubt; None if it still is, since more was missed meanwhile.
        """
        state = self._states.get(doubt.key)
        if state is None:
            return None
        state.looking = False
        state.backoff.reset()
        if state.version != doubt.version:
            state.due_at = now + self._pause_s
            return None
        since, state.since = state.since, None
        return None if since is None else now - since

    def fail(self, doubt: Doubt[Key], now: float) -> None:
        """The look told nothing: another will be due, later each time."""
        state = self._states.get(doubt.key)
        if state is not None:
            state.looking = False
            state.due_at = now + next(state.backoff)

    def drop(self, key: Key) -> None:
        """Nobody wants to know any more."""
        self._states.pop(key, None)

    def next_at(self) -> float | None:
        """When something will be due; None: nothing is in doubt that is not being looked into."""
        waiting = [
            state.due_at
            for state in self._states.values()
            if state.since is not None and not state.looking
        ]
        return min(waiting, default=None)

    def in_doubt(self, key: Key | None = None) -> bool:
        """Whether this, or anything, is in doubt."""
        if key is not None:
            state = self._states.get(key)
            return state is not None and state.since is not None
        return any(state.since is not None for state in self._states.values())
