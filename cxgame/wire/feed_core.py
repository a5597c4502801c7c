"""The feed without sockets: events and requests in, bytes per lane out.

`release` only notes what came; `flush` takes it all in at once, so that what is between the two
is invisible everywhere. Time is an argument. Messages come out as WebSocket frames.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic

from msgspec import UNSET, UnsetType

from cxgame.model.enums import Phase
from cxgame.model.events import Standing, Ticker, Trade
from cxgame.model.market import Market
from cxgame.wire import feed_types as types
from cxgame.wire.feed import ALL_MARKETS, Due, Refused, Subscribe, Subscription
from cxgame.wire.feed_candles import Candles, Key, Known, Taped
from cxgame.wire.feed_depth import Depth
from cxgame.wire.feed_equity import Equity
from cxgame.wire.feed_frames import Frame, encode_frame, moment
from cxgame.wire.feed_lanes import Lane, Lanes, Member, pack, text_message
from cxgame.wire.feed_state import GameState, Now, Snapshot
from cxgame.wire.feed_tape import Stretch, Tape
from cxgame.wire.feed_thinning import MANY_PER_SECOND, Thinning
from cxgame.wire.texts import OUTSIDE, sentence

IDLE_S = 1.0
CATCH_UP_EVENTS = 200  # sent again before others have their turn: a millisecond or two
NOTHING = Subscription(())
SNAPSHOTS = Due.DEPTH | Due.ORDERS  # the channels that begin with whole books

_THINNED = (
    f"More than {MANY_PER_SECOND} events a second: orders and cancels are left out here and a"
    ' book is shown instead; the channel "full" has everything.'
)
_WHOLE = "Orders and cancels are shown again."


class FeedCore(Generic[Member]):
    """One game's feed, from its first snapshot on.

    `counts`: it tells how many watch it, which an order server's own market data does not.
    `masked`: it calls nobody by his name. `delay_s`: it is told later, and says so.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        counts: bool = False,
        masked: bool = False,
        delay_s: float = 0.0,
    ) -> None:
        self.lanes: Lanes[Member] = Lanes()
        self._masked, self._delay_s = masked, delay_s
        self.state = GameState(snapshot, masked=masked)
        self.seq = snapshot.seq  # the last event taken in
        self.candles = Candles()
        self.equity = Equity()
        self._counts = counts
        self._tape = Tape()
        self._thinning = Thinning()
        self._depth = Depth()
        self._pending: list[Stretch] = []
        self._released = snapshot.seq  # the last event that came in
        self._began = snapshot._replace(orders=(), users=(), bots=())
        self._moments: list[Frame] = []

    def begin(self, snapshot: Snapshot, now: Now) -> list[tuple[Lane[Member], bytes]]:
        """Go on from another snapshot: of a new game, or of this one after a hole in the events.

        Of a new game everybody is told by another `hello`; after a hole the next `prev_seq`
        shows the loss. Who follows books gets whole ones. What was released is to be flushed
        before.
        """
        known = self.state
        self.state = GameState(snapshot, masked=self._masked)
        self.seq = self._released = snapshot.seq
        self._tape = Tape()
        self._depth.forget()
        self.candles = Candles()
        self._began = snapshot._replace(orders=(), users=(), bots=())
        self._pending.clear()
        for lane in self.lanes:
            lane.prev_seq, lane.certain = snapshot.seq, True
        is_same = (known.game, known.number) == (snapshot.game, snapshot.number)
        if not is_same:
            self.equity = Equity()
        greeting = b"" if is_same else self.greet(now)
        told = [(lane, greeting + self.snapshots(lane.subscription, now)) for lane in self.lanes]
        return [(lane, data) for lane, data in told if data]

    def release(self, stretch: Stretch) -> bool:
        """Note the events of a batch; those known already are passed over.

        False: events before these are missing, and the feed needs a new `begin`.
        """
        known = self._released + 1 - stretch.first
        if known < 0:
            return False
        if known < len(stretch.events):
            self._pending.append(stretch.without(known) if known else stretch)
            self._released = stretch.last
        return True

    def notice(self, text: str, now: Now) -> None:
        """Say something that is no event to those who follow the activity."""
        said = self.state.frames.names.sentence(text)
        self._moments.append(moment(types.Info(ts=now.ts, message=said)))

    def set_standings(self, standings: Sequence[Standing], now: Now) -> None:
        """Take standings, best first; told with the next flush if they changed."""
        changed = self.state.set_standings(standings, now, self._spectators)
        told = self.state.standings
        if told is not None and changed:
            self._moments.append(moment(told))
        if told is not None and self.sample_wanted(now):
            self.equity.take(told.standings, now)

    def sample_wanted(self, now: Now) -> bool:
        """Whether standings are wanted for the history of equity, whoever watches."""
        return self.state.phase is Phase.OPEN and self.equity.is_due(now)

    def flush(self, now: Now) -> list[tuple[Lane[Member], bytes]]:
        """Take in what was released, and give each lane what it is due."""
        pending, self._pending = self._pending, []
        busy = 0
        followed = self._markets(self.lanes.markets(Due.DEPTH))
        self._depth.watch(self.state.books, [market.id for market in followed])
        candles = self.candles
        for stretch in pending:
            for event in stretch.events:
                self.state.fold(event, stretch.wall_ms)
                busy += type(event) is not Ticker
                if candles and type(event) is Trade:
                    candles.fold(event, stretch.wall_ms)
            self._tape.add(stretch)
            self.seq = stretch.last
        if self._thinning.count(now.monotonic_s, busy):
            self.lanes.thin(self._thinning.thinned)
            self.notice(_THINNED if self._thinning.thinned else _WHOLE, now)
        moments, self._moments = self._moments, []
        wants = self.lanes.wants
        maker = self.state.frames
        frames = [frame for each in pending for frame in each.frames(0, wants, maker)]
        frames += moments
        if followed:
            followed = self._markets(self.lanes.markets(Due.DEPTH))  # one more may have opened
            frames += self._depth.changes(followed, self.state.books, self.seq, now.ts)
        return self._pack(frames, now)

    def show(self, now: Now) -> list[tuple[Lane[Member], bytes]]:
        """The books and candles that changed, and heartbeats. To be called at 10 Hz."""
        books = self.state.books
        changed, books.changed = books.changed, set()
        frames: list[Frame] = []
        if self.lanes.wants & (Due.BOOK | Due.THINNED):
            frames = [moment(self.state.book(each, self.seq, now), each) for each in changed]
        self.candles.watch(self._candles())
        halted = self.state.halted
        frames += self.candles.due(self.state.frames.markets, now, halted=halted)
        return self._pack(frames, now) + self._heartbeats(now)

    def begin_candles(self, known: Mapping[Key, Known], now: Now) -> None:
        """Take the past of `candles.missing` from who keeps it; the tape has the rest."""
        taped = self.taped()
        for key, each in known.items():
            self.candles.begin(key, each, taped, now)

    def join(
        self, member: Member, subscription: Subscription, now: Now, prev_seq: int | None = None
    ) -> None:
        """Send a member what comes from now on; `prev_seq` if it was just caught up.

        Who changes lanes was due what the old lane was. On `full`, which leaves nothing out,
        that is the last event there was.
        """
        lane = self.lanes.of(member)
        if Due.FULL in subscription.wants or (lane is None and prev_seq is None):
            prev_seq = self.seq
        elif prev_seq is None and lane is not None:
            prev_seq = lane.prev_seq
        assert prev_seq is not None
        self.lanes.join(member, subscription, prev_seq, now.monotonic_s)

    def greet(self, now: Now) -> bytes:
        """The first message of a connection."""
        return text_message(encode_frame(self.state.hello(self.seq, now, self._delay_s)))

    def answer(self, request: Subscribe, now: Now) -> bytes:
        """Confirm a subscription, and show how things stand on its channels."""
        subscription = request.subscription
        return self.confirm(subscription, now, request.id) + self.standing(subscription, now)

    def confirm(
        self, subscription: Subscription, now: Now, id: str | int | UnsetType = UNSET
    ) -> bytes:
        """Say what comes from now on."""
        confirmed = types.Subscribed(
            ts=now.ts,
            channels=list(subscription.channels),
            symbol=self._symbol(subscription.market),
            timeframe=subscription.timeframe or UNSET,
            id=id,
        )
        return text_message(encode_frame(confirmed))

    def standing(
        self, subscription: Subscription, now: Now, before: Subscription = NOTHING
    ) -> bytes:
        """How things stand on the channels of a subscription, for who joins it next.

        Whoever had the standings `before` has their history, too.
        """
        shown = [moment(ticker, each) for each, ticker in self.state.tickers(now).items()]
        shown += self._moments_of(subscription, now)
        if self.state.standings is not None and Due.STANDINGS in subscription.wants & ~before.wants:
            curves = self.equity.frame(self.state.standings.standings, now)
            shown += [] if curves is None else [moment(curves)]
        wants = int(subscription.wants & (Due.TICKER | Due.BOOK | Due.STANDINGS))
        return pack(shown, wants, subscription.market, 0)[0] + self.snapshots(subscription, now)

    def again(self, subscription: Subscription, now: Now) -> bytes:
        """Books and standings for who was on no lane for a while: nothing else tells a change."""
        wants = int(subscription.wants & (Due.BOOK | Due.STANDINGS))
        return pack(self._moments_of(subscription, now), wants, subscription.market, 0)[0]

    def _moments_of(self, subscription: Subscription, now: Now) -> list[Frame]:
        shown = []
        if Due.BOOK in subscription.wants:
            for market in self.state.frames.markets:
                shown.append(moment(self.state.book(market.id, self.seq, now), market.id))
        if self.state.standings is not None:
            shown.append(moment(self.state.standings))
        return shown

    def snapshots(
        self,
        subscription: Subscription,
        now: Now,
        of: Due = SNAPSHOTS | Due.CANDLES,
        market: int = ALL_MARKETS,
    ) -> bytes:
        """The whole books that a subscription follows, and the candles that run.

        Of these channels, of one market or all. What was released and not flushed is not in them,
        and comes next.
        """
        shown: list[Frame] = []
        wants = subscription.wants & of
        for each in self._markets({subscription.market}):
            if market not in (each.id, ALL_MARKETS):
                continue
            if Due.DEPTH in wants:
                books = self.state.books
                shown.append(moment(self._depth.snapshot(each, books, self.seq, now.ts), each.id))
            if Due.ORDERS in wants:
                shown.append(moment(self.state.orders(each.id, self.seq, now), each.id))
        if Due.CANDLES in wants:
            keys = self._keys(subscription)
            shown += self.candles.shown(keys, self.state.frames.markets, now.ts)
        return pack(shown, int(subscription.wants), market, 0)[0]

    def refuse(self, refused: Refused, now: Now) -> bytes:
        """Say why a request was none."""
        rejection = refused.rejection
        said = sentence(OUTSIDE, rejection) if refused.is_outside else rejection.text
        frame = types.Error(ts=now.ts, code=rejection.code.value, message=said, id=refused.id)
        return text_message(encode_frame(frame))

    @property
    def first(self) -> int:
        """The oldest event that can be sent again; one more than the last if there is none."""
        return self._tape.first or self.seq + 1

    def resync(self, now: Now) -> bytes:
        """Say that what was asked for is out of reach."""
        return text_message(encode_frame(types.Resync(ts=now.ts, seq=self.seq, first=self.first)))

    def missed(self, seq: int) -> list[Stretch]:
        """The next few events after `seq`; none: the spectator has caught up."""
        return self._tape.after(seq, CATCH_UP_EVENTS)

    def replay(
        self, subscription: Subscription, stretches: Iterable[Stretch], seq: int, prev_seq: int
    ) -> tuple[bytes, int]:
        """The messages of earlier events after `seq` for one spectator; the new `prev_seq`."""
        wants = int(subscription.wants)
        maker = self.state.frames
        frames = (frame for each in stretches for frame in each.frames(seq, wants, maker))
        return pack(frames, wants, subscription.market, prev_seq)

    @property
    def _spectators(self) -> int | UnsetType:
        """Who follows the standings: a bot that reads prices is no spectator."""
        if not self._counts:
            return UNSET
        return sum(len(lane.members) for lane in self.lanes if Due.STANDINGS & lane.wants)

    def _markets(self, wanted: set[int]) -> list[Market]:
        """The markets that are among the wanted."""
        markets = self.state.frames.markets
        return [each for each in markets if each.id in wanted or ALL_MARKETS in wanted]

    def _candles(self) -> Iterable[Key]:
        """The timeframes and markets of which anybody wants candles."""
        wanted = [lane.subscription for lane in self.lanes if lane.wants & Due.CANDLES]
        return {key: None for each in wanted for key in self._keys(each)}

    def _keys(self, subscription: Subscription) -> list[Key]:
        markets = self._markets({subscription.market})
        return [(subscription.timeframe, market.id) for market in markets]

    def taped(self) -> Taped:
        """All trades that are still at hand."""
        trades = [
            (event, stretch.wall_ms)
            for stretch in self._tape
            for event in stretch.events
            if type(event) is Trade
        ]
        began, first = self._began, next(iter(self._tape), None)
        if first is None or first.first == began.seq + 1:
            return Taped(trades, began.last_trade, began.wall_ms)
        return Taped(trades, trades[0][0].trade - 1 if trades else 0, first.wall_ms)

    def _symbol(self, market: int) -> str | None:
        """The symbol of a market; None of all, and of one that only the game before had."""
        markets = self.state.frames.markets
        return markets[market].symbol if 0 <= market < len(markets) else None

    def _pack(self, frames: Sequence[Frame], now: Now) -> list[tuple[Lane[Member], bytes]]:
        if not frames:
            return []
        packed = [(lane, lane.pack(frames, now.monotonic_s)) for lane in self.lanes]
        return [(lane, data) for lane, data in packed if data]

    def _heartbeats(self, now: Now) -> list[tuple[Lane[Member], bytes]]:
        idle = [lane for lane in self.lanes if lane.sent_at <= now.monotonic_s - IDLE_S]
        if not idle:
            return []
        frame = self.state.heartbeat(self.seq, now, self._spectators)
        heartbeat = text_message(encode_frame(frame))
        for lane in idle:
            lane.sent_at = now.monotonic_s
        return [(lane, heartbeat) for lane in idle]
