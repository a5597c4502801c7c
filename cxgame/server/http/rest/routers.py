"""All routes of the REST face.

Routes are tried in turn, so those of orders come first: they are asked for most.
"""

from fastapi import APIRouter

from cxgame.server.http.rest import admin, balances, health, orders, overview, tickers

ROUTERS: tuple[APIRouter, ...] = (
    orders.routes,
    tickers.routes,
    balances.routes,
    overview.routes,
    admin.routes,
    health.routes,
)
