"""How long a game has been played: a clock that runs only while it is told to."""

from collections.abc import Callable


class PlayTime:
    """Game time in ns, between what the engine has seen last and now."""

    def __init__(self, monotonic_ns: Callable[[], int], from_ns: int) -> None:
        self._monotonic_ns = monotonic_ns
        self._from_ns = from_ns
        self._since_ns: int | None = None  # monotonic; None while it stands still

    @property
    def is_running(self) -> bool:
        """Whether time passes."""
        return self._since_ns is not None

    def now_ns(self) -> int:
        """The game time now."""
        if self._since_ns is None:
            return self._from_ns
        return self._from_ns + self._monotonic_ns() - self._since_ns

    def run(self, from_ns: int) -> None:
        """Let time pass from `from_ns` on, unless it does already."""
        if self._since_ns is None:
            self._from_ns = from_ns
            self._since_ns = self._monotonic_ns()

    def stand(self, at_ns: int) -> None:
        """Let time stand still at `at_ns`."""
        self._from_ns = at_ns
        self._since_ns = None
