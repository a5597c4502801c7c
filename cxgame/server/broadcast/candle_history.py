"""The latest candles of each timeframe and market, for who draws a chart and was not there.

Put together from what the exchange's keeper has stored and from the tape, at most once a second
for all who ask: a room full of browsers asks in one moment.
"""

from collections.abc import Awaitable, Callable, Iterable

from cxgame.history.candles import KnownCandles, Window, with_trades
from cxgame.model.candles import TIMEFRAMES, Candle
from cxgame.model.market import Market
from cxgame.wire.feed_candles import Key, Taped
from cxgame.wire.feed_frames import encode_frame
from cxgame.wire.feed_lanes import text_message
from cxgame.wire.feed_state import Now
from cxgame.wire.feed_types import PastCandlesFrame

MOST = 300  # intervals
FRESH_S = 1.0

Stored = Callable[[int, Window], Awaitable[KnownCandles]]  # of a market, where any are stored


class CandleHistory:
    """The answers of one game's feed."""

    def __init__(self) -> None:
        self._made: dict[Key, tuple[float, bytes]] = {}

    async def message(
        self,
        key: Key,
        market: Market,
        stored: Stored | None,
        taped: Callable[[], Taped],
        now: Now,
    ) -> bytes:
        """A message with the candles of a timeframe and market. `taped` is what the tape has."""
        made_s, message = self._made.get(key, (float("-inf"), b""))
        if now.monotonic_s < made_s + FRESH_S:
            return message
        known = await _known(key, stored, taped, now)
        message = text_message(encode_frame(_frame(key[0], market, known, now)))
        self._made[key] = now.monotonic_s, message
        return message


async def _known(
    key: Key, stored: Stored | None, taped: Callable[[], Taped], now: Now
) -> KnownCandles:
    """Candles up to now: those before the tape as they are stored, the others from the tape."""
    timeframe, market = key
    seconds = TIMEFRAMES[timeframe]
    second = now.wall_ms // 1000
    running = second - second % seconds
    window = Window(seconds, running - (MOST - 1) * seconds, running + 2 * seconds)
    whole = _first_whole(taped(), seconds)
    # A feed that is told later must not show what is stored already: not the one that runs.
    before = window._replace(end=max(window.first, min(whole, running)))
    known = KnownCandles([])
    if stored is not None and before.starts():
        known = await stored(market, before)
    tape = taped()
    trades = [each for each in tape.trades if each[0].market == market]
    if known.last_trade >= tape.after:
        early = with_trades(known, before, trades)
    else:  # between what is stored and the tape, trades are missing
        early = KnownCandles(known.candles)
    late = window._replace(first=max(window.first, _first_whole(tape, seconds)))
    latest = with_trades(KnownCandles([]), late, trades)
    last_trade = tape.trades[-1][0].trade if tape.trades else tape.after
    return KnownCandles([*early.candles, *latest.candles], None, last_trade)


def _first_whole(tape: Taped, seconds: int) -> int:
    """The first interval of which the tape has every trade."""
    if tape.after == 0:
        return 0
    return -(-tape.since_ms // (seconds * 1000)) * seconds


def _frame(timeframe: str, market: Market, known: KnownCandles, now: Now) -> PastCandlesFrame:
    return PastCandlesFrame(
        ts=now.ts,
        symbol=market.symbol,
        timeframe=timeframe,
        candles=list(_rows(market, known.candles)),
        last_trade=str(known.last_trade),
    )


def _rows(
    market: Market, candles: Iterable[Candle]
) -> Iterable[tuple[int, str, str, str, str, str]]:
    text = market.price_text
    for each in candles:
        prices = text(each.open), text(each.high), text(each.low), text(each.close)
        yield (each.start, *prices, market.size_text(each.quantity))
