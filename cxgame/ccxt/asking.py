"""How a request looks: one POST per command, the token in a header, refusals by their code."""

from typing import Any

import ccxt

from cxgame.ccxt.about import ABOUT
from cxgame.ccxt.errors import raise_for
from cxgame.ccxt.plans import Plans

KEY = "x-api-key"


class Asking(Plans):
    """Part of an exchange class: what ccxt calls of it, in every class alike."""

    def describe(self) -> Any:
        """What this exchange has."""
        return self.deep_extend(super().describe(), ABOUT)  # type: ignore[misc]

    def sign(
        self,
        path: str,
        api: Any = "public",
        method: str = "POST",
        params: Any = None,
        headers: Any = None,
        body: Any = None,
    ) -> dict[str, Any]:
        """The request of a command: the key is sent wherever there is one."""
        base = self.implode_hostname(self.urls["api"]["rest"])
        headers = {"content-type": "application/json"}
        if self.apiKey:
            headers[KEY] = self.apiKey
        body = self.json(params or {})
        return {"url": f"{base}/api/{path}", "method": "POST", "body": body, "headers": headers}

    def handle_errors(
        self,
        status: int,
        reason: str,
        url: str,
        method: str,
        headers: Any,
        body: str,
        response: Any,
        request_headers: Any,
        request_body: Any,
    ) -> None:
        """Raise by the reply's code, before ccxt looks at the HTTP status."""
        raise_for(self.id, response)

    def wait_ms(self, error: ccxt.RateLimitExceeded, waits: int) -> int:
        """How long to wait before asking again; raises what cannot be waited for.

        What came too fast was not looked at: to send it again is safe, whatever it is.
        """
        wait_ms: int | None = getattr(error, "wait_ms", None)
        if wait_ms is None or waits >= self.options["rateLimitWaits"]:
            raise error
        return wait_ms
