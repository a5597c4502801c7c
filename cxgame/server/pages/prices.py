"""Prices of a remote exchange over REST, for spectators whose browsers cannot reach its feed.

All spectators share one question: the answer is kept as long as they wait between two of theirs,
and a browser never talks to the exchange, which would have to allow it.
"""

import asyncio
import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

from cxgame.server.pages.routes import NoPrices

_PATIENCE_S = 5.0
_MOST_BYTES = 4_000_000  # some 20,000 tickers
_ANY_KEY = "invalid-key"  # which a server takes that has set none
_SHOWN = ("symbol", "price", "bid", "ask")

Row = Mapping[str, Any]


class RemotePrices:
    """Asks `GET /tickers` of an exchange, at most every `refresh_s`."""

    def __init__(self, api_uri: str, api_key: str | None, refresh_s: float) -> None:
        self._base = api_uri.rstrip("/")
        self._headers = {"Accept": "application/json", "x-api-key": api_key or _ANY_KEY}
        self._refresh_s = refresh_s
        self._lock = asyncio.Lock()
        self._asked_at = float("-inf")
        self._rows: Sequence[Row] = ()
        self._fault: str | None = None

    async def __call__(self) -> Sequence[Row]:
        """A row per market; raises `NoPrices`."""
        async with self._lock:
            if time.monotonic() - self._asked_at >= self._refresh_s:
                try:
                    self._rows, self._fault = await asyncio.to_thread(self._ask), None
                except NoPrices as error:
                    self._fault = str(error)
                self._asked_at = time.monotonic()
        if self._fault is not None:
            raise NoPrices(self._fault)
        return self._rows

    def _ask(self) -> list[Row]:
        symbols = self._get("/tickers")
        if not isinstance(symbols, list):
            raise NoPrices("The exchange's list of markets is not one.")
        if not symbols:
            return []
        listed = ",".join(urllib.parse.quote(str(each)) for each in sorted(symbols))
        tickers = self._get(f"/tickers/{listed}")
        if not isinstance(tickers, dict):
            raise NoPrices("The exchange's prices are none.")
        rows = [ticker for ticker in tickers.values() if "price" in ticker]
        return [{name: row.get(name) for name in _SHOWN} for row in rows]

    def _get(self, path: str) -> Any:
        request = urllib.request.Request(self._base + path, headers=self._headers)  # noqa: S310 http(s) alone, by its setting
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:  # noqa: S310
                return json.loads(answer.read(_MOST_BYTES))
        except urllib.error.HTTPError as error:
            raise NoPrices(f"The exchange answers {error.code} instead of prices.") from None
        except (OSError, ValueError, http.client.HTTPException):  # gone, or no HTTP at all
            raise NoPrices("The exchange does not answer.") from None
