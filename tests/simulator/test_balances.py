"""Balances from frames that may be old, and from REST."""

from typing import Any

from cxgame.simulator.balances import Balances


def update(second: int, **total: str) -> dict[str, Any]:
    """A BALANCE_UPDATE of some assets, of which all is free."""
    return {
        "timestamp": f"2026-11-21T14:30:{second:02}.000Z",
        "balances": total,
        "available": total,
    }


def test_the_newest_frame_of_an_asset_counts() -> None:
    """Whenever it comes; others may be newer for other assets."""
    balances = Balances()
    for frame in (update(3, USD="30", BTC="3"), update(5, BTC="5"), update(4, USD="40", BTC="4")):
        balances.take(frame)
    assert balances.total == balances.available == {"USD": "40", "BTC": "5"}


def test_rest_counts_unless_more_was_heard() -> None:
    """It says whether something was believed otherwise; None if it may be old itself."""
    balances = Balances()
    assert balances.are({"USD": "10"}, {"USD": "9"}, balances.version) is True
    assert balances.are({"USD": "10"}, {"USD": "9"}, balances.version) is False
    asked_in = balances.version
    balances.take(update(1, USD="20"))
    assert balances.are({"USD": "10"}, {"USD": "9"}, asked_in) is None
    assert balances.total == {"USD": "20"}
