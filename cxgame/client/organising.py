"""The commands of organisers: with the admin secret, or as a user who was granted the role."""

from collections.abc import Sequence
from typing import Any, Literal

from cxgame.client.response import Response
from cxgame.client.values import Money, money_text


class Organising:
    """The commands; whoever derives from it says how one call is made."""

    async def _call(self, cmd: str, params: dict[str, Any], until: float | None = None) -> Response:
        """Make one call."""
        raise NotImplementedError

    async def audit(self, secret: str | None = None) -> Response:
        """Check the exchange's books; data: what is wrong, an empty list if nothing is."""
        return await self._call("audit", {"secret": secret})

    async def start(self, secret: str | None = None) -> Response:
        """Open the market."""
        return await self._call("start", {"secret": secret})

    async def pause(self, secret: str | None = None) -> Response:
        """Stop trading until the next `start`."""
        return await self._call("pause", {"secret": secret})

    async def shutdown(self, secret: str | None = None) -> Response:
        """End the game. Never repeated by itself."""
        return await self._call("shutdown", {"secret": secret})

    async def grant(self, username: str, secret: str | None = None) -> Response:
        """Make a user an admin of the game."""
        return await self._call("grant", {"username": username, "secret": secret})

    async def end_round(self, secret: str | None = None) -> Response:
        """Cancel all orders, settle the standings, pause. Never repeated by itself."""
        return await self._call("end_round", {"secret": secret})

    async def start_round(self, secret: str | None = None) -> Response:
        """Set every account back to the grants; `start` opens the market."""
        return await self._call("start_round", {"secret": secret})

    async def announce(self, message: str, secret: str | None = None) -> Response:
        """Say something to everyone as the organiser."""
        return await self._call("announce", {"message": message, "secret": secret})

    async def players(self, secret: str | None = None) -> Response:
        """Everybody in the game: connections, rates, open orders, equity and rank."""
        return await self._call("players", {"secret": secret})

    async def whitelist(
        self,
        add: Sequence[str] | dict[str, list[str]] | None = None,
        remove: Sequence[str] | None = None,
        *,
        everyone: bool | None = None,
        secret: str | None = None,
    ) -> Response:
        """See or change who may play; data: `teams`, None where everybody may."""
        change = {"add": add, "remove": remove, "everyone": everyone}
        return await self._call("whitelist", {**change, "secret": secret})

    async def kick(self, username: str, secret: str | None = None) -> Response:
        """Close all connections of a user."""
        return await self._call("kick", {"username": username, "secret": secret})

    async def rotate_user(self, username: str, secret: str | None = None) -> Response:
        """Give a user a new token; data: the token."""
        return await self._call("rotate_user", {"username": username, "secret": secret})

    async def adjust(
        self,
        username: str,
        asset: str,
        free: Money,
        held: Money | None = None,
        *,
        secret: str | None = None,
    ) -> Response:
        """Set what a user has of an asset."""
        amounts = {"free": money_text(free), "held": None if held is None else money_text(held)}
        who = {"username": username, "asset": asset}
        return await self._call("adjust", {**who, **amounts, "secret": secret})

    async def set_price(self, symbol: str, price: Money, secret: str | None = None) -> Response:
        """Quote a market by hand."""
        params = {"symbol": symbol, "price": money_text(price), "secret": secret}
        return await self._call("set_price", params)

    async def faults(
        self,
        set: Sequence[dict[str, Any]] | None = None,
        clear: Literal["all"] | Sequence[int] | None = None,
        deck: str | None = None,
        *,
        secret: str | None = None,
    ) -> Response:
        """See or change the network's faults; data: `faults` in force, `deck` still to come.

        `set` switches faults on, each a dict such as `{"fault": "drop", "probability": 0.1}`;
        `clear` ends them by their ids, or "all"; `deck` is the text of a deck to deal from now on.
        """
        params = {"set": set, "clear": clear, "deck": deck, "secret": secret}
        return await self._call("faults", params)
