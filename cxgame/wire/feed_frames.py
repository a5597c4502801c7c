"""Events become frames: encoded once, whoever and however many they are for.

An event gives one frame or two. The last of them carries the event's `seq`, the other none, so
that the numbered frames of the `full` channel count up by one, and whoever has seen the `seq` has
seen all of the event. Pure: bytes out of events and markets.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET
from msgspec.structs import asdict

from cxgame.model.enums import OrderType, Phase, Reason, Side, Verb
from cxgame.model.events import (
    AccountOpened,
    AccountsReset,
    Event,
    MarketAdded,
    Message,
    Noticed,
    OrderAmended,
    OrderClosed,
    OrderPlaced,
    OrderReduced,
    OrderRejected,
    PhaseChanged,
    Results,
    RoundStarted,
    RulesSet,
    Standing,
    Ticker,
    Trade,
)
from cxgame.model.market import Market, build_market
from cxgame.model.rules import MarketRules
from cxgame.model.units import format_units
from cxgame.wire import feed_parts as parts
from cxgame.wire import feed_types as types
from cxgame.wire.feed import ALL_MARKETS, DUE
from cxgame.wire.feed_names import Names
from cxgame.wire.feed_parts import market_info
from cxgame.wire.feed_words import PHASES, REASONS, SIDES, TIMES, TYPES

NO_SEQ = 0
ANNOUNCE = "announce"  # the act that is a message to everyone
ORGANISER = "admin"  # who has the admin secret; no player can have the name


class Frame(NamedTuple):
    """An encoded frame. With a `seq` it lacks its end: `prev_seq`'s number and the brace."""

    due: int
    market: int
    seq: int
    head: bytes


_encode = msgspec.json.Encoder().encode
_DUE = {tag: int(due) for tag, due in DUE.items()}


# Which channels an event is for at all, so that nothing is encoded for nobody.
EVENT_DUE: dict[type[Event], int] = {
    RulesSet: _DUE["rules"],
    AccountOpened: _DUE["info"],
    OrderPlaced: _DUE["buy"],
    Trade: _DUE["match"],
    OrderReduced: _DUE["reduce"],
    OrderAmended: _DUE["amend"],
    OrderClosed: _DUE["cancel"],
    OrderRejected: _DUE["cancel"],
    Message: _DUE["bcast"],
    Noticed: _DUE["notice"],
    Ticker: _DUE["ticker"],
    MarketAdded: _DUE["market"],
    AccountsReset: _DUE["reset"],
    PhaseChanged: _DUE["phase"],
    RoundStarted: _DUE["round"],
    Results: _DUE["results"],
}


def encode_frame(frame: types.FeedFrame) -> bytes:
    """The bytes of a frame that belongs to no event."""
    return _encode(frame)


def moment(frame: types.FeedFrame, market: int = ALL_MARKETS) -> Frame:
    """A frame that belongs to no event, for the channels of its type."""
    return Frame(_DUE[_tag(frame)], market, NO_SEQ, _encode(frame))


def results_csv(standings: Iterable[Standing], names: Names | None = None) -> str:
    """The table of the `csv` frame. Names are of the name rule, so nothing needs escaping."""
    shown = (names or Names()).shown
    lines = ['"user","crypto","usd","holdings"']
    lines += [f'"{shown(row.user)}","{row.base}","{row.quote}","{row.equity}"' for row in standings]
    return "\n".join(lines) + "\n"


class FrameMaker:
    """Knows the markets of a game, and so the texts of prices and sizes; and its users."""

    def __init__(self, rules: Iterable[MarketRules] = (), names: Names | None = None) -> None:
        self.markets: list[Market] = []
        self.symbols: dict[str, int] = {}
        self.names = names or Names()
        self.set_rules(rules)
        self._makers: dict[type[Event], Callable[[Any, float], Iterable[types.FeedFrame]]] = {
            RulesSet: self._rules,
            AccountOpened: self._registered,
            OrderPlaced: self._placed,
            Trade: self._match,
            OrderReduced: self._reduced,
            OrderAmended: self._amended,
            OrderClosed: self._cancelled,
            OrderRejected: self._rejected,
            Message: self._said,
            Noticed: self._noticed,
            Ticker: self._ticker,
            MarketAdded: self._market_added,
            AccountsReset: self._reset,
            PhaseChanged: self._phase,
            RoundStarted: self._round,
            Results: self._results,
        }

    def set_rules(self, rules: Iterable[MarketRules]) -> None:
        """Take over markets; those that are not among them stay as they are."""
        for id, each in enumerate(rules):
            # The columns of the ledger don't matter here.
            self.markets[id : id + 1] = [build_market(id, each, 0, 1)]
            self.symbols[each.symbol] = id

    def add_market(self, rules: MarketRules) -> None:
        """One more market, unless a snapshot that was ahead of the events had it already."""
        if rules.symbol not in self.symbols:
            self.symbols[rules.symbol] = len(self.markets)
            self.markets.append(build_market(len(self.markets), rules, 0, 1))

    def rows(self, standings: Iterable[Standing]) -> list[parts.Row]:
        """Standings as the feed shows them: what somebody holds of what stays in the `csv`."""
        shown = self.names.shown
        return [parts.Row(row.rank, shown(row.user), row.equity, row.bot) for row in standings]

    def of_event(self, event: Event, seq: int, wall_ms: int) -> list[Frame]:
        """The frames of one public event."""
        shapes = list(self._makers[type(event)](event, wall_ms / 1000))
        market = self._market_of(event)
        frames = [Frame(_DUE[_tag(each)], market, NO_SEQ, _encode(each)) for each in shapes[:-1]]
        last = shapes[-1]
        head = b'%b,"seq":%d,"prev_seq":' % (_encode(last)[:-1], seq)
        frames.append(Frame(_DUE[_tag(last)], market, seq, head))
        return frames

    def _market_of(self, event: Event) -> int:
        """The market that an event concerns alone."""
        if type(event) is MarketAdded:
            return self.symbols[event.market.symbol]
        return getattr(event, "market", ALL_MARKETS)

    def _rules(self, event: RulesSet, ts: float) -> Iterable[types.FeedFrame]:
        yield types.RulesFrame(ts=ts, markets=[market_info(rules) for rules in event.markets])

    def _registered(self, event: AccountOpened, ts: float) -> Iterable[types.FeedFrame]:
        name = self.names.shown(event.name)
        yield types.Info(ts=ts, message=f"Registered: {name}", user=name, bot=event.bot)

    def _placed(self, event: OrderPlaced, ts: float) -> Iterable[types.FeedFrame]:
        symbol = self.markets[event.market].symbol
        buys = event.side is Side.BUY
        if event.type is OrderType.LIMIT:
            limit = types.Buy if buys else types.Sell
            yield limit(ts=ts, message=self._limit_order(event, ts), symbol=symbol)
        else:
            market = types.BuyMarket if buys else types.SellMarket
            yield market(ts=ts, message=self._market_order(event, ts), symbol=symbol)

    def _limit_order(self, event: OrderPlaced, ts: float) -> parts.LimitOrder:
        market = self.markets[event.market]
        size = market.size_text(event.quantity)
        value = event.price * event.quantity * market.tick_lot_units
        return parts.LimitOrder(
            timestamp=ts,
            id=str(event.order),
            size=size,
            price=market.price_text(event.price),
            side=SIDES[event.side],
            status="open",
            filled_size=market.size_text(0),
            user=self.names.shown(event.user),
            symbol=market.symbol,
            quantity=size,
            type=TYPES[event.type],
            time_in_force=TIMES[event.time_in_force],
            usd_used=format_units(value, 2) if event.side is Side.BUY else UNSET,
        )

    def _market_order(self, event: OrderPlaced, ts: float) -> parts.MarketOrder:
        market = self.markets[event.market]
        if event.budget:
            quantity, amount = None, format_units(int(event.budget), 2)
        else:
            quantity = amount = market.size_text(event.quantity)
        side = SIDES[event.side]
        return parts.MarketOrder(
            timestamp=ts,
            id=str(event.order),
            price=market.price_text(event.price),
            amount=amount,
            side=side if event.verb is Verb.ORDER else f"{side}_market",
            status="open",
            filled_size=market.size_text(0),
            user=self.names.shown(event.user),
            symbol=market.symbol,
            quantity=quantity,
            type=TYPES[event.type],
        )

    def _match(self, event: Trade, ts: float) -> Iterable[types.FeedFrame]:
        market = self.markets[event.market]
        yield types.Match(
            ts=ts,
            message=parts.MatchedOrders(
                size=market.size_text(event.quantity),
                price=market.price_text(event.price),
                buy_id=str(event.buy_order),
                sell_id=str(event.sell_order),
            ),
            symbol=market.symbol,
            trade_id=str(event.trade),
            side=SIDES[event.taker_side],
        )

    def _reduced(self, event: OrderReduced, ts: float) -> Iterable[types.FeedFrame]:
        market = self.markets[event.market]
        cut = parts.Cut(
            id=str(event.order),
            size=market.size_text(event.quantity),
            left=market.size_text(event.left),
        )
        yield types.Reduce(ts=ts, message=cut, symbol=market.symbol)

    def _amended(self, event: OrderAmended, ts: float) -> Iterable[types.FeedFrame]:
        market = self.markets[event.market]
        amended = parts.Amended(
            order_id=str(event.order),
            price=market.price_text(event.price),
            size=market.size_text(event.quantity),
            left=market.size_text(event.left),
            in_place=event.in_place,
        )
        yield types.Amend(ts=ts, message=amended, symbol=market.symbol)

    def _cancelled(self, event: OrderClosed, ts: float) -> Iterable[types.FeedFrame]:
        symbol = self.markets[event.market].symbol
        reason = REASONS[event.reason]
        yield types.Cancel(ts=ts, message=str(event.order), symbol=symbol, reason=reason)

    def _rejected(self, event: OrderRejected, ts: float) -> Iterable[types.FeedFrame]:
        # Not its comment: what somebody has is nobody's business.
        symbol, reason = self.markets[event.market].symbol, REASONS[Reason.REJECTED]
        yield types.Cancel(ts=ts, message=str(event.order), symbol=symbol, reason=reason)

    def _said(self, event: Message, ts: float) -> Iterable[types.FeedFrame]:
        yield types.Bcast(ts=ts, message=event.text, user=self.names.shown(event.user))

    def _noticed(self, event: Noticed, ts: float) -> Iterable[types.FeedFrame]:
        if event.act == ANNOUNCE:
            yield types.Bcast(ts=ts, message=event.text, user=ORGANISER)
        else:
            user = self.names.shown(event.user) if event.user else ORGANISER
            text = self.names.sentence(event.text)
            yield types.NoticeFrame(ts=ts, act=event.act, message=text, user=user)

    def _ticker(self, event: Ticker, ts: float) -> Iterable[types.FeedFrame]:
        yield self.ticker(event.market, event.bid, event.ask, ts)

    def ticker(self, market: int, bid: int, ask: int, ts: float) -> types.TickerFrame:
        """The quotes of a market, in ticks, as a frame."""
        of = self.markets[market]
        return types.TickerFrame(
            ts=ts,
            symbol=of.symbol,
            bid=of.price_text(bid),
            ask=of.price_text(ask),
            mid=of.mid_text(bid + ask),
        )

    def _market_added(self, event: MarketAdded, ts: float) -> Iterable[types.FeedFrame]:
        yield types.MarketFrame(ts=ts, **asdict(market_info(event.market)))

    def _reset(self, event: AccountsReset, ts: float) -> Iterable[types.FeedFrame]:
        yield types.Reset(ts=ts, users=self.names.accounts(event.accounts))

    def _phase(self, event: PhaseChanged, ts: float) -> Iterable[types.FeedFrame]:
        remaining = None if event.remaining_ms is None else event.remaining_ms / 1000
        yield types.PhaseFrame(ts=ts, phase=PHASES[event.phase], remaining=remaining)
        if event.phase is Phase.OPEN:
            yield types.Start(ts=ts, message="Open for business.")
        elif event.phase is Phase.PAUSED:
            yield types.Pause(ts=ts, message="Server is paused.")
        elif event.phase is Phase.CLOSED:
            yield types.Shutdown(ts=ts, message="Shutting down.")

    def _round(self, event: RoundStarted, ts: float) -> Iterable[types.FeedFrame]:
        # Not its seed: whoever knows the seed knows the prices to come.
        yield types.RoundFrame(ts=ts, round=event.round)

    def _results(self, event: Results, ts: float) -> Iterable[types.FeedFrame]:
        yield types.ResultsFrame(ts=ts, round=event.round, standings=self.rows(event.standings))
        table = results_csv(event.standings, self.names)
        yield types.Csv(ts=ts, message="Final standings.", data=table)


def _tag(frame: types.FeedFrame) -> str:
    tag = frame.__struct_config__.tag
    assert isinstance(tag, str)
    return tag
