"""How long to wait before each further try. Without a clock: whoever asks does the waiting."""

import random
from collections.abc import Callable, Iterator

_jitter = random.SystemRandom()


class Backoff(Iterator[float]):
    """Seconds to wait before each further try: growing, and spread so that clients don't march.

    ```python
    for delay_s in Backoff():
        if await try_it():
            break
        await asyncio.sleep(delay_s)
    ```

    It never ends by itself. `reset` after a success that makes the past meaningless.
    """

    def __init__(
        self,
        first_s: float = 0.05,
        most_s: float = 2.0,
        *,
        factor: float = 2.0,
        spread: Callable[[float, float], float] = _jitter.uniform,
    ) -> None:
        """`spread` draws between two numbers; tests and simulations give one with a seed."""
        if not 0 < first_s <= most_s or factor < 1:
            raise ValueError("Waiting times are above 0 and do not shrink.")
        self.tries = 0  # since the last reset
        self._first_s = self._delay_s = first_s
        self._most_s = most_s
        self._factor = factor
        self._spread = spread

    def __iter__(self) -> "Backoff":
        return self

    def __next__(self) -> float:
        """How long to wait now: between half and all of what it has grown to."""
        self.tries += 1
        delay_s = self._delay_s
        self._delay_s = min(self._factor * delay_s, self._most_s)
        return delay_s * self._spread(0.5, 1.0)

    def reset(self) -> None:
        """It works again: the next trouble begins with the shortest wait."""
        self.tries = 0
        self._delay_s = self._first_s
