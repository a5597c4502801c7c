"""What a call answers after one delivery, two, or none."""

import pytest

from cxgame.client.outcome import give_up, refused_login, settle
from cxgame.client.protocol import request
from cxgame.client.response import Response

BUY = request("buy", {"price": "1", "size": "1", "cid": "c"})
CANCEL = request("cancel", {"order_id": "7"})
AMEND = request("amend", {"order_id": "7", "size": "1"})
PRICE = request("price", {})
REGISTER = request("register", {"username": "a", "token": "0" * 64})


def refusal(code: str) -> Response:
    return Response(False, "No.", raw="{}", code=code)


def test_the_first_reply_is_the_answer() -> None:
    """A refusal of the only delivery stands, and carries the cid it was sent under."""
    answer = settle(BUY, refusal("STATE_HALTED"), 1)
    assert (answer.code, answer.cid) == ("STATE_HALTED", "c")


@pytest.mark.parametrize(
    "code", ["STATE_PAUSED", "STATE_HALTED", "LIMIT_RATE", "AUTH_TOKEN", "INTERNAL_ENGINE"]
)
def test_a_refusal_at_the_door_says_nothing_of_the_first_delivery(code: str) -> None:
    """A second delivery that was not looked at leaves the outcome open."""
    assert settle(BUY, refusal(code), 2).code == "STATE_UNKNOWN"


@pytest.mark.parametrize("code", ["FUNDS_QUOTE", "ORDER_NOT_MAKER", "FILTER_TICK"])
def test_a_refusal_by_the_engine_settles_both_deliveries(code: str) -> None:
    """The engine looks for the cid first: refused now means not accepted then."""
    assert settle(BUY, refusal(code), 2).code == code


def test_a_missed_deadline_settles_both_deliveries() -> None:
    """Of an order: its cid was looked for before. An amendment has none."""
    assert settle(BUY, refusal("STATE_DEADLINE"), 2).code == "STATE_DEADLINE"
    assert settle(AMEND, refusal("STATE_DEADLINE"), 2).code == "STATE_UNKNOWN"


def test_a_repeated_amendment_that_finds_nothing_says_what_that_means() -> None:
    """The lost try may have had it filled."""
    answer = settle(AMEND, refusal("ORDER_NOT_FOUND"), 2)
    assert answer.code == "ORDER_NOT_FOUND"
    assert "may have changed it" in answer.msg


def test_a_taken_name_settles_a_repeated_registration() -> None:
    """The same token would have been answered Registered, so somebody else has the name."""
    assert settle(REGISTER, refusal("AUTH_USER_TAKEN"), 2).code == "AUTH_USER_TAKEN"


def test_a_repeated_cancel_that_finds_nothing_says_what_that_means() -> None:
    """The order is not open; that the lost try may have cancelled it stands beside it."""
    answer = settle(CANCEL, refusal("ORDER_NOT_FOUND"), 2)
    assert answer.code == "ORDER_NOT_FOUND"
    assert "first try" in answer.msg
    assert settle(CANCEL, refusal("ORDER_NOT_FOUND"), 1).msg == "No."


def test_without_a_delivery_nothing_is_open() -> None:
    """What never left, and what only reads, has failed for certain."""
    assert give_up(BUY, "Lost.", 0).code == "CLIENT_CONNECTION"
    assert give_up(PRICE, "Lost.", 3).code == "CLIENT_CONNECTION"
    assert give_up(BUY, "Lost.", 1).code == "STATE_UNKNOWN"


def test_a_refused_login_is_the_answer_unless_something_is_open() -> None:
    """A wrong token is named as such, but does not hide an order that may exist."""
    assert refused_login(BUY, refusal("AUTH_TOKEN"), 0).code == "AUTH_TOKEN"
    assert refused_login(BUY, refusal("AUTH_TOKEN"), 1).code == "STATE_UNKNOWN"
