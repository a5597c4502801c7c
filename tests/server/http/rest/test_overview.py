"""Overviews: what holdings are worth, by two sources, and what was traded."""

import pytest

from cxgame.model.commands import PlacePending
from cxgame.model.enums import OrderType, Side
from tests.server.http.rest.office import Office, market
from tests.server.http.rest.office import office as opened

LOT = 10**12  # lots in one whole
FROZEN = ("assets_frozen_value", "cash_frozen_value", "total_frozen_value")


async def test_capital_is_equity_against_what_was_paid(office: Office) -> None:
    """A deposit counts as what it was worth then, equity as what it is worth now."""
    await office.do("POST", "/balance/USDT/deposit", json={"amount": 1_000})
    await office.do("POST", "/balance/BTC/deposit", json={"amount": 0.5})
    await office.do("POST", "/balance/USDT/withdrawal", json={"amount": 100})
    await office.do("PATCH", "/admin/tickers/BTC/USDT/price", json={"price": 70_000})
    assert await office.do("GET", "/overview/capital") == {
        "equity": 35_900.0,
        "deposits": 31_000.0,
        "withdrawals": 100.0,
        "profit_loss": 5_000.0,
    }


async def test_capital_asset_by_asset(office: Office) -> None:
    """With its price and value, and what was paid in and out of each."""
    await office.do("POST", "/balance/USDT/deposit", json={"amount": 1_000})
    await office.do("POST", "/balance/BTC/deposit", json={"amount": 0.5})
    await office.do("POST", "/balance/BTC/withdrawal", json={"amount": 0.1})
    office.place(Side.BUY, LOT // 100, "50000")
    found = await office.do("GET", "/overview/capital?aggregation=false")
    row = {"asset": "BTC", "free": 0.4, "used": 0.0, "total": 0.4}
    cash = {"asset": "USDT", "free": 500.0, "used": 500.0, "total": 1_000.0}
    assert found["balance"] == {
        "BTC": {**row, "price": 60_000.0, "value": 24_000.0},
        "USDT": {**cash, "price": 1.0, "value": 1_000.0},
    }

    def flow(quantity: float, value: float) -> dict[str, object]:
        return {"ref_symbol": "USDT", "asset_quantity": quantity, "ref_value": value}

    assert found["investment_assets"] == {
        "BTC": {"deposits": flow(0.5, 30_000.0), "withdrawals": flow(0.1, 6_000.0)},
        "USDT": {"deposits": flow(1_000.0, 1_000.0), "withdrawals": {}},
    }


async def test_an_asset_without_a_price_is_worth_nothing() -> None:
    """Its price is null; it is not invented by way of other markets."""
    async with opened(markets=(market("BTC/USDT"), market("ETH/BTC"))) as office:
        await office.do("POST", "/balance/ETH/deposit", json={"amount": 2})
        found = await office.do("GET", "/overview/capital?aggregation=no")
        assert (found["balance"]["ETH"]["price"], found["balance"]["ETH"]["value"]) == (None, 0.0)
        assert (await office.do("GET", "/overview/capital"))["equity"] == 0.0


async def test_both_sources_agree_on_what_is_frozen(office: Office) -> None:
    """Orders on both sides, one of them in a market that is not quoted in cash."""
    await office.do("PATCH", "/admin/tickers/ETH/BTC/price", json={"price": 0.05})
    for asset, amount in (("USDT", 1_000), ("BTC", 1), ("ETH", 2)):
        await office.do("POST", f"/balance/{asset}/deposit", json={"amount": amount})
    office.place(Side.BUY, LOT // 100, "50000")
    office.place(Side.SELL, LOT // 10, "70000")
    office.place(Side.BUY, LOT, "0.04", "ETH/BTC")
    found = await office.do("GET", "/overview/assets")
    assert found == {
        "balance_source": {
            "assets_free_value": 0.86 * 60_000 + 6_000,
            "assets_frozen_value": 0.14 * 60_000,
            "assets_total_value": 66_000.0,
            "cash_free_value": 500.0,
            "cash_frozen_value": 500.0,
            "cash_total_value": 1_000.0,
            "total_free_value": 0.86 * 60_000 + 6_500,
            "total_frozen_value": 8_900.0,
            "total_equity": 67_000.0,
        },
        "orders_source": {
            "assets_frozen_value": 8_400.0,
            "cash_frozen_value": 500.0,
            "total_frozen_value": 8_900.0,
        },
        "misc": {"cash_asset": "USDT", "mismatch": dict.fromkeys(FROZEN, False)},
    }


async def test_what_an_admin_holds_is_a_mismatch(office: Office) -> None:
    """No order says so; the asset whose values differ is named."""
    await office.do("PATCH", "/admin/balance/USDT", json={"free": 10, "used": 5})
    found = await office.do("GET", "/overview/assets")
    assert found["misc"]["mismatch"] == {
        "assets_frozen_value": False,
        "cash_frozen_value": True,
        "total_frozen_value": True,
    }
    assert found["orders_source"]["cash_frozen_value"] == 0.0


async def test_a_held_fee_is_frozen_cash() -> None:
    """A sell holds its fee in quote, which both sources count."""
    fees = {"maker_fee": "0.001", "taker_fee": "0.001"}
    async with opened(markets=(market("BTC/USDT", **fees),)) as office:
        await office.do("PATCH", "/admin/tickers/BTC/USDT/price", json={"price": 60_000})
        await office.do("POST", "/balance/USDT/deposit", json={"amount": 100})
        await office.do("POST", "/balance/BTC/deposit", json={"amount": 1})
        office.place(Side.SELL, LOT, "70000")
        found = await office.do("GET", "/overview/assets")
        assert found["orders_source"]["cash_frozen_value"] == 70.0
        assert found["misc"]["mismatch"] == dict.fromkeys(FROZEN, False)


async def test_trades_are_counted_by_side_base_and_quote() -> None:
    """As text, exactly; the filters leave out the rest."""
    fees = {"maker_fee": "0.001", "taker_fee": "0.001"}
    markets = (market("BTC/USDT", **fees), market("ETH/USDT", **fees))
    async with opened(markets=markets) as office:
        await office.do("PATCH", "/admin/tickers/BTC/USDT/price", json={"price": 60_000})
        await office.do("PATCH", "/admin/tickers/ETH/USDT/price", json={"price": 3_000})
        await office.do("POST", "/balance/USDT/deposit", json={"amount": 100_000})
        for lots, symbol in ((LOT // 10, "BTC/USDT"), (LOT // 20, "BTC/USDT"), (LOT, "ETH/USDT")):
            office.place(Side.BUY, lots, "60000", symbol)
        office.place(Side.SELL, LOT // 20, "60000")
        nothing = {"count": {}, "amount": {}, "notional": {}, "fee": {}}
        bought = {
            "count": {"BTC": {"USDT": "2"}, "ETH": {"USDT": "1"}},
            "amount": {"BTC": {"USDT": "0.15"}, "ETH": {"USDT": "1"}},
            "notional": {"BTC": {"USDT": "9000"}, "ETH": {"USDT": "3000"}},
            "fee": {"BTC": {"USDT": "9"}, "ETH": {"USDT": "3"}},
        }
        sold = {
            "count": {"BTC": {"USDT": "1"}},
            "amount": {"BTC": {"USDT": "0.05"}},
            "notional": {"BTC": {"USDT": "3000"}},
            "fee": {"BTC": {"USDT": "3"}},
        }
        path = "/overview/trades"
        assert await office.do("GET", path) == {"BUY": bought, "SELL": sold}
        assert await office.do("GET", f"{path}?side=sell") == {"SELL": sold}
        assert await office.do("GET", f"{path}?side=buy&assets=XRP,") == {"BUY": nothing}
        only = await office.do("GET", f"{path}?assets=ETH")
        assert only["BUY"] == {name: {"ETH": rows["ETH"]} for name, rows in bought.items()}
        assert only["SELL"] == nothing


@pytest.mark.parametrize("query", ["trades?side=both", "trades?side=", "capital?aggregation=maybe"])
async def test_a_filter_that_means_nothing_is_refused(office: Office, query: str) -> None:
    """With what would be right."""
    assert (await office.refused("GET", f"/overview/{query}"))[0] == 422


async def test_each_sees_what_is_his(office: Office) -> None:
    """A player's overview is of the player's account."""
    await office.do("POST", "/balance/USDT/deposit", json={"amount": 1_000})
    alice = await office.rig.player("alice")
    account = office.rig.host.account_of("alice")
    assert account is not None
    refused = PlacePending(account, 0, Side.BUY, OrderType.LIMIT, 10**12, LOT)
    office.rig.bench.submit(refused)
    async with office.client(alice.token) as http:
        assert (await http.get("/overview/capital")).json()["equity"] == 0.0
        found = (await http.get("/overview/assets")).json()
        assert found["balance_source"]["total_equity"] == 0.0
