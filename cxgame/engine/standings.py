"""Standings: what every account is worth at the mid, best first."""

from cxgame.engine.ledger import Account
from cxgame.engine.state import State
from cxgame.model.events import Standing
from cxgame.model.units import ONE, UNIT_PLACES, format_decimal, format_units


def equity(state: State, account: Account) -> int:
    """Value of all holdings in the first market's quote asset, in units, rounded down once.

    Each asset counts at the mid of the first market that trades it for that quote asset.
    """
    quote_asset = state.markets[0].market.quote_asset
    doubled = 2 * ONE * (account.free[quote_asset] + account.held[quote_asset])
    counted = {quote_asset}
    for place in state.markets:
        market = place.market
        if market.quote_asset != quote_asset or market.base_asset in counted:
            continue
        counted.add(market.base_asset)
        units = account.free[market.base_asset] + account.held[market.base_asset]
        tick_units = market.tick * int(10 ** (UNIT_PLACES - market.price_places))
        doubled += units * place.mid2 * tick_units
    return doubled // (2 * ONE)


def standings(state: State) -> tuple[Standing, ...]:
    """One row per account but the house, by equity, then by name."""
    market = state.markets[0].market
    worth = [(equity(state, account), account) for account in state.accounts[1:]]
    worth.sort(key=lambda pair: (-pair[0], pair[1].name))
    return tuple(
        Standing(
            rank,
            account.name,
            _owned(account, market.base_asset, 1),
            _owned(account, market.quote_asset, 2),
            format_decimal(amount, UNIT_PLACES, 2),
            account.bot,
        )
        for rank, (amount, account) in enumerate(worth, start=1)
    )


def _owned(account: Account, column: int, places: int) -> str:
    return format_units(account.free[column] + account.held[column], places)
