"""Bad input: one error reply with a code, nothing changed, everyone else served undisturbed.

One table for everything a client can send that is wrong in itself or not allowed. What only the
socket can see (messages over the limit, broken UTF-8) is tested with the transport.
"""

import json
from typing import Any

import pytest

from cxgame.model.errors import Code
from tests.server.rig import SECRET, Player, Rig

TOKEN = "ab" * 32

BUY = '{"cmd":"buy","params":{"price":%s,"size":%s},"id":7}'
ORDER = '{"cmd":"order","params":{"side":"buy","type":"limit","price":"900","size":"1",%s},"id":7}'


def buy(price: str = '"900"', size: str = '"1"') -> str:
    """A buy with numbers as they stand in the JSON."""
    return BUY % (price, size)


def send(command: str, **params: Any) -> str:
    """A well-formed message."""
    return json.dumps({"cmd": command, "params": params, "id": 7})


# What is wrong, the message, its code. Sent by a user who is logged in and owns order 1; order 2
# is another user's.
TABLE: list[tuple[str, str | bytes, Code]] = [
    # JSON
    ("nothing at all", "", Code.PARAM_JSON),
    ("half a message", '{"cmd":"price","para', Code.PARAM_JSON),
    ("two messages in one", send("price") + send("price"), Code.PARAM_JSON),
    ("a list", '["price"]', Code.PARAM_JSON),
    ("a number", "1", Code.PARAM_JSON),
    ("bytes that are no text", b'{"cmd":"price","params":{}}\xc3\x28', Code.PARAM_JSON),
    ("NUL bytes", b"\x00" * 100, Code.PARAM_JSON),
    ("deep nesting", "[" * 60_000, Code.PARAM_JSON),
    ("deep objects", '{"a":' * 10_000 + "1" + "}" * 10_000, Code.PARAM_JSON),
    ("a deep price", buy("[" * 20_000 + "]" * 20_000), Code.PARAM_JSON),
    ("a lone surrogate", '{"cmd":"bcast","params":{"message":"\\udc00"}}', Code.PARAM_JSON),
    ("a key twice", '{"cmd":"buy","params":{"price":1,"price":2,"size":1}}', Code.PARAM_JSON),
    ("a command twice", '{"cmd":"price","cmd":"shutdown","params":{}}', Code.PARAM_JSON),
    ("the number NaN", buy("NaN"), Code.PARAM_JSON),
    ("the number Infinity", buy("Infinity"), Code.PARAM_JSON),
    ("the number -Infinity", buy(size="-Infinity"), Code.PARAM_JSON),
    # fields
    ("no command", '{"params":{}}', Code.PARAM_MISSING),
    ("no params", '{"cmd":"price"}', Code.PARAM_MISSING),
    ("an unknown command", send("sell_everything"), Code.PARAM_COMMAND),
    ("a command in capitals", send("PRICE"), Code.PARAM_COMMAND),
    ("an inner name", send("__init__"), Code.PARAM_COMMAND),
    ("a command that is no text", '{"cmd":{},"params":{}}', Code.PARAM_TYPE),
    ("params that are no object", '{"cmd":"price","params":"x"}', Code.PARAM_TYPE),
    ("an id that is a float", '{"cmd":"price","params":{},"id":1.0}', Code.PARAM_TYPE),
    (
        "an id of 4,400 digits",
        '{"cmd":"price","params":{},"id":%s}' % ("9" * 4400),
        Code.PARAM_TYPE,
    ),
    ("an unknown member", '{"cmd":"price","params":{},"token":"x"}', Code.PARAM_UNKNOWN),
    ("an unknown parameter", send("price", symbols="BTC/USD"), Code.PARAM_UNKNOWN),
    ("no price", send("buy", size="1"), Code.PARAM_MISSING),
    ("no size", send("sell", price="1100"), Code.PARAM_MISSING),
    ("no amount", send("buy_market"), Code.PARAM_MISSING),
    ("no message", send("bcast"), Code.PARAM_MISSING),
    ("no order id", send("cancel"), Code.PARAM_MISSING),
    ("no side", send("order", type="limit", price="1", size="1"), Code.PARAM_MISSING),
    ("no user name", send("register"), Code.PARAM_MISSING),
    ("neither token nor password", send("auth", username="alice"), Code.PARAM_MISSING),
    # types
    ("a price that is null", buy("null"), Code.PARAM_TYPE),
    ("a price that is true", buy("true"), Code.PARAM_TYPE),
    ("a price that is a list", buy('["900"]'), Code.PARAM_TYPE),
    ("a price that is an object", buy('{"$gt":0}'), Code.PARAM_TYPE),
    ("a name that is a number", send("register", username=7), Code.PARAM_TYPE),
    ("a side in capitals", send("order", side="BUY", type="limit"), Code.PARAM_TYPE),
    ("a truth that is text", ORDER % '"post_only":"no"', Code.PARAM_TYPE),
    ("a truth that is a number", ORDER % '"post_only":1', Code.PARAM_TYPE),
    ("an unknown time in force", ORDER % '"time_in_force":"gtx"', Code.PARAM_TYPE),
    ("an unknown self-trade mode", ORDER % '"stp":"cancel"', Code.PARAM_TYPE),
    ("a cid that is a number", ORDER % '"cid":1', Code.PARAM_TYPE),
    ("an empty cid", ORDER % '"cid":""', Code.PARAM_TYPE),
    ("a cid of 65 characters", ORDER % f'"cid":"{"x" * 65}"', Code.PARAM_TYPE),
    ("a depth of zero", send("book", depth=0), Code.PARAM_TYPE),
    ("a depth of a million", send("book", depth=1_000_000), Code.PARAM_TYPE),
    ("a negative page", send("fills", limit=-1), Code.PARAM_TYPE),
    ("a page before nothing", send("fills", before="x"), Code.PARAM_TYPE),
    ("a token that is no token", send("register", username="x", token="x"), Code.PARAM_TYPE),
    ("an expiry that is no distance", ORDER % '"expires":"30s"', Code.PARAM_TYPE),
    ("an expiry of no time", ORDER % '"expires":"+0s"', Code.PARAM_TYPE),
    ("an expiry in months", ORDER % '"expires":"+1mo"', Code.PARAM_TYPE),
    ("an expiry of a fraction", ORDER % '"expires":"+1.5s"', Code.PARAM_TYPE),
    (
        "an expiry with a line break",
        ORDER % '"time_in_force":"gtd","expires":"+1s\\n"',
        Code.PARAM_TYPE,
    ),
    ("an expiry in full-width digits", ORDER % '"expires":"+\uff11s"', Code.PARAM_TYPE),
    ("an expiry before 1970", ORDER % '"expires":-1', Code.PARAM_TYPE),
    ("an expiry in ages", ORDER % '"expires":1e300', Code.PARAM_TYPE),
    ("an expiry of a good-till-cancelled order", ORDER % '"expires":"+1s"', Code.PARAM_UNKNOWN),
    ("no expiry", ORDER % '"time_in_force":"gtd"', Code.PARAM_MISSING),
    (
        "an expiry in two years",
        ORDER % '"time_in_force":"gtd","expires":"+731d"',
        Code.FILTER_MAX,
    ),
    (
        "a day's market order",
        send("order", side="buy", type="market", size="1", time_in_force="day"),
        Code.PARAM_UNKNOWN,
    ),
    ("a deadline that is text", ORDER % '"deadline_ms":"1"', Code.PARAM_TYPE),
    ("a deadline before 1970", ORDER % '"deadline_ms":-1', Code.PARAM_TYPE),
    ("a trial that is text", ORDER % '"validate":"yes"', Code.PARAM_TYPE),
    ("a trial of what is no order", ORDER % '"validate":true,"amount":"1"', Code.PARAM_UNKNOWN),
    ("asking in text", '{"cmd":"price","params":{},"ts":"yes","id":7}', Code.PARAM_TYPE),
    ("asking by a number", '{"cmd":"price","params":{},"limits":1,"id":7}', Code.PARAM_TYPE),
    ("neither id nor cid to amend", send("amend", size="1"), Code.PARAM_MISSING),
    ("nothing to amend", send("amend", order_id="1"), Code.PARAM_MISSING),
    ("both an id and a cid", send("cancel", order_id="1", cid="1"), Code.PARAM_UNKNOWN),
    ("both to amend", send("amend", order_id="1", cid="1", size="1"), Code.PARAM_UNKNOWN),
    ("another's order to amend", send("amend", order_id="2", size="1"), Code.ORDER_NOT_FOUND),
    ("an order to amend that is none", send("amend", order_id="x", size="1"), Code.ORDER_NOT_FOUND),
    ("a cid that is nobody's", send("cancel", cid="x"), Code.ORDER_NOT_FOUND),
    ("a new price of zero", send("amend", order_id="1", price="0"), Code.FILTER_MIN_PRICE),
    ("a new price that is null", send("amend", order_id="1", price=None), Code.PARAM_MISSING),
    ("a new size of NaN", send("amend", order_id="1", size="NaN"), Code.PARAM_NUMBER),
    ("a new size of zero", send("amend", order_id="1", size="0"), Code.FILTER_MIN_SIZE),
    ("a new size off the lot", send("amend", order_id="1", size="1.00000000001"), Code.FILTER_LOT),
    ("a new size beyond the money", send("amend", order_id="1", size="99"), Code.FUNDS_QUOTE),
    ("a batch of nothing", send("batch", requests=[]), Code.PARAM_TYPE),
    ("a batch of 16", send("batch", requests=[{}] * 16), Code.PARAM_TYPE),
    ("a batch that is no list", send("batch", requests={"cmd": "time"}), Code.PARAM_TYPE),
    ("a batch that is null", send("batch", requests=None), Code.PARAM_TYPE),
    ("a guard that is text", send("cancel_on_disconnect", on="true"), Code.PARAM_TYPE),
    ("no guard", send("cancel_on_disconnect"), Code.PARAM_MISSING),
    ("a switch of a fraction", send("cancel_all_after", ms=0.5), Code.PARAM_TYPE),
    ("a switch in the past", send("cancel_all_after", ms=-1), Code.PARAM_TYPE),
    ("a switch in an hour and more", send("cancel_all_after", ms=3_600_001), Code.PARAM_TYPE),
    ("an order id that is a float", send("cancel", order_id=1.0), Code.PARAM_TYPE),
    # numbers
    ("NaN as text", buy('"NaN"'), Code.PARAM_NUMBER),
    ("sNaN as text", buy('"sNaN"'), Code.PARAM_NUMBER),
    ("Infinity as text", buy(size='"Infinity"'), Code.PARAM_NUMBER),
    ("-inf as text", buy(size='"-inf"'), Code.PARAM_NUMBER),
    ("1e400", buy("1e400"), Code.PARAM_NUMBER),
    ("1e400 as text", buy('"1e400"'), Code.PARAM_NUMBER),
    ("1e5000000", buy("1e5000000"), Code.PARAM_NUMBER),
    ("1e5000000 as text", buy('"1e5000000"'), Code.PARAM_NUMBER),
    ("1e-5000000", buy(size="1e-5000000"), Code.PARAM_NUMBER),
    ("an underscore", buy('"1_000"'), Code.PARAM_NUMBER),
    ("full-width digits", buy('"\uff11\uff10"'), Code.PARAM_NUMBER),
    ("spaces", buy('" 900"'), Code.PARAM_NUMBER),
    ("an empty number", buy('""'), Code.PARAM_NUMBER),
    ("hexadecimal", buy('"0x10"'), Code.PARAM_NUMBER),
    ("41 digits", buy("9" * 41), Code.PARAM_NUMBER),
    ("5,000 digits", buy("9" * 5_000), Code.PARAM_NUMBER),
    ("5,000 digits as text", buy('"%s"' % ("9" * 5_000)), Code.PARAM_NUMBER),
    ("an amount of NaN", send("buy_market", amount="NaN"), Code.PARAM_NUMBER),
    ("an amount of a huge power", send("sell_market", amount="1e99"), Code.PARAM_NUMBER),
    ("a negative price", buy("-900"), Code.FILTER_MIN_PRICE),
    ("a price of zero", buy("0"), Code.FILTER_MIN_PRICE),
    ("a price of minus zero", buy("-0.00"), Code.FILTER_MIN_PRICE),
    ("a negative size", buy(size='"-1"'), Code.FILTER_MIN_SIZE),
    ("a size of zero", buy(size='"0"'), Code.FILTER_MIN_SIZE),
    ("a negative amount", send("buy_market", amount="-100"), Code.FILTER_MIN_AMOUNT),
    ("an amount of zero", send("buy_market", amount=0), Code.FILTER_MIN_AMOUNT),
    ("a negative amount to sell", send("sell_market", amount="-1"), Code.FILTER_MIN_SIZE),
    ("a price too precise", buy('"900.001"'), Code.FILTER_TICK),
    ("a float's own tail", buy("900.0000000000001"), Code.FILTER_TICK),
    ("a size too precise", buy(size="0.12345678901"), Code.FILTER_LOT),
    ("an amount too precise", send("buy_market", amount="10." + "1" * 25), Code.PARAM_NUMBER),
    ("a price too large", buy("1e30"), Code.FILTER_MAX),
    ("a size too large", buy(size="1e20"), Code.FILTER_MAX),
    ("an amount too large", send("buy_market", amount="1" + "0" * 16), Code.FILTER_MAX),
    ("an amount too large to sell", send("sell_market", amount="1" + "0" * 16), Code.FILTER_MAX),
    ("an unknown symbol", send("buy", price="1", size="1", symbol="ETH/USD"), Code.FILTER_SYMBOL),
    ("a symbol of markup", send("price", symbol="<script>"), Code.FILTER_SYMBOL),
    # what is not one's own, or not there
    ("someone else's order", send("cancel", order_id="2"), Code.ORDER_NOT_FOUND),
    ("no one's order", send("cancel", order_id="3"), Code.ORDER_NOT_FOUND),
    ("an order of letters", send("cancel", order_id="one"), Code.ORDER_NOT_FOUND),
    ("order zero", send("cancel", order_id=0), Code.ORDER_NOT_FOUND),
    ("an order beyond 64 bits", send("cancel", order_id="9" * 30), Code.ORDER_NOT_FOUND),
    ("another user's name", send("register", username="BOB"), Code.AUTH_USER_TAKEN),
    ("another user's token", send("auth", username="bob", token=TOKEN), Code.AUTH_TOKEN),
    ("no one's name", send("auth", username="nobody", token=TOKEN), Code.AUTH_UNKNOWN_USER),
    ("a wrong password", send("auth", username="alice", password="guess"), Code.AUTH_PASSWORD),
    ("no secret", send("shutdown"), Code.AUTH_SECRET_REQUIRED),
    ("a wrong secret", send("shutdown", secret="admin"), Code.AUTH_SECRET),
    ("an empty secret", send("shutdown", secret=""), Code.PARAM_TYPE),
    ("a secret as long as a book", send("start", secret="x" * 50_000), Code.PARAM_TYPE),
    ("a name with a space", send("register", username="a b"), Code.PARAM_NAME),
    ("an empty name", send("register", username=""), Code.PARAM_NAME),
    ("a name of 33 characters", send("register", username="a" * 33), Code.PARAM_NAME),
    ("a name of markup", send("register", username="<b>"), Code.PARAM_NAME),
    ("a name that looks like another", send("register", username="b\u043eb"), Code.PARAM_NAME),
    ("a reserved name", send("register", username="House"), Code.PARAM_NAME),
    ("a team with a newline", send("register", username="x", team="a\n"), Code.PARAM_NAME),
    ("a message of 501 characters", send("bcast", message="x" * 501), Code.LIMIT_MESSAGE),
]


async def table_rig() -> tuple[Rig, Player, Player]:
    """A game with two players and an order of each."""
    rig = await Rig().start()
    alice = await rig.player("alice", token=TOKEN, password="correct horse")
    bob = await rig.player("bob")
    await alice.done("buy", price="900", size="1")
    await bob.done("buy", price="901", size="1")
    return rig, alice, bob


@pytest.mark.parametrize(
    ("message", "code"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
async def test_bad_input_is_refused_and_changes_nothing(message: str | bytes, code: Code) -> None:
    """One reply, with the id where it can be read; sender and others go on as before."""
    rig, alice, bob = await table_rig()
    before = rig.game.engine.state_hash(), dict(rig.store.records), rig.game.batch_seq
    raw = message if isinstance(message, bytes) else message.encode()
    reply = await alice.ask(raw)
    assert set(reply) <= {"status", "message", "data", "code", "id"}
    assert (reply["status"], reply["code"]) == (False, code)
    assert 10 <= len(reply["message"]) <= 200
    if code.startswith("FILTER_"):
        assert reply["data"].keys() == {"limit", "got"}
        assert all(reply["data"].values())
    if b'"id": 7}' in raw and code is not Code.PARAM_JSON:
        assert reply["id"] == 7
    await rig.game.settled()
    assert (rig.game.engine.state_hash(), rig.store.records, rig.game.batch_seq) == before
    assert alice.wire.closing is bob.wire.closing is None
    assert (await alice.done("orders"))["maker"][0]["id"] == "1"
    assert (await bob.done("orders"))["maker"][0]["id"] == "2"
    assert rig.game.engine.violations() == []
    await rig.stop()


async def test_a_binary_message_is_refused(rig: Rig) -> None:
    """The dialect is text."""
    alice = await rig.player("alice")
    alice.session.binary()
    await rig.game.settled()
    assert alice.wire.received[-1]["code"] == Code.PARAM_JSON
    assert (await alice("price"))["status"]


def test_every_code_that_a_message_alone_can_cause_is_in_the_table() -> None:
    """Other codes need a state of the game, the market or the server."""
    seen = {row[2] for row in TABLE}
    families = ("PARAM_", "FILTER_", "AUTH_")
    missing = {code for code in Code if code.startswith(families)} - seen
    assert missing == {Code.AUTH_REQUIRED, Code.AUTH_NOT_LISTED}


async def test_errors_show_nothing_of_the_inside(rig: Rig) -> None:
    """Neither a path nor an exception."""
    alice = await rig.player("alice", password="correct horse")
    for _, message, _ in TABLE:
        reply = await alice.ask(message if isinstance(message, bytes) else message.encode())
        text = json.dumps(reply)
        for inner in ("Traceback", "Error", "Exception", ".py", "cxgame", "msgspec", "$.", SECRET):
            assert inner not in text
