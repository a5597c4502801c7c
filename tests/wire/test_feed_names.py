"""Masked feeds: nobody's name anywhere, and the same mask for the same user throughout."""

import json

from cxgame.model.events import AccountOpened, AccountsReset, Message, Noticed, Results, Standing
from cxgame.wire.feed import DEFAULT, Subscription
from cxgame.wire.feed_core import FeedCore
from cxgame.wire.feed_names import UNKNOWN, Names
from cxgame.wire.feed_tape import Stretch
from tests.wire.feed_games import RandomGame
from tests.wire.feed_samples import WALL_MS, frames, now, placed, snapshot

USERS = ("house", "bot-maker", "alice", "bob")


def masked() -> FeedCore[str]:
    return FeedCore(snapshot(users=USERS, bots=(1,)), masked=True)


def told(core: FeedCore[str], *events: object) -> list[dict[str, object]]:
    core.join("ann", Subscription(("full", "standings")), now())
    core.release(Stretch(11, WALL_MS, events))  # type: ignore[arg-type]
    ((_, data),) = core.flush(now())
    return frames(data)


def test_players_and_bots_are_counted_apart() -> None:
    """In the order in which they entered; the house is nobody."""
    names = Names(USERS, (1,), masked=True)
    names.enter(4, "carl", bot=False)
    names.enter(2, "alice", bot=False)  # known already
    assert [names.shown(each) for each in ("alice", "bob", "carl", "bot-maker")] == [
        "Player 1",
        "Player 2",
        "Player 3",
        "Bot 1",
    ]
    assert names.shown("dora") == UNKNOWN


def test_every_frame_shows_the_mask() -> None:
    """Of orders, messages, notices, resets, results and their table; what players say is theirs."""
    standing = Standing(1, "bob", "1", "2", "3", bot=False)
    found = told(
        masked(),
        AccountOpened(4, "carl", "", False),
        placed(1),
        Message(2, "alice", "I am alice"),
        Noticed(0, "", "kick", "bob was disconnected. Not alicea, alice."),
        Noticed(2, "alice", "pause", "alice has paused."),
        AccountsReset((3,)),
        Results(1, (standing,)),
    )
    info, order, said, kick, pause, reset, results, csv = found
    assert (info["user"], info["message"]) == ("Player 3", "Registered: Player 3")
    assert order["message"]["user"] == "Player 1"  # type: ignore[index]
    assert (said["user"], said["message"]) == ("Player 1", "I am alice")
    assert kick["message"] == "Player 2 was disconnected. Not alicea, Player 1."
    assert (pause["user"], pause["message"]) == ("Player 1", "Player 1 has paused.")
    assert reset["users"] == ["Player 2"]
    assert results["standings"][0]["user"] == "Player 2"  # type: ignore[index]
    assert '"Player 2","1","2","3"' in str(csv["data"])


def test_no_name_leaves_a_masked_feed() -> None:
    """Whatever happens in a random game; unmasked, the names are there."""
    leaked = {}
    for mask in (True, False):
        game = RandomGame(7)
        core: FeedCore[str] = FeedCore(game.snapshot(), masked=mask)
        core.join("ann", Subscription(("full", "standings", "orders")), now())
        text = core.greet(now()) + core.standing(DEFAULT, now())
        for _ in range(300):
            seq, events = game.engine.event_seq, game.step()
            if events:
                core.release(Stretch(seq + 1, game.wall_ms, events))
            core.set_standings(game.engine.standings(), now())
            text += b"".join(data for _, data in core.flush(now()))
        names = {account.name for account in game.engine.accounts[1:]}
        leaked[mask] = {name for name in names if json.dumps(name).encode() in text}
    assert leaked[True] == set()
    assert leaked[False]
