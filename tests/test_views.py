"""What the store shows of a game: only what is so, and nothing twice."""

import json
from decimal import Decimal

from cxgame.effects import Touched
from cxgame.engine.engine import Engine
from cxgame.model.commands import (
    AddMarket,
    CancelOrder,
    Command,
    Continue,
    Deposit,
    PlacePending,
    PlaceTrigger,
    ResetAccounts,
    SetBalance,
    Tick,
    Withdraw,
)
from cxgame.model.enums import OrderType, Side, TriggerBy, TriggerKind
from cxgame.model.events import AccountOpened
from cxgame.model.rules import MarketRules
from cxgame.ports import View
from cxgame.views import INTERVAL_NS, Views, everything
from tests.engine.desk import Desk
from tests.engine.trigger_desk import arm, move
from tests.support.games import Bench, limit


class Shown:
    """What commits have written, as a reader finds it."""

    def __init__(self) -> None:
        self.fields: dict[tuple[str, str], dict[str, object]] = {}

    def take(self, views: list[View]) -> int:
        """Write views; returns how many."""
        assert len({(view.key, view.field) for view in views}) == len(views)
        for key, field, blob in views:
            if blob is None:
                del self.fields[key, field]
            else:
                self.fields[key, field] = json.loads(blob)
        return len(views)

    def orders(self) -> set[str]:
        """Ids of the orders that have a row."""
        return {field for key, field in self.fields if key == "orders"}


async def test_what_is_touched_is_written_after_50_ms() -> None:
    """What comes and goes in between never is."""
    bench, shown, views = Bench(), Shown(), Views(())
    (alice,) = await bench.open_with("alice")
    engine, now = bench.game.engine, 0

    def after(*commands: object) -> int:
        touched = Touched()
        for command in commands:
            touched.take(engine, bench.submit(command).events)  # type: ignore[arg-type]
        return shown.take(views.take(engine, touched, 7, now))

    assert after(limit(alice, Side.BUY, 100, 10**6)) == 3, "her wallet, the house's, the order"
    now += INTERVAL_NS - 1
    assert after(limit(alice, Side.BUY, 101, 10**6), limit(alice, Side.BUY, 102, 10**6)) == 0
    assert after(CancelOrder(alice, 2)) == 0
    now += 1
    assert after() == 3
    assert shown.orders() == {"1", "3"}
    assert shown.fields["orders", "3"]["price"] == "1.02"
    now += INTERVAL_NS
    assert after(CancelOrder(alice, 1), CancelOrder(alice, 3)) == 4
    assert shown.orders() == set()
    assert shown.fields["wallets", "alice"]["USD"] == {"free": "10000.0", "held": "0.0"}


async def test_all_wallets_together_hold_nothing() -> None:
    """The house's is among them, before anybody has come as well as after."""
    bench, shown, views = Bench(), Shown(), Views(())
    shown.take(everything(Engine(), 0))  # nobody, and no asset
    (alice,) = await bench.open_with("alice")
    touched = Touched()
    touched.take(bench.game.engine, [AccountOpened(alice, "alice", "", bot=False)])
    shown.take(views.take(bench.game.engine, touched, 1, 0))
    for asset in bench.game.engine.ledger.assets:
        wallets = [shown.fields["wallets", name][asset] for name in ("house", "alice")]
        assert sum(Decimal(cell) for wallet in wallets for cell in wallet.values()) == 0  # type: ignore[attr-defined]


async def test_everything_is_what_commits_would_have_shown() -> None:
    """Accounts, markets and open orders, with the batch that they belong to."""
    bench = Bench()
    alice, bob = await bench.open_with("alice", "bob")
    bench.submit(limit(alice, Side.BUY, 100_000, 10**10))
    bench.submit(limit(bob, Side.SELL, 100_000, 4 * 10**9))
    await bench.game.settled()
    shown = Shown()
    shown.take(everything(bench.game.engine, bench.game.batch_seq))
    seq = bench.game.batch_seq
    assert set(shown.fields) == {
        ("wallets", "house"),
        ("wallets", "alice"),
        ("wallets", "bob"),
        ("markets", "BTC/USD"),
        ("orders", "1"),
    }
    assert {row["seq"] for row in shown.fields.values()} == {seq}
    assert shown.fields["orders", "1"] == {
        "seq": seq,
        "user": "alice",
        "symbol": "BTC/USD",
        "side": "buy",
        "price": "1000.00",
        "size": "0.6000000000",
    }


async def test_a_row_from_before_a_restart_is_deleted_when_its_order_ends() -> None:
    """The game knows which orders have one."""
    bench, shown = Bench(), Shown()
    (alice,) = await bench.open_with("alice")
    bench.submit(limit(alice, Side.BUY, 100, 10**6))
    engine = bench.game.engine
    shown.take(everything(engine, 3))
    views, touched = Views(engine.orders), Touched()
    touched.take(engine, bench.submit(CancelOrder(alice, 1)).events)
    shown.take(views.take(engine, touched, 4, 0))
    assert shown.orders() == set()


async def test_new_markets_money_from_outside_and_waiting_orders_show() -> None:
    """A market when it joins, a wallet with an asset that no market has, an order on no level."""
    bench, shown, views = Bench(), Shown(), Views(())
    alice, bob = await bench.open_with("alice", "bob")
    engine, now = bench.game.engine, 0

    def after(*commands: Command) -> None:
        nonlocal now
        touched = Touched()
        for command in commands:
            applied = bench.submit(command)
            assert applied.events, applied.rejection
            touched.take(engine, applied.events)
        now += INTERVAL_NS
        shown.take(views.take(engine, touched, 7, now))

    after(AddMarket(MarketRules("ETH/USD", "ETH", "USD")), Deposit(alice, "EUR", str(5 * 10**24)))
    assert shown.fields["markets", "ETH/USD"]["mid"] == "1000.00"
    assert shown.fields["wallets", "alice"]["EUR"] == {"free": "5.0", "held": "0.0"}
    after(PlacePending(alice, 1, Side.BUY, OrderType.MARKET, quantity=10**10, delay_ms=50))
    assert shown.fields["orders", "1"]["symbol"] == "ETH/USD"
    assert shown.fields["wallets", "alice"]["USD"] == {"free": "9000.0", "held": "1000.0"}
    after(SetBalance(bob, "BTC", "0"), Withdraw(alice, "EUR", str(10**24)))
    assert shown.fields["wallets", "bob"]["BTC"] == {"free": "0.0", "held": "0.0"}
    assert shown.fields["wallets", "alice"]["EUR"] == {"free": "4.0", "held": "0.0"}
    after(ResetAccounts((alice,)))
    assert shown.orders() == set()
    assert shown.fields["wallets", "alice"]["USD"] == {"free": "0.0", "held": "0.0"}
    after(PlacePending(alice, 1, Side.SELL, OrderType.MARKET, quantity=10**10))
    assert shown.orders() == set(), "one that was refused is over"


async def test_an_armed_order_has_no_row() -> None:
    """It gets one when its trigger has fired; until then it is its owner's business."""
    bench, shown, written = Bench(), Shown(), 0
    (alice,) = await bench.open_with("alice")
    bench.submit(Tick(0, 1, 100_000, 100_000))
    stop = limit(alice, Side.SELL, 90_000, 10**6)
    armed = PlaceTrigger(stop, TriggerKind.STOP, TriggerBy.MID, 95_000)
    rows = []
    for command in (armed, Tick(0, 2, 95_000, 95_000), CancelOrder(alice, 1)):
        bench.clock.pass_s(1)
        bench.submit(command)
        await bench.game.settled()
        for batch in bench.journal.batches[written:]:
            shown.take(batch.views)
        written = len(bench.journal.batches)
        rows.append(shown.orders())
        everywhere = Shown()
        everywhere.take(everything(bench.game.engine, 9))
        assert everywhere.orders() == shown.orders()
    assert rows == [set(), {"1"}, set()]
    await bench.game.stop()


def test_an_order_that_has_fired_has_no_row_before_its_turn() -> None:
    """A batch may end while it stands in the queue: it has not come to the market yet."""
    desk = Desk()
    order = arm(desk, Side.SELL, TriggerKind.STOP, 95, price=90)
    assert move(desk, 190) == [order.id]
    rows = [[view.field for view in everything(desk.engine, 1) if view.key == "orders"]]
    desk.do(Continue())
    rows.append([view.field for view in everything(desk.engine, 2) if view.key == "orders"])
    assert rows == [[], [str(order.id)]]
