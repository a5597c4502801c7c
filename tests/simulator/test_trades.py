"""Trades that are told once each, whichever way they come."""

from typing import Any

import pytest

from cxgame.simulator import trades as trades_module
from cxgame.simulator.trades import Trades


def trade(id: int) -> dict[str, Any]:
    return {"trade_id": str(id), "price": "50000", "quantity": "1"}


def ids(frames: list[dict[str, Any]]) -> list[int]:
    return [int(frame["trade_id"]) for frame in frames]


def test_what_the_socket_lost_rest_brings_once() -> None:
    """After a hole: all since the last that was whole, without those that came meanwhile."""
    trades = Trades()
    assert trades.take(trade(1))
    assert trades.take(trade(2))
    trades.lose()
    assert trades.take(trade(5))
    assert (trades.whole_until, trades.is_whole) == (2, False)
    trades.begin_look()
    assert trades.take(trade(6))
    frames = trades.end_look([trade(id) for id in (3, 4, 5, 6)])
    assert ids(frames) == [3, 4]
    assert frames[0]["type"] == "TRADE"
    assert frames[0]["sequence_id"] is None
    assert (trades.whole_until, trades.is_whole) == (6, True)
    assert not trades.take(trade(4)), "it was late, and is no news any more"


def test_the_first_look_only_says_where_it_begins() -> None:
    """What was traded before one followed is not told."""
    trades = Trades()
    trades.begin_look()
    assert trades.end_look([trade(90)]) == []
    assert trades.whole_until == 90


def test_the_first_trade_of_a_market_is_news() -> None:
    """Where nobody has traded yet the beginning is known: what was lost since is told after all."""
    trades = Trades()
    trades.begin_look()
    assert trades.end_look([]) == []
    trades.lose()
    trades.begin_look()
    assert ids(trades.end_look([trade(1), trade(2)])) == [1, 2]
    assert (trades.whole_until, trades.is_whole) == (2, True)


def test_a_loss_during_a_look_wants_another() -> None:
    """The answer may be older than what was lost."""
    trades = Trades()
    trades.take(trade(1))
    trades.lose()
    trades.begin_look()
    trades.lose()
    trades.end_look([trade(2)])
    assert not trades.is_whole
    trades.begin_look()
    trades.end_look([])
    assert trades.is_whole


def test_a_full_page_is_not_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next look asks for what comes after it."""
    monkeypatch.setattr(trades_module, "PAGE", 2)
    trades = Trades()
    trades.take(trade(1))
    trades.lose()
    trades.begin_look()
    assert ids(trades.end_look([trade(2), trade(3)])) == [2, 3]
    assert (trades.whole_until, trades.is_whole) == (3, False)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long day only the last ids are kept."""
    monkeypatch.setattr(trades_module, "REMEMBERED", 10)
    trades = Trades()
    assert all(trades.take(trade(id)) for id in range(100))
    assert not trades.take(trade(95))
    assert trades.take(trade(5)), "it is forgotten, and such a one never comes"
