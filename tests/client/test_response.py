"""The shape of answers."""

import pytest

from cxgame.client import OrderList, Response


def test_a_response_is_true_if_the_command_was_carried_out() -> None:
    """`if response:` asks for the status."""
    assert Response(True, "Registered")
    assert not Response(False, "No.")


def test_the_repr_shows_code_and_data() -> None:
    """What a bot writer prints says what happened."""
    assert (
        repr(Response(False, "Not enough USD.", {"limit": "1.00"}, "{}", "FUNDS_QUOTE"))
        == "Response(False, 'Not enough USD.', code='FUNDS_QUOTE', data={'limit': '1.00'})"
    )


def test_the_repr_never_shows_a_token() -> None:
    """A registration that is logged gives nothing away, not even in `raw`."""
    token = "0123456789abcdef" * 4
    shown = repr(Response(True, "Registered", token, f'{{"data":"{token}"}}'))
    assert token[:4] in shown
    assert token[4:12] not in shown


def test_a_refusal_that_came_too_fast_says_when_to_come_again() -> None:
    """In milliseconds; other answers don't."""
    assert Response(False, "Too many.", {"wait_ms": 250}, code="LIMIT_RATE").wait_ms == 250
    for data in (None, [], {"wait_ms": None}, {"limit": 1}):
        assert Response(False, "No.", data).wait_ms is None


def test_orders_iterate_flat_and_answer_by_kind() -> None:
    """Both the flat reading and the wire's reading of open orders work."""
    maker, market = [{"id": "1"}, {"id": "2"}], [{"id": "3"}]
    orders = OrderList(maker, market)
    assert [order["id"] for order in orders] == ["1", "2", "3"]
    assert orders["maker"] == maker
    assert orders["market"] == market
    assert orders[0] == {"id": "1"}
    assert orders[1:] == [{"id": "2"}, {"id": "3"}]
    with pytest.raises(KeyError):
        orders["limit"]
