"""Open orders from messages that come late, twice or in any order."""

from itertools import permutations
from typing import Any

import pytest

from cxgame.simulator import orders as orders_module
from cxgame.simulator.orders import Orders


def row(id: str = "1", status: str = "OPEN", filled: str = "0", **more: Any) -> dict[str, Any]:
    """An order in the words of REST."""
    return {
        "order_id": id,
        "symbol": "BTC/USD",
        "side": "BUY",
        "type": "LIMIT",
        "status": status,
        "price": "49000",
        "quantity": "1",
        "filled_quantity": filled,
        "created_at": "2026-11-21T14:30:00.000Z",
        **more,
    }


def fill(left: str, id: str = "1") -> dict[str, Any]:
    """An ORDER_FILL."""
    return {"type": "ORDER_FILL", "order_id": id, "remaining_quantity": left}


def test_whatever_the_order_of_messages_the_end_is_the_same() -> None:
    """Placed, filled in part, filled: in all orders, each of them twice."""
    told = [row(), row(filled="0.4", status="PARTIALLY_FILLED"), row(filled="1", status="FILLED")]
    for order in permutations([*told, *told]):
        orders = Orders()
        for each in order:
            orders.take(each)
        assert orders.open == {}
        known = orders.get("1")
        assert known is not None
        assert (known["status"], known["filled_quantity"]) == ("FILLED", "1")


def test_fills_say_what_is_left() -> None:
    """An old one changes nothing, the last one ends the order."""
    orders = Orders()
    orders.take(row())
    assert orders.fill(fill("0.6"))
    assert orders.open["1"]["filled_quantity"] == "0.4"
    assert orders.fill(fill("0.75"))
    assert orders.open["1"]["filled_quantity"] == "0.4"
    assert orders.fill(fill("0"))
    assert orders.open == {}
    assert not orders.fill(fill("0", "2")), "an order that nobody knows"


def test_a_cancelled_order_does_not_come_back() -> None:
    """Not by an acknowledgement that was late."""
    orders = Orders()
    assert not orders.cancel("1")
    orders.take(row())
    assert orders.cancel("1")
    orders.take(row())
    assert orders.open == {}


def test_a_list_tells_what_is_gone_and_what_is_new() -> None:
    """What is not listed is to be looked at; what was not known is taken in."""
    orders = Orders()
    orders.take(row("1"))
    orders.take(row("2"))
    gone, other = orders.are([row("2"), row("3")], orders.version)
    assert (gone, other) == (["1"], 1)
    assert orders.open.keys() == {"1", "2", "3"}, "what became of 1 is not known yet"
    orders.drop("1")
    assert orders.open.keys() == {"2", "3"}


def test_what_was_heard_during_a_look_is_newer_than_the_list() -> None:
    """A list that was asked for before takes back neither an order nor its end."""
    orders = Orders()
    orders.take(row("1"))
    asked_in = orders.version
    orders.cancel("1")
    orders.take(row("2"))
    assert orders.are([row("1")], asked_in) == ([], 0)
    assert orders.open.keys() == {"2"}


def test_a_list_takes_back_what_a_mangled_message_said() -> None:
    """Without news since, the list counts."""
    orders = Orders()
    orders.take(row("1", "FILLED", "1"))
    assert orders.are([row("1")], orders.version) == ([], 1)
    assert orders.open.keys() == {"1"}


def test_an_order_in_a_state_that_there_is_not_is_no_order() -> None:
    """It is refused, and nothing is kept of it."""
    orders = Orders()
    with pytest.raises(ValueError, match="FILLD"):
        orders.take(row(status="FILLD"))
    assert orders.get("1") is None


def test_what_is_over_is_remembered_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many of them, the oldest go."""
    monkeypatch.setattr(orders_module, "REMEMBERED", 3)
    orders = Orders()
    for number in range(10):
        orders.take(row(str(number), "CANCELLED"))
    assert [number for number in range(10) if orders.get(str(number))] == [7, 8, 9]
