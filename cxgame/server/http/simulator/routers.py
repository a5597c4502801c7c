"""All routes of `/api/v1`. Routes are tried in turn: those of orders come first."""

from fastapi import APIRouter

from cxgame.server.http.simulator import account, market, orders

ROUTERS: tuple[APIRouter, ...] = (orders.routes, account.routes, market.routes)
