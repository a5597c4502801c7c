"""All routes of the REST face, in the order in which its documentation shows them."""

from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = ()
