"""`/balance`: what the caller has, and money from and to the outside.

Deposits and withdrawals are for admins: in a competition a deposit would be free money, and a
withdrawal could not be undone.
"""

import msgspec
from msgspec import Raw
from starlette.requests import Request
from starlette.responses import Response

from cxgame.model.commands import Deposit, Withdraw
from cxgame.model.errors import Code
from cxgame.model.units import ONE
from cxgame.server.http.rest.bodies import members_of
from cxgame.server.http.rest.desk import Desk, desk_of
from cxgame.server.http.rest.errors import Refused, misshapen, problem
from cxgame.server.http.rest.keys import admin, who
from cxgame.server.http.rest.numbers import read_amount
from cxgame.server.http.rest.openapi import described
from cxgame.server.http.rest.routing import router
from cxgame.server.http.rest.rows import balance_row
from cxgame.server.http.rest.shapes import (
    AMOUNT,
    AMOUNT_EXAMPLE,
    ASSET,
    ASSETS,
    ASSETS_EXAMPLE,
    BALANCE,
    BALANCE_EXAMPLE,
    BALANCES,
    BALANCES_EXAMPLE,
)
from cxgame.server.http.rest.valuing import Amounts, holding, holdings, is_known
from cxgame.wire.diagnosis import shorten

DEFAULT_AMOUNT = 100_000 * ONE  # of a deposit that names none

routes = router("Portfolio")

_MONEY = described(
    BALANCE,
    BALANCE_EXAMPLE,
    also=(404,),
    body=AMOUNT,
    body_example=AMOUNT_EXAMPLE,
    parameters=(ASSET,),
)


@routes.get("/balance", **described(BALANCES, BALANCES_EXAMPLE))
async def all_balances(request: Request) -> Response:
    """A row for each asset that the caller has, was given or has traded, sorted."""
    desk, held = await _holdings(request)
    rows = {asset: balance_row(asset, amounts) for asset, amounts in held.items()}
    return await desk.say(msgspec.json.encode(rows))


@routes.get("/balance/list", **described(ASSETS, ASSETS_EXAMPLE))
async def list_assets(request: Request) -> Response:
    """How many assets the caller has, and which."""
    desk, held = await _holdings(request)
    return await desk.say(msgspec.json.encode({"length": len(held), "assets": list(held)}))


@routes.get(
    "/balance/{asset}",
    **described(BALANCE, BALANCE_EXAMPLE, also=(404,), parameters=(ASSET,)),
)
async def one_balance(request: Request) -> Response:
    """What the caller has of one asset: zeros, if nothing."""
    caller, desk = who(request), desk_of(request)
    await desk.look(caller.account)
    return await say_balance(desk, caller.account, known_asset(desk, request.path_params["asset"]))


@routes.post("/balance/{asset}/deposit", **_MONEY)
async def deposit(request: Request) -> Response:
    """Give the caller's account money from outside."""
    caller, desk = admin(request), desk_of(request)
    units = await amount_of(request)
    return await give(desk, caller.account, request.path_params["asset"], units)


@routes.post("/balance/{asset}/withdrawal", **_MONEY)
async def withdraw(request: Request) -> Response:
    """Take money out of what the caller's account has free."""
    caller, desk = admin(request), desk_of(request)
    units = await amount_of(request)
    await desk.room()
    asset = known_asset(desk, request.path_params["asset"])
    desk.submit(Withdraw(caller.account, asset, str(units)))
    return await say_balance(desk, caller.account, asset)


# For other routes about money


async def amount_of(request: Request) -> int:
    """The amount in a request's body, in units."""
    members = await members_of(request)
    return positive(members.get("amount"), "amount", DEFAULT_AMOUNT)


async def give(desk: Desk, account: int, asset: str, units: int) -> Response:
    """Deposit, and answer with the balance."""
    await desk.room()
    asset = known_asset(desk, asset)
    desk.submit(Deposit(account, asset, str(units)))
    return await say_balance(desk, account, asset)


async def say_balance(desk: Desk, account: int, asset: str) -> Response:
    """Answer with an account's row of an asset."""
    amounts = holding(desk.engine, desk.engine.accounts[account], asset)
    return await desk.say(msgspec.json.encode(balance_row(asset, amounts)))


def known_asset(desk: Desk, asset: str) -> str:
    """The asset, if there is one of that name. Raises 404."""
    if not is_known(desk.engine, asset):
        text = f"Asset {shorten(asset)} unknown or not tradeable"
        raise Refused(404, Code.FILTER_SYMBOL, text)
    return asset


def positive(raw: Raw | None, name: str, otherwise: int) -> int:
    """An amount in a body, in units; `otherwise` without one. Raises 422 unless it is above 0."""
    if raw is None:
        return otherwise
    units = read_amount(raw, ("body", name))
    if units <= 0:
        raise _too_small("greater_than", raw, name, "Input should be greater than 0")
    return units


def not_negative(raw: Raw | None, name: str, otherwise: int) -> int:
    """The same of an amount that may be nothing."""
    if raw is None:
        return otherwise
    units = read_amount(raw, ("body", name))
    if units < 0:
        text = "Input should be greater than or equal to 0"
        raise _too_small("greater_than_equal", raw, name, text)
    return units


def _too_small(type: str, raw: Raw, name: str, text: str) -> Refused:
    return misshapen(problem(type, ("body", name), text, str(raw, "ascii", "replace")))


async def _holdings(request: Request) -> tuple[Desk, dict[str, Amounts]]:
    caller, desk = who(request), desk_of(request)
    await desk.look(caller.account)
    return desk, holdings(desk.engine, desk.engine.accounts[caller.account])
