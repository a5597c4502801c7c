"""How much one client may ask: message rates, broadcasts, registrations, connections.

Pure: time is an argument, in nanoseconds of a clock that never goes back. Every default has its
reason beside it; 0 switches a limit off.
"""

from collections import OrderedDict
from typing import Generic, NamedTuple, TypeVar

from cxgame.model.errors import Code, Rejection, reject

NS_PER_S = 1_000_000_000
OVERUSE = 5  # times the rate: who goes on like this does not listen, and is closed
MAX_ADDRESSES = 10_000  # remembered at once; the one that was idle longest is forgotten

Key = TypeVar("Key")


class Limits(NamedTuple):
    """The limits of a server; the settings of the same names fill it."""

    max_message: int = 65_536  # bytes: 600 orders; what is longer is no order
    rate_limit: int = 100  # messages/s per connection: a bot that looks and acts 50 times a second
    rate_burst: int = 200  # at once: a market maker's requoting of its whole ladder
    bcast_rate: int = 1  # broadcasts/s per account: each goes to every spectator
    max_bcast: int = 500  # characters of one
    young_cancel_ms: int = 0  # off: an exchange without such a rule is the simpler one
    young_cancel_cost: int = 5  # messages: who only flickers has a fifth of the rate
    max_page: int = 1_000  # rows in one reply: 3 ms of everyone's time
    max_connections_per_account: int = 20  # a bot, its watchers, a notebook, and yesterday's ones
    max_registrations_per_minute: int = 200  # per address: a class behind one, each with a few bots


class Bucket:
    """So many per second, so many at once. One integer of state: when it will be empty again."""

    __slots__ = ("_empty_ns", "_interval_ns", "_room_ns")

    def __init__(self, rate: float, burst: int) -> None:
        """`rate` 0: no limit."""
        self._interval_ns = round(NS_PER_S / rate) if rate else 0
        self._room_ns = (burst - 1) * self._interval_ns
        self._empty_ns = 0

    def take(self, now_ns: int) -> int:
        """Take one: 0 if it was there, else nothing is taken and this many ns are to wait."""
        empty_ns = self._empty_ns
        if empty_ns < now_ns:
            empty_ns = now_ns
        wait_ns = empty_ns - now_ns - self._room_ns
        if wait_ns > 0 and self._interval_ns:
            return wait_ns
        self._empty_ns = empty_ns + self._interval_ns
        return 0

    def take_more(self, now_ns: int, more: int) -> int:
        """Take `more` after one that was taken: 0, or the ns until all of them would be there.

        More than fit at once are taken on credit, as soon as the bucket is empty.
        """
        empty_ns = max(self._empty_ns, now_ns)
        fit_ns = min(more * self._interval_ns, self._room_ns)
        wait_ns = empty_ns + fit_ns - self._interval_ns - now_ns - self._room_ns
        if wait_ns > 0:
            return wait_ns + self._interval_ns  # the one that was taken will have to be, again
        self._empty_ns = empty_ns + more * self._interval_ns
        return 0

    def left(self, now_ns: int) -> int | None:
        """How many could be taken now; None without a limit."""
        if not self._interval_ns:
            return None
        free_ns = now_ns + self._room_ns - max(self._empty_ns, now_ns)
        return max(0, free_ns // self._interval_ns + 1)


class Buckets(Generic[Key]):
    """A bucket per key, such as an address; memory is bounded."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: OrderedDict[Key, Bucket] = OrderedDict()

    def take(self, key: Key, now_ns: int) -> int:
        """As `Bucket.take`, from the bucket of `key`."""
        if not self._rate:
            return 0
        bucket = self._buckets.pop(key, None) or Bucket(self._rate, self._burst)
        self._buckets[key] = bucket
        if len(self._buckets) > MAX_ADDRESSES:
            self._buckets.popitem(last=False)
        return bucket.take(now_ns)

    def take_more(self, key: Key, now_ns: int, more: int) -> int:
        """As `Bucket.take_more`, after a `take` from the bucket of `key`."""
        bucket = self._buckets.get(key)
        return 0 if bucket is None else bucket.take_more(now_ns, more)

    def left(self, key: Key, now_ns: int) -> int | None:
        """As `Bucket.left`, of the bucket of `key`."""
        if not self._rate:
            return None
        bucket = self._buckets.get(key)
        return self._burst if bucket is None else bucket.left(now_ns)


class Share(Generic[Key]):
    """The bucket of one key among many, for who knows nothing of keys."""

    def __init__(self, buckets: Buckets[Key], key: Key) -> None:
        self._buckets = buckets
        self._key = key

    def take_more(self, now_ns: int, more: int) -> int:
        """As `Bucket.take_more`."""
        return self._buckets.take_more(self._key, now_ns, more)

    def left(self, now_ns: int) -> int | None:
        """As `Bucket.left`."""
        return self._buckets.left(self._key, now_ns)


class MessageRate:
    """One connection's messages, and the patience with it."""

    __slots__ = ("_patience", "left", "take", "take_more")

    def __init__(self, limits: Limits) -> None:
        # Take one message: 0, or the ns to wait for the next that is accepted.
        bucket = Bucket(limits.rate_limit, limits.rate_burst)
        self.take = bucket.take
        self.take_more = bucket.take_more
        self.left = bucket.left
        # Refused messages only: at OVERUSE times the rate, OVERUSE - 1 of OVERUSE are refused.
        self._patience = Bucket(
            limits.rate_limit * (OVERUSE - 1), limits.rate_burst * (OVERUSE - 1)
        )

    def is_overused(self, now_ns: int) -> bool:
        """Count a refused message: whether the connection should be closed."""
        return self._patience.take(now_ns) > 0


def too_fast(wait_ns: int) -> Rejection:
    """The refusal of a message that came too early."""
    return reject(Code.LIMIT_RATE, wait_ms=_wait_ms(wait_ns))


def too_many_connections(limit: int, got: int) -> Rejection:
    """The refusal of one connection more than may be."""
    return reject(Code.LIMIT_CONNECTIONS, limit=str(limit), got=str(got))


def too_many_registrations(limit: int, wait_ns: int) -> Rejection:
    """The refusal of one registration more than may be: when the next one may come is known."""
    facts = {"limit": str(limit), "got": str(limit + 1), "wait_ms": _wait_ms(wait_ns)}
    return reject(Code.LIMIT_CONNECTIONS, **facts)


def _wait_ms(wait_ns: int) -> str:
    return str(-(-wait_ns // 1_000_000))
