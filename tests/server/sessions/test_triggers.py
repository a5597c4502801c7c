"""Orders with a trigger on the wire: what is placed, shown, kept to oneself, and refused."""

from typing import Any

import pytest

from tests.server.rig import SECRET, Player, Rig

NOW_S = 1_700_000_000
STOP = {"side": "sell", "type": "market", "size": "1", "trigger": "stop"}
MARKETABLE = {"side": "sell", "type": "limit", "price": "900", "size": "1"}
CAPPED = {"side": "buy", "type": "market", "size": "1", "max_price": "1200"}


async def order(player: Player, **params: Any) -> dict[str, Any]:
    """An order of the full verb."""
    return dict(await player.done("order", **params))


async def trade_at(rig: Rig, price: str) -> None:
    """Two others trade, so that this is the last price."""
    maker, taker = await rig.player(f"m{price}"), await rig.player(f"t{price}")
    await order(maker, side="sell", type="limit", price=price, size="0.1")
    await order(taker, side="buy", type="limit", price=price, size="0.1", time_in_force="ioc")


@pytest.mark.parametrize(
    ("params", "trigger"),
    [
        (
            {**STOP, "trigger_price": "990"},
            {"kind": "stop", "by": "last", "price": "990.00", "armed": True},
        ),
        (
            {**STOP, "trigger": "take_profit", "trigger_price": 1010.5, "trigger_by": "mid"},
            {"kind": "take_profit", "by": "mid", "price": "1010.50", "armed": True},
        ),
        (
            {**STOP, "trigger": "trailing", "trail": "0.05"},
            {
                "kind": "trailing",
                "by": "last",
                "price": "999.95",
                "armed": True,
                "trail": "0.05",
            },
        ),
        (
            {**STOP, "trigger": "trailing", "trail_percent": "0.1255"},
            {
                "kind": "trailing",
                "by": "last",
                "price": "998.745",
                "armed": True,
                "trail_percent": "0.1255",
            },
        ),
        (
            {**CAPPED, "trigger": "stop", "trigger_price": "1010"},
            {
                "kind": "stop",
                "by": "last",
                "price": "1010.00",
                "armed": True,
                "max_price": "1200.00",
            },
        ),
        (
            {"side": "buy", "type": "market", "amount": "500", "trigger": "trailing", "trail": 1},
            {"kind": "trailing", "by": "last", "price": "1001.00", "armed": True, "trail": "1.00"},
        ),
        (
            {**MARKETABLE, "trigger": "stop", "trigger_price": "950", "post_only": True},
            {"kind": "stop", "by": "last", "price": "950.00", "armed": True},
        ),
        (
            {**MARKETABLE, "trigger": "stop", "trigger_price": "950", "time_in_force": "fok"},
            {"kind": "stop", "by": "last", "price": "950.00", "armed": True},
        ),
        (
            {**MARKETABLE, "trigger": "trailing", "trail_percent": 100e-4, "trail": None},
            {
                "kind": "trailing",
                "by": "last",
                "price": "999.90",
                "armed": True,
                "trail_percent": "0.01",
            },
        ),
    ],
)
async def test_a_row_shows_the_trigger(
    rig: Rig, params: dict[str, Any], trigger: dict[str, Any]
) -> None:
    """In the reply, in `orders`, and in `completed` when it was cancelled before it fired."""
    alice = await rig.player("alice")
    placed = await order(alice, **params)
    assert (placed["trigger"], placed["status"], placed["fills"]) == (trigger, "open", [])
    assert (placed["price"] is None) is (params["type"] == "market")
    lists = await alice.done("orders")
    (listed,) = lists["maker" if params["type"] == "limit" else "market"]
    assert {**listed, "fills": []} == placed
    assert await alice.done("cancel", order_id=placed["id"]) is None
    (over,) = await alice.done("completed")
    assert (over["trigger"], over["status"]) == (trigger, "cancel")
    assert over["price"] == placed["price"]
    assert rig.game.engine.violations() == []


async def test_nobody_else_sees_an_armed_order(rig: Rig) -> None:
    """Neither in the list of all orders nor in the book; its owner sees it in `orders` alone."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await order(alice, **MARKETABLE, trigger="stop", trigger_price="950")
    await order(alice, **STOP, trigger_price="950")
    nothing = {"maker": [], "market": []}
    for player in (alice, bob):
        assert await player.done("all_orders") == nothing
        assert (await player.done("book"))["asks"] == []
    lists = await alice.done("orders")
    assert (len(lists["maker"]), len(lists["market"])) == (1, 1)


@pytest.mark.parametrize(("command", "change"), [("cancel", {}), ("amend", {"size": "2"})])
async def test_nobody_else_can_probe_for_an_armed_order(
    rig: Rig, command: str, change: dict[str, str]
) -> None:
    """By its id it is answered as one that never was, until it comes to the market."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    hidden = await order(alice, **MARKETABLE, trigger="stop", trigger_price="950")
    reply = await bob(command, order_id=hidden["id"], **change)
    assert reply["message"] == f"Order not found: {hidden['id']}"
    await trade_at(rig, "950")
    reply = await bob(command, order_id=hidden["id"], **change)
    assert (reply["code"], reply["message"]) == ("ORDER_NOT_FOUND", "Order not found.")


async def test_what_has_fired_is_an_order_as_any_other(rig: Rig) -> None:
    """Everybody sees it then; that a trigger has brought it there only its owner does."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await order(alice, **{**MARKETABLE, "price": "1000"}, trigger="stop", trigger_price="995")
    await trade_at(rig, "995.00")
    (seen,) = (await bob.done("all_orders"))["maker"]
    (own,) = (await alice.done("orders"))["maker"]
    fired = {"kind": "stop", "by": "last", "price": "995.00", "armed": False}
    assert own == {**seen, "trigger": fired}
    assert [size for _, size in (await bob.done("book"))["asks"]] == ["1.0000000000"]


async def test_a_fired_order_is_completed_with_its_fills(rig: Rig) -> None:
    """Its price is then the market's when it fired; `placed` stays the time of its placing."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await order(alice, **STOP, trigger_price="990", trigger_by="mid")
    await order(bob, side="buy", type="limit", price="980", size="0.4")
    rig.bench.clock.pass_s(5)
    rig.tick(98_990)
    (over,) = await alice.done("completed")
    assert (over["status"], over["filled_size"], over["price"]) == (
        "cancel",
        "0.4000000000",
        "989.90",
    )
    assert over["timestamp"] == NOW_S
    assert over["trigger"] == {"kind": "stop", "by": "mid", "price": "990.00", "armed": False}
    (fill,) = await alice.done("fills")
    assert (fill["order_id"], fill["price"], fill["role"]) == (over["id"], "980.00", "taker")


async def test_what_an_order_sets_off_may_fill_the_rest_of_it(rig: Rig) -> None:
    """Its trade fires a stop, which meets what has come to rest: the reply shows it all."""
    alice, bob, carol = [await rig.player(name) for name in ("alice", "bob", "carol")]
    rig.tick(99_000)
    stop = {"trigger": "stop", "trigger_price": "1000"}
    await order(carol, **{**CAPPED, **stop, "size": "0.3"})
    await order(bob, side="buy", type="limit", price="1000", size="0.5")
    placed = await order(alice, side="sell", type="limit", price="1000", size="2")
    assert (placed["filled_size"], placed["size"]) == ("0.8000000000", "1.2000000000")
    fills = [(fill["role"], fill["filled_size"]) for fill in placed["fills"]]
    assert fills == [("taker", "0.5000000000"), ("maker", "0.3000000000")]


async def test_an_amend_shows_what_it_has_set_off(rig: Rig) -> None:
    """And nothing of what the order had traded before."""
    alice, bob, carol = [await rig.player(name) for name in ("alice", "bob", "carol")]
    rig.tick(99_000)
    own = await order(alice, side="sell", type="limit", price="995", size="2")
    await order(bob, side="buy", type="limit", price="995", size="0.1")
    await alice.done("amend", order_id=own["id"], price="1100")
    stop = {"trigger": "stop", "trigger_price": "1000"}
    await order(carol, **{**CAPPED, **stop, "size": "0.3"})
    await order(bob, side="buy", type="limit", price="1000", size="0.5")
    amended = await alice.done("amend", order_id=own["id"], price="1000")
    assert (amended["filled_size"], amended["size"]) == ("0.9000000000", "1.1000000000")
    fills = [(fill["role"], fill["filled_size"]) for fill in amended["fills"]]
    assert fills == [("taker", "0.5000000000"), ("maker", "0.3000000000")]


async def test_a_trail_is_shown_where_it_would_fire_now(rig: Rig) -> None:
    """It follows the price; half ticks have a decimal more."""
    alice = await rig.player("alice")
    await order(alice, **{**STOP, "trigger": "trailing"}, trail_percent="1", trigger_by="mid")
    rig.tick(100_001)
    (own,) = (await alice.done("orders"))["market"]
    assert own["trigger"]["price"] == "990.005"


async def test_an_armed_order_lives_as_long_as_it_says(rig: Rig) -> None:
    """A market order, too: `gtd` and `day` are about the time it is armed."""
    alice = await rig.player("alice")
    terms = {"time_in_force": "gtd", "expires": "+30s"}
    placed = await order(alice, **STOP, trigger_price="990", **terms)
    assert placed["expires"] == NOW_S + 30
    await order(alice, **STOP, trigger_price="990", time_in_force="day")
    rig.bench.clock.pass_s(30)
    rig.tick(100_000)
    (over,) = await alice.done("completed")
    assert (over["id"], over["trigger"]["armed"]) == (placed["id"], True)
    assert len((await alice.done("orders"))["market"]) == 1


@pytest.mark.parametrize("expires", [None, "+30s", NOW_S + 30])
async def test_a_repeat_is_known_by_its_trigger_too(rig: Rig, expires: Any) -> None:
    """The same order under another trigger is another order, at whatever time it comes."""
    alice = await rig.player("alice")
    terms: dict[str, Any] = {**STOP, "cid": "a"}
    if expires is not None:
        terms |= {"time_in_force": "gtd", "expires": expires}
    first = await order(alice, **terms, trigger_price="990")
    rig.bench.clock.pass_s(1)
    again = await order(alice, **terms, trigger_price="990")
    assert {**again, "expires": 0} == {**first, "expires": 0, "replayed": True}
    for other in ({"trigger_price": "989"}, {"trigger_price": "990", "trigger_by": "mid"}):
        assert await alice.refused("order", **terms, **other) == "ORDER_CID_REUSED"
    plain = {name: terms[name] for name in ("side", "type", "size", "cid")}
    assert await alice.refused("order", **plain) == "ORDER_CID_REUSED"
    assert len((await alice.done("orders"))["market"]) == 1


async def test_an_order_with_a_trigger_can_be_tried(rig: Rig) -> None:
    """The reply is what it would be answered; nothing is placed."""
    alice = await rig.player("alice")
    tried = await order(alice, **STOP, trigger_price="990", validate=True)
    assert (tried["id"], tried["validated"], tried["trigger"]["armed"]) == ("0", True, True)
    reached = {**STOP, "trigger_price": "1000", "validate": True}
    assert await alice.refused("order", **reached) == "ORDER_WOULD_TRIGGER"
    assert (await alice.done("orders"))["market"] == []


async def test_a_batch_takes_them(rig: Rig) -> None:
    """An order and the two that take it back on either side."""
    alice = await rig.player("alice")
    requests = [
        {"cmd": "order", "params": {**STOP, "trigger_price": "990", "cid": "loss"}},
        {"cmd": "order", "params": {**STOP, "trigger": "take_profit", "trigger_price": "1010"}},
        {"cmd": "cancel", "params": {"cid": "loss"}},
    ]
    replies = await alice.done("batch", requests=requests)
    assert [reply["status"] for reply in replies] == [True, True, True]
    (left,) = (await alice.done("orders"))["market"]
    assert left["trigger"]["kind"] == "take_profit"


async def test_an_armed_order_is_not_amended_but_cancelled(rig: Rig) -> None:
    """By all ways there are."""
    alice = await rig.player("alice")
    placed = await order(alice, **MARKETABLE, trigger="stop", trigger_price="950")
    assert await alice.refused("amend", order_id=placed["id"], price="901") == "ORDER_NOT_AMENDABLE"
    assert await alice.done("cancel_all", side="sell") == {"cancelled": [placed["id"]]}
    again = await order(alice, **MARKETABLE, trigger="stop", trigger_price="950")
    await (await rig.player("admin1")).done("pause", secret=SECRET)
    await alice.done("cancel", order_id=again["id"])
    assert await alice.done("orders") == {"maker": [], "market": []}


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"trigger_price": None}, "PARAM_MISSING", '"trigger_price"'),
        (
            {"trigger": None},
            "PARAM_MISSING",
            'Missing "trigger" in params. "trigger_price" belongs',
        ),
        ({"trigger": None, "trigger_price": None, "trigger_by": "mid"}, "PARAM_MISSING", "_by"),
        ({"trigger": None, "trigger_price": None, "trail": "1"}, "PARAM_MISSING", '"trail"'),
        ({"trigger": None, "trigger_price": None, "max_price": "1"}, "PARAM_MISSING", '"max_p'),
        ({"trail": "1"}, "PARAM_UNKNOWN", '"trigger":"trailing"'),
        ({"trail_percent": "1"}, "PARAM_UNKNOWN", '"trigger":"trailing"'),
        ({"trigger": "trailing"}, "PARAM_UNKNOWN", '"trail" or "trail_percent"'),
        ({"trigger": "trailing", "trigger_price": None}, "PARAM_MISSING", '"trail_percent"'),
        (
            {"trigger": "trailing", "trigger_price": None, "trail": "1", "trail_percent": "1"},
            "PARAM_UNKNOWN",
            "Give one",
        ),
        ({"max_price": "1200"}, "PARAM_UNKNOWN", "market buy by size"),
        ({**MARKETABLE, "max_price": "1200"}, "PARAM_UNKNOWN", "market buy by size"),
        ({**CAPPED, "trigger_price": "1010", "max_price": None}, "PARAM_MISSING", "amount"),
        (
            {"side": "buy", "size": None, "amount": "500", "max_price": "1200"},
            "PARAM_UNKNOWN",
            "market buy by size",
        ),
        ({"trigger": "sometimes"}, "PARAM_TYPE", '"stop", "take_profit" or "trailing"'),
        ({"trigger_by": "bid"}, "PARAM_TYPE", '"last" or "mid"'),
        ({"trigger_price": "high"}, "PARAM_NUMBER", '"trigger_price"'),
        ({"trigger_price": "9" * 50}, "PARAM_NUMBER", '"trigger_price"'),
        ({"trigger_price": True}, "PARAM_TYPE", '"trigger_price"'),
        ({"trigger_price": "990.005"}, "FILTER_TICK", '"trigger_price"'),
        ({"trigger_price": "0"}, "FILTER_MIN_PRICE", '"trigger_price"'),
        ({"trigger_price": "9e30"}, "PARAM_NUMBER", '"trigger_price"'),
        ({"trigger_price": "9" * 30}, "FILTER_MAX", '"trigger_price"'),
        ({**CAPPED, "trigger_price": "1010", "max_price": "0"}, "FILTER_MIN_PRICE", '"max_price"'),
        ({"post_only": True}, "PARAM_UNKNOWN", '"post_only"'),
        ({"price": "900"}, "PARAM_UNKNOWN", '"price"'),
        ({"time_in_force": "gtd"}, "PARAM_MISSING", '"expires"'),
        ({"trigger_price": "1000"}, "ORDER_WOULD_TRIGGER", "1000.00"),
        ({"trigger_price": "990", "size": "11"}, "FUNDS_BASE", "11.0 needed"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    rig: Rig, changes: dict[str, Any], code: str, words: str
) -> None:
    """With a sentence that says what belongs where."""
    alice = await rig.player("alice")
    params = {**STOP, "trigger_price": "990", **changes}
    reply = await alice("order", **params)
    assert (reply["status"], reply["code"]) == (False, code)
    assert words in reply["message"]
    assert await alice.done("orders") == {"maker": [], "market": []}


@pytest.mark.parametrize(
    ("name", "sent", "code", "bound"),
    [
        ("trail", "0.005", "FILTER_TICK", {"limit": "0.01", "got": "0.005"}),
        ("trail", "0", "FILTER_MIN_PRICE", {"limit": "0.01", "got": "0"}),
        ("trail", "-1", "FILTER_MIN_PRICE", {"limit": "0.01", "got": "-1"}),
        ("trail", "1000", "FILTER_MAX", {"limit": "999.995", "got": "1000.00"}),
        (
            "trail",
            "1" + "0" * 20,
            "FILTER_MAX",
            {"limit": "10000000000000.00", "got": "1" + "0" * 20},
        ),
        ("trail", "1e3", "PARAM_NUMBER", None),
        ("trail", "1" * 41, "PARAM_NUMBER", None),
        ("trail", [], "PARAM_TYPE", None),
        ("trail_percent", "0.00005", "FILTER_TICK", {"limit": "0.0001", "got": "0.00005"}),
        ("trail_percent", "0", "FILTER_MIN_PRICE", {"limit": "0.0001", "got": "0"}),
        ("trail_percent", "100.5", "FILTER_MAX", {"limit": "100", "got": "100.5"}),
        ("trail_percent", "1%", "PARAM_NUMBER", None),
    ],
)
async def test_a_trail_has_its_bounds(
    rig: Rig, name: str, sent: Any, code: str, bound: dict[str, str] | None
) -> None:
    """A tick or a millionth at least, and not so much that the trigger would be no price."""
    alice = await rig.player("alice")
    params = {**STOP, "trigger": "trailing", name: sent}
    reply = await alice("order", **params)
    assert (reply["code"], reply["data"]) == (code, bound)
    assert name in reply["message"].lower()


async def test_an_armed_order_counts_as_open(rig: Rig) -> None:
    """In the limits that a reply may carry, too; those in one market have a limit of their own."""
    alice = await rig.player("alice")
    for _ in range(50):
        await order(alice, **{**STOP, "size": "0.1"}, trigger_price="990")
    reply = await alice("order", **{**STOP, "size": "0.1"}, trigger_price="990")
    assert (reply["code"], reply["data"]) == ("LIMIT_TRIGGERS", {"limit": "50", "got": "50"})
    raw = b'{"cmd":"time","params":{},"limits":true}'
    assert (await alice.ask(raw))["limits"]["orders"]["open"] == 50
