"""Many orders at once on one account."""

import asyncio

import httpx

from tests.rest.conftest import Api, Desk

COUNT = 100


async def test_a_hundred_buys_and_sells_at_once(desk: Desk, api: Api) -> None:
    """Funds are never negative, nothing is held at the end, and what was paid was received."""
    desk.do("POST", "/balance/USDT/deposit", json={"amount": 100_000})
    desk.do("POST", "/balance/BTC/deposit", json={"amount": 1})
    lows: list[float] = []
    limits = httpx.Limits(max_connections=40)
    headers = {"x-api-key": api.key}
    async with httpx.AsyncClient(
        base_url=api.url, headers=headers, timeout=60, limits=limits
    ) as http:

        async def place(side: str) -> str:
            body = {"symbol": "BTC/USDT", "side": side, "amount": 0.01}
            answer = await http.post("/orders", json=body)
            assert answer.status_code == 200, answer.text
            rows = (await http.get("/balance")).json().values()
            lows.append(min(row[name] for row in rows for name in ("free", "used", "total")))
            return str(answer.json()["id"])

        ids = await asyncio.gather(*(place(side) for side in ("buy", "sell") * COUNT))
    assert len(set(ids)) == 2 * COUNT
    orders = [desk.closed(id) for id in ids]
    assert min(lows) >= 0
    assert {order["status"] for order in orders} <= {"filled", "rejected"}
    assert desk.balance("USDT")[1] == desk.balance("BTC")[1] == 0.0
    bought, sold = (
        [o for o in orders if o["side"] == side and o["status"] == "filled"]
        for side in ("buy", "sell")
    )
    assert len(bought) == len(sold) == COUNT
    fees = sum(order["actual_fee"] for order in orders)
    assert abs(desk.balance("USDT")[0] - (100_000 - fees)) < 1e-6
    assert abs(desk.balance("BTC")[0] - 1.0) < 1e-9
    assets = desk.do("GET", "/overview/assets")
    assert not any(assets["misc"]["mismatch"].values())
