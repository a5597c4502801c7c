"""What the public knows of a game at a moment."""

from cxgame.model.enums import Phase, Side
from cxgame.model.events import (
    AccountOpened,
    AccountsReset,
    MarketAdded,
    PhaseChanged,
    RulesSet,
    Standing,
    Ticker,
)
from cxgame.wire.feed_state import BOOK_LEVELS, STANDINGS_ROWS, GameState
from tests.wire.feed_samples import BTC, ETH, ONE, WALL_MS, now, placed, resting, snapshot


def standings(count: int) -> tuple[Standing, ...]:
    """So many accounts, best first."""
    return tuple(
        Standing(rank, f"p{rank}", "0.0", "1.00", "1.00", bot=False) for rank in range(1, count + 1)
    )


def test_hello_tells_where_the_game_stands() -> None:
    """Game, phase, markets and seq."""
    hello = GameState(snapshot(number=3)).hello(10, now())
    assert (hello.game, hello.number, hello.phase, hello.seq) == ("main", 3, "open", 10)
    assert [market.symbol for market in hello.markets] == ["BTC/USD", "ETH/USD"]
    assert hello.remaining is None


def test_the_clock_runs_while_the_game_is_open() -> None:
    """What remains shrinks only in play, and not below nothing."""
    state = GameState(snapshot(phase=Phase.PAUSED, remaining_ms=60_000))
    assert state.heartbeat(10, now(30)).remaining == 60.0
    state.fold(PhaseChanged(Phase.OPEN, 60_000, "start"), WALL_MS + 30_000)
    assert state.heartbeat(11, now(40)).remaining == 50.0
    assert state.heartbeat(11, now(400)).remaining == 0.0
    assert state.heartbeat(11, now(40)).phase == "open"


def test_the_clock_stands_still_while_the_game_is_halted() -> None:
    """And goes on from there: halted time is no playing time."""
    state = GameState(snapshot(phase=Phase.OPEN, remaining_ms=60_000))
    state.set_halted(True, now(10))
    assert state.heartbeat(10, now(40)).remaining == 50.0
    state.set_halted(False, now(40))
    assert state.heartbeat(10, now(40)).remaining == 50.0
    assert state.hello(10, now(45)).remaining == 45.0


def test_another_clock_may_tell_what_is_left() -> None:
    """As in a replay: not the time that passes here, whatever a phase has told."""
    left_ms = 42_000
    state = GameState(snapshot(phase=Phase.OPEN, remaining_ms=60_000, clock=lambda: left_ms))
    assert state.hello(10, now(10)).remaining == 42.0
    state.fold(PhaseChanged(Phase.OPEN, 50_000, "start"), WALL_MS + 10_000)
    left_ms = 41_000
    assert state.heartbeat(11, now(40)).remaining == 41.0


def test_a_book_shows_the_best_levels_in_the_markets_decimals() -> None:
    """The twentieth level is in, the twenty-first is not."""
    orders = [resting(id, Side.BUY, 1000 + id, ONE) for id in range(1, BOOK_LEVELS + 2)]
    orders.append(resting(99, Side.SELL, 99_950, ONE // 4))
    book = GameState(snapshot(orders=orders)).book(0, 10, now())
    assert len(book.bids) == BOOK_LEVELS
    assert book.bids[0] == ("10.21", "1.0000000000")
    assert book.bids[-1] == ("10.02", "1.0000000000")
    assert book.asks == [("999.50", "0.2500000000")]
    assert (book.symbol, book.last_seq) == ("BTC/USD", 10)


def test_tickers_are_known_from_snapshot_and_events() -> None:
    """A market without a quote has no ticker."""
    state = GameState(snapshot(quotes=((1, 100, 102),)))
    assert {market: each.mid for market, each in state.tickers(now()).items()} == {1: "1.01"}
    state.fold(Ticker(0, 1, 5, 6), WALL_MS)
    assert [each.symbol for each in state.tickers(now()).values()] == ["BTC/USD", "ETH/USD"]


def test_a_market_may_be_added() -> None:
    """New rules bring their symbols."""
    state = GameState(snapshot(markets=(BTC,)))
    state.fold(RulesSet(1, (BTC, ETH)), WALL_MS)
    assert state.frames.symbols == {"BTC/USD": 0, "ETH/USD": 1}


def test_standings_are_told_when_they_change() -> None:
    """The first hundred rows, the number of all."""
    state = GameState(snapshot())
    assert state.standings is None
    assert state.set_standings(standings(STANDINGS_ROWS + 1), now())
    assert state.standings is not None
    assert len(state.standings.standings) == STANDINGS_ROWS
    assert state.standings.players == STANDINGS_ROWS + 1
    assert not state.set_standings(standings(STANDINGS_ROWS + 1), now(1))
    assert state.set_standings(standings(STANDINGS_ROWS + 2), now(2))


def test_a_market_that_joins_has_book_ticker_and_place_in_hello() -> None:
    """A snapshot that was ahead of the event has it already, and no second one."""
    state = GameState(snapshot(markets=(BTC,)))
    for _ in range(2):
        state.fold(MarketAdded(ETH), WALL_MS)
    state.fold(Ticker(1, 1, 5_000, 5_002), WALL_MS)
    state.fold(placed(1, market=1, price=4_900), WALL_MS)
    assert [market.symbol for market in state.hello(12, now()).markets] == ["BTC/USD", "ETH/USD"]
    assert state.tickers(now())[1].mid == "50.01"
    assert state.book(1, 12, now()).bids == [("49.00", "0.5000000000")]


def test_users_are_known_by_snapshot_and_by_entering() -> None:
    """So that a reset can name them."""
    state = GameState(snapshot(users=("house", "alice")))
    state.fold(AccountOpened(2, "bob", "", bot=False), WALL_MS)
    (frame,) = state.frames.of_event(AccountsReset((1, 2)), 12, WALL_MS)
    assert b'"users":["alice","bob"]' in frame.head
