"""Money that comes from outside the market: deposits, withdrawals, an admin's hand, a clean slate.

All of it is a transfer from or to the house, so that every asset goes on summing to zero.
"""

from cxgame.engine import settling
from cxgame.engine.ledger import Account, Flow
from cxgame.engine.orders import Order
from cxgame.engine.state import Applied, State
from cxgame.model.commands import Deposit, ResetAccounts, SetBalance, Withdraw
from cxgame.model.enums import Reason, Side
from cxgame.model.errors import Code, reject
from cxgame.model.events import AccountsReset, BalanceSet, Deposited, Withdrawn
from cxgame.model.units import ONE, UNIT_PLACES, format_units


def deposit(state: State, command: Deposit, applied: Applied) -> None:
    """Give an account an amount; an asset that no market knows is made."""
    account, amount = state.accounts[command.account], int(command.amount)
    column = state.ledger.add_asset(command.asset)
    state.ledger.transfer(state.house.free, account.free, column, amount)
    value = worth(state, command.asset, amount)
    _flow(account.deposits, command.asset, amount, value)
    applied.events.append(Deposited(account.id, command.asset, command.amount, str(value)))


def withdraw(state: State, command: Withdraw, applied: Applied) -> None:
    """Take an amount from what an account has free."""
    account, amount = state.accounts[command.account], int(command.amount)
    known = command.asset in state.ledger.assets
    free = account.free[state.ledger.column(command.asset)] if known else 0
    if amount > free or not known:
        applied.rejection = reject(
            Code.FUNDS_WITHDRAWAL,
            asset=command.asset,
            limit=format_units(free, 1),
            got=format_units(amount, 1),
        )
        return
    column = state.ledger.column(command.asset)
    state.ledger.transfer(account.free, state.house.free, column, amount)
    value = worth(state, command.asset, amount)
    _flow(account.withdrawals, command.asset, amount, value)
    applied.events.append(Withdrawn(account.id, command.asset, command.amount, str(value)))


def set_balance(state: State, command: SetBalance, applied: Applied) -> None:
    """Put an account's free and held amount of an asset where they are wanted."""
    account = state.accounts[command.account]
    column = state.ledger.add_asset(command.asset)
    _set(state, account.free, column, int(command.free))
    if command.held is not None:
        _set_held(state, account, command.asset, column, int(command.held))
    free, held = account.free[column], account.held[column]
    applied.events.append(BalanceSet(account.id, command.asset, str(free), str(held)))


def reset(state: State, command: ResetAccounts, applied: Applied) -> None:
    """Cancel the orders of accounts, take all they own, forget what they did."""
    for id in command.accounts:
        _reset(state, state.accounts[id], applied)
    for place in state.markets:
        state.update_mid(place)
    applied.events.append(AccountsReset(command.accounts))


def worth(state: State, asset: str, amount: int) -> int:
    """Units of the cash asset that an amount is worth at the mid, rounded down; 0 without a mid.

    A game without a cash asset counts in the quote of its first market.
    """
    cash = state.known_rules.cash_asset or state.markets[0].market.quote
    if asset == cash:
        return amount
    id = state.market_ids.get(f"{asset}/{cash}")
    if id is None:
        return 0
    place = state.markets[id]
    tick_units = place.market.tick * 10 ** (UNIT_PLACES - place.market.price_places)
    return int(amount * place.mid2 * tick_units // (2 * ONE))


def _flow(flows: dict[str, Flow], asset: str, amount: int, value: int) -> None:
    flow = flows.setdefault(asset, Flow())
    flow.amount += amount
    flow.value += value


def _set(state: State, cells: list[int], column: int, wanted: int) -> None:
    """Make a cell what is wanted; the house gives or takes the difference."""
    more = wanted - cells[column]
    if more > 0:
        state.ledger.transfer(state.house.free, cells, column, more)
    else:
        state.ledger.transfer(cells, state.house.free, column, -more)


def _set_held(state: State, account: Account, asset: str, column: int, wanted: int) -> None:
    """Hold beside the orders, or cut the newest orders' holds first."""
    by_orders = account.held[column] - account.admin_held.pop(asset, 0)
    _set(state, account.held, column, wanted)
    if wanted > by_orders:
        account.admin_held[asset] = wanted - by_orders
    cut = by_orders - wanted
    for id in sorted(account.orders, reverse=True):
        if cut <= 0:
            return
        cut -= _cut(state, account.orders[id], column, cut)


def _cut(state: State, order: Order, column: int, most: int) -> int:
    """Lower what an order holds of an asset; says by how much."""
    market = state.markets[order.market].market
    lowered = 0
    if settling.asset_held(market, order) == column:
        lowered = min(order.hold, most)
        order.hold -= lowered
    elif order.side is Side.SELL and market.quote_asset == column:
        lowered = min(order.fee_hold, most)
        order.fee_hold -= lowered
    order.short = order.short or lowered > 0
    return lowered


def _reset(state: State, account: Account, applied: Applied) -> None:
    for id in sorted(account.orders):
        settling.close(state, account.orders[id], Reason.RESET, applied)
    for cells in (account.free, account.held):
        for column in range(len(cells)):
            _set(state, cells, column, 0)
    for kept in (account.admin_held, account.deposits, account.withdrawals, account.totals):
        kept.clear()
    account.first_order = state.last_order_id + 1
