"""`/overview`: what the caller's holdings are worth, and what was traded in all.

Sums are of integers; the shapes are those that dashboards of this face read.
"""

from collections.abc import Callable, Collection
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cxgame.engine.ledger import Account, Flow, Total
from cxgame.engine.state import State
from cxgame.model.enums import Side
from cxgame.model.market import Market
from cxgame.model.units import format_decimal, format_units
from cxgame.server.http.rest.desk import Desk, desk_of
from cxgame.server.http.rest.keys import who
from cxgame.server.http.rest.openapi import TEXT, YES_NO, described, one_of, query
from cxgame.server.http.rest.routing import flag_of, router, word_of
from cxgame.server.http.rest.rows import Row, balance_row, number
from cxgame.server.http.rest.shapes import (
    CAPITAL,
    CAPITAL_EXAMPLE,
    OVERVIEW,
    OVERVIEW_EXAMPLE,
    TRADES,
    TRADES_EXAMPLE,
)
from cxgame.server.http.rest.valuing import (
    Summary,
    cash_asset,
    holdings,
    price_units,
    summary_of_balance,
    summary_of_orders,
    worth,
)

routes = router("Overview")

_AGGREGATION = query(
    "aggregation", {**YES_NO, "default": True}, "In sum; else the assets one by one."
)
_SIDE = query("side", one_of("buy", "sell"), "Of one side only.")
_ASSETS = query("assets", TEXT, "Of these bases only, with commas between them.")


@routes.get(
    "/overview/capital",
    **described(CAPITAL, CAPITAL_EXAMPLE, parameters=(_AGGREGATION,)),
)
async def show_capital(request: Request) -> Response:
    """Equity against what was paid in and out; without `aggregation`, what it is made of."""
    desk, account = await _looked(request)
    in_sum = flag_of(request, "aggregation", otherwise=True)
    shape = capital if in_sum else capital_in_detail
    return await desk.say(msgspec.json.encode(shape(desk.engine, account)))


@routes.get("/overview/assets", **described(OVERVIEW, OVERVIEW_EXAMPLE))
async def show_assets(request: Request) -> Response:
    """What is free and what is held, by the balances and by the open orders."""
    desk, account = await _looked(request)
    return await desk.say(msgspec.json.encode(assets(desk.engine, account)))


@routes.get(
    "/overview/trades",
    **described(TRADES, TRADES_EXAMPLE, parameters=(_SIDE, _ASSETS)),
)
async def show_trades(request: Request) -> Response:
    """What the caller has bought and sold in all, by asset and what it was paid with."""
    desk, account = await _looked(request)
    side: Side | None = word_of(request, "side", {"buy": Side.BUY, "sell": Side.SELL})
    named = request.query_params.get("assets", "").split(",")
    wanted = {name.strip() for name in named} - {""}
    sides = tuple(Side) if side is None else (side,)
    return await desk.say(msgspec.json.encode(trades(desk.engine, account, sides, wanted)))


def capital(state: State, account: Account) -> Row:
    """Everything an account has, was given and gave back, in the cash asset."""
    summary = summary_of_balance(state, account)
    equity = summary.cash.total + summary.assets.total
    paid_in = sum(flow.value for flow in account.deposits.values())
    paid_out = sum(flow.value for flow in account.withdrawals.values())
    return {
        "equity": number(equity),
        "deposits": number(paid_in),
        "withdrawals": number(paid_out),
        "profit_loss": number(equity - paid_in + paid_out),
    }


def capital_in_detail(state: State, account: Account) -> Row:
    """The same by asset."""
    balance = {}
    for asset, amounts in holdings(state, account).items():
        doubled = price_units(state, asset)
        balance[asset] = {
            **balance_row(asset, amounts),
            "price": None if doubled is None else number(doubled // 2),
            "value": number(worth(state, asset, amounts).total),
        }
    paid = sorted({*account.deposits, *account.withdrawals})
    cash = cash_asset(state)
    flows = {
        asset: {
            "deposits": _flow_row(account.deposits.get(asset), cash),
            "withdrawals": _flow_row(account.withdrawals.get(asset), cash),
        }
        for asset in paid
    }
    return {"balance": balance, "investment_assets": flows}


def assets(state: State, account: Account) -> Row:
    """Free and held values from two sources, and whether these differ where they must not."""
    balance = summary_of_balance(state, account)
    orders = summary_of_orders(state, account)
    by_balance, by_orders = _held_values(balance), _held_values(orders)
    return {
        "balance_source": {
            "assets_free_value": number(balance.assets.free),
            "assets_total_value": number(balance.assets.total),
            "cash_free_value": number(balance.cash.free),
            "cash_total_value": number(balance.cash.total),
            "total_free_value": number(balance.assets.free + balance.cash.free),
            "total_equity": number(balance.assets.total + balance.cash.total),
            **{name: number(value) for name, value in by_balance.items()},
        },
        "orders_source": {name: number(value) for name, value in by_orders.items()},
        "misc": {
            "cash_asset": cash_asset(state),
            "mismatch": {name: by_balance[name] != by_orders[name] for name in by_orders},
        },
    }


def trades(state: State, account: Account, sides: Collection[Side], wanted: Collection[str]) -> Row:
    """Totals by side, measure, base and quote, as decimal text; of all bases if none is wanted."""
    answer: Row = {side.name: {measure: {} for measure in _MEASURES} for side in sides}
    for (market_id, side), total in sorted(account.totals.items()):
        market = state.markets[market_id].market
        if side not in sides or (wanted and market.base not in wanted):
            continue
        for measure, text in _MEASURES.items():
            rows: dict[str, dict[str, str]] = answer[side.name][measure]
            rows.setdefault(market.base, {})[market.quote] = text(market, total)
    return answer


_MEASURES: dict[str, Callable[[Market, Total], str]] = {
    "count": lambda _, total: str(total.count),
    "amount": lambda market, total: format_decimal(total.lots * market.lot, market.size_places, 0),
    "notional": lambda _, total: format_units(total.value, 0),
    "fee": lambda _, total: format_units(total.fee, 0),
}


def _held_values(summary: Summary) -> dict[str, int]:
    held = summary.assets.held, summary.cash.held
    names = "assets_frozen_value", "cash_frozen_value", "total_frozen_value"
    return dict(zip(names, (*held, sum(held)), strict=True))


def _flow_row(flow: Flow | None, cash: str) -> dict[str, Any]:
    if flow is None:
        return {}
    return {
        "ref_symbol": cash,
        "asset_quantity": number(flow.amount),
        "ref_value": number(flow.value),
    }


async def _looked(request: Request) -> tuple[Desk, Account]:
    caller, desk = who(request), desk_of(request)
    await desk.look(caller.account)
    return desk, desk.engine.accounts[caller.account]
