"""What a watcher knows, frame by frame."""

from cxgame.watch.scene import KEPT_MESSAGES, KEPT_TRADES, MOVED_S, Scene
from tests.watch.feed import TS, bcast, book, hello, match, standings, ticker


def scene(*frames: dict[str, object]) -> Scene:
    seen = Scene()
    for frame in frames:
        seen.take(frame)
    return seen


def test_hello_tells_game_phase_and_markets() -> None:
    """And is worth a line in a log."""
    seen = Scene()
    assert seen.take(hello()) == "game main.1, open: BTC/USD"
    assert (seen.game, seen.phase, seen.market) == ("main.1", "open", "BTC/USD")


def test_before_hello_there_is_nothing() -> None:
    """A screen can be drawn all the same."""
    seen = Scene()
    assert (seen.market, seen.book.bids, seen.remaining(TS)) == ("", [], None)


def test_a_trade_moves_tape_price_and_rate() -> None:
    """The rate forgets what is older than ten seconds; the tape has a bound."""
    seen = scene(hello(), ticker("990.00"))
    assert seen.take(match("1000.50")) == "BTC/USD buy 0.5 at 1000.50"
    assert [second.last for second in seen.history.seconds] == [1000.5]
    seen.take(ticker("991.00"))
    assert [second[1:] for second in seen.history.seconds] == [(990.0, 1000.5, 1000.5)]
    assert seen.mids == {"BTC/USD": "991.00"}
    assert seen.trades_per_s(TS + 9) == 0.1
    assert seen.trades_per_s(TS + 11) == 0
    for _ in range(KEPT_TRADES + 1):
        seen.take(match())
    assert len(seen.tape) == KEPT_TRADES


def test_the_clock_runs_while_the_game_is_open() -> None:
    """From the last frame that said something about it."""
    seen = scene(hello(remaining=60.0))
    assert seen.remaining(TS + 10) == 50
    assert seen.remaining(TS + 100) == 0
    beat = {"type": "heartbeat", "ts": TS + 20, "phase": "paused", "remaining": 40.0}
    seen.take({**beat, "halted": True})
    assert seen.remaining(TS + 30) == 40
    assert seen.halted


def test_settled_standings_stay_while_prices_move_on() -> None:
    """Between the end of a round and the next one, or until play is started again."""
    start = {"type": "start", "ts": TS, "message": "The game was started."}
    for begin in ({"type": "round", "ts": TS, "round": 2}, start):
        seen = scene(hello(), {**standings("alice", "bob"), "type": "results"})
        assert seen.take(standings("bob", "alice")) is None
        assert [place.user for place in seen.standings] == ["alice", "bob"]
        seen.take(begin)
        seen.take(standings("bob", "alice"))
        assert [place.user for place in seen.standings] == ["bob", "alice"]


def test_books_and_standings_replace_the_ones_before() -> None:
    """The newest counts; results are standings, too."""
    seen = scene(hello(), book([["1.00", "2.0"]], []), book([], [["3.00", "4.0"]]))
    assert (seen.book.bids, seen.book.asks) == ([], [["3.00", "4.0"]])
    assert seen.take(standings("bob", "alice")) == "bob leads with 20,000.00"
    assert [place.user for place in seen.standings] == ["bob", "alice"]
    results = {**standings("alice"), "type": "results"}
    del results["players"]
    seen.take(results)
    assert (seen.players, seen.standings[0].user) == (1, "alice")
    assert seen.take(standings()) is None


def test_another_game_begins_with_an_empty_screen() -> None:
    """The same one again does not: a reader that reconnects gets another hello."""
    seen = scene(hello(), match(), standings("alice"), hello())
    assert len(seen.tape) == 1
    seen.take(hello(number=2))
    assert (seen.tape, seen.standings, seen.game) == ([], [], "main.2")
    assert not seen.history.seconds


def test_a_replay_that_is_wound_back_begins_anew() -> None:
    """Whether its time goes back with it or its events alone."""
    seen = scene(hello(), match(), hello(ts=TS - 60))
    assert (seen.ts, seen.tape, len(seen.history.seconds)) == (TS - 60, [], 0)
    seen = scene(hello(seq=50), match(seq=51), hello(seq=51))
    assert len(seen.tape) == 1
    seen.take(hello(seq=10, ts=TS + 5))  # a replay tells the time of today
    assert (seen.ts, seen.tape, len(seen.history.seconds)) == (TS + 5, [], 0)


def test_messages_are_kept_and_bounded() -> None:
    """Of players, of the feed, of the phases."""
    seen = scene(bcast("hi"), {"type": "info", "ts": TS, "message": "Registered: bob"})
    seen.take({"type": "pause", "ts": TS, "message": "Server is paused."})
    seen.take({"type": "resync", "ts": TS, "seq": 9, "first": 5})
    texts = [text for _, text in seen.messages]
    assert texts == [
        "alice: hi",
        "Registered: bob",
        "Server is paused.",
        "Some events were missed.",
    ]
    for _ in range(KEPT_MESSAGES):
        seen.take(bcast("again"))
    assert len(seen.messages) == KEPT_MESSAGES


def test_trades_whose_rate_nobody_asks_for_are_forgotten() -> None:
    """A log is written for days, and draws nothing."""
    one = scene(hello(), *(match(ts=TS + second) for second in range(1000)))
    assert len(one._times) < 20


def test_connections_are_for_the_log_alone() -> None:
    """A class that connects must not drive what was said off the screen."""
    seen = scene(bcast("hi"))
    frame = {"type": "info", "ts": TS, "message": "New connection"}
    assert seen.take(frame) == "New connection"
    assert [text for _, text in seen.messages] == ["alice: hi"]


def test_what_players_write_cannot_steer_the_terminal() -> None:
    """Neither in messages nor in names."""
    seen = scene(bcast("\x1b]0;title\x07"), standings("b\x1b[2Jb"))
    assert seen.messages[0][1] == "alice: ·]0;title·"
    assert seen.standings[0].user == "b·[2Jb"


def test_a_market_that_joins_and_a_reset_are_told() -> None:
    """The market has its price in the head of the screen from then on, and once."""
    seen = scene(hello())
    frame = {"type": "market", "ts": TS, "symbol": "ETH/USD"}
    assert seen.take(frame) == "new market: ETH/USD"
    seen.take(frame)
    assert (seen.symbols, seen.market) == (["BTC/USD", "ETH/USD"], "BTC/USD")
    seen.take({"type": "reset", "ts": TS, "users": ["alice", "b\x1bob"]})
    assert [text for _, text in seen.messages] == ["Set back: alice, b·ob"]


def test_unknown_frames_are_passed_over() -> None:
    """A later feed may say more."""
    assert Scene().take({"type": "candle", "ts": TS}) is None
    assert Scene().take({}) is None


def test_new_ranks_are_pointed_at_for_a_while() -> None:
    """Who came past whom; in the beginning, and later, nobody did."""

    def moves(*users: str, after: float) -> list[int]:
        seen.take({**standings(*users), "ts": TS + after})
        return [place.up for place in seen.standings]

    seen = Scene()
    assert moves("alice", "bob", "carol", after=0) == [0, 0, 0]
    assert moves("carol", "alice", "bob", after=1) == [2, -1, -1]
    assert moves("carol", "alice", "bob", "dave", after=MOVED_S) == [2, -1, -1, 0]
    assert moves("carol", "alice", "bob", "dave", after=MOVED_S + 2) == [0, 0, 0, 0]


def test_another_market_can_be_looked_at() -> None:
    """Round and round; its book, its trades and its prices are shown."""
    seen = scene(hello(markets=[{"symbol": "BTC/USD"}, {"symbol": "ETH/USD"}]))
    seen.turn(-1)
    assert seen.market == "ETH/USD"
    seen.take({**book([["20.00", "1"]], []), "symbol": "ETH/USD"})
    seen.take(match("20.50", symbol="ETH/USD"))
    seen.take(match("1000.00"))
    assert (seen.book.bids, [trade.price for trade in seen.tape]) == ([["20.00", "1"]], ["20.50"])
    assert seen.history.seconds[-1].last == 20.5
    seen.turn(1)
    assert (seen.market, seen.book.bids) == ("BTC/USD", [])
    empty = Scene()
    empty.turn(1)
    assert empty.market == ""


def test_the_way_of_a_price_is_kept_until_it_turns() -> None:
    """Up, and still up when nothing changed."""
    seen = scene(hello(), ticker("10.00"))
    assert seen.trends == {}
    for mid, way in (("11.00", 1), ("11.00", 1), ("9.00", -1)):
        seen.take(ticker(mid))
        assert seen.trends == {"BTC/USD": way}


def test_the_houses_quote_is_known_where_it_trades() -> None:
    """A hello says whether it does; another game has quotes of its own."""
    scene = Scene()
    scene.take(hello(house=True))
    scene.take({**ticker("1000.00"), "bid": "999.50", "ask": "1000.50"})
    assert (scene.house, scene.quotes) == (True, {"BTC/USD": ("999.50", "1000.50")})
    scene.take(hello(number=2))
    assert (scene.house, scene.quotes) == (False, {})
