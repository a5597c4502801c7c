"""The class of `ccxt.async_support`: every method is a coroutine."""

import functools
from collections.abc import Callable, Coroutine
from typing import Any

import ccxt.async_support as ccxt

from cxgame.ccxt.asking import Asking
from cxgame.ccxt.lists import Plan, T
from cxgame.ccxt.plans import Plans
from cxgame.ccxt.rows import Row


def told(
    plan: Callable[..., Plan[T]], *, first: bool = False
) -> Callable[..., Coroutine[Any, Any, T]]:
    """A plan as a coroutine; `first`: without the markets being loaded."""

    @functools.wraps(plan)
    async def method(self: Any, *args: Any, **kwargs: Any) -> T:
        if not first:
            await self.load_markets()
        steps = plan(self, *args, **kwargs)
        try:
            command, params = next(steps)
            while True:
                reply: Row = await self.ask(command, params)
                command, params = steps.send(reply)
        except StopIteration as end:
            result: T = end.value
            return result

    return method


class cxgame(Asking, ccxt.Exchange):  # type: ignore[misc]
    """The exchange game, for `ccxt.async_support`."""

    async def ask(self, command: str, params: Row) -> Row:
        """The reply to a command; waits where the exchange says that it came too fast."""
        waits = 0
        while True:
            try:
                reply: Row = await self.request(command, "api", "POST", params)
            except ccxt.RateLimitExceeded as error:
                wait_ms = self.wait_ms(error, waits)
            else:
                return reply
            waits += 1
            await self.sleep(wait_ms)

    fetch_markets = told(Plans.plan_markets, first=True)
    fetch_currencies = told(Plans.plan_currencies, first=True)
    fetch_time = told(Plans.plan_time, first=True)
    fetch_status = told(Plans.plan_status, first=True)
    fetch_ticker = told(Plans.plan_ticker)
    fetch_tickers = told(Plans.plan_tickers)
    fetch_order_book = told(Plans.plan_order_book)
    fetch_trades = told(Plans.plan_trades)
    fetch_ohlcv = told(Plans.plan_ohlcv)
    fetch_balance = told(Plans.plan_balance)
    fetch_trading_fees = told(Plans.plan_trading_fees)
    create_order = told(Plans.plan_create_order)
    create_market_buy_order_with_cost = told(Plans.plan_market_buy_with_cost)
    edit_order = told(Plans.plan_edit_order)
    cancel_order = told(Plans.plan_cancel_order)
    cancel_all_orders = told(Plans.plan_cancel_all_orders)
    cancel_all_orders_after = told(Plans.plan_cancel_all_orders_after)
    fetch_order = told(Plans.plan_order)
    fetch_open_orders = told(Plans.plan_open_orders)
    fetch_closed_orders = told(Plans.plan_closed_orders)
    fetch_orders = told(Plans.plan_orders)
    fetch_my_trades = told(Plans.plan_my_trades)
