"""The reference exchange: `docs/matching.md` once more, as simply as it can be said.

It is for the tests only and shares no code with the engine. Orders are dicts in one list, which
is sorted whenever somebody asks for the book; money is a `Fraction`; what an order holds and has
paid is worked out from its deals each time, never stored. Nothing is planned: an order is carried
out and, when it turns out that it must be refused, everything is put back as it was.

This file owns the course of a game. Below it, from the top: `reference_funds.py` (money from
outside), `reference_triggers.py` (orders that come at a price), `reference_pending.py` (orders that
wait), `reference_amending.py` (changing an order), `reference_orders.py` (placing, cancelling),
`reference_matching.py` (meeting others), `reference_state.py` (what is kept, and what follows from
it), `reference_terms.py` (what a market's rules mean).
"""

from __future__ import annotations

from collections import defaultdict

from msgspec.structs import replace

from cxgame.model import commands as ask
from cxgame.model.enums import Mid
from tests.engine.reference_fractions import Fraction
from tests.engine.reference_funds import Funds
from tests.engine.reference_matching import QUOTE_FOR
from tests.engine.reference_state import Order
from tests.engine.reference_terms import NOTHING, Fact, Outcome, Refused, Terms, round_down


class Exchange(Funds):
    """One game. `do` carries out a command; everything else is there to be looked at."""

    def do(self, command: ask.Command, now_ns: int, wall_ms: int) -> Outcome:
        """Carry out one command at a game time; a refused one leaves no trace."""
        before = self.remember()
        self.now_ns, self.wall_ms, self.facts = now_ns, wall_ms, []
        try:
            outcome = getattr(self, "do_" + type(command).__name__)(command) or Outcome()
        except Refused as refused:
            self.put_back(before)
            return Outcome(code=refused.code)
        self.follow_the_book()
        self.fire()
        self.command_count += bool(self.facts)
        return outcome._replace(facts=tuple(self.facts))

    def follow_the_book(self) -> None:
        """With `mid = book`, the mid is that of the players' best prices while there are both."""
        if self.rules.mid == Mid.BOOK:
            for terms in self.terms:
                bids, asks = self.prices(terms.symbol, "buy"), self.prices(terms.symbol, "sell")
                if bids and asks:
                    self.mid[terms.symbol] = (max(bids) + min(asks)) / 2

    # The course of the game ---------------------------------------------------------------

    def do_SetRules(self, command: ask.SetRules) -> None:
        self.unless_closed()
        if self.rules is None:
            self.wanted = command.rules.started
        self.rules = command.rules
        self.terms = [Terms.of(market) for market in command.rules.markets]
        self.markets = {terms.symbol: terms for terms in self.terms}
        self.limit_set_by = self.command_count + 1
        for terms in self.terms:
            self.begin_to_trade(terms)
        self.facts.append(("rules", tuple(terms.symbol for terms in self.terms)))

    def begin_to_trade(self, terms: Terms) -> None:
        """A market begins with the mid of its rules and without quotes."""
        nothing = {"bid": 0, "ask": 0, "bid_volume": None, "ask_volume": None}
        self.quotes.setdefault(terms.symbol, nothing)
        self.mid.setdefault(terms.symbol, terms.start_mid)

    def do_AddMarket(self, command: ask.AddMarket) -> None:
        self.unless_closed()
        if command.rules.symbol in self.markets:
            return
        terms = Terms.of(command.rules)
        self.rules = replace(self.rules, markets=[*self.rules.markets, command.rules])
        self.terms.append(terms)
        self.markets[terms.symbol] = terms
        self.begin_to_trade(terms)
        self.facts.append(("market", terms.symbol))

    def do_OpenAccount(self, command: ask.OpenAccount) -> None:
        if any(person["name"].lower() == command.name.lower() for person in self.people):
            return
        self.unless_closed()
        listed = {
            name.lower(): team
            for team, names in (self.rules.whitelist or {}).items()
            for name in names
        }
        if not command.bot:
            if self.rules.whitelist is not None and command.name.lower() not in listed:
                raise Refused("AUTH_NOT_LISTED")
            players = [person for person in self.people if not person["bot"]]
            if self.rules.user_limit is not None and len(players) + 1 > self.rules.user_limit:
                raise Refused("LIMIT_USERS")
        team = listed.get(command.name.lower()) or command.team
        person = {"name": command.name, "team": team, "bot": command.bot, "admin": False}
        self.people.append(person)
        account = len(self.people) - 1
        self.grant(account)
        self.facts.append(("account", account, command.name, team, command.bot))

    def grant(self, account: int) -> None:
        """Give an account what the game gives everyone at the start; the house pays."""
        for asset, amount in self.rules.grants.items():
            self.pay(0, account, asset, Fraction(amount))

    def do_GrantRole(self, command: ask.GrantRole) -> None:
        self.unless_closed()
        person = self.people[command.account]
        if not person["admin"]:
            person["admin"] = True
            self.facts.append(("admin", command.account))

    def do_Broadcast(self, command: ask.Broadcast) -> None:
        self.unless_closed()
        self.facts.append(("said", self.people[command.account]["name"], command.text))

    def do_Notice(self, command: ask.Notice) -> None:
        self.unless_closed()
        name = self.people[command.account]["name"] if command.account else ""
        self.facts.append(("notice", command.account, name, command.act, command.text))

    def do_Start(self, _: ask.Start) -> None:
        self.unless_closed()
        if self.phase == "paused":
            self.enter("open")
        elif self.phase == "registration" and not self.wanted:
            self.wanted = True
            self.facts.append(("wanted", True))

    def do_Open(self, _: ask.Open) -> None:
        self.unless_closed()
        if self.phase == "registration":
            self.enter("open")

    def do_Pause(self, _: ask.Pause) -> None:
        self.unless_closed()
        if self.phase == "open":
            self.enter("paused")
        elif self.phase == "registration" and self.wanted:
            self.wanted = False
            self.facts.append(("wanted", False))

    def do_Close(self, _: ask.Close) -> None:
        self.unless_closed()
        self.cancel([order["id"] for order in self.orders], "closed")
        self.enter("closed")
        self.facts.append(("results", self.round, self.standings()))

    def do_Advance(self, command: ask.Advance) -> None:
        """What is due happens, one after the other; the end of the game is one of these."""
        while self.phase != "closed":
            order = self.next_due()
            if self.ends_before(order):
                self.do_Close(ask.Close("time limit"))
            elif order is None or self.time_of(order) > self.now_ns:
                break
            else:
                self.fall_due(order, command.draw)
        if not self.facts:
            self.facts.append(("time",))

    def ends_before(self, order: Order | None) -> bool:
        """Whether the time is up, and was so before an order's time came."""
        limit = self.rules.time_limit_ms
        if limit is None or limit * 10**6 > self.now_ns:
            return False
        end = limit * 10**6, self.limit_set_by
        return order is None or end < (self.time_of(order), order["placed_by"])

    def do_EndRound(self, _: ask.EndRound) -> None:
        self.unless_closed()
        self.cancel([order["id"] for order in self.orders], "closed")
        if self.phase == "open":
            self.enter("paused")
        self.facts.append(("results", self.round, self.standings()))

    def do_StartRound(self, command: ask.StartRound) -> None:
        if self.phase == "open":
            raise Refused("STATE_NOT_OPEN")
        self.unless_closed()
        self.cancel([order["id"] for order in self.orders], "closed")
        for account, asset in list(self.purse):
            if account:
                self.pay(account, 0, asset, self.purse[account, asset])
        self.kept_by_admin.clear()
        for account in range(1, len(self.people)):
            self.grant(account)
        self.round += 1
        self.facts.append(("round", self.round, command.seed))

    def do_Tick(self, command: ask.Tick) -> None:
        self.unless_closed()
        terms = self.terms[command.market]
        before = dict(self.quotes[terms.symbol]), self.mid[terms.symbol]
        bid, ask_price = command.bid * terms.tick, command.ask * terms.tick
        volumes = [
            None if volume is None else volume * terms.lot
            for volume in (command.bid_volume, command.ask_volume)
        ]
        self.quotes[terms.symbol].update(
            bid=bid, ask=ask_price, bid_volume=volumes[0], ask_volume=volumes[1]
        )
        if self.rules.mid == Mid.ORACLE:
            self.mid[terms.symbol] = (bid + ask_price) / 2
        changed = (self.quotes[terms.symbol], self.mid[terms.symbol]) != before
        if changed or self.waiting(terms.symbol) or self.might_fill(terms):
            self.facts.append(("ticker", terms.symbol, bid, ask_price))
            self.house_fills(terms, command.draw)
            self.go_on(terms.symbol, command.draw)

    def might_fill(self, terms: Terms) -> bool:
        """Whether chance has left an order out that the house could fill now."""
        if not self.house_quotes() or not Fraction(self.rules.fill_sigma):
            return False
        return any(
            self.crossed(terms.symbol, side) and self.quotes[terms.symbol][which + "_volume"] != 0
            for side, which in QUOTE_FOR.items()
        )

    # What others ask ----------------------------------------------------------------------

    def enter(self, phase: str) -> None:
        """Change the phase. Entering play, the house fills what its quotes cross."""
        self.phase = phase
        self.facts.append(("phase", phase, self.remaining_ms()))
        for terms in self.terms:
            self.house_fills(terms)

    def remaining_ms(self) -> int | None:
        """Playing time to go."""
        limit = self.rules.time_limit_ms
        return None if limit is None else max(0, limit - self.now_ns // 1_000_000)

    def standings(self) -> tuple[Fact, ...]:
        """Everyone's rank, name, first market's assets, equity; the richest first."""
        first = self.terms[0]
        rows = []
        for account, person in enumerate(self.people[1:], start=1):
            worth = self.purse[account, first.quote]
            for terms in self.terms:
                if terms.quote == first.quote:
                    worth += self.purse[account, terms.base] * self.mid[terms.symbol]
            wealth = self.purse[account, first.base], self.purse[account, first.quote]
            rows.append((-round_down(worth), person["name"], *wealth, person["bot"]))
        return tuple(
            (rank, name, base, quote, -worth, bot)
            for rank, (worth, name, base, quote, bot) in enumerate(sorted(rows), start=1)
        )

    def totals(self) -> dict[str, Fraction]:
        """What all accounts own together, per asset: nothing, as the house owes what it gave."""
        sums: dict[str, Fraction] = defaultdict(lambda: NOTHING)
        for (_, asset), amount in self.purse.items():
            sums[asset] += amount
        return dict(sums)
