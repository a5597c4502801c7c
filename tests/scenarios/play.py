"""Plays a scenario: reads each line's command, carries it out, and says what came of it."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from cxgame.model import commands as ask
from cxgame.model.enums import (
    Liquidity,
    Mid,
    SelfTrade,
)
from cxgame.model.rules import RULES_VERSION, MarketRules, Rules
from tests.engine.reference_fractions import Fraction
from tests.engine.reference_terms import Outcome
from tests.scenarios.players import Players
from tests.scenarios.table import Line, Scenario, decimal, outcome_text

SETUP = ("market", "grants", "rule")
COURSE: dict[str, ask.Command] = {
    "start": ask.Start(),
    "open": ask.Open(),
    "pause": ask.Pause(),
    "close": ask.Close("shutdown"),
    "start_round": ask.StartRound(1),
    "end_round": ask.EndRound(),
}


class Play(Players):
    """One game under a table. `run` returns the lines that came out differently."""

    def __init__(self) -> None:
        super().__init__()
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
        texts = map(self.told, (outcome, *self.pair.followed))
        return "; ".join(filter(None, texts)) or "nothing"

    def told(self, outcome: Outcome) -> str:
        """What one command came to, and which of its orders rest now."""
        came = {fact[1] for fact in outcome.facts if fact[0] == "placed"} | {outcome.order}
        rests = [
            f"#{order['id']} rests {decimal(self.pair.reference.left(order))}"
            for order in self.pair.reference.orders
            if order["id"] in came and not order["hidden"]
        ]
        return outcome_text(outcome.facts, rests)

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
        here = self.pair.reference.book(symbol, side)
        orders = [order for order in here if order["price"] == price]
        return sum((self.pair.reference.left(order) for order in orders), Fraction(0))

    def do_mid(self, *words: str) -> str:
        market, _ = self.market(words)
        return decimal(self.pair.reference.mid[self.pair.reference.terms[market].symbol], 2)
