"""Orders that wait, and those kept as rejected, in the reference exchange.

An order that has fallen due is carried out and, when its account turns out not to have the money,
everything is put back as it was and the order is rejected.
"""

from __future__ import annotations

from cxgame.model import commands as ask
from cxgame.model.enums import Liquidity, SellFee, TimeInForce, Verb
from tests.engine.reference_amending import Amending
from tests.engine.reference_fractions import Fraction
from tests.engine.reference_state import Order
from tests.engine.reference_terms import NOTHING, Outcome, shown


class Pending(Amending):
    """The part of the exchange that accepts first and carries out afterwards."""

    def do_PlacePending(self, command: ask.PlacePending) -> Outcome:
        known = self.by_cid(command)
        if known is not None:
            return self.again(known, command)
        order = self.read_pending(command)
        self.refuse_at_once(order)
        pot, fee = self.booked(order)
        lack = self.lack_of_funds(order, pot, fee)
        if lack:
            return self.keep_refused(order, lack)
        if order["waits"]:
            self.announce(order)
            order["pot"], order["fee_booked"] = pot, fee
            order["due_ns"] = max(1, self.now_ns + command.delay_ms * 10**6)
            self.orders.append(order)
            self.seen[f"waits: {order['side']}"] += 1
            return Outcome(order=order["id"])
        self.announce(order)
        order["fee_booked"] = fee
        self.execute(order)
        self.refuse_new_level(order)
        self.finish(order)
        return Outcome(order=order["id"])

    def read_pending(self, command: ask.PlacePending) -> Order:
        """The order that a command describes, with the price at which it is booked."""
        who, what = (command.account, command.market), (command.side, command.type)
        numbers = {"price": command.price, "quantity": command.quantity}
        names = {"cid": command.cid, "fingerprint": command.fingerprint}
        until = TimeInForce.GTC
        order = self.read(
            ask.PlaceOrder(*who, Verb.ORDER, *what, time_in_force=until, **numbers, **names)
        )
        if order["type"] == "market":
            order["waits"] = True
            order["price"] = self.likely_price(order)
        return order

    def likely_price(self, order: Order) -> Fraction:
        """A buy will meet the ask, a sell the mid; in whole ticks, one at least."""
        terms = self.terms_of(order)
        ticks = self.mid[terms.symbol] / terms.tick
        if order["side"] == "sell":
            return max(ticks // 1, 1) * terms.tick
        ask_ticks = NOTHING
        if self.rules.liquidity == Liquidity.HOUSE:
            ask_ticks = self.quotes[terms.symbol]["ask"] / terms.tick
        return max(-(-ticks // 1), ask_ticks, Fraction(1)) * terms.tick

    def booked(self, order: Order) -> tuple[Fraction, Fraction]:
        """What is set aside, and the fee that a seller sets aside in quote besides."""
        terms = self.terms_of(order)
        if order["side"] == "buy":
            return terms.need(order["price"] * order["size"]), NOTHING
        if self.rules.sell_fee != SellFee.HOLD:
            return order["size"], NOTHING
        mid_up = -(-self.mid[terms.symbol] // terms.tick) * terms.tick
        value = max(order["price"], mid_up) * order["size"]
        return order["size"], terms.need(value) - value

    def lack_of_funds(self, order: Order, pot: Fraction, fee: Fraction) -> str:
        """What is needed and not there, in words."""
        terms, who = self.terms_of(order), order["account"]
        if order["side"] == "buy":
            wanted = [(terms.quote, pot, 2)]
        else:
            wanted = [(terms.base, pot, 8), (terms.quote, fee, 2)]
        lacks = []
        for asset, amount, places in wanted:
            there = self.free(who, asset)
            if there < amount:
                need = shown(amount, places, up=True)
                lacks.append(f"need {need} {asset}, have {shown(there, places)}")
        return ", ".join(lacks).replace("need", "Need", 1)

    def keep_refused(self, order: Order, lack: str) -> Outcome:
        """It gets a number, and is over."""
        self.order_count += 1
        order.update(id=self.order_count, state="rejected", why="rejected", comment=lack)
        what = ("account", "symbol", "side", "type", "price", "size", "cid", "comment")
        self.facts.append(("refused", order["id"], *(order[key] for key in what)))
        self.bury(order)
        return Outcome(order=order["id"])

    # Falling due --------------------------------------------------------------------------

    def next_due(self) -> Order | None:
        """The order that waits, or rests for a while, whose time comes first."""
        rows = [order for order in self.orders if self.time_of(order) is not None]
        return min(rows, key=lambda row: (self.time_of(row), row["placed_by"]), default=None)

    def time_of(self, order: Order) -> int | None:
        """When something will happen to an order by itself."""
        time: int | None = order["due_ns"] if order["due_ns"] is not None else order["expires_ns"]
        return None if order["has_fallen_due"] else time

    def fall_due(self, order: Order, draw: int) -> None:
        """The time of a waiting order has come, or that of a resting one is over."""
        if order["due_ns"] is None:
            self.seen["expired by itself"] += 1
            self.end(order, "expired")
            return
        order["has_fallen_due"] = True
        self.carry_out(order["id"], draw)

    def go_on(self, symbol: str, draw: int) -> None:
        """Orders that have fallen due and still wait take what there is now, oldest first."""
        if self.phase == "open":
            for order in self.waiting(symbol):
                if order["has_fallen_due"]:
                    self.carry_out(order["id"], draw)

    def carry_out(self, id: int, draw: int) -> None:
        """Let a waiting order take what is offered, if it can be paid for."""
        before = self.remember()
        (order,) = self.find([id])
        terms, pot = self.terms_of(order), order["pot"]
        free, paid = self.free(order["account"], terms.quote), self.spent(order) + self.fees(order)
        deals = len(order["deals"])
        volume = self.quotes[terms.symbol]["ask_volume" if order["side"] == "buy" else "bid_volume"]
        order["allowance"] = self.share(order, volume, draw)
        self.execute(order)
        cost = self.spent(order) + self.fees(order) - paid
        more = cost - pot if order["side"] == "buy" else NOTHING
        if len(order["deals"]) > deals and (self.is_short(order) or more > free):
            self.put_back(before)
            (order,) = self.find([id])
            self.seen["rejected when due"] += 1
            self.reject(order, None if self.is_short(order) else (terms.quote, cost, pot))
            return
        if more > 0:
            self.seen["topped up"] += 1
            order["pot"] += more
        self.seen["goes on"] += 0 < len(order["deals"]) and self.left(order) > 0
        if order["stopped_by_own"]:
            self.end(order, "self_trade")
        elif self.left(order) == 0:
            self.end(order, "filled" if order["last_was_trade"] else "self_trade")
        else:
            order["pot"] = min(order["pot"], self.should_hold(order) + order["taken"])
