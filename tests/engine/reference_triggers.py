"""Orders with a trigger in the reference exchange.

Every armed order is looked at whenever a price moves. One that has fired is carried out and, when
it turns out that it must not be, everything is put back as it was and the order ends.
"""

from __future__ import annotations

from cxgame.model import commands as ask
from tests.engine.reference_fractions import Fraction
from tests.engine.reference_orders import MOST_AT_ONCE, MOST_TICKS
from tests.engine.reference_pending import Pending
from tests.engine.reference_state import Order
from tests.engine.reference_terms import NOTHING, Outcome, Refused, Terms, shown

MOST_ARMED = 50  # of an account in a market
AT_ONCE = 100  # that have fired, by one command
RISING = {("buy", "stop"), ("buy", "trailing"), ("sell", "take_profit")}


class Triggers(Pending):
    """The part of the exchange in which orders wait for a price."""

    # Placing ------------------------------------------------------------------------------

    def do_PlaceTrigger(self, command: ask.PlaceTrigger) -> Outcome:
        known = self.by_cid(command.order)
        if known is not None:
            return self.again(known, command.order)
        self.refuse_late(command.order)
        self.unless_open()
        order = self.read_armed(command)
        self.refuse_values(order, command)
        self.refuse_trigger(order, command)
        self.refuse_one_more(order)
        if self.is_reached(order):
            raise Refused("ORDER_WOULD_TRIGGER")
        if order["pot"] > self.free(order["account"], self.asset_held(order)):
            raise Refused("FUNDS_QUOTE" if order["side"] == "buy" else "FUNDS_BASE")
        self.order_count += 1
        order.update(id=self.order_count, placed_by=self.command_count + 1)
        if order["until"] == "gtd" and order["lives_ns"]:
            order["expires_ns"] = self.now_ns + order["lives_ns"]
        self.orders.append(order)
        self.watched.add(order["symbol"])
        shown = "account symbol side type price size budget until cid".split()
        shown += "kind by trigger trail rate".split()
        self.facts.append(("armed", order["id"], *(order[key] for key in shown)))
        self.seen[f"{order['kind']} by {order['by']} armed"] += 1
        return Outcome(order=order["id"])

    def read_armed(self, command: ask.PlaceTrigger) -> Order:
        """The order that a command describes, with what it waits for."""
        order, terms = self.read(command.order), self.terms[command.order.market]
        order["lives_ns"] = command.order.lives_ms * 10**6
        order["kind"], order["by"] = command.kind.name.lower(), command.by.name.lower()
        order["armed"] = order["hidden"] = True
        order["rises"] = (order["side"], order["kind"]) in RISING
        order["trail"] = command.trail * terms.tick
        order["rate"] = Fraction(command.trail_rate, 10**6)
        if self.names_highest(order):
            order["highest"] = order["price"] = command.max_price * terms.tick
        order["trigger"] = command.price * terms.tick
        order["best"] = self.price_of(order)
        if order["kind"] == "trailing":
            order["trigger"] = self.behind(order)
        order["pot"] = self.booked_at_once(order)
        return order

    def names_highest(self, order: Order) -> bool:
        """Whether it is a market buy by quantity, which must say how far it goes."""
        return (order["type"], order["side"]) == ("market", "buy") and order["budget"] is None

    def booked_at_once(self, order: Order) -> Fraction:
        """What is set aside: enough for whatever it will come to."""
        if order["side"] == "sell":
            return Fraction(order["size"])
        if order["budget"] is not None:
            return Fraction(order["budget"])
        price = order["price"] if order["highest"] is None else order["highest"]
        return self.terms_of(order).need(price * order["size"])

    def refuse_values(self, order: Order, command: ask.PlaceTrigger) -> None:
        """The filters of any order."""
        terms = self.terms_of(order)
        if self.names_highest(order) and not command.max_price:
            raise Refused("PARAM_MISSING")
        if order["type"] == "limit" or self.names_highest(order):
            self.refuse_price(terms, order["price"])
        if order["budget"] is None:
            self.refuse_size(terms, order["size"])
        elif order["budget"] < terms.min_amount:
            raise Refused("FILTER_MIN_AMOUNT")

    def refuse_trigger(self, order: Order, command: ask.PlaceTrigger) -> None:
        """A trigger has the bounds of a price; a trail must leave something of it."""
        terms = self.terms_of(order)
        if order["kind"] != "trailing":
            self.refuse_price(terms, order["trigger"])
        elif command.trail <= 0 and command.trail_rate <= 0:
            raise Refused("PARAM_MISSING")
        elif order["trigger"] <= 0 or order["trigger"] > MOST_TICKS * terms.tick:
            raise Refused("FILTER_MAX")

    def refuse_one_more(self, order: Order) -> None:
        """There may be so many open orders, and so many that are armed in one market."""
        mine = [other for other in self.orders if other["account"] == order["account"]]
        if 0 < self.rules.max_open_orders <= len(mine):
            raise Refused("LIMIT_ORDERS")
        here = [other for other in mine if other["symbol"] == order["symbol"]]
        if len([other for other in here if other["armed"]]) >= MOST_ARMED:
            raise Refused("LIMIT_TRIGGERS")

    # Firing -------------------------------------------------------------------------------

    def price_of(self, order: Order) -> Fraction:
        """The price that an order watches; before the first trade the mid is the last price."""
        mid: Fraction = self.mid[order["symbol"]]
        return self.last_traded.get(order["symbol"], mid) if order["by"] == "last" else mid

    def behind(self, order: Order) -> Fraction:
        """Where a trail puts the trigger; away from the price, where a rate makes no half tick."""
        away = order["trail"] or order["rate"] * order["best"]
        half = self.terms_of(order).tick / 2
        if order["rises"]:
            return Fraction(-(-(order["best"] + away) // half) * half)
        return Fraction((order["best"] - away) // half * half)

    def is_reached(self, order: Order) -> bool:
        """Whether the price is where an order waits for it."""
        price, trigger = self.price_of(order), order["trigger"]
        return bool(price >= trigger if order["rises"] else price <= trigger)

    def fire(self) -> None:
        """What the command has moved, step by step. A price that has not moved fires nothing."""
        if self.phase != "open":
            return
        for fact in list(self.facts):
            if fact[0] == "trade" and fact[2] in self.watched:
                self.last_traded[fact[2]] = fact[4]
                self.fire_reached(fact[2], ("last",))
        for terms in self.terms:
            self.fire_reached(terms.symbol, ("last", "mid"))

    def fire_reached(self, symbol: str, prices: tuple[str, ...]) -> None:
        """Let trails follow, then fire: rising triggers from below, falling ones from above."""
        reached = []
        for order in self.orders:
            if order["armed"] and order["symbol"] == symbol and order["by"] in prices:
                self.follow(order)
                if self.is_reached(order):
                    reached.append(order)
        self.seen["fired at one price"] += len(reached) > 1
        for order in sorted(
            reached,
            key=lambda row: (
                not row["rises"],
                row["trigger"] if row["rises"] else -row["trigger"],
                row["id"],
            ),
        ):
            order["armed"] = False
            self.queue.append(order["id"])
            self.facts.append(("fired", order["id"], order["trigger"]))
            self.seen[f"{order['kind']} by {order['by']} fired"] += 1

    def follow(self, order: Order) -> None:
        """A trail goes with the best price since."""
        better = min if order["rises"] else max
        best = better(order["best"], self.price_of(order))
        if order["kind"] == "trailing" and best != order["best"]:
            order["best"] = best
            order["trigger"] = self.behind(order)
            self.seen["trails followed"] += 1

    # Carrying out -------------------------------------------------------------------------

    def do_Continue(self, _: ask.Continue) -> None:
        heads, self.queue = self.queue[:AT_ONCE], self.queue[AT_ONCE:]
        for id in heads:
            self.come_to_market(id)
        self.seen["more fired than go at once"] += bool(self.queue)

    def come_to_market(self, id: int) -> None:
        """Announce an order that has fired, and let it meet the others or end."""
        (order,) = self.find([id])
        self.orders = [other for other in self.orders if other["id"] != id]
        order["hidden"] = False
        self.tell(order)
        before, as_it_was = self.remember(), dict(order)
        self.execute(order)
        end = self.not_to_be(order)
        if end is None:
            order["pot"] = None
            self.finish(order)
            self.seen["fired: carried out"] += 1
            return
        self.put_back(before)
        why, comment = end
        self.seen[f"fired: {why}"] += 1
        if why != "rejected":
            self.end(as_it_was, why)
        elif comment:
            self.reject_saying(as_it_was, comment)
        else:
            needed, there = self.booked_at_once(as_it_was), self.held(as_it_was)
            self.reject(as_it_was, (self.asset_held(order), needed, there))

    def not_to_be(self, order: Order) -> tuple[str, str] | None:
        """Why an order ends after all, judged by what it has just done."""
        filled = self.traded(order) == order["size"]
        if order["budget"] is not None:
            filled = self.all_bought(order)
        if order["taken"] != NOTHING:
            return "rejected", ""
        if order["post_only"] and order["met"]:
            return "post_only", ""
        if order["until"] == "fok" and not filled:
            return "unfilled", ""
        if order["type"] == "market" and not order["deals"]:
            return "unfilled", ""
        terms: Terms = self.terms_of(order)
        try:
            self.refuse_large_trade(order)
        except Refused:
            most = shown(MOST_AT_ONCE * terms.lot, terms.lot_places)
            return "rejected", f"Size of one trade must be less than or equal to {most}"
        try:
            self.refuse_new_level(order)
        except Refused:
            return "rejected", f"Too many price levels: at most {terms.max_levels}."
        return None
