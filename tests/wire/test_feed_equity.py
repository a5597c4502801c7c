"""The curves of a game: few points however long it lasts, and whole ones for who comes late."""

from cxgame.model.enums import Phase
from cxgame.model.events import PhaseChanged, Standing
from cxgame.wire.feed import DEFAULT, Subscription
from cxgame.wire.feed_core import FeedCore
from cxgame.wire.feed_equity import MOST_SAMPLES, SPACING_S, Equity
from cxgame.wire.feed_parts import Row
from cxgame.wire.feed_tape import Stretch
from tests.wire.feed_samples import WALL_MS, frames, now, snapshot

STANDINGS = Subscription(("standings",))


def place(user: str, equity: str, rank: int = 1) -> Standing:
    return Standing(rank, user, "0", "0", equity, bot=False)


def played(core: FeedCore[str], seconds: float) -> None:
    """A second-by-second report of one account that gains a dollar a second."""
    for second in range(int(seconds)):
        core.set_standings([place("alice", f"{second}.00")], now(second))


def shown(core: FeedCore[str], before: Subscription = DEFAULT) -> list[dict[str, object]]:
    told = frames(core.standing(STANDINGS, now(), before))
    return [frame for frame in told if frame["type"] == "equity_history"]


def test_samples_are_some_seconds_apart() -> None:
    """However often standings come."""
    core: FeedCore[str] = FeedCore(snapshot())
    played(core, 4 * SPACING_S)
    (history,) = shown(core)
    assert history["times"] == [now(number * SPACING_S).ts for number in range(4)]
    equity = [f"{number * SPACING_S:.0f}.00" for number in range(4)]
    assert history["curves"] == [{"user": "alice", "equity": equity}]


def test_a_long_game_has_no_more_points_than_a_screen_shows() -> None:
    """They are spread over it evenly, from the beginning to the end."""
    equity, seconds = Equity(), 0.0
    for number in range(5 * MOST_SAMPLES):
        seconds = number * SPACING_S
        if equity.is_due(now(seconds)):
            equity.take([Row(1, "alice", str(number), False)], now(seconds))
    history = equity.frame([Row(1, "alice", "0", False)], now())
    assert history is not None
    assert MOST_SAMPLES // 2 <= len(history.times) <= MOST_SAMPLES
    gaps = {
        round(after - before, 3)
        for before, after in zip(history.times, history.times[1:], strict=False)
    }
    assert gaps == {8 * SPACING_S}
    assert history.times[0] < now(8 * SPACING_S).ts
    assert history.times[-1] > now(seconds - 8 * SPACING_S).ts


def test_who_was_not_among_the_best_has_gaps() -> None:
    """And who is no longer among them is not shown."""
    equity = Equity()
    equity.take([Row(1, "alice", "2", False)], now())
    equity.take([Row(1, "bob", "3", False)], now(SPACING_S))
    history = equity.frame([Row(1, "bob", "3", False)], now())
    assert history is not None
    assert [(curve.user, curve.equity) for curve in history.curves] == [("bob", [None, "3"])]


def test_it_is_shown_once_to_each() -> None:
    """Who had the standings before has drawn what came since."""
    core: FeedCore[str] = FeedCore(snapshot())
    assert shown(core) == []
    played(core, 2 * SPACING_S)
    assert len(shown(core)) == 1
    assert shown(core, STANDINGS) == []
    assert "equity_history" not in [
        frame["type"] for frame in frames(core.standing(Subscription(("book",)), now()))
    ]


def test_nothing_is_kept_while_the_market_is_closed() -> None:
    """A night between two days of play is no part of the curve."""
    core: FeedCore[str] = FeedCore(snapshot())
    assert core.sample_wanted(now())
    played(core, SPACING_S + 1)
    core.release(Stretch(11, WALL_MS, [PhaseChanged(Phase.PAUSED, None, "pause")]))
    core.flush(now(SPACING_S))
    assert not core.sample_wanted(now(3 * SPACING_S))
    core.set_standings([place("alice", "7.00")], now(3 * SPACING_S))
    (history,) = shown(core)
    assert len(history["times"]) == 2  # type: ignore[arg-type]


def test_another_game_has_another_history() -> None:
    """While the same one goes on after a hole in its events."""
    core: FeedCore[str] = FeedCore(snapshot())
    played(core, 2 * SPACING_S)
    core.begin(snapshot(seq=20), now(20))
    core.set_standings([place("alice", "7.00")], now(20))
    assert len(shown(core)) == 1
    core.begin(snapshot(number=2), now(30))
    core.set_standings([place("alice", "7.00")], now(30))
    assert shown(core) == []


def test_spectators_are_counted_where_it_is_wanted() -> None:
    """In heartbeats and with the standings, for which a newcomer alone is no reason."""
    core: FeedCore[str] = FeedCore(snapshot(), counts=True)
    for name in ("ann", "bob"):
        core.join(name, STANDINGS, now())
    core.set_standings([place("alice", "7.00")], now())
    ((_, data),) = core.flush(now())
    assert frames(data)[0]["spectators"] == 2
    core.join("cid", STANDINGS, now())
    core.join("bot", Subscription(("ticker",)), now())
    core.set_standings([place("alice", "7.00")], now(0.5))
    assert core.flush(now(0.5)) == []
    told = [frames(data)[0]["spectators"] for _, data in core.show(now(2))]
    assert told == [3, 3]
