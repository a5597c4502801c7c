"""Orders with a trigger, placed on another face of the game, as this one shows them."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from cxgame.model.commands import PlaceOrder, PlaceTrigger
from cxgame.model.enums import OrderStatus, OrderType, Reason, Side, TriggerBy, TriggerKind, Verb
from cxgame.server.http.rest.order_rows import is_refused
from tests.server.http.rest.trading import Trader, trading

PLACES = 10**8  # ticks in one of money
LOTS = 10**12


@pytest.fixture
async def trader() -> AsyncIterator[Trader]:
    """Funded, at a price of 60,000."""
    async with trading() as one:
        yield one


def stop(trader: Trader, at: int, price: int = 0, **terms: bool) -> str:
    """A stop of the owner's, to sell half a coin when the mid has fallen to `at`."""
    office = trader.office
    market = office.engine.market_ids["BTC/USDT"]
    order = PlaceOrder(
        office.owner.id,
        market,
        Verb.ORDER,
        Side.SELL,
        OrderType.LIMIT if price else OrderType.MARKET,
        price * PLACES,
        LOTS // 2,
        **terms,
    )
    command = PlaceTrigger(order, TriggerKind.STOP, TriggerBy.MID, at * PLACES)
    applied = office.rig.bench.submit(command)
    assert applied.order is not None, applied.rejection
    return str(applied.order.id)


async def test_an_armed_order_is_an_open_order(trader: Trader) -> None:
    """New, with what it holds; it can be cancelled."""
    id = stop(trader, 55_000, 50_000)
    assert await trader.ids() == await trader.ids(status="new") == [id]
    shown = await trader.get(id)
    assert (shown["status"], shown["limit_price"], shown["history_count"]) == ("new", 50_000.0, 1)
    assert await trader.balance("BTC") == (0.5, 0.5)
    await trader.do("POST", f"/orders/{id}/cancel")
    assert (await trader.get(id))["status"] == "canceled"
    assert await trader.balance("BTC") == (1.0, 0.0)


async def test_an_armed_market_order_has_no_price(trader: Trader) -> None:
    """It is filled as any other once it has fired."""
    id = stop(trader, 55_000)
    shown = await trader.get(id)
    assert (shown["limit_price"], shown["initial_booked_notion"]) == (None, 0.0)
    trader.office.set_price("BTC/USDT", Decimal(55_000))
    shown = await trader.get(id)
    assert (shown["status"], shown["price"]) == ("filled", 55_000.0)


async def test_a_fired_order_that_may_not_take_says_why_it_is_over(trader: Trader) -> None:
    """Its owner wanted it so."""
    id = stop(trader, 55_000, 50_000, post_only=True)
    trader.office.set_price("BTC/USDT", Decimal(55_000))
    shown = await trader.get(id)
    assert (shown["status"], shown["history_count"]) == ("canceled", 2)
    assert shown["comment"] == "Order canceled: post-only, and it would have traded at once"


async def test_an_order_that_was_armed_was_not_refused_when_it_was_placed(trader: Trader) -> None:
    """Whatever it was rejected for afterwards: its history begins with its placing."""
    id = stop(trader, 55_000, 50_000)
    order = trader.office.owner.orders[int(id)]
    order.status, order.reason, order.comment = OrderStatus.REJECTED, Reason.REJECTED, "No room."
    assert not is_refused(order)
    order.trigger = None
    assert is_refused(order)
