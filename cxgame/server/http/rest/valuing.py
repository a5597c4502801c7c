"""What an account owns and what that is worth: sums in integers, nothing about HTTP.

Everything is valued in one asset, the cash asset, at the mid of its market with that. An asset
without such a market is worth nothing, as it is to deposits.
"""

from typing import NamedTuple

from cxgame.engine.ledger import Account
from cxgame.engine.settling import asset_held
from cxgame.engine.state import State
from cxgame.model.units import ONE, UNIT_PLACES


class Amounts(NamedTuple):
    """Units of an asset, or of its value."""

    free: int
    held: int

    @property
    def total(self) -> int:
        """Both."""
        return self.free + self.held


class Summary(NamedTuple):
    """What an account's holdings are worth, in units of the cash asset."""

    cash: Amounts
    assets: Amounts  # all the others


def cash_asset(state: State) -> str:
    """In what everything is valued: as the rules say, else what the first market is quoted in."""
    first = state.markets[0].market.quote if state.markets else ""
    return state.known_rules.cash_asset or first


def is_known(state: State, asset: str) -> bool:
    """Whether an asset is traded in some market, is the cash asset, or was ever deposited."""
    return asset in {*state.ledger.assets, cash_asset(state)} - {""}


def holding(state: State, account: Account, asset: str) -> Amounts:
    """What an account has of an asset; nothing of one that the ledger does not know."""
    if asset not in state.ledger.assets:
        return Amounts(0, 0)
    column = state.ledger.column(asset)
    return Amounts(account.free[column], account.held[column])


def holdings(state: State, account: Account) -> dict[str, Amounts]:
    """By asset, sorted: all that an account has, was given or has traded."""
    touched = {*account.deposits, *account.withdrawals}
    for market_id, _ in account.totals:
        market = state.markets[market_id].market
        touched |= {market.base, market.quote}
    rows = {}
    for column, asset in enumerate(state.ledger.assets):
        amounts = Amounts(account.free[column], account.held[column])
        if amounts.total or asset in touched:
            rows[asset] = amounts
    return dict(sorted(rows.items()))


def price_units(state: State, asset: str) -> int | None:
    """Twice the price of one whole of an asset in units of the cash asset; None: it has none.

    Twice, because a mid may lie between two ticks.
    """
    cash = cash_asset(state)
    if asset == cash:
        return 2 * ONE
    id = state.market_ids.get(f"{asset}/{cash}")
    if id is None:
        return None
    place = state.markets[id]
    return int(place.mid2 * place.market.tick * 10 ** (UNIT_PLACES - place.market.price_places))


def worth(state: State, asset: str, amounts: Amounts) -> Amounts:
    """The value of an amount, each part rounded down to a unit of the cash asset."""
    doubled = price_units(state, asset) or 0
    return Amounts(*(amount * doubled // (2 * ONE) for amount in amounts))


def summary_of_balance(state: State, account: Account) -> Summary:
    """What the ledger says an account owns."""
    return _summary(state, account.free, account.held)


def summary_of_orders(state: State, account: Account) -> Summary:
    """What an account's open orders say they hold; nothing of it is free."""
    held = [0] * len(state.ledger.assets)
    for order in account.orders.values():
        market = state.markets[order.market].market
        held[asset_held(market, order)] += order.hold
        held[market.quote_asset] += order.fee_hold
    return _summary(state, [0] * len(held), held)


def _summary(state: State, free: list[int], held: list[int]) -> Summary:
    parts = {True: [0, 0], False: [0, 0]}  # by whether it is cash
    cash = cash_asset(state)
    for column, asset in enumerate(state.ledger.assets):
        amounts = Amounts(free[column], held[column])
        if not amounts.total:  # of hundreds of assets few are held
            continue
        value = worth(state, asset, amounts)
        part = parts[asset == cash]
        part[0] += value.free
        part[1] += value.held
    return Summary(Amounts(*parts[True]), Amounts(*parts[False]))
