"""Candles from before the feed: what the exchange's keeper has stored of a game's trades."""

from pathlib import Path

from cxgame.history.candles import KnownCandles, Window
from cxgame.history.reading import HistoryReader
from cxgame.model.candles import TIMEFRAMES, empty_candle
from cxgame.server.broadcast.hub import now
from cxgame.server.sessions.past_reader import PastReader
from cxgame.wire.feed_candles import Key, Known


class PastCandles:
    """Reads the database of one game. Where there is none, nothing is known."""

    def __init__(self, path: Path | None) -> None:
        self._reader = PastReader(path)

    async def latest(self, key: Key) -> Known:
        """The latest candle of a timeframe and market, or the close before it."""
        timeframe, market = key
        seconds = TIMEFRAMES[timeframe]
        second = now().wall_ms // 1000
        first = second - second % seconds
        # One more, as the exchange's clock may be ahead of ours.
        window = Window(seconds, first, first + 2 * seconds)

        def ask(reader: HistoryReader) -> KnownCandles:
            return reader.candles(market, window)

        known = await self._reader.ask(ask, KnownCandles([]))
        candle = None
        if known.candles:
            candle = known.candles[-1]
        elif known.last_close is not None:
            candle = empty_candle(first - seconds, known.last_close)
        return Known(candle, known.last_trade)

    async def window(self, market: int, window: Window) -> KnownCandles:
        """The stored candles of a market and window."""
        return await self._reader.ask(
            lambda reader: reader.candles(market, window), KnownCandles([])
        )

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()
