"""Requests by REST: below the limit, again after faults of the line, and with an end.

Owns what a status means. Knows neither orders nor sockets.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from cxgame.client.opening import is_loopback
from cxgame.network import Backoff, RateBudget
from cxgame.simulator.errors import InDoubt, Refused, Unreachable
from cxgame.simulator.health import REST_QUIET, Health

log = logging.getLogger(__name__)

API = "/api/v1"
_FIRST_REFUSAL, _TOO_MANY, _FIRST_FAULT = 400, 429, 500
# What the server says of a body that the line has changed: ours are JSON, and are sent again.
_MANGLED = "Invalid JSON"

_httpx_log = logging.getLogger("httpx")


class _Failed(Exception):
    """A try that told nothing: by a fault of the line or the server."""


class Rest:
    """A client of `/api/v1`. Several tasks may ask at once; one budget is for all of them."""

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        *,
        health: Health,
        budget: RateBudget,
        reply_s: float,
        ssl_verify: bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`transport` goes instead of a network, as `httpx` has it."""
        self._health = health
        self._budget = budget
        self._reply_s = reply_s
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers=dict(headers),
            timeout=reply_s,
            verify=ssl_verify,
            transport=transport,
            trust_env=not is_loopback(urlsplit(base_url).hostname or ""),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    def quiet_s(self) -> float:
        """For how long nothing may be asked, since it was too much."""
        return self._budget.quiet_s(asyncio.get_running_loop().time())

    async def get(self, path: str, until: float, **params: Any) -> dict[str, Any]:
        """What a path says; parameters that are None are left out. Raises as `ask`."""
        given = {name: value for name, value in params.items() if value is not None}
        return await self.ask("GET", path, until, params=given)

    async def ask(
        self,
        method: str,
        path: str,
        until: float,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The body of the answer; asked again until there is one, or it is `until`.

        Raises `Refused`; `Unreachable`, which is `InDoubt` if something may have been done.
        """
        content = None if body is None else json.dumps(body)
        fault, sent = f"{method} {path} was not answered in time.", 0
        for pause_s in Backoff(0.05, 1.0):
            if not await self._may_go(until):
                raise InDoubt(fault) if sent and method != "GET" else Unreachable(fault)
            sent += 1
            if sent > 1:
                self._health.count("retries")
            try:
                return await self._try(method, path, until, params, content)
            except _Failed as failed:
                fault = str(failed)
                log.debug("%s %s: %s", method, path, fault)
            await asyncio.sleep(pause_s)
        raise AssertionError("trying ends only with the time")

    async def _may_go(self, until: float) -> bool:
        """Wait for a place in the budget; False if there is none in time."""
        clock = asyncio.get_running_loop().time
        while clock() < until:
            if clock() + self._budget.wait_s(clock()) >= until:
                await asyncio.sleep(max(until - clock(), 0.0))
                return False
            await asyncio.sleep(self._budget.take(clock()))
            if not self._budget.quiet_s(clock()):
                self._health.end(REST_QUIET)
                return True
        return False

    async def _try(
        self,
        method: str,
        path: str,
        until: float,
        params: Mapping[str, Any] | None,
        content: str | None,
    ) -> dict[str, Any]:
        clock = asyncio.get_running_loop().time
        self._health.count("requests")
        try:
            async with asyncio.timeout_at(min(clock() + self._reply_s, until)):
                response = await self._http.request(
                    method,
                    API + path,
                    params=params,
                    content=content,
                    headers=None if content is None else {"Content-Type": "application/json"},
                )
        except (TimeoutError, httpx.TimeoutException):
            self._health.count("timeouts")
            raise _Failed("no answer in time") from None
        except httpx.TransportError as error:
            self._health.count("rest_failures")
            raise _Failed(f"{type(error).__name__}: {error}") from None
        return self._read(response)

    def _read(self, response: httpx.Response) -> dict[str, Any]:
        status, body = response.status_code, _body(response)
        if status == _TOO_MANY:
            self._slow_down(response)
            raise _Failed("too many requests")
        if status >= _FIRST_FAULT:
            self._health.count("rest_failures")
            raise _Failed(f"HTTP {status}")
        if body is None:
            self._health.count("garbage")
            raise _Failed("an answer that can't be read")
        self._budget.accepted()
        if status < _FIRST_REFUSAL:
            return body
        error = body.get("error")
        if isinstance(error, str) and error.startswith(_MANGLED):
            self._health.count("garbage")
            raise _Failed(error)
        raise Refused(str(error), code=str(body.get("code", "")), status=status)

    def _slow_down(self, response: httpx.Response) -> None:
        self._health.count("refused_for_rate")
        self._health.begin(REST_QUIET)
        try:
            said_s = float(response.headers["Retry-After"])
        except (KeyError, ValueError):
            said_s = None
        quiet_s = self._budget.refused(asyncio.get_running_loop().time(), said_s)
        log.info("Too many requests; quiet for %.1f s", quiet_s)


def _body(response: httpx.Response) -> dict[str, Any] | None:
    """The object in an answer; None if there is none that can be read."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
