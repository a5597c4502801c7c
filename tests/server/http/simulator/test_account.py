"""What a session owns, and that nothing comes from nowhere when sessions trade."""

import asyncio
from decimal import Decimal
from typing import Any

from cxgame.engine.invariants import violations
from cxgame.model.enums import Liquidity
from tests.server.http.simulator.exchange import GRANTS, Exchange, Session, simulator

NAMES = ("alice", "bob", "carol")


async def test_a_new_session_has_the_grants(alice: Session) -> None:
    """As text, exact and short; all of it is available."""
    nothing = dict.fromkeys(GRANTS, "0")
    body = await alice.do("GET", "/balance")
    assert body == {"balances": GRANTS, "available": GRANTS, "held": nothing}


async def test_holds_are_owned_still(alice: Session) -> None:
    """A balance is all of it; what orders hold is told apart."""
    await alice.place("BUY", "0.5", "49000.5")
    await alice.place("SELL", "4", "3100", symbol="ETH/USD")
    body = await alice.do("GET", "/balance")
    assert body["balances"] == GRANTS
    assert body["held"] == {"USD": "24500.25", "BTC": "0", "ETH": "4"}
    assert body["available"] == {"USD": "75499.75", "BTC": "10", "ETH": "96"}


async def test_a_position_is_what_is_owned_of_a_coin(alice: Session) -> None:
    """Held or not."""
    await alice.place("SELL", "2", "60000")
    await alice.place("BUY", "1")
    found = await alice.do("GET", "/position", params={"symbol": "BTC/USD"})
    assert found == {"symbol": "BTC/USD", "asset": "BTC", "quantity": "11"}


async def test_two_sessions_trade_with_each_other() -> None:
    """At the maker's price; both see the fill, and money and coins change hands."""
    async with simulator(liquidity=Liquidity.NONE) as one:
        alice, bob = one.session("alice"), one.session("bob")
        resting = await alice.place("SELL", "2", "50000")
        taken = await bob.place("BUY", "0.5", "50100")
        assert (taken["status"], taken["filled_quantity"]) == ("FILLED", "0.5")
        found = await alice.do("GET", f"/orders/{resting['order_id']}")
        assert (found["status"], found["filled_quantity"]) == ("PARTIALLY_FILLED", "0.5")
        assert await alice.available("USD") == ("125000", "125000")
        assert await alice.available("BTC") == ("9.5", "8")
        assert await bob.available("USD") == ("75000", "75000")
        assert await bob.available("BTC") == ("10.5", "10.5")
        trades = (await bob.do("GET", "/trades", params={"symbol": "BTC/USD"}))["trades"]
        assert [(each["price"], each["quantity"], each["side"]) for each in trades] == [
            ("50000", "0.5", "BUY")
        ]


async def test_nothing_comes_from_nowhere() -> None:
    """Whatever sessions do to each other at once, the sums stay, and the ledger is right."""
    async with simulator(liquidity=Liquidity.NONE) as one:
        sessions = [one.session(name) for name in NAMES]
        await asyncio.gather(*(_trade(session, at) for at, session in enumerate(sessions)))
        bodies = [await session.do("GET", "/balance") for session in sessions]
        for asset, grant in GRANTS.items():
            owned = sum(Decimal(body["balances"][asset]) for body in bodies)
            assert owned == Decimal(grant) * len(NAMES)
        assert violations(one.engine) == []
        assert _traded(one) > 10


async def _trade(session: Session, at: int) -> None:
    """Orders of all kinds, some of which are cancelled, some refused."""
    for n in range(24):
        side, price = ("BUY", 49_990 + n) if (n + at) % 2 else ("SELL", 50_010 - n)
        body: dict[str, Any] = {"symbol": "BTC/USD", "side": side, "quantity": f"0.{n + 1}"}
        body |= {"type": "MARKET"} if n % 5 == 4 else {"type": "LIMIT", "price": price}
        body["time_in_force"] = ("GTC", "GTC", "IOC", "FOK")[(n + at) % 4]
        answer = await session.ask("POST", "/orders", json=body)
        assert answer.status_code in (201, 400), answer.text
        if n % 7 == 6 and answer.status_code == 201:
            await session.ask("DELETE", f"/orders/{answer.json()['order_id']}")


def _traded(one: Exchange) -> int:
    return one.engine.last_trade_id
