"""All routes of `/api/v1`, and what `/ws` says by plain HTTP.

Routes are tried in turn: those of orders come first.
"""

from fastapi import APIRouter

from cxgame.server.http.simulator import account, market, orders, plain

ROUTERS: tuple[APIRouter, ...] = (
    orders.routes,
    account.routes,
    market.routes,
    plain.routes,
)
