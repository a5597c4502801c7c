"""The envelope of a reply."""

import json

import pytest

from cxgame.model.errors import Code, Rejection, reject
from cxgame.wire.replies import (
    done,
    done_saying,
    json_list,
    leaving,
    refused,
    timed,
    with_limits,
)
from cxgame.wire.requests import COMMANDS
from cxgame.wire.texts import DONE, sentence

FACTS = {
    "name": "N",
    "got": "G",
    "limit": "L",
    "asset": "USD",
    "relation": "<",
    "wait_ms": "5",
}


@pytest.mark.parametrize(
    ("id", "member"), [(None, {}), (7, {"id": 7}), (-1, {"id": -1}), ('a"ü', {"id": 'a"ü'})]
)
def test_the_id_is_echoed_when_one_was_given(
    id: str | int | None, member: dict[str, object]
) -> None:
    """By every kind of reply."""
    head = {"status": True, "message": "Wallets.", "data": [1]}
    assert json.loads(done("wallets", "[1]", id)) == {**head, **member}
    assert json.loads(done("wallets", "[1]", id, more=True)) == {**head, "more": True, **member}
    said = json.loads(done_saying('Say "x"', "null", id))
    assert said == {"status": True, "message": 'Say "x"', "data": None, **member}
    no = json.loads(refused("", reject(Code.AUTH_REQUIRED), id))
    assert no == {
        "status": False,
        "message": "You must be authenticated.",
        "data": None,
        "code": "AUTH_REQUIRED",
        **member,
    }


def test_a_reply_carries_what_was_asked_for() -> None:
    """Beside everything else, whatever that is; the time it leaves is added as it leaves."""
    reply = refused("", reject(Code.AUTH_REQUIRED), 7)
    limits = with_limits(reply, '{"remaining":1}', "null", '{"ms":5}')
    assert json.loads(limits) == {
        **json.loads(reply),
        "limits": {"rate": {"remaining": 1}, "orders": None, "young_cancel": {"ms": 5}},
    }
    asked = timed(limits, 5)
    plain, left = leaving([reply, asked], 6)
    assert plain is reply
    assert json.loads(left) == {**json.loads(limits), "ts_in": 5, "ts_out": 6}


def test_every_command_has_its_words() -> None:
    """What a client is told when it worked."""
    assert set(DONE) == set(COMMANDS)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_refusal_of_a_command_can_be_said(command: str) -> None:
    """All sentences are filled, and the code goes with them."""
    for code in Code:
        rejection = Rejection(code, FACTS)
        assert "{" not in sentence(command, rejection)
        assert json.loads(refused(command, rejection, 1))["code"] == code


@pytest.mark.parametrize(
    ("command", "rejection", "message"),
    [
        ("buy", reject(Code.PARAM_MISSING, name="size"), 'Must size "price" and "size" in params.'),
        ("sell", reject(Code.PARAM_MISSING, name="x"), 'Must size "price" and "size" in params.'),
        (
            "register",
            reject(Code.PARAM_MISSING, name="username"),
            'Missing "username" in params.',
        ),
        ("register", reject(Code.AUTH_USER_TAKEN), "User already registered."),
        ("register", reject(Code.AUTH_NOT_LISTED), "User not in whitelist."),
        ("register", reject(Code.LIMIT_USERS, limit="3", got="3"), "User limit reached (3)"),
        ("auth", reject(Code.AUTH_UNKNOWN_USER), "User is not registered."),
        ("auth", reject(Code.AUTH_TOKEN), "Authentication failed: Invalid token."),
        (
            "buy",
            reject(Code.ORDER_NOT_MAKER, relation="<", limit="1000.00", got="1"),
            "Price must be < market price (1000.00).",
        ),
        (
            "sell",
            reject(Code.ORDER_NOT_MAKER, relation=">=", limit="1000.00", got="1"),
            "Price must be >= market price (1000.00).",
        ),
        ("buy", reject(Code.FUNDS_QUOTE, asset="USD", limit="1", got="2"), "Not enough USD."),
        (
            "sell",
            reject(Code.FUNDS_BASE, asset="BTC", limit="1", got="2"),
            "Size is > available.",
        ),
        (
            "buy",
            reject(Code.FILTER_MIN_SIZE, limit="0.00000001", got="0"),
            "Size must be greater than or equal to 0.00000001",
        ),
        (
            "buy",
            reject(Code.FILTER_MIN_PRICE, limit="0.1", got="0"),
            "Price must be greater than or equal to 0.1",
        ),
        ("buy_market", reject(Code.ORDER_NO_MATCH), "No available sell orders to match."),
        (
            "buy_market",
            reject(Code.FUNDS_QUOTE, asset="USD", limit="1", got="2"),
            "Not enough USD to buy.",
        ),
        ("sell_market", reject(Code.ORDER_NO_MATCH), "No available buy orders to match."),
        (
            "sell_market",
            reject(Code.FUNDS_BASE, asset="BTC", limit="1.0", got="2.0"),
            "Not enough crypto to sell. 2.0 > 1.0",
        ),
        ("cancel", reject(Code.ORDER_NOT_FOUND, got="7"), "Order not found: 7"),
        ("cancel", reject(Code.ORDER_NOT_FOUND), "Order not found."),
        ("bcast", reject(Code.PARAM_MISSING, name="message"), 'Missing "message" in params.'),
        ("start", reject(Code.AUTH_SECRET_REQUIRED), "Admin secret required."),
        ("start", reject(Code.AUTH_SECRET), "Invalid admin secret."),
        (
            "buy",
            reject(Code.STATE_PAUSED),
            'Server is paused. Wait for admin "start" command.',
        ),
        (
            "buy",
            reject(Code.STATE_NOT_OPEN),
            'Server is paused. Wait for admin "start" command.',
        ),
    ],
)
def test_the_seeds_sentences_stay_as_they_are(
    command: str, rejection: Rejection, message: str
) -> None:
    """Clients were written that look for them."""
    assert json.loads(refused(command, rejection, None))["message"] == message


def test_a_refusal_may_say_why_besides() -> None:
    """Where the code's sentence alone would leave one puzzled."""
    refusal = reject(Code.PARAM_UNKNOWN, name="trail", why="It belongs elsewhere.")
    assert sentence("order", refusal) == 'Unknown "trail" in params. It belongs elsewhere.'


def test_a_bound_is_told_in_data() -> None:
    """With what was got, where that is known."""
    both = reject(Code.FILTER_TICK, limit="0.01", got="1.001")
    assert json.loads(refused("buy", both, None))["data"] == {"limit": "0.01", "got": "1.001"}
    alone = reject(Code.ORDER_FOK, limit="0.5")
    assert json.loads(refused("order", alone, None))["data"] == {"limit": "0.5"}
    other = reject(Code.PARAM_COMMAND, got='"x"')
    assert json.loads(refused("", other, None))["data"] is None


def test_the_wait_is_told_as_a_number() -> None:
    """So that a client can sleep by it."""
    assert json.loads(refused("", reject(Code.LIMIT_RATE, wait_ms="12"), None))["data"] == {
        "wait_ms": 12
    }


def test_a_list_is_an_array() -> None:
    """Also an empty one."""
    assert [json_list([]), json_list(["1"]), json_list(["1", "2"])] == ["[]", "[1]", "[1,2]"]
