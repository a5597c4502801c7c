"""Placing and cancelling in the reference exchange: what is checked, and what becomes of an order.

An order is carried out first and judged after: whoever refuses it puts everything back.
"""

from __future__ import annotations

from cxgame.model import commands as ask
from tests.engine.reference_fractions import Fraction
from tests.engine.reference_matching import Matching
from tests.engine.reference_state import Order
from tests.engine.reference_terms import NOTHING, Outcome, Refused, Terms

MOST_TICKS, MOST_LOTS = 10**15, 10**18
DAY_NS = 24 * 60 * 60 * 10**9
UNTIL_LATER = ("gtc", "gtd", "day")  # what may rest
REMEMBERED = 1000  # an account's closed orders whose cids stay known
MOST_AT_ONCE = 2**64 - 1  # lots of one trade


class Orders(Matching):
    """The part of the exchange that takes orders."""

    def do_PlaceOrder(self, command: ask.PlaceOrder) -> Outcome:
        known = self.by_cid(command)
        if known is not None:
            return self.again(known, command)
        self.refuse_late(command)
        order = self.read(command)
        order["lives_ns"] = command.lives_ms * 10**6
        self.refuse_at_once(order)
        self.refuse_without_funds(order)
        free_before = self.free(order["account"], self.terms_of(order).quote)
        self.announce(order)
        self.execute(order)
        self.refuse_after_all(order, free_before)
        self.finish(order)
        return Outcome(order=order["id"])

    def refuse_late(self, command: ask.PlaceOrder | ask.AmendOrder) -> None:
        """Nothing is done after the moment that a command names."""
        if command.deadline_ms and self.wall_ms > command.deadline_ms:
            raise Refused("STATE_DEADLINE")

    def again(self, known: Order, command: ask.PlaceOrder | ask.PlacePending) -> Outcome:
        """The answer to a cid that names an order already."""
        if known["fingerprint"] != command.fingerprint:
            raise Refused("ORDER_CID_REUSED")
        return Outcome(order=known["id"], replayed=True)

    def by_cid(self, command: ask.PlaceOrder | ask.PlacePending) -> Order | None:
        """The order that has this cid, while it is remembered."""
        mine = [order for order in self.gone if order["account"] == command.account]
        recent = [order for order in mine[-REMEMBERED:] if self.now_ns - order["gone_ns"] < DAY_NS]
        for order in reversed(recent + self.orders):
            if command.cid and (order["account"], order["cid"]) == (command.account, command.cid):
                return order
        return None

    def read(self, command: ask.PlaceOrder) -> Order:
        """The order that a command describes."""
        terms = self.terms[command.market]
        mode = self.rules.self_trade if command.self_trade is None else command.self_trade
        return {
            "id": 0,
            "account": command.account,
            "symbol": terms.symbol,
            "verb": command.verb.name.lower(),
            "side": command.side.name.lower(),
            "type": command.type.name.lower(),
            "price": command.price * terms.tick,
            "size": command.quantity * terms.lot,
            "budget": Fraction(int(command.budget), 10**24) if command.budget else None,
            "until": command.time_in_force.name.lower(),
            "post_only": command.post_only,
            "mode": mode.name.lower(),
            "cid": command.cid,
            "fingerprint": command.fingerprint,
            "deals": (),
            "cut": NOTHING,
            "budget_cut": NOTHING,
            "waits": False,  # whether it is a market order that waits
            "stopped_by_own": False,
            "last_price": None,
            "met": False,  # whether anything happened to it or to others by it
            "last_was_trade": False,
            "state": "open",
            "why": None,
            "comment": "",
            "placed_by": 0,  # which command has placed it
            "due_ns": None,  # when an order that waits falls due
            "has_fallen_due": False,
            "lives_ns": 0,  # how long it may rest, if it says so
            "expires_ns": None,  # and when that is over
            "place": 0,  # the higher, the later it came to the book
            "allowance": None,  # what it may take of the house's volume
            "pot": None,
            "taken": NOTHING,
            "fee_booked": NOTHING,
            "fee_taken": NOTHING,
            "hidden": False,  # whether its owner alone knows of it, as its trigger has not fired
            "armed": False,
            "kind": None,  # of the trigger
            "by": None,
            "rises": False,  # whether it waits for a rising price
            "trigger": NOTHING,
            "best": NOTHING,  # the price that a trail follows
            "trail": NOTHING,  # how far behind, or
            "rate": NOTHING,  # what part of the best price
            "highest": None,  # what a market buy pays at most
        }

    def refuse_at_once(self, order: Order) -> None:
        """The checks that need no look at the other side of the book, in their order."""
        terms, limit, account = self.terms_of(order), order["type"] == "limit", order["account"]
        self.unless_open()
        if limit:
            self.refuse_price(terms, order["price"])
        if order["budget"] is None:
            self.refuse_size(terms, order["size"])
        elif order["budget"] < terms.min_amount:
            raise Refused("FILTER_MIN_AMOUNT")
        mine = [other for other in self.orders if other["account"] == account]
        may_stay = order["waits"] or (limit and order["until"] in UNTIL_LATER)
        if may_stay and 0 < self.rules.max_open_orders <= len(mine):
            raise Refused("LIMIT_ORDERS")
        self.refuse_taker(order, order["price"])

    def unless_open(self) -> None:
        """Orders are taken while the game is open."""
        if self.phase != "open":
            raise Refused(
                "STATE_" + {"registration": "NOT_OPEN"}.get(self.phase, self.phase).upper()
            )

    def refuse_price(self, terms: Terms, price: Fraction) -> None:
        """A limit price has its bounds."""
        if price < terms.min_price:
            raise Refused("FILTER_MIN_PRICE")
        if price > MOST_TICKS * terms.tick:
            raise Refused("FILTER_MAX")

    def refuse_size(self, terms: Terms, size: Fraction) -> None:
        """A size has its bounds."""
        if size < terms.min_size:
            raise Refused("FILTER_MIN_SIZE")
        if size > MOST_LOTS * terms.lot:
            raise Refused("FILTER_MAX")

    def refuse_taker(self, order: Order, price: Fraction) -> None:
        """The verbs `buy` and `sell` are for makers."""
        mid = self.mid[order["symbol"]]
        if order["verb"] == "buy" and not price < mid:
            raise Refused("ORDER_NOT_MAKER")
        if order["verb"] == "sell" and not price >= mid:
            raise Refused("ORDER_NOT_MAKER")

    def refuse_without_funds(self, order: Order) -> None:
        """What is known to be needed must be free."""
        terms, limit, account = self.terms_of(order), order["type"] == "limit", order["account"]
        if order["side"] == "sell" and order["size"] > self.free(account, terms.base):
            raise Refused("FUNDS_BASE")
        if order["side"] == "buy":
            price = order["price"] if limit else NOTHING
            wanted = terms.need(price * order["size"]) if limit else order["budget"] or NOTHING
            if wanted > self.free(account, terms.quote):
                raise Refused("FUNDS_QUOTE")

    def announce(self, order: Order) -> None:
        """Give the order its number."""
        self.order_count += 1
        order["id"], order["placed_by"] = self.order_count, self.command_count + 1
        self.tell(order)

    def tell(self, order: Order) -> None:
        """What everybody hears of an order. One at the market shows the mid, rounded down."""
        terms = self.terms_of(order)
        if order["type"] == "market" and not order["waits"]:
            order["price"] = self.mid[terms.symbol] // terms.tick * terms.tick
        shown = "account symbol verb side type price size budget until cid".split()
        self.facts.append(("placed", order["id"], *(order[key] for key in shown)))

    def refuse_after_all(self, order: Order, free_before: Fraction) -> None:
        """The checks that depend on what the order has just done."""
        filled = self.traded(order) == order["size"]
        if order["budget"] is not None:
            filled = self.all_bought(order)
        if order["post_only"] and order["met"]:
            raise Refused("ORDER_POST_ONLY")
        if order["until"] == "fok" and not filled:
            raise Refused("ORDER_FOK")
        if order["type"] == "market" and not order["deals"]:
            raise Refused("ORDER_NO_MATCH")
        by_size = order["type"] == "market" and order["budget"] is None
        if by_size and order["side"] == "buy":
            if self.spent(order) + self.fees(order) > free_before:
                raise Refused("FUNDS_QUOTE")
        self.refuse_large_trade(order)
        self.refuse_new_level(order)

    def refuse_large_trade(self, order: Order) -> None:
        """No trade is of more lots than can be written down."""
        most = MOST_AT_ONCE * self.terms_of(order).lot
        if any(size > most for _, size, _ in order["deals"]):
            raise Refused("FILTER_MAX")

    def refuse_new_level(self, order: Order) -> None:
        """A remainder may not open one level too many."""
        if self.would_rest(order):
            terms, levels = self.terms_of(order), self.prices(order["symbol"], order["side"])
            if order["price"] not in levels and len(levels) + 1 > terms.max_levels:
                raise Refused("LIMIT_LEVELS")

    def would_rest(self, order: Order) -> bool:
        """Whether a remainder goes to the book."""
        rests = order["type"] == "limit" and order["until"] in UNTIL_LATER
        return rests and self.left(order) > 0 and not order["stopped_by_own"]

    def finish(self, order: Order) -> None:
        """What becomes of the order now that it has met all it can."""
        if self.would_rest(order):
            self.arrivals += 1
            order["place"] = self.arrivals
            self.orders.append(order)
            if order["until"] == "gtd" and order["lives_ns"] and order["expires_ns"] is None:
                order["expires_ns"] = self.now_ns + order["lives_ns"]
        elif order["stopped_by_own"]:
            self.end(order, "self_trade")
        elif order["budget"] is not None:
            self.end(order, "filled" if self.all_bought(order) else "unfilled")
        elif self.left(order) == 0:
            self.end(order, "filled" if order["last_was_trade"] else "self_trade")
        else:
            self.end(order, "unfilled")

    # Cancelling ---------------------------------------------------------------------------

    def do_CancelOrder(self, command: ask.CancelOrder) -> Outcome:
        self.unless_closed()
        mine = [order["id"] for order in self.orders if order["account"] == command.account]
        if command.order not in mine:
            raise Refused("ORDER_NOT_FOUND")
        self.cancel([command.order], "expired" if command.expired else "user")
        return Outcome(order=command.order)

    def do_CancelAll(self, command: ask.CancelAll) -> Outcome:
        self.unless_closed()
        doomed = [order["id"] for order in self.orders if order["account"] == command.account]
        if command.market != ask.ALL_MARKETS:
            symbol = self.terms[command.market].symbol
            doomed = [order["id"] for order in self.find(doomed) if order["symbol"] == symbol]
        if command.side is not None:
            side = command.side.name.lower()
            doomed = [order["id"] for order in self.find(doomed) if order["side"] == side]
        self.cancel(doomed, "user")
        return Outcome(cancelled=tuple(sorted(doomed)))

    def unless_closed(self) -> None:
        """A closed game refuses all."""
        if self.phase == "closed":
            raise Refused("STATE_CLOSED")

    def cancel(self, ids: list[int], why: str) -> None:
        """End open orders, the oldest first."""
        for order in sorted(self.find(ids), key=lambda order: order["id"]):
            self.end(order, why)
