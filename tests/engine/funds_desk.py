"""Money from outside, in short words for unit tests: alice's account, in whole coins."""

from cxgame.engine.orders import Order
from cxgame.engine.state import Applied
from cxgame.model.commands import (
    Command,
    SetBalance,
)
from cxgame.model.units import ONE
from tests.engine.desk import ALICE, Desk


def done(desk: Desk, command: Command) -> Applied:
    """Carried out, and nothing was made or lost."""
    applied = desk.do(command)
    assert applied.rejection is None
    assert desk.engine.violations() == []
    return applied


def refused(desk: Desk, command: Command) -> tuple[str, dict[str, str]]:
    """Refused without a trace: the code and its facts."""
    before = desk.engine.state_hash()
    applied = desk.do(command)
    assert applied.rejection is not None
    assert applied.events == []
    assert desk.engine.state_hash() == before
    return applied.rejection.code.value, applied.rejection.facts


def units(coins: int) -> str:
    """Coins as commands name them."""
    return str(coins * ONE)


def set_balance(desk: Desk, asset: str, free: int, held: int | None = None) -> Applied:
    """An admin's hand on alice's account."""
    text = None if held is None else units(held)
    return done(desk, SetBalance(ALICE, asset, units(free), text))


def holds(orders: list[Order]) -> list[tuple[int, bool]]:
    """What orders hold in coins, and whether they were cut."""
    return [(order.hold // ONE, order.short) for order in orders]


def flows(desk: Desk, way: str) -> dict[str, tuple[int, int]]:
    """What alice has got or given in all, in coins, with its value."""
    kept = getattr(desk.engine.accounts[ALICE], way)
    return {asset: (flow.amount // ONE, flow.value // ONE) for asset, flow in kept.items()}
