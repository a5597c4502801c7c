"""What players do in a table, and how its names and numbers are read."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from cxgame.model import commands as ask
from cxgame.model.enums import OrderType, SelfTrade, Side, TimeInForce, TriggerKind, Verb
from cxgame.model.fingerprints import fingerprint
from tests.engine.reference_fractions import Fraction
from tests.engine.reference_pair import Pair
from tests.scenarios.table import whole
from tests.scenarios.triggers import read_trigger


class Players:
    """The lines that begin with a player's name."""

    def __init__(self) -> None:
        self.pair = Pair()

    def do(self, command: ask.Command) -> str:
        """Carry out a command; `play.py` says how."""
        raise NotImplementedError

    # Commands of a player -----------------------------------------------------------------

    def player_buy(self, account: int, words: list[str]) -> str:
        """alice buy 1 @ 900.00: the verb `buy`, below the mid only"""
        return self.limit(account, Verb.BUY, Side.BUY, words)

    def player_sell(self, account: int, words: list[str]) -> str:
        """alice sell 1 @ 1100.00: the verb `sell`, at or above the mid only"""
        return self.limit(account, Verb.SELL, Side.SELL, words)

    def player_order(self, account: int, words: list[str]) -> str:
        """alice order buy 1 @ 900.00 ioc; alice order buy 1 market; … for 100.00 market fok"""
        side = Side[words[0].upper()]
        if "@" in words:
            return self.limit(account, Verb.ORDER, side, words[1:])
        if words[1] == "for":
            return self.by_budget(account, words[2:])
        size = self.lots(words[1], self.market(tuple(words))[0])
        return self.place(account, Verb.ORDER, side, OrderType.MARKET, words[2:], quantity=size)

    def player_buy_market(self, account: int, words: list[str]) -> str:
        """alice buy_market 100.00: spends that much of the quote"""
        return self.by_budget(account, words)

    def player_sell_market(self, account: int, words: list[str]) -> str:
        """alice sell_market 2: sells that much of the base"""
        size = self.lots(words[0], self.market(tuple(words))[0])
        verb, kind = Verb.SELL_MARKET, OrderType.MARKET
        return self.place(account, verb, Side.SELL, kind, words[1:], quantity=size)

    def player_stop(self, account: int, words: list[str]) -> str:
        """alice stop sell 1 market at 950.00: see `triggers.py`"""
        return self.do(read_trigger(self, account, TriggerKind.STOP, words))

    def player_take_profit(self, account: int, words: list[str]) -> str:
        """alice take_profit sell 1 @ 1100.00 at 1090.00"""
        return self.do(read_trigger(self, account, TriggerKind.TAKE_PROFIT, words))

    def player_trailing(self, account: int, words: list[str]) -> str:
        """alice trailing sell 1 market trail 5%"""
        return self.do(read_trigger(self, account, TriggerKind.TRAILING, words))

    def player_amend(self, account: int, words: list[str]) -> str:
        """alice amend #1 size 2; alice amend #1 price 910.00 post_only; or both"""
        order = int(words[0].lstrip("#"))
        known = self.pair.engine.orders.get(order)
        market = 0 if known is None else known.market
        amend = ask.AmendOrder(account, order, post_only="post_only" in words)
        if "size" in words:
            size = words[words.index("size") + 1]
            amend = structs.replace(amend, quantity=self.lots(size, market))
        if "price" in words:
            price = words[words.index("price") + 1]
            amend = structs.replace(amend, price=self.ticks(price, market))
        return self.do(amend)

    def player_cancel(self, account: int, words: list[str]) -> str:
        return self.do(ask.CancelOrder(account, int(words[0].lstrip("#"))))

    def player_cancel_all(self, account: int, words: list[str]) -> str:
        market = self.market(tuple(words))[0] if "in" in words else ask.ALL_MARKETS
        side = Side[words[0].upper()] if words and words[0] != "in" else None
        return self.do(ask.CancelAll(account, market, side))

    def player_says(self, account: int, words: list[str]) -> str:
        return self.do(ask.Broadcast(account, " ".join(words)))

    def limit(self, account: int, verb: Verb, side: Side, words: list[str]) -> str:
        """SIZE @ PRICE and options"""
        size, _, price, *options = words
        market = self.market(tuple(options))[0]
        quantity, ticks = self.lots(size, market), self.ticks(price, market)
        kind = OrderType.LIMIT
        return self.place(account, verb, side, kind, options, quantity=quantity, price=ticks)

    def by_budget(self, account: int, words: list[str]) -> str:
        """AMOUNT and options"""
        budget = str(int(Fraction(words[0]) * 10**24))
        verb, kind = Verb.BUY_MARKET, OrderType.MARKET
        return self.place(account, verb, Side.BUY, kind, words[1:], budget=budget)

    def place(self, *words: Any, **numbers: Any) -> str:
        """Place what `order` makes of the words."""
        order = self.order(*words, **numbers)
        return self.do(structs.replace(order, fingerprint=fingerprint(order)))

    def order(
        self,
        account: int,
        verb: Verb,
        side: Side,
        kind: OrderType,
        options: list[str],
        **numbers: Any,
    ) -> ask.PlaceOrder:
        """Options: gtc ioc fok, `lives SECONDS`, post_only, `stp MODE`, `cid TEXT`, `in SYMBOL`."""
        more: dict[str, Any] = {}
        words = iter(options)
        for word in words:
            if word in ("gtc", "ioc", "fok"):
                more["time_in_force"] = TimeInForce[word.upper()]
            elif word == "lives":
                more["time_in_force"] = TimeInForce.GTD
                more["lives_ms"] = int(Fraction(next(words)) * 1000)
            elif word == "post_only":
                more["post_only"] = True
            elif word == "stp":
                more["self_trade"] = SelfTrade[next(words).upper()]
            elif word == "cid":
                more["cid"] = next(words)
            elif word == "in":
                more["market"] = self.market(("in", next(words)))[0]
            elif word != "market":
                raise ValueError(f"what is {word}?")
        market = more.pop("market", 0)
        return ask.PlaceOrder(account, market, verb, side, kind, **numbers, **more)

    # Names and numbers --------------------------------------------------------------------

    def account(self, name: str) -> int:
        """The id of a player who has joined."""
        return self.pair.engine.account_ids[name]

    def market(self, words: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
        """The market named by `in SYMBOL`, and the words without it."""
        if "in" not in words:
            return 0, words
        at = words.index("in")
        return self.pair.engine.market_ids[words[at + 1]], words[:at] + words[at + 2 :]

    def lots(self, size: str, market: int) -> int:
        """Whole lots, or the table is wrong."""
        return whole(Fraction(size) / self.pair.reference.terms[market].lot)

    def ticks(self, price: str, market: int) -> int:
        """Whole ticks, or the table is wrong."""
        return whole(Fraction(price) / self.pair.reference.terms[market].tick)
