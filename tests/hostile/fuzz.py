"""Messages that nobody would send: from the grammar of the dialect, and by damaging honest ones.

Everything is a function of a `random.Random`, so a failing run is found again by its seed.
"""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any, Final, get_type_hints

from msgspec.structs import fields

from cxgame.server.sessions.routes import ROUTES

DEEP: Final = 10_000
STRINGS: Final = [
    *("", " ", "900", "1", "0", "-1", "00.1", "1e5", "1e400", "0x10", "NaN", "inf", "1_0", "1,5"),
    *("BTC/USD", "btc/usd", "ETH/USD", "/", "mallory", "alice", "house", "__init__", "gtc", "fok"),
    *("buy", "limit", "x" * 5_000, "\u0000", "\ud800", "\uff11", "\U0001d11e", "'; DROP TABLE"),
    *("ab" * 32, "${x}", "trades", "book", "full", "executions", "depth", "candles", "1m"),
]
NUMBERS: Final = (
    "0 1 -1 900 0.1 -0.0 1e308 1e400 1e-400 9007199254740993 18446744073709551616 NaN Infinity "
    "-Infinity 01 1. .5 0x1 1e 99999999999999999999999999999999999999999999.9 5 100 1000000"
).split()
WORDS: Final = ["true", "false", "null", "nul", "undefined", "[]", "{}", '{"$ref":"#"}', '["1"]']
TOKENS: Final = [b'"', b"{", b"}", b"[", b"]", b":", b",", b"\\", b"\\u", b"null", b"1e9", b"\x00"]


def _commands() -> dict[str, list[str]]:
    """Every command of the order server, and what its parameters are called."""
    table = {}
    for request in ROUTES:
        params: Any = get_type_hints(request)["params"]
        table[str(request.__struct_config__.tag)] = [each.encode_name for each in fields(params)]
    return table


COMMANDS: Final = _commands()
FEED_COMMANDS: Final = {
    "subscribe": ["channels", "symbol", "timeframe"],
    "unsubscribe": ["channels"],
    "resume": ["seq"],
    "resync": ["symbol"],
}
HONEST: Final = [
    {"cmd": "buy", "params": {"price": "900", "size": "0.01"}},
    {"cmd": "sell", "params": {"price": "1100", "size": "0.01"}},
    {"cmd": "order", "params": {"side": "buy", "type": "limit", "price": "9", "size": "1"}},
    {"cmd": "order", "params": {"side": "sell", "type": "market", "size": "1", "cid": "c1"}},
    {"cmd": "cancel", "params": {"order_id": "1"}},
    {"cmd": "wallet", "params": {}},
    {"cmd": "register", "params": {"username": "carol", "token": "ab" * 32}},
    {"cmd": "bcast", "params": {"message": "hello"}},
    {"cmd": "subscribe", "params": {"channels": ["executions", "trades"]}},
    {"cmd": "subscribe", "params": {"channels": ["depth", "candles"], "timeframe": "1m"}},
    {"cmd": "unsubscribe", "params": {"channels": ["executions"]}},
    {"cmd": "resync", "params": {"symbol": "BTC/USD"}},
]
FEED_HONEST: Final = [
    {"cmd": "subscribe", "params": {"channels": ["trades", "book"], "symbol": "BTC/USD"}},
    {"cmd": "subscribe", "params": {"channels": ["full"]}},
    {"cmd": "subscribe", "params": {"channels": ["depth", "candles"], "timeframe": "5s"}},
    {"cmd": "unsubscribe", "params": {"channels": ["trades"]}},
    {"cmd": "resync", "params": {"symbol": "BTC/USD"}},
]


def messages(seed: int, count: int, *, feed: bool = False) -> Iterator[bytes]:
    """So many text messages; most are refused, some are valid, a few are no UTF-8."""
    draw = random.Random(seed)
    commands, honest = (FEED_COMMANDS, FEED_HONEST) if feed else (COMMANDS, HONEST)
    ways: list[Callable[[], bytes]] = [
        lambda: _grammatical(draw, commands),
        lambda: _grammatical(draw, commands),
        lambda: _damaged(draw, json.dumps(draw.choice(honest)).encode()),
        lambda: _damaged(draw, _grammatical(draw, commands)),
        lambda: _value(draw, 0).encode(errors="replace"),
    ]
    for _ in range(count):
        yield draw.choice(ways)()


def _grammatical(draw: random.Random, commands: dict[str, list[str]]) -> bytes:
    """A message in the shape of one, with values from anywhere."""
    command = draw.choice(list(commands))
    names = [name for name in commands[command] if draw.random() < 0.8]
    if draw.random() < 0.1:
        names.append(draw.choice(["extra", "", "price", "id", "__class__"]))
    params = ",".join(f"{json.dumps(name)}:{_value(draw, 0)}" for name in names)
    parts = [f'"cmd":"{command}"', f'"params":{{{params}}}']
    if draw.random() < 0.5:
        parts.append(f'"id":{_value(draw, 2)}')
    if draw.random() < 0.1:
        parts.append(draw.choice(parts))
    draw.shuffle(parts)
    return ("{" + ",".join(parts) + "}").encode(errors="replace")


def _value(draw: random.Random, depth: int) -> str:
    """Any value, as JSON, or nearly."""
    kind = draw.random()
    if kind < 0.5:
        return json.dumps(draw.choice(STRINGS), ensure_ascii=draw.random() < 0.5)
    if kind < 0.75:
        return draw.choice(NUMBERS)
    if kind < 0.9 or depth > 3:
        return draw.choice(WORDS)
    if kind < 0.9 + 0.02:
        return "[" * DEEP + "]" * draw.choice([DEEP, DEEP - 1])
    values = [_value(draw, depth + 1) for _ in range(draw.randrange(4))]
    if kind < 0.96:
        return "[" + ",".join(values) + "]"
    return "{" + ",".join(f'"{number}":{value}' for number, value in enumerate(values)) + "}"


def _damaged(draw: random.Random, message: bytes) -> bytes:
    """The message with some bytes other, gone, twice, or from elsewhere."""
    data = bytearray(message)
    for _ in range(draw.choice([1, 1, 2, 5])):
        at, end = sorted(draw.randrange(len(data) + 1) for _ in range(2))
        end = min(end, at + 20)
        way = draw.randrange(5)
        if way == 0 and at < len(data):
            data[at] = draw.randrange(0x20, 0x7F) if draw.random() < 0.9 else draw.randrange(256)
        elif way == 1:
            del data[at:end]
        elif way == 2:
            data[at:at] = data[at:end]
        elif way == 3:
            data[at:at] = draw.choice(TOKENS)
        else:
            del data[end:]
    return bytes(data)
