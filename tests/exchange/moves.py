"""Random moves on an exchange, as plain data: integers that both ways of asking start from.

`on_exchange` asks the facade in decimals, `on_engine` the engine itself in commands built here by
hand. Whoever runs both on the same moves must end with the same state.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import strategies as st
from msgspec.structs import replace

from cxgame.engine.engine import Engine
from cxgame.exchange import Exchange, MarketRules, OrderRefused
from cxgame.exchange.rules import Terms
from cxgame.model import commands
from cxgame.model.enums import Liquidity, OrderType, SelfTrade, Side, TimeInForce, Verb
from cxgame.model.fingerprints import fingerprint
from cxgame.model.rules import RULES_VERSION, Rules
from cxgame.model.units import ONE

MARKETS = (
    MarketRules("BTC/USD", "BTC", "USD", "0.5", "0.01", "0.01", "0.5", "1.00", "0.001", "0.003"),
    MarketRules("ETH/USD", "ETH", "USD", "0.01", "0.1", "0.1", "0.01", "1.00", "0.002", "0"),
)
TICKS = (Decimal("0.5"), Decimal("0.01"))  # of the markets above
LOTS = (Decimal("0.01"), Decimal("0.1"))
NAMES = ("ann", "bob", "cid")
GRANTS = {"USD": "60", "BTC": "0.5", "ETH": "5"}


@dataclass(frozen=True)
class Place:
    """An order, limit or market, by quantity."""

    account: int
    market: int
    side: str
    lots: int
    ticks: int | None
    time_in_force: str = "gtc"
    post_only: bool = False
    stp: str | None = None
    cid: str = ""


@dataclass(frozen=True)
class Spend:
    """A market buy for some cents."""

    account: int
    market: int
    cents: int


@dataclass(frozen=True)
class Cancel:
    """Of an order that may be another's, or over, or not there yet."""

    account: int
    order: int


@dataclass(frozen=True)
class CancelAll:
    """Of one market and side, or more."""

    account: int
    market: int | None
    side: str | None


@dataclass(frozen=True)
class Tick:
    """Quotes, with volumes in lots or without end."""

    market: int
    bid: int
    gap: int
    volume: int | None


@dataclass(frozen=True)
class Wait:
    """The clock moves on."""

    ms: int


Move = Place | Spend | Cancel | CancelAll | Tick | Wait

_ACCOUNT, _MARKET = st.integers(0, len(NAMES) - 1), st.integers(0, len(MARKETS) - 1)
_SIDE = st.sampled_from(("buy", "sell"))
_PLACE = st.builds(
    Place,
    _ACCOUNT,
    _MARKET,
    _SIDE,
    st.integers(0, 40),
    st.none() | st.integers(95, 105),
    st.sampled_from(("gtc", "gtc", "gtc", "ioc", "fok")),
    st.sampled_from((False, False, False, True)),
    st.none() | st.sampled_from([mode.name.lower() for mode in SelfTrade]),
    st.sampled_from(("", "", "", "", "x", "y")),
)
_LIMIT = st.builds(Place, _ACCOUNT, _MARKET, _SIDE, st.integers(1, 40), st.integers(95, 105))
MOVES: st.SearchStrategy[Move] = st.one_of(
    _PLACE,
    _LIMIT,
    _LIMIT,
    _LIMIT,
    st.builds(Spend, _ACCOUNT, _MARKET, st.integers(0, 5_000)),
    st.builds(Cancel, _ACCOUNT, st.integers(1, 20)),
    st.builds(CancelAll, _ACCOUNT, st.none() | _MARKET, st.none() | _SIDE),
    st.builds(
        Tick, _MARKET, st.integers(95, 105), st.integers(0, 3), st.none() | st.integers(0, 20)
    ),
    st.builds(Wait, st.integers(0, 40_000_000)),
)


def exchange_for(liquidity: str) -> Exchange:
    """An exchange with the three accounts."""
    return _with_accounts(Exchange(**_terms(liquidity)))


def recorded_for(liquidity: str) -> Exchange:
    """The same with a journal."""
    return _with_accounts(Exchange(record=True, **_terms(liquidity)))


def _terms(liquidity: str) -> Terms:
    return {"markets": MARKETS, "grants": GRANTS, "max_open_orders": 4, "liquidity": liquidity}


def _with_accounts(exchange: Exchange) -> Exchange:
    for name in NAMES:
        exchange.account(name)
    return exchange


def on_exchange(exchange: Exchange, move: Move) -> str:
    """Make a move in decimals; returns the code of the refusal, or nothing."""
    try:
        _ask(exchange, move)
    except OrderRefused as refusal:
        return refusal.code
    return ""


def _ask(exchange: Exchange, move: Move) -> None:
    accounts, symbols = exchange.accounts, [rules.symbol for rules in MARKETS]
    match move:
        case Place(account, market, side, lots, ticks, time_in_force, post_only, stp, cid):
            accounts[account].place(
                side,
                lots * LOTS[market],
                None if ticks is None else ticks * TICKS[market],
                symbol=symbols[market],
                time_in_force=time_in_force,
                post_only=post_only,
                stp=stp,
                cid=cid,
            )
        case Spend(account, market, cents):
            accounts[account].buy(budget=Decimal(cents) / 100, symbol=symbols[market])
        case Cancel(account, order):
            accounts[account].cancel(order)
        case CancelAll(account, which, half):
            accounts[account].cancel_all(None if which is None else symbols[which], half)
        case Tick(market, bid, gap, volume):
            size = None if volume is None else volume * LOTS[market]
            exchange.tick(
                bid=bid * TICKS[market],
                ask=(bid + gap) * TICKS[market],
                bid_volume=size,
                ask_volume=size,
                symbol=symbols[market],
            )
        case Wait(ms):
            exchange.advance(ms)


class Plain:
    """The engine, asked without the facade."""

    def __init__(self, liquidity: str) -> None:
        self.engine = Engine()
        self.ms = 0
        kind = Liquidity[liquidity.upper()]
        rules = Rules(RULES_VERSION, MARKETS, GRANTS, 0, liquidity=kind, max_open_orders=4)
        opening: Sequence[commands.Command] = (commands.SetRules(rules), commands.Open())
        for command in (*opening, *map(commands.OpenAccount, NAMES)):
            self.engine.apply(command, 0, 0)

    def take(self, move: Move) -> str:
        """Make a move; returns the code of the refusal, or nothing."""
        if isinstance(move, Wait):
            self.ms += move.ms
            return ""
        if getattr(move, "lots", 1) == 0:  # refused where numbers are read, before the engine
            return "FILTER_MIN_SIZE"
        if getattr(move, "cents", 1) == 0:
            return "FILTER_MIN_AMOUNT"
        command = self._command(move)
        rejection = self.engine.apply(command, self.ms * 10**6, self.ms).rejection
        return "" if rejection is None else rejection.code

    def _command(self, move: Place | Spend | Cancel | CancelAll | Tick) -> commands.Command:
        match move:
            case Place():
                return self._place(move)
            case Spend(account, market, cents):
                budget = str(cents * ONE // 100)
                kind = OrderType.MARKET
                return commands.PlaceOrder(
                    account + 1, market, Verb.ORDER, Side.BUY, kind, budget=budget
                )
            case Cancel(account, order):
                return commands.CancelOrder(account + 1, order)
            case CancelAll(account, which, half):
                side = None if half is None else Side[half.upper()]
                return commands.CancelAll(account + 1, -1 if which is None else which, side)
            case Tick(market, bid, gap, volume):
                index = self.engine.markets[market].tick_index + 1
                return commands.Tick(market, index, bid, bid + gap, volume, volume)

    def _place(self, move: Place) -> commands.Command:
        command = commands.PlaceOrder(
            move.account + 1,
            move.market,
            Verb.ORDER,
            Side[move.side.upper()],
            OrderType.MARKET if move.ticks is None else OrderType.LIMIT,
            move.ticks or 0,
            move.lots,
            time_in_force=TimeInForce[move.time_in_force.upper()],
            post_only=move.post_only,
            self_trade=None if move.stp is None else SelfTrade[move.stp.upper()],
            cid=move.cid,
        )
        if not move.cid:
            return command
        return replace(command, fingerprint=fingerprint(command))
