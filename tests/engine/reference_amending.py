"""Changing an open order in the reference exchange.

The order is changed first and judged after, as a new one is: whoever refuses it puts everything
back.
"""

from __future__ import annotations

from cxgame.model import commands as ask
from tests.engine.reference_orders import Orders
from tests.engine.reference_state import Order
from tests.engine.reference_terms import NOTHING, Outcome, Refused


class Amending(Orders):
    """The part of the exchange that lets orders change."""

    def do_AmendOrder(self, command: ask.AmendOrder) -> Outcome:
        self.refuse_late(command)
        self.unless_open()
        order = self.to_be_amended(command)
        terms, outcome = self.terms_of(order), Outcome(order=order["id"])
        price = command.price * terms.tick or order["price"]
        size = command.quantity * terms.lot or order["size"]
        other_price = price != order["price"]
        if not other_price and size == order["size"]:
            return outcome
        if size - order["cut"] <= self.traded(order):
            self.end(order, "user")
            return outcome
        self.refuse_price(terms, price)
        self.refuse_size(terms, size)
        if other_price:
            self.refuse_taker(order, price)
        keeps_its_place = not other_price and size < order["size"]
        there = self.free(order["account"], self.asset_held(order)) + self.held(order)
        order.update(price=price, size=size)
        if self.should_hold(order) > there:
            raise Refused("FUNDS_QUOTE" if order["side"] == "buy" else "FUNDS_BASE")
        left = self.left(order)
        self.facts.append(("amended", order["id"], price, size, left, keeps_its_place))
        if not keeps_its_place:
            self.come_again(order, post_only=command.post_only)
        return outcome

    def to_be_amended(self, command: ask.AmendOrder) -> Order:
        """The order that is meant; it must stand in the book with all that it should hold."""
        for order in self.find([command.order]):
            if order["account"] == command.account:
                in_the_book = not (order["waits"] or order["hidden"])
                if not in_the_book or self.is_short(order) or self.fee_held(order) != NOTHING:
                    raise Refused("ORDER_NOT_AMENDABLE")
                return order
        raise Refused("ORDER_NOT_FOUND")

    def come_again(self, order: Order, *, post_only: bool) -> None:
        """Out of the book, and to it again as if it were new."""
        self.orders = [other for other in self.orders if other is not order]
        order.update(met=False, last_was_trade=False, stopped_by_own=False)
        self.execute(order)
        if post_only and order["met"]:
            raise Refused("ORDER_POST_ONLY")
        self.refuse_new_level(order)
        self.finish(order)
