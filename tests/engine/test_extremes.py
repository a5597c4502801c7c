"""The largest numbers that an order may name, and what is played beside them."""

import msgspec
from msgspec.structs import replace

from cxgame.engine.restoring import load
from cxgame.engine.snapshot import dump
from cxgame.engine.trying import dry_run
from cxgame.model.commands import (
    Continue,
    OpenAccount,
    Pause,
    PlaceOrder,
    SetRules,
    StartRound,
    Tick,
)
from cxgame.model.enums import Liquidity, OrderType, Side, TriggerKind, Verb
from cxgame.model.errors import Code
from cxgame.model.events import AnyEvent, Event, Trade
from cxgame.model.rules import MarketRules
from cxgame.model.units import MAX_LOTS, MAX_TICKS, MAX_TRADE_LOTS, ONE
from tests.engine.desk import ALICE, BOB, MARKET, Desk, kinds
from tests.engine.trigger_desk import arm, move

RICH = {"USD": "1" + "0" * 35, "BTC": "1" + "0" * 20}
FEES = replace(MARKET, maker_fee="0.3", taker_fee="0.07")


def survives_writing(events: list[Event]) -> bool:
    """Whether events can be journaled: msgpack has integers of 64 bits."""
    kind = tuple[AnyEvent, ...]  # type: ignore[valid-type]
    return msgspec.msgpack.decode(msgspec.msgpack.encode(events), type=kind) == tuple(events)


def test_the_dearest_trade_is_exact_and_can_be_written_down() -> None:
    """Most lots at the highest price, with fees in both roles: 1e33 and nothing lost."""
    desk = Desk(FEES, grants=RICH)
    engine, value = desk.engine, MAX_TICKS * MAX_LOTS * ONE
    resting = desk.place(BOB, Side.SELL, MAX_LOTS, MAX_TICKS)
    taking = desk.place(ALICE, Side.BUY, MAX_LOTS, MAX_TICKS)
    assert [event.quantity for event in taking.events if isinstance(event, Trade)] == [MAX_LOTS]
    assert survives_writing(resting.events)
    assert survives_writing(taking.events)
    assert engine.house.free[1] == -2 * 10**35 * ONE + value * 37 // 100
    assert engine.violations() == []


def test_a_level_may_sum_to_more_than_64_bits() -> None:
    """In the state and in a dump of it."""
    desk = Desk(grants=RICH)
    for _ in range(20):
        desk.sell(BOB, MAX_LOTS, MAX_TICKS)
    assert desk.engine.markets[0].book.depth(Side.SELL, 1) == [(MAX_TICKS, 20 * MAX_LOTS)]
    assert load(dump(desk.engine)).state_hash() == desk.engine.state_hash()


def test_the_house_quotes_the_largest_numbers_too() -> None:
    """Without end or with most lots, and without volume it sells nothing."""
    desk = Desk(grants=RICH, liquidity=Liquidity.HOUSE)
    desk.do(Tick(0, 1, MAX_TICKS, MAX_TICKS, MAX_LOTS, 0))
    assert desk.buy(ALICE, MAX_LOTS, MAX_TICKS).left == MAX_LOTS, "which no volume meets"
    events = desk.do(Tick(0, 2, MAX_TICKS, MAX_TICKS, MAX_LOTS, MAX_LOTS)).events
    assert [event.quantity for event in events if isinstance(event, Trade)] == [MAX_LOTS]
    assert survives_writing(events)
    assert desk.engine.markets[0].ask_volume == 0
    assert desk.engine.violations() == []


def test_a_market_that_joins_gives_nobody_its_coin_before_the_next_round() -> None:
    """Grants are given at entry: who comes later, or starts a round, has what they name then."""
    ether = MarketRules("ETH/USD", "ETH", "USD", tick="1", lot="1", start_price="10")
    desk = Desk()
    rules = desk.engine.known_rules
    grants = {**rules.grants, "ETH": "7"}
    desk.do(SetRules(replace(rules, markets=(MARKET, ether), grants=grants)))
    desk.do(OpenAccount("carol"))
    assert desk.owns(ALICE)["ETH"] == (0, 0)
    assert desk.owns(3)["ETH"] == (7, 0)
    desk.buy(ALICE, 2, 10, market=1)
    desk.sell(3, 2, 10, market=1)
    assert desk.owns(ALICE)["ETH"] == (2, 0)
    desk.do(Pause())
    desk.do(StartRound(1))
    assert [desk.owns(account)["ETH"] for account in (ALICE, BOB, 3)] == [(7, 0)] * 3
    assert desk.engine.violations() == []


CHEAP = replace(
    MARKET, tick="0.00000001", lot="0.000000000001", min_size="0.000000000001",
    min_price="0.00000001", start_price="0.00000001", min_amount="0.01",
)  # fmt: skip
LOT_UNITS = 10_000  # value of a lot at one tick


def spending(lots: int) -> PlaceOrder:
    """Alice spends what so many lots cost at one tick."""
    body = (Verb.BUY_MARKET, Side.BUY, OrderType.MARKET)
    return PlaceOrder(ALICE, 0, *body, budget=str(lots * LOT_UNITS))


def test_a_budget_buys_no_more_in_one_trade_than_can_be_written_down() -> None:
    """A house without end sells 2**64 - 1 lots at once, and not one more."""
    desk = Desk(CHEAP, grants=RICH, liquidity=Liquidity.HOUSE)
    desk.do(Tick(0, 1, 1, 1))
    most = desk.do(spending(MAX_TRADE_LOTS)).events
    assert [event.quantity for event in most if isinstance(event, Trade)] == [MAX_TRADE_LOTS]
    assert survives_writing(most)
    before = desk.engine.state_hash()
    refused = desk.do(spending(MAX_TRADE_LOTS + 1)).rejection
    assert refused is not None
    assert refused.code == Code.FILTER_MAX
    assert refused.text == "Size of one trade must be less than or equal to 18446744.073709551615"
    assert dry_run(desk.engine, spending(MAX_TRADE_LOTS + 1)).rejection == refused
    assert desk.engine.state_hash() == before


def test_a_budget_that_waited_for_its_price_buys_no_more_either() -> None:
    """Nobody can refuse it any more: it is rejected, and has its money back."""
    desk = Desk(CHEAP, liquidity=Liquidity.HOUSE)
    desk.do(Tick(0, 1, 1, 1))
    order = arm(desk, Side.BUY, TriggerKind.STOP, 2, budget=100)
    assert move(desk, 4) == [order.id]
    events = desk.do(Continue()).events
    assert kinds(events) == ["OrderPlaced", "OrderRejected"]
    assert survives_writing(events)
    assert order.comment.startswith("Size of one trade must be")
    assert desk.owns(ALICE)["USD"] == (10_000, 0)
    assert desk.engine.violations() == []
