"""A recording as backtest tools read it: the CSV of Tardis, `incremental_book_L2` and `trades`.

The format: https://docs.tardis.dev/downloadable-csv-files, and on how a book is built from it
https://docs.tardis.dev/faq/data. A file per day, kind and symbol; the first rows of a book are a
snapshot; rows of one `local_timestamp` belong together; an amount of 0 takes a level away.
"""

from collections.abc import Iterable

from cxgame.engine.engine import Engine
from cxgame.model.events import Trade
from cxgame.model.market import Market
from cxgame.records.files import ExportFiles, Row
from cxgame.records.levels import Level, Levels
from cxgame.records.tables import HALVES, Step, utc
from cxgame.wire.feed_words import SIDES

EXCHANGE = "cxgame"
BOOK, TRADES = "incremental_book_L2", "trades"
_COMMON = ("exchange", "symbol", "timestamp", "local_timestamp")
COLUMNS = {
    BOOK: (*_COMMON, "is_snapshot", "side", "price", "amount"),
    TRADES: (*_COMMON, "id", "side", "price", "amount"),
}


class Tardis:
    """Implements `cxgame.records.tables.Table` for both kinds of file and every market."""

    def __init__(self, files: ExportFiles) -> None:
        self._files = files
        self._levels = Levels()
        self._day = ""
        self._rows: dict[tuple[str, int], Row] = {}  # by kind and market, of this day
        self._names: list[str] = []

    def take(self, step: Step) -> None:
        """Its trades, then the levels it left different."""
        day = f"{utc(step.wall_ms):%Y-%m-%d}"
        if day != self._day:
            self._end_day()
            self._day = day
        for event in step.events:
            if isinstance(event, Trade):
                self._trade(event, step)
        changed: dict[int, list[Level]] = {}
        for level in self._levels.fold(step.events):
            changed.setdefault(level.market, []).append(level)
        for market, levels in changed.items():
            self._book(market, levels, step)

    def end(self, engine: Engine) -> None:
        """Every file is as long as its day."""

    def _trade(self, trade: Trade, step: Step) -> None:
        market = step.engine.markets[trade.market].market
        row = self._rows.get((TRADES, market.id)) or self._begin(TRADES, market)
        price, amount = market.price_text(trade.price), _amount(market, trade.quantity)
        row([*_stamp(market, step), trade.trade, SIDES[trade.taker_side], price, amount])

    def _book(self, id: int, changed: Iterable[Level], step: Step) -> None:
        """The changed levels; all of them where a file begins."""
        market = step.engine.markets[id].market
        row, is_snapshot = self._rows.get((BOOK, id)), "false"
        if row is None:
            changed, is_snapshot = list(self._levels.of(id)), "true"
            if not changed:  # a day that begins with an empty book begins with what comes next
                return
            row = self._begin(BOOK, market)
        stamp = _stamp(market, step)
        for level in changed:
            price, amount = market.price_text(level.price), _amount(market, level.lots)
            row([*stamp, is_snapshot, HALVES[level.side], price, amount])

    def _begin(self, kind: str, market: Market) -> Row:
        symbol = market.symbol.replace("/", "-")
        name = f"{EXCHANGE}_{kind}_{self._day}_{symbol}.csv.gz"
        self._names.append(name)
        row = self._rows[kind, market.id] = self._files.begin(name, COLUMNS[kind])
        return row

    def _end_day(self) -> None:
        for name in self._names:
            self._files.close(name)
        self._names.clear()
        self._rows.clear()


def _stamp(market: Market, step: Step) -> tuple[object, ...]:
    return EXCHANGE, market.symbol, step.wall_ms * 1000, step.local_us


def _amount(market: Market, lots: int) -> str:
    """A size without zeros at its end."""
    text = market.size_text(lots)
    return text.rstrip("0").rstrip(".") if "." in text else text
