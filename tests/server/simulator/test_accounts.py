"""What the connections of an account are told unasked: fills, ends of orders, what is owned."""

import asyncio

from cxgame.model.commands import (
    CancelAll,
    Deposit,
    EndRound,
    PlaceOrder,
    PlaceTrigger,
    ResetAccounts,
    SetBalance,
    StartRound,
)
from cxgame.model.enums import OrderType, SelfTrade, Side, TimeInForce, TriggerKind, Verb
from tests.server.simulator.clients import BTC, Client, Floor, Frame
from tests.support.games import limit


def members(frame: Frame, *names: str) -> list[object]:
    """Some members of a frame."""
    return [frame[name] for name in names]


async def test_maker_and_taker_are_told(alice: Client, bob: Client) -> None:
    """Each of its own side, with price, role, fee and how its order stands."""
    await alice.place("BUY", "1", "50000", client_order_id="mine")
    await bob.place("SELL", "0.25", "50000")
    made, took = await alice.came("ORDER_FILL"), await bob.came("ORDER_FILL")
    assert made == {
        "type": "ORDER_FILL",
        "request_id": None,
        "timestamp": made["timestamp"],
        "order_id": "1",
        "trade_id": "1",
        "symbol": BTC,
        "side": "BUY",
        "fill_price": "50000",
        "fill_quantity": "0.25",
        "remaining_quantity": "0.75",
        "filled_quantity": "0.25",
        "status": "PARTIALLY_FILLED",
        "client_order_id": "mine",
        "liquidity": "MAKER",
        "fee": "0",
        "fee_asset": "USD",
    }
    assert members(took, "order_id", "side", "status", "liquidity") == [
        "2",
        "SELL",
        "FILLED",
        "TAKER",
    ]
    assert members(took, "remaining_quantity", "filled_quantity") == ["0", "0.25"]


async def test_a_fill_says_what_its_order_has_got_by_then(
    floor: Floor, alice: Client, bob: Client
) -> None:
    """Of an order that spends an amount, too: after each of its trades, and when it is complete."""
    for price in ("50000", "50001"):
        await bob.place("SELL", "0.25", price)
    floor.rig.bench.submit(
        PlaceOrder(
            alice.session.account,
            0,
            Verb.BUY_MARKET,
            Side.BUY,
            OrderType.MARKET,
            budget=str(2_500_025 * 10**22),
        )
    )
    fills = [await alice.came("ORDER_FILL", number) for number in (1, 2)]
    assert [members(fill, "filled_quantity", "status") for fill in fills] == [
        ["0.25", "PARTIALLY_FILLED"],
        ["0.5", "FILLED"],
    ]
    made = [await bob.came("ORDER_FILL", number) for number in (1, 2)]
    assert [members(fill, "filled_quantity", "status") for fill in made] == [["0.25", "FILLED"]] * 2


async def test_what_was_cut_off_an_order_is_no_fill(
    floor: Floor, alice: Client, bob: Client
) -> None:
    """It has met one of its owner's: both are smaller since, and nobody has got anything."""
    placed = await alice.place("SELL", "1", "50001")
    account, cut = alice.session.account, 4 * 10**9
    floor.rig.bench.submit(limit(account, Side.BUY, 5_000_100, cut, self_trade=SelfTrade.DECREMENT))
    await bob.place("BUY", "0.25", "50001")
    told = await alice.came("ORDER_FILL")
    assert members(told, "filled_quantity", "remaining_quantity") == ["0.25", "0.35"]
    asked = await alice.ask("GET_ORDER", order_id=placed["order_id"])
    assert asked["filled_quantity"] == told["filled_quantity"]


async def test_the_answer_comes_first(alice: Client, bob: Client) -> None:
    """Then the fills, then what is owned."""
    await alice.place("SELL", "1", "49999")
    await bob.place("BUY", "1", "60000")
    await bob.came("POSITION_UPDATE")
    assert bob.types() == ["ORDER_ACK", "ORDER_FILL", "BALANCE_UPDATE", "POSITION_UPDATE"]


async def test_what_is_owned_is_told_when_it_changes(alice: Client) -> None:
    """Assets and coins that changed, and no others; a resting order changes nothing."""
    await alice.place("BUY", "1", "300")
    await alice.place("BUY", "1.5")
    owned, coin = await alice.came("BALANCE_UPDATE"), await alice.came("POSITION_UPDATE")
    assert owned["balances"] == {"BTC": "11.5", "USD": "24996.25"}
    assert owned["available"] == {"BTC": "11.5", "USD": "24696.25"}
    assert members(coin, "symbol", "asset", "quantity") == [BTC, "BTC", "11.5"]
    assert len(alice.of("BALANCE_UPDATE")) == 1


async def test_who_trades_all_the_time_is_told_twenty_times_a_second(alice: Client) -> None:
    """At most; and at the end, of the end."""
    orders = 60
    for _ in range(orders):
        await alice.place("BUY", "0.01")
    last = f"{10 + orders / 100:g}"
    await alice.until(
        lambda frame: frame["type"] == "POSITION_UPDATE" and frame["quantity"] == last
    )
    assert len(alice.of("ORDER_FILL")) == orders
    assert len(alice.of("POSITION_UPDATE")) < orders
    asked = await alice.ask("GET_BALANCE")
    assert alice.of("BALANCE_UPDATE")[-2]["balances"]["BTC"] == asked["balances"]["BTC"]


async def test_all_connections_of_an_account_are_told(floor: Floor, alice: Client) -> None:
    """The same; only the one that has asked gets the answer."""
    other = floor.client("alice")
    await alice.place("BUY", "1")
    await other.came("POSITION_UPDATE")
    assert other.types() == ["ORDER_FILL", "BALANCE_UPDATE", "POSITION_UPDATE"]
    assert alice.line.told[1:] == other.line.told


async def test_a_cancel_is_told_to_who_has_not_asked(floor: Floor, alice: Client) -> None:
    """Of another connection, of an organiser, of the rest of an order that may not wait."""
    other = floor.client("alice")
    await alice.place("BUY", "1", "300")
    await alice.ask("CANCEL_ORDER", order_id="1")
    told = await other.came("ORDER_CANCEL")
    assert members(told, "request_id", "order_id", "symbol", "reason") == [None, "1", BTC, "user"]
    assert alice.types() == ["ORDER_ACK", "ORDER_CANCEL"]
    await alice.place("BUY", "1", "300", time_in_force="IOC")
    assert (await other.came("ORDER_CANCEL", 2))["order_id"] == "2"
    assert alice.types()[2:] == ["ORDER_ACK"]
    await alice.place("BUY", "1", "300")
    floor.rig.bench.submit(CancelAll(alice.session.account))
    assert (await alice.came("ORDER_CANCEL", 2))["order_id"] == "3"


async def test_what_an_order_sets_off_is_told_to_who_has_placed_it(
    floor: Floor, alice: Client
) -> None:
    """Here a stop of the same account, which fires and gets nothing: nobody has asked for that."""
    stop = limit(alice.session.account, Side.BUY, 5_000_100, 10**9, time_in_force=TimeInForce.IOC)
    placed = floor.rig.bench.submit(PlaceTrigger(stop, TriggerKind.STOP, price=5_000_200))
    await alice.place("BUY", "0.1")
    told = await alice.came("ORDER_CANCEL")
    assert members(told, "order_id", "reason") == [str(placed.order_id), "unfilled"]


async def test_an_order_that_meets_ones_own_is_cancelled(alice: Client) -> None:
    """Its answer says so; the other stays."""
    await alice.place("SELL", "1", "50001")
    await alice.place("BUY", "1", "50001")
    assert [frame["status"] for frame in alice.of("ORDER_ACK")] == ["OPEN", "CANCELLED"]


async def test_a_deposit_is_told(floor: Floor, alice: Client) -> None:
    """Whoever has made it."""
    floor.rig.bench.submit(Deposit(alice.session.account, "USD", str(5 * 10**24)))
    assert (await alice.came("BALANCE_UPDATE"))["balances"] == {"USD": "100005"}


async def test_an_order_that_cannot_be_carried_out_is_rejected(floor: Floor, alice: Client) -> None:
    """An organiser has taken what it held: it is told when the price comes."""
    await alice.place("BUY", "1", "49000")
    floor.rig.bench.submit(SetBalance(alice.session.account, "USD", "0", "0"))
    assert (await alice.came("BALANCE_UPDATE"))["balances"] == {"USD": "0"}
    floor.tick(4_899_000, 4_899_500)
    told = await alice.came("ORDER_REJECT")
    assert members(told, "order_id", "status", "code") == ["1", "REJECTED", "ORDER_FAILED"]


async def test_a_round_and_a_reset_are_told(floor: Floor, alice: Client) -> None:
    """Everybody owns the grants again, or nothing."""
    await alice.place("BUY", "1")
    await alice.came("POSITION_UPDATE")
    floor.rig.bench.submit(EndRound())
    floor.rig.bench.submit(StartRound(2))
    assert (await alice.came("POSITION_UPDATE", 2))["quantity"] == "10"
    floor.rig.bench.submit(ResetAccounts((alice.session.account,)))
    assert (await alice.came("BALANCE_UPDATE", 3))["balances"]["USD"] == "0"


async def test_the_others_of_an_account_go_on(floor: Floor, alice: Client) -> None:
    """When one of its connections is gone."""
    other = floor.client("alice")
    other.session.closed()
    await alice.place("BUY", "1")
    await alice.came("ORDER_FILL")
    assert not other.line.told


async def test_an_order_by_rest_is_told_here(floor: Floor, alice: Client) -> None:
    """One account, whichever way."""
    await floor.exchange.session("alice").place("BUY", "1")
    assert (await alice.came("ORDER_FILL"))["fill_quantity"] == "1"


async def test_nobody_else_is_told(alice: Client, bob: Client) -> None:
    """What an account does is its own matter."""
    await alice.place("BUY", "1")
    await alice.came("POSITION_UPDATE")
    assert not bob.line.told


async def test_nothing_is_told_before_it_is_durable(floor: Floor, alice: Client) -> None:
    """Nor lost when the journal comes back after a doubt."""
    floor.rig.bench.journal.gate.clear()
    alice.say("PLACE_ORDER", symbol=BTC, side="BUY", order_type="MARKET", quantity="1")
    await floor.rig.halt()
    assert alice.types() == ["ERROR"]
    await floor.rig.resume()
    await alice.came("POSITION_UPDATE")
    assert alice.types() == ["ERROR", "ORDER_FILL", "BALANCE_UPDATE", "POSITION_UPDATE"]


async def test_a_connection_that_is_gone_is_told_nothing(floor: Floor, alice: Client) -> None:
    """And the game is watched by nobody, for nobody."""
    assert floor.game.is_watched
    floor.rig.host.logout(alice.session)  # as when its account is taken from it
    alice.session.closed()
    assert not floor.game.is_watched
    await floor.exchange.session("alice").place("BUY", "1")
    await asyncio.sleep(0)
    assert not alice.line.told
