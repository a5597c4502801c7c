"""Plays a scenario: reads each line's command, carries it out, and says what came of it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from msgspec import structs

from cxgame.model import commands as ask
from cxgame.model.enums import (
    Liquidity,
    Mid,
    OrderType,
    SelfTrade,
    Side,
    TimeInForce,
    Verb,
)
from cxgame.model.rules import RULES_VERSION, MarketRules, Rules
from tests.engine.reference_pair import Pair
from tests.scenarios.table import Line, Scenario, decimal, outcome_text, whole

SETUP = ("market", "grants", "rule")
COURSE: dict[str, ask.Command] = {
    "start": ask.Start(),
    "open": ask.Open(),
    "pause": ask.Pause(),
    "close": ask.Close("shutdown"),
    "start_round": ask.StartRound(1),
    "end_round": ask.EndRound(),
}


class Play:
    """One game under a table. `run` returns the lines that came out differently."""

    def __init__(self) -> None:
        self.pair = Pair()
        self.markets: list[dict[str, Any]] = []
        self.rules: dict[str, Any] = {"grants": {"USD": "10000", "BTC": "10", "ETH": "100"}}
        self.opens_itself = True

    def run(self, scenario: Scenario) -> list[str]:
        """Play to the end, and collect what was not as written."""
        wrong = []
        begun = False
        for line in scenario.lines:
            if not begun and line.command.split()[0] not in SETUP:
                begun = True
                self.begin()
            came = self.line(line)
            bad = came.startswith("refused") if line.expected is None else came != line.expected
            if bad:
                wrong.append(
                    f"{line.place}: {line.command}\n  expected {line.expected}\n  came {came}"
                )
        return wrong

    def line(self, line: Line) -> str:
        """Carry out one line; returns its outcome as the table would write it."""
        first, *rest = line.command.split()
        if first in SETUP:
            getattr(self, f"set_{first}")(*rest)
            return ""
        if first in COURSE:
            return self.do(COURSE[first])
        if hasattr(self, f"do_{first}"):
            return str(getattr(self, f"do_{first}")(*rest))
        verb, *words = rest
        return str(getattr(self, f"player_{verb}")(self.account(first), words))

    def do(self, command: ask.Command) -> str:
        """Let engine and reference do it, demand that they agree, and write what happened."""
        problems = self.pair.do(command)
        assert problems == []
        outcome = self.pair.last
        if outcome.code:
            return f"refused {outcome.code}"
        if outcome.replayed:
            return f"replayed #{outcome.order}"
        rests = ""
        for order in self.pair.reference.orders:
            if order["id"] == outcome.order:
                rests = f"#{order['id']} rests {decimal(self.pair.reference.left(order))}"
        return outcome_text(outcome.facts, outcome.order, rests) or "nothing"

    # Setting up ---------------------------------------------------------------------------

    def set_market(self, symbol: str, *words: str) -> None:
        """market BTC/USD tick 0.01 lot 0.0001 fees 0.001 0.002 start 1000 levels 3"""
        base, quote = symbol.split("/")
        market: dict[str, Any] = {"symbol": symbol, "base": base, "quote": quote}
        pairs = iter(words)
        for word in pairs:
            value = next(pairs)
            if word == "fees":
                market |= {"maker_fee": value, "taker_fee": next(pairs)}
            elif word == "levels":
                market["max_levels"] = int(value)
            else:
                market[{"start": "start_price"}.get(word, word)] = value
        self.markets.append(market)

    def set_grants(self, *words: str) -> None:
        """grants USD 10000 BTC 10"""
        self.rules["grants"] = dict(zip(words[::2], words[1::2], strict=True))

    def set_rule(self, name: str, *values: str) -> None:
        """rule mid book; rule whitelist alice red=bob+carol; rule time_limit 60"""
        value = values[0]
        if name == "opens":
            self.opens_itself = value == "yes"
        elif name == "started":
            self.rules["started"] = value == "yes"
        elif name == "time_limit":
            self.rules["time_limit_ms"] = int(value) * 1000
        elif name in ("user_limit", "max_open_orders"):
            self.rules[name] = int(value)
        elif name == "whitelist":
            teams = [entry.split("=") if "=" in entry else ["", entry] for entry in values]
            self.rules[name] = {team: tuple(names.split("+")) for team, names in teams}
        else:
            words = {"mid": Mid, "liquidity": Liquidity, "self_trade": SelfTrade}[name]
            self.rules[name] = words[value.upper()]

    def begin(self) -> None:
        """Found the game, and open it unless the table wants to."""
        markets = self.markets or [{"symbol": "BTC/USD", "base": "BTC", "quote": "USD"}]
        assets = {market[side] for market in markets for side in ("base", "quote")}
        grants = {
            asset: amount for asset, amount in self.rules["grants"].items() if asset in assets
        }
        built = tuple(MarketRules(**market) for market in markets)
        rules = self.rules | {"grants": grants}
        self.do(ask.SetRules(Rules(RULES_VERSION, built, seed=1, **rules)))
        if self.opens_itself:
            self.do(ask.Open())

    # Commands of the game -----------------------------------------------------------------

    def do_join(self, name: str, *words: str) -> str:
        """join alice; join alice team red; join maker bot"""
        team = words[1] if words[:1] == ("team",) else ""
        return self.do(ask.OpenAccount(name, team, "bot" in words))

    def do_tick(self, bid: str, ask_price: str, *words: str) -> str:
        """tick 999.00 1001.00; tick 999.00 1001.00 volume 1 2; … in ETH/USD"""
        market, words = self.market(words)
        bid_ticks, ask_ticks = self.ticks(bid, market), self.ticks(ask_price, market)
        tick = ask.Tick(market, 1, bid_ticks, ask_ticks)
        if words:
            bids, asks = (self.lots(size, market) for size in words[1:])
            tick = structs.replace(tick, bid_volume=bids, ask_volume=asks)
        return self.do(tick)

    def do_wait(self, seconds: str) -> str:
        """wait 10: the clock goes on, and what is due happens"""
        self.pair.wait(int(Fraction(seconds) * 1000))
        return self.do(ask.Advance())

    # Looking ------------------------------------------------------------------------------

    def do_wallet(self, name: str, asset: str) -> str:
        account = 0 if name == "house" else self.account(name)
        held = self.pair.reference.held_of(account, asset)
        free = self.pair.reference.free(account, asset)
        least = 2 if asset == "USD" else 0
        words = ("total", free + held), ("free", free), ("held", held)
        return " ".join(f"{word} {decimal(amount, least)}" for word, amount in words)

    def do_book(self, *words: str) -> str:
        market, _ = self.market(words)
        symbol = self.pair.reference.terms[market].symbol
        halves = []
        for side, name in (("buy", "bids"), ("sell", "asks")):
            prices = self.pair.reference.prices(symbol, side)
            levels = [
                f"{decimal(self.size_at(symbol, side, price))} @ {decimal(price, 2)}"
                for price in sorted(prices, reverse=side == "buy")
            ]
            halves.append(f"{name} {', '.join(levels) or '-'}")
        return "; ".join(halves)

    def size_at(self, symbol: str, side: str, price: Fraction) -> Fraction:
        """Everything that rests at a price."""
        key = symbol, side, price
        orders = [
            order
            for order in self.pair.reference.orders
            if (order["symbol"], order["side"], order["price"]) == key
        ]
        return sum((self.pair.reference.left(order) for order in orders), Fraction(0))

    def do_mid(self, *words: str) -> str:
        market, _ = self.market(words)
        return decimal(self.pair.reference.mid[self.pair.reference.terms[market].symbol], 2)

    # Commands of a player -----------------------------------------------------------------

    def player_buy(self, account: int, words: list[str]) -> str:
        """alice buy 1 @ 900.00: the seed's verb, below the mid only"""
        return self.limit(account, Verb.BUY, Side.BUY, words)

    def player_sell(self, account: int, words: list[str]) -> str:
        """alice sell 1 @ 1100.00: the seed's verb, at or above the mid only"""
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

    def place(
        self,
        account: int,
        verb: Verb,
        side: Side,
        kind: OrderType,
        options: list[str],
        **numbers: Any,
    ) -> str:
        """Options: gtc ioc fok post_only, `stp MODE`, `cid TEXT`, `in SYMBOL`."""
        more: dict[str, Any] = {}
        words = iter(options)
        for word in words:
            if word in ("gtc", "ioc", "fok"):
                more["time_in_force"] = TimeInForce[word.upper()]
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
        order = ask.PlaceOrder(account, market, verb, side, kind, **numbers, **more)
        return self.do(structs.replace(order, fingerprint=ask.fingerprint(order)))

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
