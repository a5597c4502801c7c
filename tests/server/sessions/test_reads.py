"""Looking: prices, wallets, lists in pages, the book, the time."""

from typing import Any

import pytest

from cxgame.limits import Limits
from cxgame.model.commands import Tick
from cxgame.model.enums import Liquidity
from cxgame.model.rules import MarketRules
from tests.server.rig import UNLIMITED, Player, Rig
from tests.support.games import BTC_USD

ETH_USD = MarketRules("ETH/USD", "ETH", "USD", tick="0.1", lot="0.001", maker_fee="0.001")
TWO = {
    "markets": (BTC_USD, ETH_USD),
    "grants": {"USD": "10000.00", "BTC": "10.0", "ETH": "10.0"},
}


async def ids(player: Player, command: str, **params: Any) -> list[str]:
    """The ids of a list."""
    data = await player.done(command, **params)
    rows = data["maker"] + data["market"] if isinstance(data, dict) else data
    return [row.get("fill_id") or row["id"] for row in rows]


async def test_the_price_is_the_mid(rig: Rig) -> None:
    """With one decimal more where it lies between two ticks."""
    alice = await rig.player("alice")
    assert await alice("price") == {"status": True, "message": "Market price.", "data": "1000.00"}
    rig.tick(123_456)
    assert await alice.done("price", symbol="BTC/USD") == "1234.56"
    rig.game.engine.markets[0].mid2 += 1
    assert await alice.done("price") == "1234.565"
    assert await alice.refused("price", symbol="x") == "FILTER_SYMBOL"


async def test_wallets_of_several_markets() -> None:
    """`usd` and `crypto` are the first market's; all are under `assets`."""
    rig = await Rig(**TWO).start()
    alice = await rig.player("alice")
    await alice.done("sell", price="2000", size="1.5", symbol="ETH/USD")
    wallets = await alice.done("wallets")
    assert (wallets["usd"], wallets["crypto"]) == ("10000.00", "10.0")
    assert wallets["held"] == {"usd": "0.00", "crypto": "0.0"}
    assert wallets["assets"] == {
        "BTC": {"free": "10.0", "held": "0.0", "total": "10.0"},
        "ETH": {"free": "8.5", "held": "1.5", "total": "10.0"},
        "USD": {"free": "10000.00", "held": "0.00", "total": "10000.00"},
    }
    await rig.stop()


async def test_markets_are_listed_with_their_rules() -> None:
    """In the order of the game, with the phase."""
    rig = await Rig(**TWO).start()
    first, second = await rig.connect().done("markets")
    assert (first["symbol"], first["tick"], first["phase"]) == ("BTC/USD", "0.01", "open")
    assert (second["lot"], second["maker_fee"]) == ("0.001", "0.001")
    await rig.stop()


async def test_a_second_market_has_its_own_decimals_and_fees() -> None:
    """In every row."""
    rig = await Rig(**TWO).start()
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await alice.done("sell", price="2000", size="1.5", symbol="ETH/USD")
    await bob.done("buy_market", amount="1000", symbol="ETH/USD")
    (fill,) = await alice.done("fills")
    assert (fill["price"], fill["filled_size"], fill["symbol"]) == ("2000.0", "0.500", "ETH/USD")
    assert (fill["fee"], fill["role"], fill["side"]) == ("1.00", "maker", "sell")
    (order,) = (await bob.done("all_orders"))["maker"]
    assert (order["size"], order["fee"], order["user"]) == ("1.000", "1.00", "alice")
    book = await bob.done("book", symbol="ETH/USD")
    assert (book["symbol"], book["asks"]) == ("ETH/USD", [["2000.0", "1.000"]])
    await rig.stop()


async def test_a_cid_is_shown_to_its_owner_alone(rig: Rig) -> None:
    """Names that players give to their orders may tell what they are up to."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await alice.done("buy", price="900", size="1", cid="ladder-3")
    for command in ("orders", "all_orders"):
        (order,) = (await alice.done(command))["maker"]
        assert order["cid"] == "ladder-3"
    (order,) = (await bob.done("all_orders"))["maker"]
    assert "cid" not in order


async def test_own_orders_and_all_orders(rig: Rig) -> None:
    """Newest first, makers and market orders apart."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    for player in (alice, bob, alice):
        await player.done("buy", price="900", size="1")
    reply = await alice("orders")
    assert reply["message"] == "Open orders list."
    assert set(reply["data"]) == {"maker", "market"}
    assert "more" not in reply
    assert await ids(alice, "orders") == ["3", "1"]
    reply = await alice("all_orders")
    assert reply["message"] == "All orders list."
    assert [row["user"] for row in reply["data"]["maker"]] == ["alice", "bob", "alice"]
    assert await ids(bob, "all_orders") == ["3", "2", "1"]


@pytest.mark.parametrize("command", ["orders", "all_orders", "completed"])
async def test_orders_come_in_pages(rig: Rig, command: str) -> None:
    """`before` the last id of a page goes on behind it; `more` says that there is something."""
    alice = await rig.player("alice")
    for _ in range(5):
        await alice.done("buy", price="900", size="0.01")
    if command == "completed":
        await alice.done("cancel", order_id="4")
        await alice.done("cancel_all")
    reply = await alice(command, limit=2)
    assert reply["more"] is True
    assert await ids(alice, command, limit=2) == ["5", "4"]
    assert await ids(alice, command, limit=2, before="4") == ["3", "2"]
    reply = await alice(command, limit=2, before=2)
    assert "more" not in reply
    assert await ids(alice, command, limit=2, before=2) == ["1"]
    assert "more" not in await alice(command, limit=5)
    assert await ids(alice, command, before="1") == []
    assert await ids(alice, command, before="9" * 40) == ["5", "4", "3", "2", "1"]
    assert await alice.refused(command, before="x") == "PARAM_TYPE"


async def test_the_past_comes_in_its_own_order_without_paging(rig: Rig) -> None:
    """Oldest first, and newest first in pages."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    for price in ("1000", "1001", "1002"):
        await alice.done("sell", price=price, size="0.1")
    for _ in range(3):
        await bob.done("buy_market", amount="100")
    fills = await ids(bob, "fills")
    assert len(fills) > 3
    assert fills == sorted(fills, key=int)
    assert await ids(bob, "fills", limit=1000) == fills[::-1]
    assert await ids(bob, "completed") == ["4", "5", "6"]
    assert await ids(bob, "completed", limit=3) == ["6", "5", "4"]
    assert await bob.refused("fills", before="x") == "PARAM_TYPE"


async def test_completed_orders_are_ones_own(rig: Rig) -> None:
    """Filled and cancelled ones."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await alice.done("buy", price="900", size="0.1")
    await bob.done("sell_market", amount="0.1")
    await alice.done("buy", price="900", size="0.1")
    await alice.done("cancel", order_id="3")
    reply = await alice("completed")
    assert reply["message"] == "Completed orders."
    assert [(row["id"], row["status"]) for row in reply["data"]] == [
        ("1", "filled"),
        ("3", "cancel"),
    ]
    (mine,) = await bob.done("completed")
    assert (mine["id"], mine["user"]) == ("2", "bob")


async def test_a_page_does_not_part_the_two_fills_of_a_trade_with_oneself(rig: Rig) -> None:
    """They share their id, so `before` would lose the second."""
    alice = await rig.player("alice")
    for _ in range(2):
        for side in ("sell", "buy"):
            order = {"side": side, "type": "limit", "price": "1000", "size": "0.1"}
            await alice.done("order", **order, stp="none")
    assert await ids(alice, "fills") == ["1", "1", "2", "2"]
    assert await ids(alice, "fills", limit=1) == ["2", "2"]
    assert (await alice("fills", limit=1))["more"] is True
    assert await ids(alice, "fills", limit=1, before="2") == ["1", "1"]
    assert "more" not in await alice("fills", limit=1, before="2")


async def test_a_reply_has_at_most_a_page_of_rows() -> None:
    """n in one reply; n + 1 are cut and say so."""
    rig = await Rig(UNLIMITED._replace(max_page=3)).start()
    alice = await rig.player("alice")
    for count in range(1, 5):
        await alice.done("buy", price="900", size="0.01")
        for params in ({}, {"limit": 1_000_000}):
            reply = await alice("all_orders", **params)
            assert len(reply["data"]["maker"]) == min(count, 3)
            assert reply.get("more", False) is (count > 3)
    await rig.stop()


def test_a_page_is_1000_rows_by_default() -> None:
    """The documented number."""
    assert Limits().max_page == 1_000


async def test_the_book_shows_its_best_levels(rig: Rig) -> None:
    """Best first, 20 a side unless asked otherwise, with the seq of the state."""
    alice = await rig.player("alice")
    for number in range(25):
        await alice.done("buy", price=str(900 + number), size="0.01")
        await alice.done("sell", price=str(1100 + number), size="0.01")
    await alice.done("buy", price="924", size="0.02")
    book = await rig.connect().done("book")
    assert set(book) == {"symbol", "seq", "bids", "asks"}
    assert book["seq"] == rig.game.engine.event_seq
    assert book["bids"][:2] == [["924.00", "0.0300000000"], ["923.00", "0.0100000000"]]
    assert book["asks"][0] == ["1100.00", "0.0100000000"]
    assert len(book["bids"]) == len(book["asks"]) == 20
    book = await rig.connect().done("book", depth=1, symbol="BTC/USD")
    assert (book["bids"], book["asks"]) == (
        [["924.00", "0.0300000000"]],
        [["1100.00", "0.0100000000"]],
    )
    assert len((await rig.connect().done("book", depth=1000))["asks"]) == 25
    assert await rig.connect().refused("book", symbol="x") == "FILTER_SYMBOL"


async def test_the_house_is_a_marked_level_of_the_book() -> None:
    """Last at its price, as it is matched; without volume it is not there."""
    rig = await Rig(liquidity=Liquidity.HOUSE).start()
    alice = await rig.player("alice")
    await alice.done("order", side="buy", type="limit", price="999", size="1")
    await alice.done("order", side="sell", type="limit", price="1001", size="1")
    book = await alice.done("book")
    assert book["bids"] == [["1000.00", None, "house"], ["999.00", "1.0000000000"]]
    assert book["asks"] == [["1000.00", None, "house"], ["1001.00", "1.0000000000"]]
    assert (await alice.done("book", depth=1))["asks"] == [["1000.00", None, "house"]]
    rig.tick(100_000, bid_volume=0, ask_volume=5 * 10**9)
    book = await alice.done("book")
    assert book["bids"] == [["999.00", "1.0000000000"]]
    assert book["asks"][0] == ["1000.00", "0.5000000000", "house"]
    await rig.stop()


async def test_the_house_stands_behind_players_at_its_price() -> None:
    """First come, first served, and the house is always last."""
    rig = await Rig(liquidity=Liquidity.HOUSE).start()
    rig.bench.submit(Tick(0, 2, 90_000, 110_000))
    alice = await rig.player("alice")
    await alice.done("order", side="buy", type="limit", price="900", size="1")
    await alice.done("order", side="sell", type="limit", price="1100", size="1")
    book = await alice.done("book")
    assert book["bids"] == [["900.00", "1.0000000000"], ["900.00", None, "house"]]
    assert book["asks"] == [["1100.00", "1.0000000000"], ["1100.00", None, "house"]]
    await rig.stop()


async def test_the_time_of_day_and_of_the_game() -> None:
    """Playing time runs while the game is open; `remaining` counts it down."""
    rig = await Rig(time_limit_ms=60_000).start()
    alice = await rig.player("alice")
    rig.bench.clock.pass_s(1.5)
    await alice.done("bcast", message="tick")
    time = await alice.done("time")
    assert time == {
        "ts": 1_700_000_001.5,
        "game_time": 1.5,
        "phase": "open",
        "remaining": 58.5,
    }
    await rig.stop()


async def test_an_endless_game_has_no_remaining_time(rig: Rig) -> None:
    """`remaining` is null."""
    assert (await rig.connect().done("time"))["remaining"] is None
