"""`/api/v1/balance` and `/position`: what the caller owns.

A balance is all of it, also what open orders hold; `available` is what an order can still use.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cxgame.server.http.rest.desk import desk_of
from cxgame.server.http.simulator import shapes
from cxgame.server.http.simulator.callers import caller_of
from cxgame.server.http.simulator.openapi import described
from cxgame.server.http.simulator.routing import router
from cxgame.server.http.simulator.symbols import place_of
from cxgame.server.sessions.owned import holdings
from cxgame.wire.simulator_rows import amount_text, figures

routes = router("Simulator: account")


@routes.get("/balance", **described(shapes.BALANCES, shapes.BALANCES_EXAMPLE))
async def balance(request: Request) -> Response:
    """What the caller owns of each asset."""
    caller, desk = caller_of(request), desk_of(request)
    await desk.look(caller.account)
    owned = holdings(desk.engine, desk.engine.accounts[caller.account])
    body = {
        "balances": {each.asset: amount_text(each.free + each.held) for each in owned},
        "available": {each.asset: amount_text(each.free) for each in owned},
        "held": {each.asset: amount_text(each.held) for each in owned},
    }
    return await desk.say(msgspec.json.encode(body))


@routes.get(
    "/position",
    **described(
        shapes.POSITION, shapes.POSITION_EXAMPLE, also=(400, 404), parameters=(shapes.SYMBOL,)
    ),
)
async def position(request: Request) -> Response:
    """What the caller owns of a market's coin."""
    caller, desk = caller_of(request), desk_of(request)
    await desk.look(caller.account)
    market = place_of(request, desk).market
    account = desk.engine.accounts[caller.account]
    owned = account.free[market.base_asset] + account.held[market.base_asset]
    body = (
        f'{{"symbol":{figures(market).symbol_json},"asset":"{market.base}",'
        f'"quantity":"{amount_text(owned)}"}}'
    )
    return await desk.say(body.encode())
