"""Events become the frames that the seeds' clients know."""

import json
from typing import Any

import pytest

from cxgame.model.enums import OrderType, Phase, Reason, Side, TimeInForce, Verb
from cxgame.model.events import (
    AccountOpened,
    AccountsReset,
    AnyEvent,
    Event,
    MarketAdded,
    OrderRejected,
    PhaseChanged,
    Results,
    RoundStarted,
    RulesSet,
    Standing,
    Ticker,
)
from cxgame.wire.feed_frames import EVENT_DUE, NO_SEQ, FrameMaker, results_csv
from cxgame.wire.feed_names import Names
from cxgame.wire.feed_words import REASONS
from tests.wire.feed_samples import (
    BTC,
    ETH,
    ONE,
    WALL_MS,
    amended,
    closed,
    placed,
    reduced,
    said,
    trade,
)

TS = WALL_MS / 1000


def shown(event: Event) -> list[dict[str, Any]]:
    """The frames of an event with seq 7, as they read after `prev_seq` 6 is joined."""
    maker = FrameMaker((BTC, ETH), Names(("house", "alice", "bob")))
    frames = maker.of_event(event, 7, WALL_MS)
    return [json.loads(head + b"6}" if seq else head) for _, _, seq, head in frames]


def the_one(event: Event) -> dict[str, Any]:
    """The only frame of an event."""
    (frame,) = shown(event)
    return frame


def test_a_limit_buy_shows_the_order_as_placed() -> None:
    """With symbol, seq and time; the client's own id stays private."""
    assert the_one(placed(42)) == {
        "type": "buy",
        "message": {
            "timestamp": TS,
            "id": "42",
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
        },
        "symbol": "BTC/USD",
        "ts": TS,
        "seq": 7,
        "prev_seq": 6,
    }


def test_a_limit_sell_uses_no_usd() -> None:
    """A sell order has no `usd_used`."""
    frame = the_one(placed(1, Side.SELL, time_in_force=TimeInForce.IOC, market=1))
    assert frame["type"] == "sell"
    assert frame["symbol"] == frame["message"]["symbol"] == "ETH/USD"
    assert frame["message"]["time_in_force"] == "ioc"
    assert "usd_used" not in frame["message"]


@pytest.mark.parametrize(
    ("verb", "side", "quantity", "budget", "amount", "shown_quantity", "shown_side"),
    [
        (Verb.BUY_MARKET, Side.BUY, 0, str(110 * 10**24), "110.00", None, "buy_market"),
        (Verb.SELL_MARKET, Side.SELL, ONE, "", "1.0000000000", "1.0000000000", "sell_market"),
        (Verb.ORDER, Side.BUY, ONE, "", "1.0000000000", "1.0000000000", "buy"),
    ],
)
def test_a_market_order_shows_what_it_spends(
    verb: Verb,
    side: Side,
    quantity: int,
    budget: str,
    amount: str,
    shown_quantity: str | None,
    shown_side: str,
) -> None:
    """`amount` is quote for a budget and else the quantity; the price is the mid at the time."""
    order = placed(
        3, side, 100_000, type=OrderType.MARKET, verb=verb, quantity=quantity, budget=budget
    )
    frame = the_one(order)
    assert frame["type"] == ("buy_market" if side is Side.BUY else "sell_market")
    assert frame["message"]["side"] == shown_side
    assert frame["message"]["amount"] == amount
    assert frame["message"]["quantity"] == shown_quantity
    assert frame["message"]["price"] == "1000.00"
    assert frame["message"]["status"] == "open"


def test_a_match_names_both_orders_and_the_takers_side() -> None:
    """With trade id and side."""
    assert the_one(trade(5, buy=1, sell=2)) == {
        "type": "match",
        "message": {"size": "0.1000000000", "price": "900.00", "buy_id": "1", "sell_id": "2"},
        "symbol": "BTC/USD",
        "trade_id": "5",
        "side": "sell",
        "ts": TS,
        "seq": 7,
        "prev_seq": 6,
    }


def test_the_house_has_the_order_id_zero() -> None:
    """Who trades with the house sees order "0"."""
    assert the_one(trade(5, buy=1, sell=0))["message"]["sell_id"] == "0"


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        (Reason.USER, "user"),
        (Reason.UNFILLED, "unfilled"),
        (Reason.SELF_TRADE, "self_trade"),
        (Reason.CLOSED, "closed"),
        (Reason.EXPIRED, "expired"),
        (Reason.RESET, "reset"),
    ],
)
def test_a_cancel_names_the_order_and_the_reason(reason: Reason, word: str) -> None:
    """The message is the order id, as in the seed."""
    frame = the_one(closed(9, reason=reason))
    assert (frame["type"], frame["message"], frame["reason"]) == ("cancel", "9", word)


def test_every_reason_has_its_word() -> None:
    """Also one that no frame shows today."""
    assert set(REASONS) == set(Reason)


def test_a_rejected_order_is_a_cancel_that_keeps_its_comment_private() -> None:
    """Whoever follows the book needs no new word; what its owner lacked is his business."""
    frame = the_one(OrderRejected(1, 9, 1, 5, "Insufficient USD reserved to buy"))
    assert frame == {
        "type": "cancel",
        "message": "9",
        "symbol": "ETH/USD",
        "reason": "rejected",
        "ts": TS,
        "seq": 7,
        "prev_seq": 6,
    }


def test_a_new_market_is_shown_as_hello_lists_it() -> None:
    """The members of `rules` and `hello`, in one frame that concerns this market."""
    frame, listed = the_one(MarketAdded(ETH)), the_one(RulesSet(1, (BTC, ETH)))["markets"][1]
    assert frame == {"type": "market", **listed, "ts": TS, "seq": 7, "prev_seq": 6}
    (made,) = FrameMaker((BTC, ETH)).of_event(MarketAdded(ETH), 7, WALL_MS)
    assert made.market == 1


def test_a_market_that_joins_is_known_from_then_on() -> None:
    """Once, though it be told twice; rules that name fewer markets take none away."""
    maker = FrameMaker((BTC,))
    for _ in range(2):
        maker.add_market(ETH)
    assert maker.symbols == {"BTC/USD": 0, "ETH/USD": 1}
    maker.set_rules((BTC,))
    assert [market.symbol for market in maker.markets] == ["BTC/USD", "ETH/USD"]
    (made,) = maker.of_event(trade(1, 1, 2, market=1), 7, WALL_MS)
    assert b'"ETH/USD"' in made.head


def test_a_reset_names_its_users() -> None:
    """Of those whose names are known here."""
    frame = the_one(AccountsReset((2, 1, 99)))
    assert frame == {"type": "reset", "users": ["bob", "alice"], "ts": TS, "seq": 7, "prev_seq": 6}


def test_a_reduce_says_what_was_cut_and_what_is_left() -> None:
    """Self-trade prevention shows, so that a book can be followed."""
    frame = the_one(reduced(9, ONE // 10, ONE // 2))
    assert frame["type"] == "reduce"
    assert frame["message"] == {"id": "9", "size": "0.1000000000", "left": "0.5000000000"}


def test_an_amend_says_what_the_order_is_now() -> None:
    """Price and size as if it had been placed so, what is left, and whether it stands last."""
    frame = the_one(amended(9, 90_100, ONE // 4))
    assert (frame["type"], frame["symbol"]) == ("amend", "BTC/USD")
    assert frame["message"] == {
        "order_id": "9",
        "price": "901.00",
        "size": "0.5000000000",
        "left": "0.2500000000",
        "in_place": False,
    }


@pytest.mark.parametrize(("until", "word"), [(TimeInForce.GTD, "gtd"), (TimeInForce.DAY, "day")])
def test_an_order_for_a_while_says_so(until: TimeInForce, word: str) -> None:
    """Not for how long: that is its owner's business."""
    frame = the_one(placed(9, time_in_force=until))
    assert frame["message"]["time_in_force"] == word


def test_a_registration_and_a_message_name_the_user() -> None:
    """In words, and as a member of the frame."""
    registered = the_one(AccountOpened(2, "bob", "red", bot=False))
    assert registered["message"] == "Registered: bob"
    assert (registered["type"], registered["user"], registered["bot"]) == ("info", "bob", False)
    spoken = the_one(said('a "quoted" <b>hello</b> ☃'))
    assert (spoken["type"], spoken["user"]) == ("bcast", "alice")
    assert spoken["message"] == 'a "quoted" <b>hello</b> ☃'


def test_a_ticker_has_the_mid_between_the_ticks() -> None:
    """A mid of half a tick prints one decimal more."""
    frame = the_one(Ticker(0, 1, 99_999, 100_000))
    assert (frame["bid"], frame["ask"], frame["mid"]) == ("999.99", "1000.00", "999.995")


@pytest.mark.parametrize(
    ("phase", "tag", "word"),
    [
        (Phase.OPEN, "start", "open"),
        (Phase.PAUSED, "pause", "paused"),
        (Phase.CLOSED, "shutdown", "closed"),
    ],
)
def test_a_phase_comes_before_the_seeds_word_which_has_the_seq(
    phase: Phase, tag: str, word: str
) -> None:
    """Two frames of one event: the last one is numbered, so a seq stands for all of its event."""
    first, second = shown(PhaseChanged(phase, 1500, "why"))
    assert (first["type"], first["phase"], first["remaining"]) == ("phase", word, 1.5)
    assert "seq" not in first
    assert (second["type"], second["seq"], second["prev_seq"]) == (tag, 7, 6)


def test_a_phase_without_a_word_of_its_own_is_numbered() -> None:
    """Back in registration there is one frame; an endless game has no remaining time."""
    frame = the_one(PhaseChanged(Phase.REGISTRATION, None, "why"))
    assert (frame["phase"], frame["remaining"], frame["seq"]) == ("registration", None, 7)


def test_results_come_as_rows_and_as_a_table() -> None:
    """The csv has the seq; the rows come before it."""
    standing = Standing(1, "alice", "10.5", "99.50", "10599.50", bot=True)
    first, second = shown(Results(3, (standing,)))
    assert first["round"] == 3
    assert first["standings"] == [{"rank": 1, "user": "alice", "equity": "10599.50", "bot": True}]
    assert second["type"] == "csv"
    assert second["data"] == (
        '"user","crypto","usd","holdings"\n"alice","10.5","99.50","10599.50"\n'
    )
    assert second["seq"] == 7


def test_an_empty_table_has_its_head() -> None:
    """Nobody played: the columns alone."""
    assert results_csv([]) == '"user","crypto","usd","holdings"\n'


def test_a_round_keeps_its_seed_to_itself() -> None:
    """Whoever knew the seed would know the prices to come."""
    frame = the_one(RoundStarted(2, 987_654_321))
    assert frame["round"] == 2
    assert "987654321" not in json.dumps(frame)


def test_rules_list_the_markets() -> None:
    """As the `markets` command shows them."""
    frame = the_one(RulesSet(1, (BTC,)))
    assert frame["markets"][0]["symbol"] == "BTC/USD"
    assert frame["markets"][0]["tick"] == "0.01"


def test_every_public_event_has_a_frame() -> None:
    """`full` counts up by one: no public event may be left out, and no private one shown."""
    public = {event for event in AnyEvent.__args__ if event.public}
    assert set(EVENT_DUE) == public
    assert set(FrameMaker()._makers) == public


def test_the_due_of_an_event_is_that_of_all_its_frames() -> None:
    """An event is encoded whenever one of its frames is wanted."""
    maker = FrameMaker((BTC, ETH))
    for event in (placed(1), trade(1, 1, 2), PhaseChanged(Phase.OPEN, None, ""), Results(1, ())):
        for frame in maker.of_event(event, 1, WALL_MS):
            assert frame.due == EVENT_DUE[type(event)]


def test_only_the_last_frame_is_numbered() -> None:
    """Exactly one frame of an event has its seq."""
    frames = FrameMaker((BTC,)).of_event(PhaseChanged(Phase.OPEN, None, ""), 7, WALL_MS)
    assert [frame.seq for frame in frames] == [NO_SEQ, 7]
