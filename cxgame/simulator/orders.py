"""One's open orders, from replies, pushed frames and lists that come late, twice or in any order.

An order only ever goes on: what was filled stays filled, and what is over stays over. So of two
messages about it the one that is further along counts, whichever came first. Only a list asked for
at REST takes something back: then what was believed was wrong.
"""

from collections import OrderedDict
from collections.abc import Iterable
from decimal import Decimal

from cxgame.simulator.frames import OPEN, OVER, Frame, Row

REMEMBERED = 1_000  # orders that are over, so that an old message does not bring one back

_TELLING = ("symbol", "side", "status", "price", "quantity", "filled_quantity")


class Orders:
    """What is known of one's orders. `version` grows with each change that was heard of."""

    def __init__(self) -> None:
        self.open: dict[str, Row] = {}
        self.version = 0
        self._over: OrderedDict[str, Row] = OrderedDict()
        self._heard: dict[str, int] = {}  # by order: the version in which it was last heard of

    def get(self, order_id: str) -> Row | None:
        """An order that is open, or was lately."""
        return self.open.get(order_id) or self._over.get(order_id)

    def take(self, row: Row) -> None:
        """An order as somebody has told of it. Rows are in the words of REST."""
        known = self.get(row["order_id"])
        if known is None or _is_further(row, known):
            self._put(row if known is None else {**known, **row})
        self._hear(row["order_id"])

    def fill(self, frame: Frame) -> bool:
        """An ORDER_FILL; False: the order is not known."""
        known = self.get(frame["order_id"])
        if known is None:
            return False
        left = Decimal(frame["remaining_quantity"])
        filled = format(Decimal(known["quantity"]) - left, "f")
        status = frame.get("status") or ("PARTIALLY_FILLED" if left else "FILLED")
        self.take({**known, "filled_quantity": filled, "status": status})
        return True

    def cancel(self, order_id: str) -> bool:
        """An order is cancelled; False: it is not known."""
        known = self.get(order_id)
        if known is None:
            return False
        self.take({**known, "status": "CANCELLED"})
        return True

    def are(self, rows: Iterable[Row], asked_in: int) -> tuple[list[str], int]:
        """These are open, as of when `version` was `asked_in` or later.

        What was heard of since stays as it was heard. Returns the ids of the orders that are
        believed to be open and are not listed, to be looked at one by one, and how many were not
        as they are.
        """
        listed = {row["order_id"]: row for row in rows}
        fresh = {id for id, version in self._heard.items() if version > asked_in}
        gone = [id for id in self.open if id not in listed and id not in fresh]
        other = 0
        for id, row in listed.items():
            if id in fresh:
                self.take(row)
            elif _differs(self.open.get(id), row):
                other += 1
                self._over.pop(id, None)
                self._put(row)
        return gone, other

    def drop(self, order_id: str) -> None:
        """There is no such order."""
        self.open.pop(order_id, None)
        self._heard.pop(order_id, None)

    def _put(self, row: Row) -> None:
        if row["status"] in OVER:
            self.open.pop(row["order_id"], None)
            self._end(row)
        elif row["status"] in OPEN:
            self.open[row["order_id"]] = row
        else:
            raise ValueError(f"an order that is {row['status']}")

    def _end(self, row: Row) -> None:
        self._over[row["order_id"]] = row
        while len(self._over) > REMEMBERED:
            id, _ = self._over.popitem(last=False)
            self._heard.pop(id, None)

    def _hear(self, order_id: str) -> None:
        self.version += 1
        self._heard[order_id] = self.version


def _is_further(row: Row, known: Row) -> bool:
    """Whether a row tells of a later state than what is known."""
    if (row["status"] in OVER) != (known["status"] in OVER):
        return row["status"] in OVER
    return Decimal(row["filled_quantity"]) >= Decimal(known["filled_quantity"])


def _differs(known: Row | None, row: Row) -> bool:
    """Whether a row says anything else than what is known."""
    return known is None or any(known.get(name) != row[name] for name in _TELLING)
