"""The machine's clock. Tests bring one of their own."""

import time


class SystemClock:
    """Implements `cxgame.ports.Clock`."""

    def monotonic_ns(self) -> int:
        """Nanoseconds that never go back."""
        return time.monotonic_ns()

    def wall_ms(self) -> int:
        """Milliseconds since 1970."""
        return time.time_ns() // 1_000_000
