"""Orders, fills, markets, wallets and books as clients see them."""

import json
from typing import Any, NamedTuple

import pytest

from cxgame.engine.orders import Order
from cxgame.history import Fill
from cxgame.history.rows import OrderTrigger
from cxgame.model.commands import PlaceOrder
from cxgame.model.enums import (
    OrderStatus,
    OrderType,
    Role,
    SelfTrade,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerKind,
    Verb,
)
from cxgame.model.market import build_market
from cxgame.model.rules import MarketRules
from cxgame.model.units import ONE
from cxgame.wire.money import MarketMoney
from cxgame.wire.row_states import Holding
from cxgame.wire.rows import book_half, fill_row, market_row, order_row, seconds, text, wallets_row

MARKET = build_market(0, MarketRules("BTC/USD", "BTC", "USD", maker_fee="0.001"), 0, 1)
MONEY = MarketMoney(MARKET)
LOTS = 10**10


class Place(NamedTuple):
    """What of an order matters here."""

    verb: Verb = Verb.BUY
    side: Side = Side.BUY
    type: OrderType = OrderType.LIMIT
    price: int = 90_000
    quantity: int = LOTS // 2
    budget: int = 0
    cid: str = ""
    time_in_force: TimeInForce = TimeInForce.GTC


def order(place: Place, **state: Any) -> Order:
    """An order in some state."""
    command = PlaceOrder(
        1,
        0,
        place.verb,
        place.side,
        place.type,
        place.price,
        place.quantity,
        str(place.budget or ""),
        place.time_in_force,
        cid=place.cid,
    )
    made = Order(7, command, place.price, place.budget, SelfTrade.SKIP, 1_795_218_107_816)
    for name, value in state.items():
        setattr(made, name, value)
    return made


def row(place: Place, more: str = "", **state: Any) -> dict[str, Any]:
    """An order as JSON."""
    return dict(json.loads(order_row(order(place, **state), MONEY, "alice", more)))


def test_a_limit_buy_has_the_captured_shape_and_ours() -> None:
    """What clients of the seed read, then what we add."""
    assert row(Place(), hold=450 * ONE) == {
        "timestamp": 1795218107.816,
        "id": "7",
        "size": "0.5000000000",
        "usd_used": "450.00",
        "price": "900.00",
        "side": "buy",
        "status": "open",
        "filled_size": "0.0000000000",
        "user": "alice",
        "symbol": "BTC/USD",
        "quantity": "0.5000000000",
        "type": "limit",
        "time_in_force": "gtc",
        "average_price": None,
        "fee": "0.00",
    }


def test_a_partly_filled_buy_shows_what_it_took_out_of_the_wallet() -> None:
    """`usd_used` is what it holds and what it spent; `size` is what remains."""
    shown = row(
        Place(),
        left=LOTS // 4,
        filled=LOTS // 4,
        hold=225 * ONE,
        maker_value=200 * ONE,
        taker_value=20 * ONE,
        maker_fee=ONE // 10,
    )
    assert shown["size"] == "0.2500000000"
    assert shown["filled_size"] == "0.2500000000"
    assert shown["usd_used"] == "445.10"
    assert shown["average_price"] == "880.00"
    assert shown["fee"] == "0.10"


def test_a_sell_uses_no_usd() -> None:
    """As in the captured frames."""
    assert "usd_used" not in row(Place(Verb.SELL, Side.SELL))


def test_a_market_buy_shows_its_budget() -> None:
    """By budget there is no quantity."""
    place = Place(Verb.BUY_MARKET, Side.BUY, OrderType.MARKET, 100_000, 0, 110 * ONE)
    shown = row(place, filled=LOTS // 10, taker_value=110 * ONE, status=OrderStatus.FILLED)
    assert shown == {
        "timestamp": 1795218107.816,
        "id": "7",
        "amount": "110.00",
        "price": "1000.00",
        "side": "buy_market",
        "status": "filled",
        "filled_size": "0.1000000000",
        "user": "alice",
        "symbol": "BTC/USD",
        "quantity": None,
        "type": "market",
        "average_price": "1100.00",
        "fee": "0.00",
    }


def test_a_market_sell_shows_its_quantity() -> None:
    """Amount and quantity are the same there."""
    shown = row(Place(Verb.SELL_MARKET, Side.SELL, OrderType.MARKET), status=OrderStatus.CANCEL)
    assert (shown["amount"], shown["quantity"]) == ("0.5000000000", "0.5000000000")
    assert (shown["side"], shown["status"]) == ("sell_market", "cancel")


@pytest.mark.parametrize(
    ("verb", "side", "word"),
    [
        (Verb.ORDER, Side.BUY, "buy"),
        (Verb.ORDER, Side.SELL, "sell"),
        (Verb.BUY, Side.BUY, "buy"),
        (Verb.SELL, Side.SELL, "sell"),
        (Verb.BUY_MARKET, Side.BUY, "buy_market"),
        (Verb.SELL_MARKET, Side.SELL, "sell_market"),
    ],
)
def test_market_verbs_keep_their_own_word_for_the_side(verb: Verb, side: Side, word: str) -> None:
    """All others say buy or sell."""
    assert row(Place(verb, side, OrderType.MARKET))["side"] == word


def test_a_cid_and_more_members_stand_at_the_end() -> None:
    """A cid is any text."""
    shown = row(Place(cid='a"b\\ü'), ',"replayed":true')
    assert (shown["cid"], shown["replayed"]) == ('a"b\\ü', True)


@pytest.mark.parametrize("armed", [True, False])
def test_a_market_order_has_a_price_once_it_is_on_the_market(armed: bool) -> None:
    """Its trigger is its owner's business alone."""
    trigger = OrderTrigger(TriggerKind.STOP, TriggerBy.MID, 180_001, 0, 0, 95_000, armed=armed)
    made = order(Place(type=OrderType.MARKET), trigger=trigger)
    own, seen = (
        json.loads(order_row(made, MONEY, "alice", is_own=is_own)) for is_own in (True, False)
    )
    assert own.pop("trigger") == {
        "kind": "stop",
        "by": "mid",
        "price": "900.005",
        "armed": armed,
        "max_price": "950.00",
    }
    assert own == seen
    assert own["price"] == (None if armed else "900.00")


@pytest.mark.parametrize(
    ("trail", "trail_rate", "member"),
    [(500, 0, {"trail": "5.00"}), (0, 12_500, {"trail_percent": "1.25"})],
)
def test_a_trailing_stop_shows_its_trail(
    trail: int, trail_rate: int, member: dict[str, str]
) -> None:
    """As a distance or as a share, whichever it is."""
    kind, by = TriggerKind.TRAILING, TriggerBy.LAST
    trigger = OrderTrigger(kind, by, 180_000, trail, trail_rate, 0, armed=True)
    shown = row(Place(), trigger=trigger)["trigger"]
    head = {"kind": "trailing", "by": "last", "price": "900.00", "armed": True}
    assert shown == head | member


def test_a_fill_has_the_captured_shape_and_ours() -> None:
    """One account's side of a trade."""
    fill = Fill(
        3, 0, 7, Side.SELL, 110_000, LOTS // 10, ONE // 100, Role.MAKER, 9, 7, 1_795_218_107_005
    )
    assert json.loads(fill_row(fill, MONEY)) == {
        "fill_id": "3",
        "filled_size": "0.1000000000",
        "price": "1100.00",
        "buy_id": "9",
        "sell_id": "7",
        "side": "sell",
        "fee": "0.01",
        "role": "maker",
        "order_id": "7",
        "timestamp": 1795218107.005,
        "symbol": "BTC/USD",
    }


def test_a_market_lists_its_rules() -> None:
    """All that a bot needs to round and to calculate."""
    assert json.loads(market_row(MARKET, "open")) == {
        "symbol": "BTC/USD",
        "base": "BTC",
        "quote": "USD",
        "tick": "0.01",
        "lot": "0.0000000001",
        "min_size": "0.00000001",
        "min_price": "0.1",
        "min_amount": "10.00",
        "maker_fee": "0.001",
        "taker_fee": "0",
        "phase": "open",
    }


def test_a_book_half_marks_the_house() -> None:
    """Whose volume may be without end."""
    levels = [(90_000, LOTS, False), (90_000, 5, True), (89_000, None, True)]
    assert json.loads(book_half(levels, MONEY)) == [
        ["900.00", "1.0000000000"],
        ["900.00", "0.0000000005", "house"],
        ["890.00", None, "house"],
    ]


def test_wallets_show_free_held_and_total() -> None:
    """`usd` and `crypto` stand for the assets of the first market."""
    holdings = [
        Holding("BTC", False, 9 * ONE, ONE),
        Holding("USD", True, ONE // 8, 450 * ONE),
        Holding("ETH", False, 0, 0),
    ]
    assert json.loads(wallets_row(holdings, "BTC", "USD")) == {
        "usd": "0.125",
        "crypto": "9.0",
        "held": {"usd": "450.00", "crypto": "1.0"},
        "assets": {
            "BTC": {"free": "9.0", "held": "1.0", "total": "10.0"},
            "USD": {"free": "0.125", "held": "450.00", "total": "450.125"},
            "ETH": {"free": "0.0", "held": "0.0", "total": "0.0"},
        },
    }


@pytest.mark.parametrize(
    ("wall_ms", "shown"), [(0, "0.000"), (1, "0.001"), (1_700_000_000_050, "1700000000.050")]
)
def test_seconds_keep_their_milliseconds(wall_ms: int, shown: str) -> None:
    """Written from integers."""
    assert seconds(wall_ms) == shown


def test_text_is_escaped() -> None:
    """As JSON wants it."""
    assert json.loads(text('"\\\n\u2028ü')) == '"\\\n\u2028ü'
