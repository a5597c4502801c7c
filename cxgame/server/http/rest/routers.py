"""All routes of the REST face, in the order in which its documentation shows them."""

from fastapi import APIRouter

from cxgame.server.http.rest import admin, balances, health, orders, overview, tickers

ROUTERS: tuple[APIRouter, ...] = (
    tickers.routes,
    balances.routes,
    orders.routes,
    overview.routes,
    admin.routes,
    health.routes,
)
