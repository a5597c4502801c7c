"""Time in which a game stood still, and when something happened to an order."""

from decimal import Decimal

import pytest

from cxgame.engine.triggers import Trigger
from cxgame.history import Recent
from cxgame.history.rows import Fill
from cxgame.model.enums import Role, Side
from cxgame.server.http.rest.idle import Stillness, changed_ms, old_orders
from tests.server.http.rest.office import Office

LOT = 10**12  # lots in one whole


@pytest.mark.parametrize(
    ("looks", "still"),
    [
        ([(10, True), (20, True)], 0),
        ([(10, False), (20, False)], 20),
        ([(10, True), (20, False), (30, False), (40, True), (50, True)], 30),
        ([(10, False), (20, True), (30, True), (40, False)], 30),
        ([(10, True), (5, False), (20, True)], 10),  # a clock that went back
    ],
)
def test_what_counts_lies_between_two_looks_at_a_game_that_plays(
    looks: list[tuple[int, bool]], still: int
) -> None:
    """Nobody knows when it stopped, so all of the time since the last look is still."""
    stillness = Stillness(0, 0)
    for now_ms, plays in looks:
        stillness.look(now_ms, plays)
    assert stillness.within(0, 100) == still


def test_the_time_before_the_start_is_still() -> None:
    """From when the game was seen last."""
    stillness = Stillness(100, 500)
    stillness.look(600, True)
    assert stillness.within(0, 600) == 400
    assert stillness.within(300, 600) == 200
    assert stillness.within(100, 450) == 350
    assert stillness.within(500, 600) == 0


def test_a_start_at_an_earlier_time_than_the_last_is_no_stillness() -> None:
    """As after a clock was put right."""
    assert Stillness(500, 100).within(0, 1000) == 0


def test_what_nobody_asks_for_is_forgotten() -> None:
    """The rest is counted as before."""
    stillness = Stillness(0, 10)
    for now_ms, plays in ((20, True), (30, False), (40, True), (50, True), (60, False)):
        stillness.look(now_ms, plays)
    assert stillness.within(0, 60) == 40
    stillness.forget(25)
    assert stillness.within(25, 60) == 25
    assert stillness.within(0, 60) == 30


async def test_old_orders_come_oldest_first(office: Office) -> None:
    """Up to the moment, and not those that are closed."""
    await office.do("POST", "/admin/fund", json={"asset": "USDT"})
    clock = office.rig.bench.clock
    placed = []
    for _ in range(3):
        placed.append(office.place(Side.BUY, LOT, "1"))
        await office.rig.game.settled()
        clock.pass_s(1)
    first_ms = office.engine.orders[placed[0]].wall_ms
    for after_ms, count in ((-1, 0), (0, 1), (999, 1), (1000, 2), (5000, 3)):
        orders = old_orders(office.engine, first_ms + after_ms)
        assert [order.id for order in orders] == placed[:count]


async def test_an_order_that_waits_for_its_trigger_never_grows_old(office: Office) -> None:
    """Until it has fired."""
    await office.do("POST", "/admin/fund", json={"asset": "USDT"})
    order = office.engine.orders[office.place(Side.BUY, LOT, "1")]
    order.trigger = Trigger.__new__(Trigger)
    for armed in (True, False):
        order.trigger.armed = armed
        assert (order in old_orders(office.engine, order.wall_ms)) is not armed


async def test_an_order_has_changed_when_it_was_placed_or_filled_last(office: Office) -> None:
    """A fill that memory has lost is older than all that it keeps."""
    await office.do("POST", "/admin/fund", json={"asset": "USDT"})
    clock, host = office.rig.bench.clock, office.rig.host
    order = office.engine.orders[office.place(Side.BUY, LOT, "50000")]
    start_ms = order.wall_ms
    assert await changed_ms(host, order) == start_ms
    for seconds in (10, 20):
        await office.rig.game.settled()
        clock.pass_s(10)
        office.set_price("BTC/USDT", *_small_volume())
        assert await changed_ms(host, order) == start_ms + seconds * 1000
    await office.rig.game.settled()
    office.rig.game.recent = Recent()
    assert await changed_ms(host, order) == clock.wall_ms()
    clock.pass_s(10)
    office.place(Side.BUY, LOT // 100, "60000")
    assert await changed_ms(host, order) == clock.wall_ms()


async def test_a_fill_that_memory_has_lost_is_asked_of_the_database(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest of the order's fills counts."""
    await office.do("POST", "/admin/fund", json={"asset": "USDT"})
    order = office.engine.orders[office.place(Side.BUY, LOT, "50000")]
    office.set_price("BTC/USDT", *_small_volume())
    office.rig.game.recent = Recent()

    class Reader:
        def fills_of(self, account: int, order_id: int, limit: int) -> list[Fill]:
            assert (account, order_id) == (order.account, order.id)
            both = Role.MAKER, order.id, 0
            return [Fill(n, 0, order.id, Side.BUY, 1, 1, 0, *both, 100 * n) for n in (1, 2)]

    async def ask(question: object, otherwise: object) -> object:
        assert callable(question)
        return question(Reader())

    monkeypatch.setattr(office.rig.host.past, "ask", ask)
    assert await changed_ms(office.rig.host, order) == 200


def _small_volume() -> tuple[Decimal, Decimal, Decimal]:
    """A price that an order at 50,000 meets, for a tenth of it."""
    return Decimal(40_000), Decimal("0.1"), Decimal("0.1")
