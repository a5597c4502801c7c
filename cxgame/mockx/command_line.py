"""The command line of `mockx`: its commands with their words, and the help that explains them."""

import re
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from decimal import Decimal

from cxgame import __version__
from cxgame.config.mockx import MOCKX_ABOUT, MOCKX_DEFAULTS
from cxgame.mockx import requests
from cxgame.mockx.numerals import Numeral
from cxgame.mockx.requests import Maker

SIDES = ("buy", "sell")
TYPES = ("market", "limit")
_DESCRIPTION = (
    "One request to an exchange that speaks MockX, and its answer as JSON. Exit status: 0 done, "
    "1 refused or out of reach, 2 not understood."
)
_EPILOGUE = (
    "API_KEY, in the environment or in .env, is what the server knows you by. "
    "Try: mockx fund USDT 100000"
)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)

Add = Callable[..., ArgumentParser]  # (name, call, help, maker) → the command's own parser


def parse(arguments: list[str] | None) -> Namespace:
    """What was typed; `request` makes the request of it. Exits with 2 where it makes no sense."""
    return build_parser().parse_args(arguments)


def build_parser() -> ArgumentParser:
    """The whole command line."""
    parser = ArgumentParser("mockx", description=_DESCRIPTION, epilog=_EPILOGUE)
    parser.add_argument("--version", action="version", version=f"mockx {__version__}")
    _add_common(parser)
    commands = parser.add_subparsers(metavar="COMMAND", required=True, dest="command")

    def add(name: str, call: str, help: str, maker: Maker) -> ArgumentParser:
        command = commands.add_parser(name, help=help, description=f"{call}: {help}")
        _add_common(command)
        command.set_defaults(request=maker)
        return command

    _add_market(add)
    _add_balance(add)
    _add_orders(add)
    _add_overview(add)
    _add_admin(add)
    return parser


def number(text: str) -> Numeral:
    """A number as it was typed, in the form that JSON has for it."""
    if not _NUMBER.fullmatch(text):
        raise ArgumentTypeError(f"not a number: {text!r}")
    return Numeral.of(Decimal(text))


def whole(text: str) -> str:
    """A whole number, for the query."""
    if not _WHOLE.fullmatch(text):
        raise ArgumentTypeError(f"not a whole number: {text!r}")
    return str(int(text))


def _add_common(parser: ArgumentParser) -> None:
    """Options that stand before the command or after it, so neither place has a default."""
    common = parser.add_argument_group("server and output")
    for name, about in MOCKX_ABOUT.items():
        if about.has_flag:
            common.add_argument(
                "--" + name.replace("_", "-"),
                metavar=about.kind.metavar,
                default=SUPPRESS,
                help=f"{about.help} {about.variables[0]}; without it {MOCKX_DEFAULTS[name]}.",
            )
    common.add_argument(
        "--insecure",
        action="store_true",
        default=SUPPRESS,
        help="Accept any certificate of an https address, such as one that signs itself.",
    )
    common.add_argument(
        "--table", action="store_true", default=SUPPRESS, help="A table instead of JSON."
    )


def _add_market(add: Add) -> None:
    add("tickers", "GET /tickers", "List the markets.", requests.fixed("GET", "/tickers"))
    ticker = add("ticker", "GET /tickers/SYM", "Show the latest ticker.", requests.ticker)
    ticker.add_argument("symbol", metavar="SYM", help="BTC/USDT, or BTC/USDT,ETH/USDT")


def _add_balance(add: Add) -> None:
    add("balance", "GET /balance", "Show every asset.", requests.fixed("GET", "/balance"))
    add(
        "balance-list",
        "GET /balance/list",
        "List the assets that are held.",
        requests.fixed("GET", "/balance/list"),
    )
    row = add("balance-asset", "GET /balance/ASSET", "Show one asset.", requests.balance_asset)
    _asset(row)
    deposit = add(
        "deposit", "POST /balance/ASSET/deposit", "Pay in from outside.", requests.deposit
    )
    _asset(deposit, "amount")
    withdrawal = add(
        "withdrawal", "POST /balance/ASSET/withdrawal", "Pay out.", requests.withdrawal
    )
    _asset(withdrawal, "amount")


def _add_orders(add: Add) -> None:
    order = add("order", "POST /orders", "Place an order.", requests.order)
    _trade(order)
    order.add_argument("--type", choices=TYPES, default="market", help="without it: market")
    order.add_argument("--price", metavar="P", type=number, help="limit price")
    dry = add(
        "can-exec",
        "POST /orders/can_execute",
        "Ask whether the balance suffices for an order.",
        requests.can_execute,
    )
    _trade(dry)
    dry.add_argument("--price", metavar="P", type=number, help="limit price; without it: market")
    _filters(add("orders", "GET /orders", "List orders.", requests.orders))
    _filters(add("orders-simple", "GET /orders/list", "Count and ids.", requests.orders_simple))
    get = add("order-get", "GET /orders/ID", "Show one order.", requests.order_get)
    get.add_argument("order_id", metavar="ID")
    cancel = add("cancel", "POST /orders/ID/cancel", "Cancel an open order.", requests.cancel)
    cancel.add_argument("order_id", metavar="ID")


def _add_overview(add: Add) -> None:
    capital = add(
        "overview-capital",
        "GET /overview/capital",
        "Show equity, deposits, withdrawals, profit.",
        requests.overview_capital,
    )
    capital.add_argument("--raw", action="store_true", help="by asset, not summed up")
    add(
        "overview-assets",
        "GET /overview/assets",
        "Show what is free and what is held, by balances and by orders.",
        requests.fixed("GET", "/overview/assets"),
    )
    trades = add(
        "overview-trades", "GET /overview/trades", "Show trade totals.", requests.overview_trades
    )
    trades.add_argument("--side", choices=SIDES)
    trades.add_argument("--assets", metavar="A,B", help="these base assets only")


def _add_admin(add: Add) -> None:
    fund = add("fund", "POST /admin/fund", "Credit an asset.", requests.fund)
    _asset(fund, "amount")
    balance = add(
        "set-balance",
        "PATCH /admin/balance/ASSET",
        "Overwrite a row of the balance.",
        requests.set_balance,
    )
    _asset(balance)
    balance.add_argument("--free", metavar="F", type=number, required=True)
    balance.add_argument("--used", metavar="U", type=number)
    price = add(
        "set-price",
        "PATCH /admin/tickers/SYM/price",
        "Set a market's price.",
        requests.set_price,
    )
    price.add_argument("symbol", metavar="SYM", help="BTC/USDT")
    price.add_argument("price", metavar="P", type=number)
    price.add_argument("--bid-volume", metavar="V", type=number)
    price.add_argument("--ask-volume", metavar="V", type=number)
    reset = add(
        "reset-data", "DELETE /admin/data", "Clear all balances and orders.", requests.reset_data
    )
    reset.add_argument("--confirm", metavar="GAME", help="needed when others play, too")
    add(
        "health",
        "GET /admin/health",
        "Ask whether it is up.",
        requests.fixed("GET", "/admin/health"),
    )


def _asset(parser: ArgumentParser, *numbers: str) -> None:
    parser.add_argument("asset", metavar="ASSET", help="USDT")
    for name in numbers:
        parser.add_argument(name, metavar=name.upper(), type=number)


def _trade(parser: ArgumentParser) -> None:
    parser.add_argument("symbol", metavar="SYM", help="BTC/USDT")
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("amount", metavar="AMOUNT", type=number, help="in the base asset")


def _filters(parser: ArgumentParser) -> None:
    parser.add_argument("--status", metavar="STATUS", help="new, filled, canceled and so on")
    parser.add_argument("--symbol", metavar="SYM", help="BTC/USDT")
    parser.add_argument("--side", choices=SIDES)
    parser.add_argument("--tail", metavar="N", type=whole, help="the newest N; 0 for all")
