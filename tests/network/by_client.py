"""A trader by `CxClient`: its book, its account, and its own way of asking again."""

from typing import Any

from cxgame.client import CxClient, Response
from cxgame.client.live import LiveBook
from tests.network.trader import SYMBOL, Order, again_until_answered

DOUBTFUL = frozenset({"STATE_UNKNOWN", "STATE_HALTED", "LIMIT_RATE", "CLIENT_CONNECTION"})
TIMEOUT_S = 3.0  # soon enough that a stall is met by another try


class ClientHand:
    """Carries wishes out by `CxClient`."""

    def __init__(self, client: CxClient) -> None:
        self.client = client
        self.doubts = 0

    async def place(self, order: Order) -> str | None:
        """As `Hand`."""
        more = {} if order.stop is None else {"trigger": "stop", "trigger_price": order.stop}
        if order.time_in_force is not None:
            more["time_in_force"] = order.time_in_force
        response = await self._ask(
            "order", order.side, order.type, order.price, order.size, SYMBOL, cid=order.cid, **more
        )
        return response.data["id"] if response.status else None

    async def amend(self, cid: str, price: str, size: str) -> bool:
        """As `Hand`."""
        return (await self._ask("amend", price=price, size=size, cid=cid)).status

    async def cancel(self, cid: str) -> bool:
        """As `Hand`."""
        return (await self._ask("cancel", cid=cid)).status

    async def _ask(self, name: str, *args: Any, **kwargs: Any) -> Response:
        async def once() -> Response | None:
            response: Response = await getattr(self.client, name)(*args, **kwargs)
            self.doubts += response.code in DOUBTFUL
            return None if response.code in DOUBTFUL else response

        answer: Response = await again_until_answered(once)
        return answer


class ClientView:
    """What `CxClient` knows: the book from both servers, open orders, wallets."""

    def __init__(self, client: CxClient, feed_uri: str) -> None:
        self._account = client.live_account()
        self._books = [client.live_book(SYMBOL), LiveBook.of_feed(feed_uri, SYMBOL)]

    async def open(self) -> None:
        """Begin to follow."""
        for each in (self._account, *self._books):
            await each.open()

    async def close(self) -> None:
        """Follow no more."""
        for each in (self._account, *self._books):
            await each.close()

    def books(self) -> list[Any]:
        """The levels, as each book has them."""
        return [
            {
                "bids": [(level.price, level.size) for level in book.bids],
                "asks": [(level.price, level.size) for level in book.asks],
            }
            for book in self._books
            if book.synced
        ]

    def orders(self) -> dict[str, Any]:
        """Price, size and what was filled, by id."""
        return {id: _about(row) for id, row in self._account.orders.items()}

    def wallets(self) -> dict[str, Any]:
        """Free, held and total, by asset."""
        return {asset: tuple(wallet) for asset, wallet in self._account.wallets.items()}


def _about(row: Any) -> tuple[Any, ...]:
    return row["price"], row["quantity"], row["filled_size"]
