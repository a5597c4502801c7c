"""How the library's objects show themselves in a notebook: what `_repr_html_` of each answers.

A token is never shown, not even a part (see `tables.shown`): notebooks are handed in, and put on
the internet.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cxgame.client.tables import box, cell, line, members, records, shown, table

if TYPE_CHECKING:
    from cxgame.client.account import Account
    from cxgame.client.book import Book
    from cxgame.client.client import CxClient
    from cxgame.client.response import Response

_LEVELS = 10  # a side of a book
_OUT_OF_STEP = "not in step with the exchange: empty until it is"


def client_html(client: "CxClient") -> str:
    """Who plays where."""
    login = "has a token" if client.token else "not registered yet"
    return box(line(client.user or "nobody", f"{client.uri} · {login}"))


def response_html(response: "Response") -> str:
    """What was answered, and a table of it."""
    return box(_answer(response), _data(response.data))


def orders_html(orders: Sequence[Mapping[str, Any]]) -> str:
    """Orders, one a line."""
    count = "1 order" if len(orders) == 1 else f"{len(orders)} orders"
    return box(line(count), records(orders) if orders else "")


def book_html(book: "Book") -> str:
    """The best levels, asks above and bids below, with bars for what rests there."""
    title = line(f"Book {book.symbol or ''}".rstrip(), "" if book.synced else _OUT_OF_STEP)
    asks = [(str(level.price), str(level.size)) for level in book.asks]
    bids = [(str(level.price), str(level.size)) for level in book.bids]
    return box(title, _ladder(bids, asks))


def account_html(account: "Account") -> str:
    """The wallets, and the open orders."""
    title = line(type(account).__name__, "" if account.synced else _OUT_OF_STEP)
    wallets = {asset: wallet._asdict() for asset, wallet in account.wallets.items()}
    return box(title, _wallets(wallets), orders_html(list(account.orders.values())))


def _answer(response: "Response") -> str:
    mark = "✓" if response.status else "✗"
    more = "there are more" if response.more else ""
    return line(f"{mark} {response.msg}", " · ".join(filter(None, [response.code, more])))


def _data(data: Any) -> str:
    """What a command answered, in the shape that suits it."""
    if data is None or data in ([], {}):
        return ""
    match data:
        case {"bids": [*bids], "asks": [*asks]}:
            return _ladder(bids, asks)
        case {"assets": {}}:
            return _wallets(data["assets"])
        case {}:
            return members(data)
        case [*rows] if all(isinstance(row, Mapping) for row in rows):
            return records(data)
        case [first, *_] if hasattr(first, "msg"):  # of a batch
            return "".join(_answer(one) + _data(one.data) for one in data)
        case _:
            return line("", shown(data))


def _wallets(assets: Mapping[str, Mapping[str, Any]]) -> str:
    columns = ("free", "held", "total")
    rows = [
        [cell(asset), *(cell(amounts.get(name), name) for name in columns)]
        for asset, amounts in assets.items()
    ]
    return table(("asset", *columns), rows) if rows else ""


def _ladder(bids: Sequence[Sequence[Any]], asks: Sequence[Sequence[Any]]) -> str:
    """Levels as [price, size]; a size of None is the house's, which has no bound."""
    best = [*bids[:_LEVELS], *asks[:_LEVELS]]
    most = max((_size(level) for level in best), default=Decimal(0)) or Decimal(1)
    rows = [_level(level, "sell", most) for level in reversed(asks[:_LEVELS])]
    rows += [_level(level, "buy", most) for level in bids[:_LEVELS]]
    hidden = max(0, len(bids) - _LEVELS) + max(0, len(asks) - _LEVELS)
    note = line("", f"and {hidden} levels further away") if hidden else ""
    return (table(("", "price", "size"), rows) if rows else line("", "empty")) + note


def _level(level: Sequence[Any], side: str, most: Decimal) -> list[str]:
    price, size = level[0], level[1]
    name = "ask" if side == "sell" else "bid"
    amount = "the house" if size is None else str(size)
    share = 1.0 if size is None else float(_size(level) / most)
    return [cell(name), cell(price, "price"), cell(amount, "size", share=share, side=side)]


def _size(level: Sequence[Any]) -> Decimal:
    try:
        return Decimal(0) if level[1] is None else Decimal(level[1])
    except ArithmeticError:  # damaged on its way: it is shown as it came, without a bar
        return Decimal(0)
