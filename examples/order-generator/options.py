"""The options: flags, else the environment, else `.env` beside this file, else the default.

One table holds them all. `.env.example` shows the same table to whoever copies it.
"""

import argparse
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
ALL = "all"
# The summary reads every order that was sent, and keeps them in memory for it.
MOST_ORDERS = 100_000

_ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Z_]+)\s*=\s*(.*)")


@dataclass(frozen=True)
class Options:
    """What a run does."""

    api_url: str
    api_key: str
    api_timeout: float  # seconds
    orders: int
    rate: float  # orders a second
    symbols: tuple[str, ...]  # empty: every market
    limit_share: float
    limit_distance: float  # of the price, to both sides
    min_cash: Decimal
    max_cash: Decimal
    fund: Decimal
    seed: int | None
    progress: float  # seconds
    settle: float  # seconds
    reset: bool


class Option(NamedTuple):
    """One of them: how it is spelled, read and explained."""

    variable: str
    default: str
    read: Callable[[str], Any]
    help: str


def number(low: float, high: float) -> Callable[[str], float]:
    """A plain number within bounds."""

    def read(text: str) -> float:
        return float(_within(_decimal(text), low, high))

    return read


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def read(text: str) -> int:
        value = _within(_decimal(text), low, high)
        if value != int(value):
            raise ValueError(f"must be a whole number, not {text!r}")
        return int(value)

    return read


def cash(text: str) -> Decimal:
    """An amount of money above zero, exact."""
    return _within(_decimal(text), 1e-8, 1e12)


def markets(text: str) -> tuple[str, ...]:
    """`all`, or symbols separated by commas."""
    if text == ALL:
        return ()
    symbols = tuple(symbol.strip() for symbol in text.split(","))
    if not all(re.fullmatch(r"[^/\s]+/[^/\s]+", symbol) for symbol in symbols):
        raise ValueError(f"must be {ALL}, or markets such as BTC/USDT,ETH/USDT, not {text!r}")
    return symbols


def address(text: str) -> str:
    """An HTTP address."""
    if not re.fullmatch(r"https?://[^\s/@?#][^\s@?#]*", text):
        raise ValueError(f"must be an address such as http://localhost:8000, not {text!r}")
    return text.rstrip("/")


def key(text: str) -> str:
    """What a header can carry; it is not shown where it is refused."""
    if not re.fullmatch(r"[\x21-\x7e]+", text):
        raise ValueError("must be printable ASCII characters without a blank")
    return text


def _seed(text: str) -> int | None:
    return whole(0, 2**63 - 1)(text) if text else None


OPTIONS = {
    "api_url": Option("API_URL", "http://localhost:8000", address, "address of the exchange"),
    "api_key": Option("API_KEY", "invalid-key", key, "its key, or a player's token"),
    "api_timeout": Option(
        "API_TIMEOUT_SEC", "10", number(0.01, 3600), "seconds that the exchange may keep silent"
    ),
    "orders": Option("ORDERS", "1000", whole(1, MOST_ORDERS), "how many orders are sent"),
    "rate": Option("RATE", "2", number(0.001, 1000), "orders a second"),
    "symbols": Option("SYMBOLS", ALL, markets, "markets, as in BTC/USDT,ETH/USDT, or all"),
    "limit_share": Option("LIMIT_SHARE", "0.5", number(0, 1), "share of limit orders, 0 to 1"),
    "limit_distance": Option(
        "LIMIT_DISTANCE",
        "0.01",
        number(0, 0.5),
        "how far from the price limits lie at most, as a share of it",
    ),
    "min_cash": Option("MIN_CASH", "10", cash, "the least that an order is worth, in cash"),
    "max_cash": Option("MAX_CASH", "500", cash, "the most that an order is worth, in cash"),
    "fund": Option("FUND_AMOUNT", "100000", cash, "with --reset: cash to begin with"),
    "seed": Option("SEED", "", _seed, "repeats a run; without it one is drawn and shown"),
    "progress": Option(
        "PROGRESS_SEC", "5", number(0, 3600), "seconds between two lines of progress"
    ),
    "settle": Option(
        "SETTLE_SEC", "10", number(0, 3600), "seconds to wait at the end for market orders"
    ),
}


def read_options(
    arguments: list[str], environ: dict[str, str] | None = None, folder: Path = HERE
) -> Options:
    """All of them. Raises `ValueError` with one plain sentence."""
    typed = vars(_parser().parse_args(arguments))
    variables = {
        **_dotenv(folder / ".env"),
        **_set(dict(os.environ) if environ is None else environ),
    }
    values = {}
    for name, option in OPTIONS.items():
        text = typed.get(name)
        source = "--" + name.replace("_", "-")
        if text is None:
            text, source = variables.get(option.variable, option.default), option.variable
        try:
            values[name] = option.read(text)
        except ValueError as error:
            raise ValueError(f"{source} {error}") from None
    if values["min_cash"] > values["max_cash"]:
        raise ValueError("MIN_CASH must not be more than MAX_CASH")
    return Options(reset=typed["reset"], **values)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("order_generator.py", description="Send random orders.")
    parser.add_argument(
        "--reset", action="store_true", help="clear all balances and orders first, then fund"
    )
    for name, option in OPTIONS.items():
        if name == "api_key":
            continue  # others on this computer see what is typed
        shown = f"; without it {option.default}" if option.default else ""
        parser.add_argument(
            "--" + name.replace("_", "-"),
            metavar=option.variable,
            help=option.help + shown,
        )
    return parser


def _dotenv(path: Path) -> dict[str, str]:
    """The `NAME=value` lines of a file, if it is there; quotes around a value go."""
    if not path.is_file():
        return {}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        match = _ASSIGNMENT.fullmatch(line.strip())
        if match:
            quoted = re.match(r"(['\"])(.*?)\1", match[2])
            found[match[1]] = quoted[2] if quoted else re.split(r"\s+#", match[2])[0].strip()
    return _set(found)


def _set(variables: dict[str, str]) -> dict[str, str]:
    """An empty variable counts as not set."""
    return {name: value for name, value in variables.items() if value}


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"must be a number, not {text!r}") from None
    if not value.is_finite():
        raise ValueError(f"must be a number, not {text!r}")
    return value


def _within(value: Decimal, low: float, high: float) -> Decimal:
    if not Decimal(str(low)) <= value <= Decimal(str(high)):
        raise ValueError(f"must be from {low:g} to {high:g}, not {value}")
    return value
