"""The auditor: was everything that players were told true, and is it still?

The journal is the witness's order. Against it stand the replies: every yes is in it exactly once
and every no is not; its order is that in which players saw things happen; whatever a reply told of
the state was so at one moment between question and answer, and that moment is in the journal.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections import Counter
from itertools import accumulate

from cxgame.engine.orders import Order
from cxgame.model.commands import Command, Continue, PlaceOrder, PlaceTrigger
from cxgame.store.keys import USERS, GameKeys, current
from tests.simulation.record import Attempt
from tests.simulation.requests import ORDERS
from tests.simulation.views import VIEWS, tells
from tests.simulation.witness import Step, Witness
from tests.simulation.world import Evidence

_ALWAYS_JOURNALED = ORDERS | {"cancel", "bcast"}
_OPEN_OUTCOMES = ("STATE_UNKNOWN", "")  # told so, or told nothing


def audit(evidence: Evidence) -> list[str]:
    """Everything that is wrong; nothing, if the server kept its promises."""
    return evidence.record.problems + _Audit(evidence).problems()


class _Audit:
    def __init__(self, evidence: Evidence) -> None:
        data = evidence.data
        number = int(data.text(current("main").encode()) or 1)
        self._users = data.hash(USERS.encode()) or {}
        self._witness = Witness(data, GameKeys("main", number), evidence.archive)
        self._attempts = evidence.record.attempts
        self._by_id = {attempt.id: attempt for attempt in self._attempts}
        self._positions = self._find()
        self._problems = self._witness.problems
        self._told: tuple[Attempt, Order, list[tuple[int, int]]] | None = None
        self._orders: dict[tuple[int, str], int] = {}  # by player and cid
        self._bounds = _Bounds(self._attempts, self._positions)

    def problems(self) -> list[str]:
        """Look at everything."""
        self._check_once()
        self._check_order()
        waiting = _Looks(self._witness, self._looks(), self._bounds)
        waiting.at(0)

        def look(step: Step) -> None:
            self._check_step(step)
            waiting.at(step.position)

        self._witness.walk(look)
        self._judge_told()
        self._problems += waiting.untrue
        self._check_repeats()
        self._check_users()
        return self._problems

    def _find(self) -> dict[str, int]:
        origins = self._witness.origins()
        self._counts = Counter(str(origin.request) for origin, _ in origins)
        return {
            str(origin.request): position
            for position, (origin, _) in enumerate(origins, start=1)
            if origin.gateway == "ws"
        }

    def _check_once(self) -> None:
        """A yes is in the journal exactly once, a no is not, and nothing else is."""
        for attempt in self._attempts:
            count = self._counts[attempt.id]
            if count > 1:
                self._problems.append(f"{attempt.id} is in the journal {count} times")
            if count and attempt.code not in _OPEN_OUTCOMES:
                self._problems.append(f"{attempt.id} was refused ({attempt.code}) and carried out")
            if attempt.done and not count and self._must_be_there(attempt):
                self._problems.append(f"{attempt.id} ({attempt.command}) was acknowledged and lost")
        for id in self._positions:
            if id not in self._by_id:
                self._problems.append(f"nobody asked for {id}")

    def _must_be_there(self, attempt: Attempt) -> bool:
        assert attempt.reply is not None
        data = attempt.reply["data"]
        if attempt.command == "cancel_all":
            return bool(data["cancelled"])
        return attempt.command in _ALWAYS_JOURNALED and not (
            isinstance(data, dict) and data.get("replayed")
        )

    def _check_order(self) -> None:
        """What was over before something else began is before it; so is what was sent before."""
        latest: dict[tuple[int, int], int] = {}
        for attempt in self._attempts:
            position = self._positions.get(attempt.id)
            if position is None or _may_come_late(attempt):
                continue
            if position <= self._bounds.before(attempt):
                self._problems.append(f"{attempt.id} is earlier than what was over when it began")
            connection = attempt.player, attempt.connection
            if position <= latest.get(connection, 0):
                self._problems.append(f"{attempt.id} overtook one of its own connection")
            latest[connection] = position

    def _check_step(self, step: Step) -> None:
        """The reply to a command tells what it did."""
        if isinstance(step.command, Continue):
            self._follow_told()
            return
        self._judge_told()
        attempt = self._by_id.get(str(step.origin.request))
        if attempt is None:
            return
        placed = _placed(step.command)
        if placed is not None and placed.cid:
            self._orders[attempt.player, placed.cid] = step.applied.order_id
        if not attempt.done:
            return
        assert attempt.reply is not None
        data = attempt.reply["data"]
        if attempt.command in ORDERS and step.applied.order is not None:
            order = step.applied.order
            self._told = attempt, order, [(order.left, order.filled)]
        elif attempt.command == "cancel_all":
            if data["cancelled"] != [str(id) for id in step.applied.cancelled]:
                self._problems.append(f"{attempt.id} cancelled {step.applied.cancelled}")

    def _follow_told(self) -> None:
        """What an order has set off may have met it before the reply was made."""
        if self._told is not None:
            _, order, states = self._told
            states.append((order.left, order.filled))

    def _judge_told(self) -> None:
        """The reply to an order shows it as it was after it, or after what it has set off."""
        if self._told is None:
            return
        attempt, order, states = self._told
        self._told = None
        assert attempt.reply is not None
        data, money = attempt.reply["data"], self._witness.engine.markets[order.market].market
        filled = _lots(data["filled_size"], money.size_places, money.lot)
        left = None
        if "size" in data:
            left = _lots(data["size"], money.size_places, money.lot)
        if data["id"] != str(order.id) or not any(
            filled == state_filled and left in (None, state_left)
            for state_left, state_filled in states
        ):
            self._problems.append(f"{attempt.id} was told {data}, it was {order.id}: {states}")

    def _looks(self) -> list[Attempt]:
        return [
            attempt
            for attempt in self._attempts
            if (attempt.done and attempt.command in VIEWS)
            or (attempt.command == "cancel" and attempt.code == "ORDER_NOT_FOUND")
        ]

    def _check_repeats(self) -> None:
        """The same cid is the same order, whenever it is asked for."""
        for attempt in self._attempts:
            cid = attempt.params.get("cid")
            if attempt.done and cid is not None and attempt.reply is not None:
                known, told = self._orders.get((attempt.player, cid)), attempt.reply["data"]["id"]
                if str(known) != told:
                    self._problems.append(f"{attempt.id}: cid {cid} is {known}, was told {told}")

    def _check_users(self) -> None:
        """Who was registered is known, by the same token."""
        for attempt in self._attempts:
            if attempt.command != "register" or not attempt.done:
                continue
            record = json.loads(self._users.get(attempt.params["username"].encode(), b"{}"))
            token = hashlib.sha256(attempt.params["token"].encode()).hexdigest()
            if record.get("token_sha256") != token:
                self._problems.append(f"{attempt.id} was registered and is not known")


def _placed(command: Command) -> PlaceOrder | None:
    """The order that a command places, at once or when a price is reached."""
    if isinstance(command, PlaceTrigger):
        return command.order
    return command if isinstance(command, PlaceOrder) else None


def _may_come_late(attempt: Attempt) -> bool:
    """A user is written beside the game: who is told of no outcome may enter at any time."""
    return attempt.command in ("register", "auth") and attempt.code == "STATE_UNKNOWN"


def _over_s(attempt: Attempt) -> float:
    """From when on the attempt cannot take place any more; never, if its outcome stayed open."""
    return float("inf") if attempt.code == "STATE_UNKNOWN" else attempt.replied_s


def _lots(text: str, places: int, lot: int) -> int:
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(places, "0")[:places]) // lot


class _Bounds:
    """Between which positions of the journal an attempt must have taken place."""

    def __init__(self, attempts: list[Attempt], positions: dict[str, int]) -> None:
        there = [
            (_over_s(attempt), attempt.sent_s, positions[attempt.id])
            for attempt in attempts
            if attempt.id in positions
        ]
        over = sorted((replied_s, at) for replied_s, _, at in there if replied_s < float("inf"))
        self._over_s = [replied_s for replied_s, _ in over]
        self._highest = list(accumulate((at for _, at in over), max))
        begun = sorted((sent_s, at) for _, sent_s, at in there)
        self._begun_s = [sent_s for sent_s, _ in begun]
        self._lowest = list(accumulate((at for _, at in reversed(begun)), min))[::-1]
        self._end = max((at for _, _, at in there), default=0)
        self._own: dict[str, tuple[int, int]] = {}
        self._by_connection(attempts, positions)

    def before(self, attempt: Attempt) -> int:
        """The last position that was over when the attempt began."""
        place = bisect_left(self._over_s, attempt.sent_s)
        return self._highest[place - 1] if place else 0

    def of(self, attempt: Attempt, end: int) -> tuple[int, int]:
        """The first and the last state that the reply may tell of."""
        low, high = self._own[attempt.id]
        place = bisect_right(self._begun_s, attempt.replied_s)
        if place < len(self._lowest):
            high = min(high, self._lowest[place] - 1)
        return max(low, self.before(attempt)), min(high, end)

    def _by_connection(self, attempts: list[Attempt], positions: dict[str, int]) -> None:
        """On one connection everything is handled in order."""
        latest: dict[tuple[int, int], int] = {}
        for attempt in attempts:
            key = attempt.player, attempt.connection
            position = positions.get(attempt.id)
            if not _may_come_late(attempt):
                latest[key] = position or latest.get(key, 0)
            self._own[attempt.id] = (latest.get(key, 0), 2**62)
        following: dict[tuple[int, int], int] = {}
        for attempt in reversed(attempts):
            key = attempt.player, attempt.connection
            self._own[attempt.id] = (self._own[attempt.id][0], following.get(key, 2**62) - 1)
            following[key] = positions.get(attempt.id, following.get(key, 2**62))


class _Looks:
    """Reads that wait for a moment at which they were true."""

    def __init__(self, witness: Witness, looks: list[Attempt], bounds: _Bounds) -> None:
        self._witness = witness
        end = len(witness.origins())
        self.untrue: list[str] = []
        ranges = [(*self._range(look, bounds, end), look) for look in looks]
        self._coming = sorted(ranges, key=lambda range_: range_[0], reverse=True)
        self._waiting: list[tuple[int, int, Attempt]] = []

    def _range(self, look: Attempt, bounds: _Bounds, end: int) -> tuple[int, int]:
        """Of states; a halted game shows the last one that was released, and says which."""
        if look.reply is None or not look.reply.get("halted"):
            return bounds.of(look, end)
        shown = self._witness.ends[look.reply["seq"]]
        if shown < bounds.before(look):
            self.untrue.append(f"{look.id} shows batch {look.reply['seq']}, which is too old")
        return shown, shown

    def at(self, position: int) -> None:
        """The witness stands here."""
        while self._coming and self._coming[-1][0] <= position:
            self._waiting.append(self._coming.pop())
        still = []
        for low, high, look in self._waiting:
            if tells(look, self._witness):
                continue
            if position < high:
                still.append((low, high, look))
            else:
                self.untrue.append(
                    f"{look.id} ({look.command}) was never true from {low} to {high}:"
                    f" {look.params} {look.reply}"
                )
        self._waiting = still
