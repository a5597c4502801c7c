"""Every command: what it sends, and what it makes of the answer."""

import asyncio
from decimal import Decimal
from typing import Any, get_args

import pytest

from cxgame.client import CxClient, OrderList, dec
from cxgame.client.commands import Commands
from cxgame.client.protocol import COMMANDS
from cxgame.client.words import CommandName
from tests.client.fakes import FakeExchange, Fault

TOKEN = "a" * 64

# call, arguments → cmd, params (the cid aside)
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any], str, dict[str, Any]]] = [
    ("auth", (), {}, "auth", {"username": "alice", "token": TOKEN}),
    ("bcast", ("hi",), {}, "bcast", {"message": "hi"}),
    ("broadcast", ("hi",), {}, "bcast", {"message": "hi"}),
    ("buy", ("999.99", "1.5"), {}, "buy", {"price": "999.99", "size": "1.5"}),
    ("buy", (dec("1.10"), 2), {"symbol": "A/B"}, "buy",
     {"price": "1.10", "size": "2", "symbol": "A/B"}),
    ("sell", (0.1, Decimal("1E-8")), {}, "sell", {"price": "0.1", "size": "0.00000001"}),
    ("buy_market", ("999.99",), {}, "buy_market", {"amount": "999.99"}),
    ("sell_market", ("2.25", "A/B"), {}, "sell_market", {"amount": "2.25", "symbol": "A/B"}),
    ("order", ("buy", "limit", "10", "1"), {"post_only": False}, "order",
     {"side": "buy", "type": "limit", "price": "10", "size": "1", "post_only": False}),
    ("order", ("buy", "market"), {"amount": 50, "stp": "skip", "time_in_force": "ioc"}, "order",
     {"side": "buy", "type": "market", "amount": "50", "stp": "skip", "time_in_force": "ioc"}),
    ("order", ("buy", "limit", 10, 1), {"time_in_force": "gtd", "expires": "+30s",
     "deadline_ms": 5}, "order", {"side": "buy", "type": "limit", "price": "10", "size": "1",
     "time_in_force": "gtd", "expires": "+30s", "deadline_ms": 5}),
    ("validate", ("buy", "market"), {"amount": 50, "stp": "skip"}, "order",
     {"side": "buy", "type": "market", "amount": "50", "stp": "skip", "validate": True}),
    ("order", ("sell", "market"), {"size": 1, "trigger": "stop", "trigger_price": dec("9.50"),
     "trigger_by": "mid"}, "order", {"side": "sell", "type": "market", "size": "1",
     "trigger": "stop", "trigger_price": "9.50", "trigger_by": "mid"}),
    ("order", ("buy", "market"), {"size": 1, "trigger": "trailing", "trail": 2.5,
     "max_price": 11}, "order", {"side": "buy", "type": "market", "size": "1",
     "trigger": "trailing", "trail": "2.5", "max_price": "11"}),
    ("validate", ("sell", "limit", 9, 1), {"trigger": "trailing", "trail_percent": 0.5}, "order",
     {"side": "sell", "type": "limit", "price": "9", "size": "1", "trigger": "trailing",
      "trail_percent": "0.5", "validate": True}),
    ("amend", ("17", dec("1.10")), {"post_only": True}, "amend",
     {"order_id": "17", "price": "1.10", "post_only": True}),
    ("amend", (), {"cid": "c", "size": 2, "deadline_ms": 5}, "amend",
     {"size": "2", "deadline_ms": 5}),
    ("batch", ([("cancel", {"order_id": "17", "cid": None})],), {}, "batch",
     {"requests": [{"cmd": "cancel", "params": {"order_id": "17"}}]}),
    ("cancel_on_disconnect", (), {}, "cancel_on_disconnect", {"on": True}),
    ("cancel_all_after", (60_000,), {}, "cancel_all_after", {"ms": 60_000}),
    ("cancel", ("17",), {}, "cancel", {"order_id": "17"}),
    ("cancel", (), {"cid": "c"}, "cancel", {}),
    ("cancel_all", (), {}, "cancel_all", {}),
    ("cancel_all", ("A/B", "sell"), {}, "cancel_all", {"symbol": "A/B", "side": "sell"}),
    ("price", (), {}, "price", {}),
    ("price", ("A/B",), {}, "price", {"symbol": "A/B"}),
    ("wallets", (), {}, "wallets", {}),
    ("orders", (), {}, "orders", {"limit": 1000}),
    ("all_orders", (), {"limit": 5, "before": "9"}, "all_orders", {"limit": 5, "before": "9"}),
    ("fills", (), {"limit": 5}, "fills", {"limit": 5}),
    ("completed", (), {}, "completed", {"limit": 1000}),
    ("completed", (), {"since": 1, "until": 2}, "completed",
     {"limit": 1000, "since": 1, "until": 2}),
    ("fills", (), {"after": "7", "since": 1}, "fills", {"after": "7", "since": 1}),
    ("completed", (), {"after": "0", "limit": 9}, "completed", {"after": "0", "limit": 9}),
    ("trades", (), {"after": "0"}, "trades", {"after": "0"}),
    ("trades", ("A/B",), {"since": 1}, "trades", {"symbol": "A/B", "since": 1}),
    ("trades", (), {"limit": 5, "before": "9"}, "trades", {"limit": 5, "before": "9"}),
    ("candles", ("A/B", "1h"), {"limit": 5}, "candles",
     {"symbol": "A/B", "interval": "1h", "limit": 5}),
    ("markets", (), {}, "markets", {}),
    ("book", ("A/B", 5), {}, "book", {"symbol": "A/B", "depth": 5}),
    ("tickers", (), {}, "tickers", {}),
    ("tickers", (["A/B"],), {}, "tickers", {"symbols": ["A/B"]}),
    ("time", (), {}, "time", {}),
    ("audit", (), {}, "audit", {}),
    ("start", ("open sesame",), {}, "start", {"secret": "open sesame"}),
    ("pause", (), {"secret": "open sesame"}, "pause", {"secret": "open sesame"}),
    ("shutdown", ("open sesame",), {}, "shutdown", {"secret": "open sesame"}),
    ("grant", ("bob", "open sesame"), {}, "grant", {"username": "bob", "secret": "open sesame"}),
    ("end_round", ("open sesame",), {}, "end_round", {"secret": "open sesame"}),
    ("start_round", ("open sesame",), {}, "start_round", {"secret": "open sesame"}),
    ("announce", ("hello", "open sesame"), {}, "announce",
     {"message": "hello", "secret": "open sesame"}),
    ("players", ("open sesame",), {}, "players", {"secret": "open sesame"}),
    ("whitelist", (["a"], ["b"]), {"secret": "open sesame"}, "whitelist",
     {"add": ["a"], "remove": ["b"], "secret": "open sesame"}),
    ("whitelist", (), {"everyone": True, "secret": "open sesame"}, "whitelist",
     {"everyone": True, "secret": "open sesame"}),
    ("kick", ("bob", "open sesame"), {}, "kick", {"username": "bob", "secret": "open sesame"}),
    ("rotate_user", ("bob", "open sesame"), {}, "rotate_user",
     {"username": "bob", "secret": "open sesame"}),
    ("adjust", ("bob", "USD", 500, "0.5"), {"secret": "open sesame"}, "adjust",
     {"username": "bob", "asset": "USD", "free": "500", "held": "0.5",
      "secret": "open sesame"}),
    ("set_price", ("A/B", 1000.5, "open sesame"), {}, "set_price",
     {"symbol": "A/B", "price": "1000.5", "secret": "open sesame"}),
    ("faults", ([{"fault": "silence"}], [3]), {"deck": "", "secret": "open sesame"}, "faults",
     {"set": [{"fault": "silence"}], "clear": [3], "deck": "", "secret": "open sesame"}),
]  # fmt: skip


@pytest.fixture
def cx(exchange: FakeExchange) -> CxClient:
    """A client of a user who exists."""
    exchange.tokens["alice"] = TOKEN
    return CxClient("alice", token=TOKEN, uri=exchange.uri)


@pytest.mark.parametrize(("name", "args", "kwargs", "cmd", "params"), CALLS)
async def test_a_call_sends_its_params(
    exchange: FakeExchange,
    cx: CxClient,
    name: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    cmd: str,
    params: dict[str, Any],
) -> None:
    """The right command, money as text, and nothing that was not given."""
    async with cx:
        response = await getattr(cx, name)(*args, **kwargs)
    sent = exchange.asked(cmd)[-1]
    cid = sent.pop("cid", None)
    assert sent == params
    assert cid == response.cid
    assert response.code in (None, "ORDER_NOT_FOUND")


def test_every_command_has_a_method_and_a_row_here() -> None:
    """None of the protocol's commands is forgotten."""
    assert {cmd for _, _, _, cmd, _ in CALLS} | {"register", "rotate"} == set(COMMANDS)
    assert all(callable(getattr(Commands, cmd)) for cmd in COMMANDS)


def test_every_command_is_a_word_that_editors_know() -> None:
    """What `r` takes, and the commands of this file, are one list."""
    assert set(get_args(CommandName)) == {*COMMANDS, "broadcast", "validate", "reset"}


async def test_an_order_with_a_trigger_survives_a_lost_reply(
    exchange: FakeExchange, cx: CxClient
) -> None:
    """It is sent again with its cid, like any other order."""
    exchange.fail("order", Fault.LOST_REPLY)
    stop = await cx.order("sell", "market", size=1, trigger="stop", trigger_price=900)
    assert stop.data["replayed"]
    assert len(exchange.orders) == 1


async def test_numbers_in_a_batch_are_sent_as_text(exchange: FakeExchange, cx: CxClient) -> None:
    """Those of triggers, too."""
    terms = {"side": "sell", "type": "limit", "price": 9, "trail_percent": dec("0.50")}
    await cx.batch([("order", terms)])
    (asked,) = exchange.asked("batch")
    sent = asked["requests"][0]["params"]
    assert (sent["price"], sent["trail_percent"]) == ("9", "0.50")


async def test_the_orders_of_a_batch_have_cids(exchange: FakeExchange, cx: CxClient) -> None:
    """Theirs or new ones, which their responses tell; numbers are sent as text."""
    async with cx:
        response = await cx.batch(
            [
                ("buy", {"price": dec("1.10"), "size": 2, "cid": "mine"}),
                ("sell_market", {"amount": 0.5}),
                ("cancel", {"order_id": "17"}),
                ("buy", {"price": "0", "size": "1"}),
            ]
        )
    (sent,) = exchange.asked("batch")
    first, second, third, _ = (one["params"] for one in sent["requests"])
    assert first == {"price": "1.10", "size": "2", "cid": "mine"}
    assert (second["amount"], third) == ("0.5", {"order_id": "17"})
    assert [one.status for one in response.data] == [True, True, False, False]
    assert [one.cid for one in response.data[:3]] == ["mine", second["cid"], None]
    assert response.data[2].code == "ORDER_NOT_FOUND"


@pytest.mark.parametrize("requests", ["buy", [("buy",)], [("buy", 5)], 7, [{"cmd": "buy"}]])
async def test_what_is_no_batch_is_said_in_words(cx: CxClient, requests: Any) -> None:
    """And never sent."""
    async with cx:
        response = await cx.batch(requests)
    assert (response.status, response.code) == (False, "PARAM_TYPE")


async def test_a_batch_is_repeated_unless_that_would_undo_it(
    exchange: FakeExchange, cx: CxClient
) -> None:
    """A second cancel_all would cancel what came after the first."""
    exchange.fail("batch", Fault.LOST_REPLY, Fault.NONE, Fault.LOST_REPLY)
    buy = ("buy", {"price": "1", "size": "1"})
    async with cx:
        repeated = await cx.batch([buy])
        assert repeated.data[0].data["replayed"] is True
        assert (await cx.batch([("cancel_all", {}), buy])).code == "STATE_UNKNOWN"
    assert len(exchange.asked("batch")) == 3
    assert len(exchange.orders) == 2


async def test_a_new_connection_is_guarded_like_the_old_one(
    exchange: FakeExchange, cx: CxClient
) -> None:
    """Before anything is placed over it; not any more once that is off."""
    async with cx:
        await cx.cancel_on_disconnect()
        exchange.fail("buy", Fault.LOST_REQUEST)
        assert (await cx.buy("1", "1")).status
        sequence = [request["cmd"] for request in exchange.seen]
        assert sequence == [
            "auth", "cancel_on_disconnect", "buy", "auth", "cancel_on_disconnect", "buy"
        ]  # fmt: skip
        await cx.cancel_on_disconnect(False)
        exchange.fail("buy", Fault.LOST_REQUEST)
        await cx.buy("1", "1")
    assert exchange.asked("cancel_on_disconnect")[-1] == {"on": False}


async def test_a_login_by_hand_leaves_no_connection_unguarded(
    exchange: FakeExchange, cx: CxClient
) -> None:
    """A new connection that `register` or `auth` has logged in is guarded before an order too."""
    async with cx:
        for command in ("register", "auth"):
            await cx.cancel_on_disconnect()
            exchange.fail(command, Fault.LOST_REQUEST)
            seen = len(exchange.seen)
            assert (await getattr(cx, command)()).status
            assert (await cx.buy("1", "1")).status
            after = [request["cmd"] for request in exchange.seen[seen:]]
            assert after == [command, command, "auth", "cancel_on_disconnect", "buy"]


async def test_a_reset_leaves_no_order_unguarded(exchange: FakeExchange, cx: CxClient) -> None:
    """The next connection is asked for what the last one was."""
    async with cx:
        await cx.cancel_on_disconnect()
        await cx.reset()
        assert (await cx.buy("1", "1")).status
    after = [request["cmd"] for request in exchange.seen[2:]]
    assert after == ["auth", "cancel_on_disconnect", "buy"]


async def test_register_brings_its_own_token(exchange: FakeExchange) -> None:
    """So that it is known even if the reply gets lost; the retry is the same registration."""
    exchange.fail("register", Fault.LOST_REPLY)
    async with CxClient("alice", uri=exchange.uri) as cx:
        response = await cx.register(password="pass phrase", team="red")
        assert response.status
        assert response.data == cx.token == exchange.tokens["alice"]
        assert (await cx.wallets()).status
    first, second = exchange.asked("register")
    assert first == second
    assert (first["password"], first["team"]) == ("pass phrase", "red")
    assert not exchange.asked("auth")


async def test_an_open_registration_keeps_its_token(exchange: FakeExchange) -> None:
    """Nobody is locked out: the token that may count is kept and offered again."""
    exchange.fail("register", Fault.SILENCE)
    async with CxClient("alice", uri=exchange.uri, timeout_s=0.3) as cx:
        assert (await cx.register()).code == "STATE_UNKNOWN"
        assert cx.token == exchange.tokens["alice"]
        assert (await cx.register()).msg == "Registered"


async def test_a_registration_nobody_waited_for_can_be_repeated(exchange: FakeExchange) -> None:
    """A cancelled call may have registered the user: the next one brings the same token."""
    exchange.fail("register", Fault.SILENCE)
    async with CxClient("alice", uri=exchange.uri) as cx:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(cx.register(), 0.2)
        assert (await cx.register()).msg == "Registered"
    first, second = exchange.asked("register")
    assert first == second


async def test_a_taken_name_leaves_no_token(exchange: FakeExchange) -> None:
    """A refused registration does not make the client believe it is somebody."""
    exchange.tokens["alice"] = TOKEN
    async with CxClient("alice", uri=exchange.uri) as cx:
        assert (await cx.register()).code == "AUTH_USER_TAKEN"
        assert cx.token is None


async def test_a_password_logs_in_again_after_a_break(exchange: FakeExchange) -> None:
    """A client without a token keeps the password that worked."""
    exchange.tokens["alice"] = TOKEN
    exchange.fail("wallets", Fault.LOST_REQUEST)
    async with CxClient("alice", uri=exchange.uri) as cx:
        assert (await cx.auth(password="pass phrase")).status
        assert (await cx.wallets()).status
    assert exchange.asked("auth") == [{"username": "alice", "password": "pass phrase"}] * 2


async def test_a_password_that_worked_goes_before_an_old_token(exchange: FakeExchange) -> None:
    """What has logged in logs in again, and not what would be refused."""
    exchange.tokens["alice"] = TOKEN
    async with CxClient("alice", token="b" * 64, uri=exchange.uri) as cx:
        assert (await cx.wallets()).code == "AUTH_TOKEN"
        assert (await cx.auth(password="pass phrase")).status
        exchange.fail("wallets", Fault.LOST_REQUEST)
        assert (await cx.wallets()).status


async def test_rotate_changes_the_token(exchange: FakeExchange, cx: CxClient) -> None:
    """The new token is the client's own from now on."""
    async with cx:
        response = await cx.rotate()
        assert response.data == cx.token == exchange.tokens["alice"] != TOKEN
        await cx.reset()
        assert (await cx.wallets()).status


async def test_rotate_finds_out_which_token_counts(exchange: FakeExchange, cx: CxClient) -> None:
    """After a lost reply the new token is tried; it works, so it is the token."""
    exchange.fail("rotate", Fault.LOST_REPLY)
    async with cx:
        response = await cx.rotate()
    assert response.status
    assert response.data == cx.token == exchange.tokens["alice"]


async def test_rotate_keeps_the_old_token_while_the_new_one_fails(
    exchange: FakeExchange, cx: CxClient
) -> None:
    """The rotation that got lost may still come: its token is in the answer."""
    exchange.fail("rotate", Fault.LOST_REQUEST)
    async with cx:
        response = await cx.rotate()
    assert response.code == "STATE_UNKNOWN"
    assert response.data == exchange.asked("rotate")[0]["token"]
    assert cx.token == TOKEN


async def test_price_is_a_decimal(cx: CxClient) -> None:
    """So that bots compute with it as with money."""
    async with cx:
        response = await cx.price()
    assert response.data == Decimal("1000.00")
    assert isinstance(response.data, Decimal)


async def test_a_price_that_is_none_is_said_in_words(exchange: FakeExchange, cx: CxClient) -> None:
    """The way here may have changed it; no exception."""
    exchange.price = "10x0.00"
    async with cx:
        response = await cx.price()
    assert (response.status, response.code, response.data) == (False, "CLIENT_CONNECTION", None)
    assert "10x0.00" in response.msg


@pytest.mark.parametrize("count", [0, 1, 7, 8])
async def test_lists_are_read_to_their_end(
    exchange: FakeExchange, cx: CxClient, count: int
) -> None:
    """All rows, once, oldest first, however many pages they take."""
    exchange.page_rows = 3
    exchange.fills = [{"fill_id": str(number)} for number in range(8, 8 + count)]
    async with cx:
        response = await cx.fills()
    assert response.data == exchange.fills
    assert not response.more
    assert len(exchange.asked("fills")) == max(1, -(-count // 3))


async def test_a_list_waits_for_rows_that_are_not_written_yet(
    exchange: FakeExchange, cx: CxClient
) -> None:
    """An empty page with `more` is not the end: the same page is asked for again."""
    exchange.page_rows, exchange.unwritten = 3, 2
    exchange.fills = [{"fill_id": str(number)} for number in range(1, 8)]
    async with cx:
        response = await cx.fills()
    assert response.data == exchange.fills
    assert not response.more
    befores = [params.get("before") for params in exchange.asked("fills")]
    assert befores == [None, "5", "5", "5", "2"]


async def test_a_list_that_stays_cut_says_so(exchange: FakeExchange) -> None:
    """When the time is over: never half a list as all of it."""
    exchange.tokens["alice"] = TOKEN
    exchange.page_rows, exchange.unwritten = 3, 1_000
    exchange.fills = [{"fill_id": str(number)} for number in range(1, 8)]
    async with CxClient("alice", token=TOKEN, uri=exchange.uri, timeout_s=1) as cx:
        response = await cx.fills()
    assert [row["fill_id"] for row in response.data] == ["5", "6", "7"]
    assert response.more


async def test_a_limit_asks_for_one_page(exchange: FakeExchange, cx: CxClient) -> None:
    """Newest first, and `more` says that there are others."""
    exchange.fills = [{"fill_id": str(number)} for number in range(1, 11)]
    async with cx:
        response = await cx.fills(limit=2)
        older = await cx.fills(limit=2, before=response.data[-1]["fill_id"])
    assert [row["fill_id"] for row in response.data] == ["10", "9"]
    assert response.more
    assert [row["fill_id"] for row in older.data] == ["8", "7"]


async def test_orders_of_both_kinds_are_paged_together(
    exchange: FakeExchange, cx: CxClient
) -> None:
    """The cursor is the oldest id of either kind; the result answers by kind."""
    exchange.page_rows = 2
    async with cx:
        for number in range(5):
            await cx.buy("1", "1")
            if number % 2:
                await cx.buy_market("10")
        response = await cx.all_orders()
    orders = response.data
    assert isinstance(orders, OrderList)
    assert [order["id"] for order in orders["maker"]] == ["1", "2", "4", "5", "7"]
    assert [order["id"] for order in orders["market"]] == ["3", "6"]
    assert len(orders) == 7


async def test_a_list_that_breaks_off_is_no_list(exchange: FakeExchange, cx: CxClient) -> None:
    """A page that is refused makes the whole answer a refusal: never half a list as all."""
    exchange.page_rows = 2
    exchange.fills = [{"fill_id": str(number)} for number in range(1, 6)]
    async with cx:
        await cx.auth()
        exchange.fail("fills", Fault.LOST_REQUEST, Fault.HALTED)
        response = await cx.fills()
    assert not response.status
    assert response.code == "STATE_HALTED"
    assert response.data is None


async def test_arguments_without_json_form_are_refused_in_words(cx: CxClient) -> None:
    """No exception and no message: the arguments are at fault."""
    response = await cx.cancel(object())  # type: ignore[arg-type]
    assert response.code == "PARAM_TYPE"
    assert "cancel" in response.msg
