"""Frames of the feed for the tests of the terminal view."""

from typing import Any

TS = 1_795_218_107.8
Frame = dict[str, Any]


def hello(**changes: Any) -> Frame:
    """An open, endless game of one market."""
    frame = {
        "type": "hello",
        "ts": TS,
        "game": "main",
        "number": 1,
        "phase": "open",
        "remaining": None,
        "markets": [{"symbol": "BTC/USD"}],
        "seq": 1,
    }
    return {**frame, **changes}


def ticker(mid: str = "1000.00") -> Frame:
    return {"type": "ticker", "ts": TS, "symbol": "BTC/USD", "bid": mid, "ask": mid, "mid": mid}


def match(price: str = "1000.00", size: str = "0.5000000000", **changes: Any) -> Frame:
    deal = {"price": price, "size": size, "buy_id": "1", "sell_id": "2"}
    frame = {"type": "match", "ts": TS, "symbol": "BTC/USD", "side": "buy", "message": deal}
    return {**frame, **changes}


def book(bids: list[list[str]], asks: list[list[str]]) -> Frame:
    return {"type": "book", "ts": TS, "symbol": "BTC/USD", "bids": bids, "asks": asks}


def standings(*users: str, equity: str = "20000.00123") -> Frame:
    rows = [
        {"rank": rank, "user": user, "equity": equity, "bot": user.startswith("bot-")}
        for rank, user in enumerate(users, start=1)
    ]
    return {"type": "standings", "ts": TS, "standings": rows, "players": len(users)}


def bcast(text: str, user: str = "alice") -> Frame:
    return {"type": "bcast", "ts": TS, "user": user, "message": text}


def levels(first: int, step: int, count: int) -> list[list[str]]:
    """Levels of a book, best first."""
    return [[f"{first + step * index}.25", "0.1234567891"] for index in range(count)]
