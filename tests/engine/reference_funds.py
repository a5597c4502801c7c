"""Money from outside and admins' doings in the reference exchange."""

from __future__ import annotations

from cxgame.model import commands as ask
from tests.engine.reference_fractions import Fraction
from tests.engine.reference_matching import HOUSE
from tests.engine.reference_state import Order
from tests.engine.reference_terms import GRAIN, NOTHING, Refused, round_down
from tests.engine.reference_triggers import Triggers


class Funds(Triggers):
    """The part of the exchange in which money comes and goes."""

    def do_Deposit(self, command: ask.Deposit) -> None:
        self.unless_closed()
        self.flow("deposit", HOUSE, command.account, command)

    def do_Withdraw(self, command: ask.Withdraw) -> None:
        self.unless_closed()
        assets = {asset for terms in self.terms for asset in (terms.base, terms.quote)}
        known = command.asset in assets | self.other_assets
        if not known or self.free(command.account, command.asset) < int(command.amount) * GRAIN:
            raise Refused("FUNDS_WITHDRAWAL")
        self.flow("withdraw", command.account, HOUSE, command)

    def flow(self, way: str, giver: int, taker: int, command: ask.Deposit | ask.Withdraw) -> None:
        """Money goes in or out, and is remembered with what it is worth now."""
        amount = int(command.amount) * GRAIN
        worth = self.worth(command.asset, amount)
        self.other_assets.add(command.asset)
        self.pay(giver, taker, command.asset, amount)
        self.flows.append((way, command.account, command.asset, amount, worth))
        self.facts.append((way, command.account, command.asset, amount, worth))

    def worth(self, asset: str, amount: Fraction) -> Fraction:
        """In the cash asset at the mid, rounded down; what has no market is worth nothing."""
        cash = self.rules.cash_asset or self.rules.markets[0].quote
        if asset == cash:
            return amount
        mid = self.mid.get(f"{asset}/{cash}", NOTHING)
        return round_down(amount * mid)

    def do_SetBalance(self, command: ask.SetBalance) -> None:
        self.unless_closed()
        account, asset = command.account, command.asset
        self.other_assets.add(asset)
        if command.held is not None:
            held, by_orders = int(command.held) * GRAIN, self.held_by_orders(account, asset)
            self.kept_by_admin[account, asset] = max(held - by_orders, NOTHING)
            excess = by_orders - held
            for order in sorted(self.orders, key=lambda order: -order["id"]):
                if order["account"] == account and excess > 0:
                    excess -= self.take_from(order, asset, excess)
        held = self.held_of(account, asset)
        wanted = int(command.free) * GRAIN + held
        self.pay(HOUSE, account, asset, wanted - self.purse[account, asset])
        self.facts.append(("balance", account, asset, int(command.free) * GRAIN, held))

    def take_from(self, order: Order, asset: str, most: Fraction) -> Fraction:
        """An admin takes from what an order holds."""
        amount = min(most, self.held_for(order, asset))
        order["fee_taken" if self.asset_held(order) != asset else "taken"] += amount
        self.seen["cut short"] += amount > 0
        return amount

    def do_ResetAccounts(self, command: ask.ResetAccounts) -> None:
        self.unless_closed()
        for account in command.accounts:
            mine = [order["id"] for order in self.orders if order["account"] == account]
            self.cancel(mine, "reset")
            for owner, asset in list(self.purse):
                if owner == account:
                    self.pay(account, HOUSE, asset, self.purse[account, asset])
                    self.kept_by_admin[account, asset] = NOTHING
            self.flows = [flow for flow in self.flows if flow[1] != account]
            self.tape = [part for part in self.tape if part[0] != account]
            self.shown_from[account] = self.order_count + 1
        self.facts.append(("reset", command.accounts))
