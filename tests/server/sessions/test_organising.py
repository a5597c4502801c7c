"""The organiser's commands about rounds, people and money: what they do, and who sees it."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from cxgame.engine.state import Applied
from cxgame.model.enums import Phase
from cxgame.model.events import Event, Message, Noticed, Results, RoundStarted
from cxgame.pipeline import Released
from tests.server.rig import SECRET, Player, Rig

CALLS: dict[str, dict[str, Any]] = {
    "end_round": {},
    "start_round": {},
    "announce": {"message": "Ten minutes left."},
    "players": {},
    "whitelist": {"add": ["bob"]},
    "kick": {"username": "alice"},
    "rotate_user": {"username": "alice"},
    "adjust": {"username": "alice", "asset": "USD", "free": "1"},
    "set_price": {"symbol": "BTC/USD", "price": "1010"},
    "faults": {"set": [{"fault": "silence", "to": ["nobody"]}]},
}


def follow(rig: Rig) -> list[Event]:
    """All public events from now on, as they are released."""
    events: list[Event] = []

    def take(released: Released) -> None:
        events.extend(released.events)

    rig.game.subscribe(take)
    return events


def notices(events: Sequence[Event]) -> list[tuple[str, str, str]]:
    """What the feed is told of an organiser's acts: who, which, the sentence."""
    return [(event.user, event.act, event.text) for event in events if isinstance(event, Noticed)]


def standing(rig: Rig) -> Any:
    """What a command could have changed; not the time, which passes while secrets are checked."""
    engine = rig.game.engine
    owned = [(account.free, account.held, account.admin) for account in engine.accounts]
    quotes = [(market.bid, market.ask) for market in engine.markets]
    return engine.phase, engine.round, engine.known_rules, repr(owned), quotes


async def organiser(rig: Rig) -> Player:
    """Somebody who is an admin, and no more than that."""
    player = await rig.player("olga")
    await player.done("grant", username="olga", secret=SECRET)
    return player


@pytest.mark.parametrize("command", CALLS)
async def test_without_right_nothing_is_done_or_shown(rig: Rig, command: str) -> None:
    """Neither without a secret nor with a wrong one, logged in or not."""
    alice, stranger = await rig.player("alice"), rig.connect()
    before, events = standing(rig), follow(rig)
    for client in (alice, stranger):
        assert await client.refused(command, **CALLS[command]) == "AUTH_SECRET_REQUIRED"
        assert await client.refused(command, **CALLS[command], secret="no") == "AUTH_SECRET"
    assert (standing(rig), events) == (before, [])
    assert alice.wire.closing is None


@pytest.mark.parametrize("command", sorted(set(CALLS) - {"players"}))
async def test_every_act_is_a_public_event(rig: Rig, command: str) -> None:
    """By the admin's name, or without one for who has the secret."""
    await rig.player("alice")
    olga, events = await organiser(rig), follow(rig)
    if command == "start_round":
        await olga.done("pause")
    await olga.done(command, **CALLS[command])
    await rig.game.settled()
    (told,) = notices(events)
    assert told[:2] == ("olga", command)
    events.clear()
    repeated = {**CALLS[command], "secret": SECRET}
    if command == "whitelist":
        repeated["add"] = ["carol"]
    await rig.connect().done(command, **repeated)
    await rig.game.settled()
    (told,) = notices(events)
    assert told[:2] == ("", command)


async def test_a_round_ends_and_the_next_begins_with_the_grants(rig: Rig) -> None:
    """Orders are gone, the game is paused, the results are those of the round."""
    alice, olga = await rig.player("alice"), await organiser(rig)
    await alice.done("sell", price="1100", size="2")
    await olga.done("order", side="buy", type="market", amount="110")
    events = follow(rig)
    assert await olga.refused("start_round") == "STATE_NOT_OPEN"
    assert "end it, or pause, first" in olga.wire.received[-1]["message"]
    await olga.done("end_round")
    assert rig.game.engine.phase is Phase.PAUSED
    assert rig.game.engine.orders == {}
    await olga.done("start_round")
    await olga.done("start")
    await rig.game.settled()
    (results,) = [event for event in events if isinstance(event, Results)]
    (begun,) = [event for event in events if isinstance(event, RoundStarted)]
    assert (results.round, begun.round) == (1, 2)
    assert rig.game.engine.phase is Phase.OPEN
    wallets = await alice.done("wallets")
    assert (wallets["usd"], wallets["crypto"]) == ("10000.00", "10.0")


async def test_an_announcement_is_no_players_message(rig: Rig) -> None:
    """It is as long as one at most, and no account said it."""
    olga, events = await organiser(rig), follow(rig)
    await olga.done("announce", message="<b>Ten</b> minutes left.")
    assert await olga.refused("announce", message="x" * 501) == "LIMIT_MESSAGE"
    await rig.game.settled()
    assert notices(events) == [("olga", "announce", "<b>Ten</b> minutes left.")]
    assert not any(isinstance(event, Message) for event in events)


async def test_players_are_listed_by_rank_with_what_they_do(rig: Rig) -> None:
    """Connections, orders, messages and refusals of each."""
    alice, bob, olga = await rig.player("alice"), await rig.player("bob", team="red"), rig.connect()
    other = rig.connect()
    await other.done("auth", username="bob", token=bob.token)
    rig.bench.clock.pass_s(2)
    await olga.done("players", secret=SECRET)
    rig.bench.clock.pass_s(2)
    for _ in range(3):
        await other.refused("buy", price="900", size="1000000")
    await bob.done("sell", price="1100", size="1")
    await alice.done("buy_market", amount="110")
    rows = await olga.done("players", secret=SECRET)
    assert [row["user"] for row in rows] == ["bob", "alice"]
    assert [row["rank"] for row in rows] == [1, 2]
    bobs = rows[0]
    assert (bobs["team"], bobs["connections"], bobs["open_orders"]) == ("red", 2, 1)
    assert (bobs["messages_per_s"], bobs["refusals_per_min"]) == (2.0, 3)
    assert (rows[1]["messages_per_s"], rows[1]["refusals_per_min"]) == (0.5, 0)
    assert bobs["listed"] is True


async def test_a_halted_game_still_lists_its_players(rig: Rig) -> None:
    """An organiser wants to see them then more than ever."""
    await rig.player("alice")
    olga = await organiser(rig)
    await rig.halt()
    reply = await olga("players")
    assert reply["halted"] is True
    assert {row["user"] for row in reply["data"]} == {"alice", "olga"}
    await rig.resume()


async def test_the_list_keeps_out_who_is_not_on_it(rig: Rig) -> None:
    """Also who has played before, once his connections are closed; not admins."""
    alice, olga = await rig.player("alice"), await organiser(rig)
    assert await olga.done("whitelist") == {"teams": None}
    listed = await olga.done("whitelist", add={"red": ["bob", "Carol"], "": ["dan"]})
    assert listed == {"teams": {"red": ["bob", "Carol"], "": ["dan"]}}
    await alice.done("price")
    assert (await olga.done("kick", username="alice")) == {"closed": 1}
    assert alice.wire.closing == (1008, "Removed by the organiser.")
    again = rig.connect()
    assert await again.refused("auth", username="alice", token=alice.token) == "AUTH_NOT_LISTED"
    assert await again.refused("register", username="eve") == "AUTH_NOT_LISTED"
    await again.done("register", username="carol")
    await rig.connect().done("auth", username="olga", token=olga.token)
    assert await olga.done("whitelist", add=["ALICE"], remove=["bob", "CAROL"]) == {
        "teams": {"": ["dan", "ALICE"]}
    }
    await rig.connect().done("auth", username="alice", token=alice.token)
    rows = await olga.done("players")
    assert {row["user"]: row["listed"] for row in rows} == {
        "alice": True,
        "olga": True,
        "carol": False,
    }
    assert await olga.done("whitelist", everyone=True) == {"teams": None}
    await rig.connect().done("register", username="eve")


async def test_names_move_between_teams_and_stand_once(rig: Rig) -> None:
    """Whatever their case; a list of which nothing changes is not written."""
    olga, events = await organiser(rig), follow(rig)
    await olga.done("whitelist", add={"red": ["bob", "BOB"]})
    assert await olga.done("whitelist", add={"blue": ["Bob"]}) == {"teams": {"blue": ["Bob"]}}
    await rig.game.settled()
    events.clear()
    await olga.done("whitelist", add={"blue": ["Bob"]})
    await rig.game.settled()
    assert events == []


async def test_of_a_name_in_two_teams_the_last_counts(rig: Rig) -> None:
    """Nobody is in two."""
    olga = await organiser(rig)
    added = {"red": ["bob", "carol"], "blue": ["BOB"]}
    listed = {"teams": {"red": ["carol"], "blue": ["BOB"]}}
    assert await olga.done("whitelist", add=added) == listed


@pytest.mark.parametrize(
    "params", [{"remove": ["bob"]}, {"remove": []}, {"add": []}, {"add": {"red": []}}]
)
async def test_where_everybody_may_play_only_added_names_make_a_list(rig: Rig, params: Any) -> None:
    """An empty one would keep everybody out."""
    alice, olga = await rig.player("alice"), await organiser(rig)
    assert await olga.done("whitelist", **params) == {"teams": None}
    await rig.connect().done("auth", username="alice", token=alice.token)


async def test_a_list_may_become_empty(rig: Rig) -> None:
    """Then nobody may play but those who need not be listed."""
    alice, olga = await rig.player("alice"), await organiser(rig)
    await olga.done("whitelist", add=["alice"])
    assert await olga.done("whitelist", remove=["alice"]) == {"teams": {}}
    again = rig.connect()
    assert await again.refused("auth", username="alice", token=alice.token) == "AUTH_NOT_LISTED"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"add": ["house"]}, "PARAM_NAME"),
        ({"add": {"no team": ["bob"]}}, "PARAM_NAME"),
        ({"add": ["<b>"]}, "PARAM_NAME"),
        ({"add": "bob"}, "PARAM_TYPE"),
        ({"add": ["x"] * 1001}, "PARAM_TYPE"),
    ],
)
async def test_a_list_of_what_is_no_name_is_refused(rig: Rig, params: Any, code: str) -> None:
    """Whole: nothing of it counts."""
    olga = await organiser(rig)
    assert await olga.refused("whitelist", **params) == code
    assert await olga.done("whitelist") == {"teams": None}


async def test_a_list_has_its_bound(rig: Rig) -> None:
    """Each change is written whole, so it must not grow without end."""
    olga = await organiser(rig)
    for part in range(5):
        await olga.done("whitelist", add=[f"p{part}-{number}" for number in range(1000)])
    assert await olga.refused("whitelist", add=["one-more"]) == "FILTER_MAX"


async def test_a_kick_closes_all_connections_and_no_more(rig: Rig) -> None:
    """His orders stay; he may come back."""
    alice, olga = await rig.player("alice"), await organiser(rig)
    second = rig.connect()
    await second.done("auth", username="alice", token=alice.token)
    await alice.done("buy", price="900", size="1")
    assert await olga.done("kick", username="ALICE") == {"closed": 2}
    assert {alice.wire.closing, second.wire.closing} == {(1008, "Removed by the organiser.")}
    third = rig.connect()
    await third.done("auth", username="alice", token=alice.token)
    assert len((await third.done("orders"))["maker"]) == 1
    for name in ("nobody", "house"):
        assert await olga.refused("kick", username=name) == "AUTH_UNKNOWN_USER"


async def test_a_new_token_replaces_token_and_password(rig: Rig) -> None:
    """It is in the reply alone: no event has it."""
    alice, olga = await rig.player("alice", password="hush"), await organiser(rig)
    events = follow(rig)
    token = await olga.done("rotate_user", username="alice")
    assert re.fullmatch("[0-9a-f]{64}", token)
    assert alice.wire.closing == (1008, "The token was replaced.")
    again = rig.connect()
    assert await again.refused("auth", username="alice", token=alice.token) == "AUTH_TOKEN"
    assert await again.refused("auth", username="alice", password="hush") == "AUTH_PASSWORD"
    await again.done("auth", username="alice", token=token)
    await rig.game.settled()
    assert notices(events) == [("olga", "rotate_user", "alice was given another token.")]
    assert token not in repr(events) + repr(rig.bench.journal.batches)
    assert await olga.refused("rotate_user", username="house") == "AUTH_UNKNOWN_USER"


async def test_a_balance_is_set_exactly(rig: Rig) -> None:
    """Both columns, or the free one alone; everything still adds up."""
    alice, olga, events = await rig.player("alice"), await organiser(rig), follow(rig)
    said = await olga.done(
        "adjust", username="alice", asset="USD", free="0.000000000000000000000001"
    )
    assert said["free"] == "0.000000000000000000000001"
    said = await olga.done("adjust", username="Alice", asset="BTC", free=3, held="0.5")
    assert said == {"user": "alice", "asset": "BTC", "free": "3.0", "held": "0.5"}
    assert (await alice.done("wallets"))["assets"]["BTC"]["total"] == "3.5"
    await rig.game.settled()
    assert [text for _, _, text in notices(events)][1:] == [
        "alice has 3.0 BTC free and 0.5 held now."
    ]
    assert await alice.done("audit") == []


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"username": "nobody"}, "AUTH_UNKNOWN_USER"),
        ({"username": "house"}, "AUTH_UNKNOWN_USER"),
        ({"asset": "GOLD"}, "FILTER_SYMBOL"),
        ({"free": "-1"}, "PARAM_NUMBER"),
        ({"held": "-1"}, "PARAM_NUMBER"),
        ({"free": "much"}, "PARAM_NUMBER"),
        ({"free": "1e99"}, "PARAM_NUMBER"),
        ({"free": "2000000000000000"}, "FILTER_MAX"),
    ],
)
async def test_a_balance_that_cannot_be_is_refused(rig: Rig, params: Any, code: str) -> None:
    """Nothing is changed."""
    await rig.player("alice")
    olga = await organiser(rig)
    before = rig.game.engine.state_hash()
    good = {"username": "alice", "asset": "USD", "free": "1"}
    assert await olga.refused("adjust", **(good | params)) == code
    assert rig.game.engine.state_hash() == before


async def test_a_price_is_set(rig: Rig) -> None:
    """The reply shows it as the market has it."""
    olga = await organiser(rig)
    assert await olga.done("set_price", symbol="BTC/USD", price="1010.009") == {
        "symbol": "BTC/USD",
        "price": "1010.00",
    }
    assert await olga.done("price") == "1010.00"
    assert await olga.refused("set_price", symbol="X/Y", price="1") == "FILTER_SYMBOL"
    assert await olga.refused("set_price", symbol="BTC/USD", price="x") == "PARAM_NUMBER"
    rig.host.prices = None
    assert await olga.refused("set_price", symbol="BTC/USD", price="1") == "STATE_HALTED"


async def test_a_price_is_told_as_it_was_set(rig: Rig) -> None:
    """Also when the price source has gone on meanwhile, and when it was that already."""
    olga, events, set_price = await organiser(rig), follow(rig), rig.set_price

    async def and_go_on(symbol: str, price: Decimal) -> Applied:
        applied = await set_price(symbol, price)
        rig.tick(99_000)
        return applied

    rig.set_price = and_go_on  # type: ignore[method-assign, assignment]
    set_to = {"symbol": "BTC/USD", "price": "1010.00"}
    assert await olga.done("set_price", **set_to) == set_to
    assert await olga.done("price") == "990.00"
    assert await olga.done("set_price", symbol="BTC/USD", price="990") == {
        "symbol": "BTC/USD",
        "price": "990.00",
    }
    await rig.game.settled()
    assert [text for _, _, text in notices(events)] == [
        "BTC/USD is quoted at 1010.00 by the organiser.",
        "BTC/USD is quoted at 990.00 by the organiser.",
    ]


async def test_a_game_that_is_over_takes_no_act(rig: Rig) -> None:
    """And tells of none."""
    alice, olga = await rig.player("alice"), await organiser(rig)
    await olga.done("shutdown")
    await rig.game.settled()
    events = follow(rig)
    for command in set(CALLS) - {"players", "rotate_user", "set_price"}:
        assert await olga.refused(command, **CALLS[command]) == "STATE_CLOSED"
    assert (events, alice.wire.closing) == ([], None)
