"""The exchange as a whole: accounts, quotes, time, what everybody sees, beginning anew."""

from decimal import Decimal

import pytest

from cxgame.exchange import Exchange, OrderRefused
from cxgame.model.commands import PlaceOrder, PlaceTrigger
from cxgame.model.enums import OrderType, Side, TriggerBy, TriggerKind, Verb
from cxgame.recovery import Replay

D = Decimal


def solo(**terms: object) -> Exchange:
    """An exchange at whose quotes the house trades."""
    return Exchange(liquidity="house", **terms)  # type: ignore[arg-type]


# Accounts


def test_an_account_begins_with_the_grants() -> None:
    """Once per asset, whatever its other markets."""
    exchange = Exchange(["BTC/USD", "ETH/USD", "ETH/BTC"], usd_start=500, crypto_start="2.5")
    rows = exchange.account("ann").balances()
    assert {asset: row.free for asset, row in rows.items()} == {
        "BTC": D("2.5"),
        "USD": D(500),
        "ETH": D("2.5"),
    }


def test_grants_may_be_named_by_asset() -> None:
    """What is not named is granted as ever."""
    ann = Exchange(["BTC/USD", "ETH/USD"], grants={"ETH": 0.5}, crypto_start=1).account("ann")
    assert (ann.balance("ETH").free, ann.balance("BTC").free) == (D("0.5"), D(1))


def test_a_name_finds_its_account() -> None:
    """In any case, without a second grant."""
    exchange = Exchange()
    ann = exchange.account("ann")
    assert exchange.account("ANN") is ann
    assert exchange.accounts == (ann,)
    with pytest.raises(ValueError, match="team"):
        exchange.account("ann", "red")


@pytest.mark.parametrize("name", ["", "house", "House", "a b", "-a", "a" * 33])
def test_a_name_outside_of_the_rule_is_refused(name: str) -> None:
    """The house above all."""
    with pytest.raises(OrderRefused) as refused:
        Exchange().account(name)
    assert refused.value.code == "PARAM_NAME"


def test_a_team_is_text() -> None:
    """Anything else could be written down in a record, and not be read again."""
    exchange = Exchange()
    with pytest.raises(TypeError, match="team"):
        exchange.account("ann", team=5)  # type: ignore[arg-type]
    assert exchange.accounts == ()


def test_a_team_does_not_trade_with_itself() -> None:
    """Two accounts of one team meet, and the taker's order ends."""
    exchange = Exchange()
    exchange.account("ann", "red").sell(1, 1000)
    order = exchange.account("bob", "red").buy(1, 1000)
    assert (order.status, exchange.trades()) == ("cancel", [])


# Quotes


def test_a_tick_fills_what_it_reaches() -> None:
    """A resting buy, at the house's ask."""
    exchange = solo()
    order = exchange.account("ann").buy("0.5", "990")
    assert exchange.tick(bid=991, ask=992) == ()
    (trade,) = exchange.tick(bid=988, ask=989)
    assert (trade.price, trade.quantity, trade.buy_order) == (D(989), D("0.5"), order.id)
    assert exchange.order(order.id).status == "filled"


def test_one_price_is_bid_and_ask() -> None:
    """And it is the mid."""
    exchange = solo()
    exchange.tick(1234.56)
    quote = exchange.quote()
    assert quote.bid == quote.ask == quote.mid == exchange.price() == D("1234.56")


def test_quotes_off_the_tick_move_apart() -> None:
    """The bid down, the ask up."""
    exchange = solo()
    exchange.tick(D(100) / 3)
    assert (exchange.quote().bid, exchange.quote().ask) == (D("33.33"), D("33.34"))
    assert exchange.price() == D("33.335")


def test_a_volume_lasts_until_the_next_tick() -> None:
    """What is taken from it is gone, and comes back with the tick."""
    exchange = solo()
    ann = exchange.account("ann")
    for _ in range(2):
        exchange.tick(100, ask_volume="0.3", bid_volume=0)
        order = ann.buy(1)
        assert (order.filled, order.status) == (D("0.3"), "cancel")
        assert exchange.quote().ask_volume == 0
    with pytest.raises(OrderRefused, match="ORDER_NO_MATCH"):
        ann.sell(1)


@pytest.mark.parametrize(
    "quotes",
    [
        {},
        {"bid": 1},
        {"price": 0},
        {"price": -1},
        {"price": "NaN"},
        {"price": float("inf")},
        {"price": "ten"},
        {"price": True},
        {"price": "1e30"},
        {"bid": "0.001", "ask": 1},
        {"bid": 2, "ask": 1},
        {"price": 1, "ask_volume": -1},
        {"price": 1, "bid_volume": "NaN"},
        {"price": 1, "bid_volume": "1e30"},
    ],
)
def test_what_is_no_quote_changes_nothing(quotes: dict[str, object]) -> None:
    """It is a mistake in the data, and said so."""
    exchange = solo()
    before = exchange.state_hash()
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        exchange.tick(**quotes)  # type: ignore[arg-type]
    assert exchange.state_hash() == before


def test_markets_have_their_own_quotes() -> None:
    """A call without a symbol means the first."""
    exchange = solo(symbol="BTC/USD,ETH/USD")
    exchange.tick(50, symbol="ETH/USD")
    assert (exchange.price(), exchange.price("ETH/USD")) == (D(1000), D(50))
    assert exchange.symbols == ("BTC/USD", "ETH/USD")
    with pytest.raises(OrderRefused, match="FILTER_SYMBOL"):
        exchange.price("DOGE/USD")


# Time


def test_the_clock_is_the_callers() -> None:
    """It stands until it is moved, stamps what happens, and does not go back."""
    exchange = solo(start_ms=5_000)
    ann = exchange.account("ann")
    exchange.tick(100)
    assert ann.buy(1).time_ms == 5_000
    exchange.advance_to(7_000)
    exchange.advance(500)
    assert ann.sell(1).time_ms == exchange.now_ms == 7_500
    assert [fill.time_ms for fill in ann.fills()] == [5_000, 7_500]
    with pytest.raises(ValueError, match="does not go back"):
        exchange.advance_to(7_499)
    with pytest.raises(TypeError, match="integer"):
        exchange.advance(0.5)  # type: ignore[arg-type]


def test_a_time_limit_ends_the_game() -> None:
    """Orders are cancelled at the moment it is reached, and none is taken any more."""
    exchange = Exchange(time_limit=60)
    ann = exchange.account("ann")
    order = ann.buy(1, 900)
    exchange.advance(59_999)
    assert exchange.order(order.id).is_open
    exchange.advance(1)
    assert exchange.order(order.id).status == "cancel"
    for late in (lambda: ann.buy(1, 900), lambda: exchange.account("bob")):
        with pytest.raises(OrderRefused, match="STATE_CLOSED"):
            late()
    exchange.advance(1)
    assert exchange.audit() == []


# What everybody sees


def test_trades_are_kept_by_market() -> None:
    """Oldest first, with who came to whom."""
    exchange = solo(symbol=["BTC/USD", "ETH/USD"])
    ann, bob = exchange.account("ann"), exchange.account("bob")
    resting = ann.sell(2, 1000)
    taking = bob.buy(1, 1000)
    exchange.tick(20, symbol="ETH/USD")
    bob.sell(3, symbol="ETH/USD")
    first, second = exchange.trades()
    assert (first.sell_order, first.buy_order, first.taker_side) == (resting.id, taking.id, "buy")
    assert (second.buy_order, second.taker_side, second.value) == (0, "sell", D(60))
    assert exchange.trades("ETH/USD") == [second]


def test_standings_value_everything_at_the_mid() -> None:
    """Best first; equals by name."""
    exchange = solo(usd_start=100, crypto_start=1)
    dan, bob, ann = (exchange.account(name) for name in ("dan", "bob", "ann"))
    exchange.tick(50)
    dan.buy(1)
    exchange.tick(60)
    rows = [(row.rank, row.account, row.equity) for row in exchange.standings()]
    assert rows == [(1, "dan", D(170)), (2, "ann", D(160)), (3, "bob", D(160))]
    assert (ann.equity(), bob.equity()) == (D(160), D(160))


def test_an_order_whose_trigger_fires_comes_to_the_market_at_once() -> None:
    """Nothing else may come before; it has no words of its own here, and comes as a command."""
    exchange = solo(record=True)
    ann = exchange.account("ann")
    exchange.tick(100)
    market = Verb.ORDER, Side.SELL, OrderType.MARKET
    lots = exchange.market_of(0).lot_units
    order = PlaceOrder(ann.id, 0, *market, quantity=10**24 // lots)
    exchange.apply(PlaceTrigger(order, TriggerKind.STOP, TriggerBy.MID, 9_000))
    exchange.tick(89)
    (fill,) = ann.fills()
    assert (fill.price, fill.quantity) == (89, 1)
    ann.buy(1)
    replay = Replay()
    for entry in exchange.journal():
        replay.take(entry)
    assert replay.engine.state_hash().hex() == exchange.state_hash()


def test_an_unknown_order_is_refused() -> None:
    """With the code of the table."""
    with pytest.raises(OrderRefused, match="ORDER_NOT_FOUND"):
        Exchange().order(1)


def test_a_bound_may_be_set_to_what_is_kept() -> None:
    """The last so many of each list; open orders are never dropped."""
    exchange = solo(keep=2)
    ann = exchange.account("ann")
    exchange.tick(100)
    resting = ann.buy(1, 50)
    orders = [ann.buy("0.1").id for _ in range(3)]
    assert [trade.buy_order for trade in exchange.trades()] == orders[1:]
    assert [fill.order for fill in ann.fills()] == orders[1:]
    assert exchange.order(resting.id).is_open
    assert exchange.order(orders[1]).status == "filled"
    with pytest.raises(OrderRefused, match="ORDER_NOT_FOUND"):
        exchange.order(orders[0])


# Numbers that fit


def test_numbers_are_made_to_fit() -> None:
    """A buy's price and a quantity down, a sell's price up; what they say is then accepted."""
    exchange = Exchange(lot="0.001")
    third = D(1000) / 3
    assert exchange.fit_price(third, "buy") == D("333.33")
    assert exchange.fit_price(third, "sell") == D("333.34")
    assert exchange.fit_quantity(D(2) / 3) == D("0.666")
    ann = exchange.account("ann")
    order = ann.buy(exchange.fit_quantity(D(2) / 3), exchange.fit_price(third, "buy"))
    assert (order.quantity, order.price) == (D("0.666"), D("333.33"))
    with pytest.raises(ValueError, match="quantity"):
        exchange.fit_quantity(-1)
    with pytest.raises(ValueError, match="side"):
        exchange.fit_price(1, "both")


# Beginning anew


def test_a_reset_leaves_the_rules_and_the_accounts() -> None:
    """The state is that of a new exchange, and accounts that were handed out still work."""
    exchange, fresh = solo(start_ms=9), solo(start_ms=9)
    ann = exchange.account("ann", "red")
    fresh.account("ann", "red")
    exchange.advance(1_000)
    exchange.tick(100)
    ann.buy(1)
    assert exchange.state_hash() != fresh.state_hash()
    exchange.reset()
    assert exchange.state_hash() == fresh.state_hash()
    assert (exchange.now_ms, exchange.trades(), ann.fills()) == (9, [], [])
    assert exchange.account("ann") is ann
    assert ann.buy(1, 900).id == 1
