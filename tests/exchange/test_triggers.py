"""Orders with a trigger in a back-test: placed in decimals, fired by ticks and trades."""

from decimal import Decimal
from typing import Any

import pytest

from cxgame.exchange import Account, Exchange, OrderRefused
from cxgame.recovery import Replay

D = Decimal
MID = {"trigger_by": "mid"}


def desk(**terms: Any) -> tuple[Exchange, Account]:
    """The house quotes 100, and ann trades."""
    exchange = Exchange(liquidity="house", start_price=100, **terms)
    exchange.tick(100)
    return exchange, exchange.account("ann")


def test_a_stop_waits_and_is_filled_within_the_tick_that_fires_it() -> None:
    """Its trades are among those that the tick returns; the journal leads to the same state."""
    exchange, ann = desk(record=True)
    stop = ann.place_trigger("stop", "sell", 1, trigger_price=95, **MID)
    assert (stop.status, stop.trigger, stop.armed) == ("open", "stop", True)
    assert stop.trigger_price == 95
    assert [row.id for row in ann.orders()] == [stop.id]
    assert ann.balance("BTC").held == 1
    assert exchange.tick("95.01") == ()
    (trade,) = exchange.tick(94)
    assert (trade.sell_order, trade.price) == (stop.id, 94)
    row = exchange.order(stop.id)
    assert (row.status, row.armed, row.trigger_price) == ("filled", False, D(95))
    assert exchange.tick(94) == ()
    replayed = Replay()
    for entry in exchange.journal():
        replayed.take(entry)
    assert replayed.engine.state_hash().hex() == exchange.state_hash()
    assert exchange.audit() == []


@pytest.mark.parametrize(
    ("trail", "first", "then"),
    [
        ({"trail": "2.50"}, D("97.50"), D("107.50")),
        ({"trail_percent": "1.5"}, D("98.50"), D("108.35")),
    ],
)
def test_a_trailing_stop_shows_where_it_would_fire(
    trail: dict[str, str], first: Decimal, then: Decimal
) -> None:
    """It follows the price at its distance."""
    exchange, ann = desk()
    stop = ann.place_trigger("trailing", "sell", 1, 90, **trail, **MID)  # type: ignore[arg-type]
    assert stop.trigger_price == first
    exchange.tick(110)
    assert exchange.order(stop.id).trigger_price == then
    exchange.tick(then)
    assert exchange.order(stop.id).status == "filled"


def test_a_market_buy_names_what_it_pays_at_most() -> None:
    """That much is held; by budget it is the budget."""
    exchange, ann = desk()
    ann.place_trigger("stop", "buy", 1, trigger_price=105, max_price=120)
    ann.place_trigger("take_profit", "buy", budget=300, trigger_price=90)
    assert ann.balance("USD").held == 420
    with pytest.raises(OrderRefused, match="max_price"):
        ann.place_trigger("stop", "buy", 1, trigger_price=105)
    assert len(ann.cancel_all()) == 2
    assert ann.balance("USD").held == 0
    assert exchange.audit() == []


def test_a_cid_finds_its_order_again() -> None:
    """With the same trigger; with another one it is refused."""
    _, ann = desk()
    first = ann.place_trigger("stop", "sell", 1, trigger_price=95, cid="mine")
    assert ann.place_trigger("stop", "sell", 1, trigger_price=95, cid="mine") == first
    with pytest.raises(OrderRefused) as refused:
        ann.place_trigger("stop", "sell", 1, trigger_price=96, cid="mine")
    assert refused.value.code == "ORDER_CID_REUSED"


@pytest.mark.parametrize(
    "terms",
    [
        {"trigger": "stop"},
        {"trigger": "stop", "trail": 1},
        {"trigger": "stop", "trigger_price": 95, "trail": 1},
        {"trigger": "trailing"},
        {"trigger": "trailing", "trail": 1, "trail_percent": 1},
        {"trigger": "trailing", "trail": 1, "trigger_price": 95},
        {"trigger": "trailing", "trail": "0.001"},
        {"trigger": "trailing", "trail": 0},
        {"trigger": "trailing", "trail_percent": "0.00001"},
        {"trigger": "trailing", "trail_percent": 0},
        {"trigger": "sometimes", "trigger_price": 95},
        {"trigger": "stop", "trigger_price": 95, "trigger_by": "ask"},
    ],
)
def test_what_makes_no_trigger_is_an_error_of_the_caller(terms: dict[str, Any]) -> None:
    """And changes nothing."""
    exchange, ann = desk()
    before = exchange.state_hash()
    with pytest.raises(ValueError, match=r"trail|trigger|distance|percentage"):
        ann.place_trigger(side="sell", quantity=1, **terms)
    assert exchange.state_hash() == before


def test_a_trail_is_at_most_the_whole_price() -> None:
    """As on a server; a rate without end could not be written down either."""
    exchange, ann = desk()
    for percent in ("100.0001", "1e30"):
        with pytest.raises(ValueError, match=r"percentage from 0\.0001 to 100"):
            ann.place_trigger("trailing", "buy", budget=10, trail_percent=percent)
    ann.place_trigger("trailing", "buy", budget=10, trail_percent=100)
    assert exchange.audit() == []
