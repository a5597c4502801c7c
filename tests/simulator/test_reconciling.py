"""Looks at the truth by REST: what they are made for, and what they count as."""

from typing import Any, cast

from cxgame.simulator.health import Health
from cxgame.simulator.reconciling import Reconciling
from cxgame.simulator.rest import Rest
from cxgame.simulator.terms import Terms
from cxgame.simulator.view import View
from tests.support.waiting import until

HELD = {"USD": "100", "BTC": "1"}


class Truth:
    """REST of a session that has no open orders."""

    def __init__(self) -> None:
        self.held = HELD

    async def get(self, path: str, until: float, **query: Any) -> dict[str, Any]:
        """The answer, at once."""
        if path == "/orders":
            return {"orders": []}
        return {"balances": self.held, "available": self.held}


def reconciling(truth: Truth, terms: Terms) -> tuple[Reconciling, View, Health]:
    """One that asks this truth, for a view that knows nothing yet."""
    health = Health()
    view = View(health)
    made = Reconciling(
        view,
        cast(Rest, truth),
        health=health,
        terms=terms,
        is_up=lambda: True,
        tell=lambda frame: None,
    )
    return made, view, health


def count(health: Health, what: str) -> int:
    """How often something was counted."""
    return int(health.report()["counts"].get(what, 0))


async def test_what_a_connection_begins_with_is_no_difference() -> None:
    """Everything is in doubt then: a look that is due by the clock has found nothing by itself."""
    kept, view, health = reconciling(Truth(), Terms())
    kept.doubt(*view.everything())
    kept.start()
    try:
        await until(lambda: kept.is_settled)
    finally:
        await kept.stop()
    assert view.balances.total == HELD
    assert count(health, "reconciled") == 2
    assert (count(health, "audits"), count(health, "unnoticed")) == (0, 0)


async def test_what_nobody_told_is_a_difference() -> None:
    """Nothing was in doubt, and the truth is another."""
    truth = Truth()
    kept, view, health = reconciling(truth, Terms(audit_s=0.01))
    kept.doubt(*view.everything())
    kept.start()
    try:
        await until(lambda: kept.is_settled)
        assert count(health, "unnoticed") == 0
        truth.held = {**HELD, "BTC": "2"}
        await until(lambda: count(health, "unnoticed") == 1)
    finally:
        await kept.stop()
    assert view.balances.total["BTC"] == "2"
