"""The course of a game: who enters, what rules may become, and what ends with a round."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from cxgame.engine.engine import Engine
from cxgame.engine.ledger import Account
from cxgame.engine.phases import entry_refusal, listed_team
from cxgame.model.commands import (
    Close,
    EndRound,
    GrantRole,
    OpenAccount,
    Pause,
    SetRules,
    Start,
    StartRound,
)
from cxgame.model.enums import Phase, Reason
from cxgame.model.errors import Code
from cxgame.model.events import OrderClosed, PhaseChanged, Results, RoundStarted, StartRequested
from cxgame.model.rules import Rules
from tests.engine.desk import ALICE, BOB, MARKET, Desk, kinds


def refusal_code(desk: Desk, name: str, **how: object) -> Code | None:
    """Why a name may not enter."""
    refusal = entry_refusal(desk.engine, name, **how)  # type: ignore[arg-type]
    return None if refusal is None else refusal.code


def test_who_may_enter() -> None:
    """Listed players while there is room, counting those at the door; bots always."""
    listed = {"red": ("Alice", "bob", "Carol", "dan")}
    desk = Desk(whitelist=listed, user_limit=4)
    assert refusal_code(desk, "cArOl") is None
    assert refusal_code(desk, "mallory") is Code.AUTH_NOT_LISTED
    assert refusal_code(desk, "carol", entering=1) is None
    assert refusal_code(desk, "carol", entering=2) is Code.LIMIT_USERS
    assert refusal_code(desk, "robot", bot=True, entering=9) is None
    desk.do(Close("shutdown"))
    assert refusal_code(desk, "robot", bot=True) is Code.STATE_CLOSED
    assert listed_team(desk.engine, "CAROL") == "red"
    assert listed_team(desk.engine, "mallory") is None


def test_players_are_counted_only_where_there_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one there may be a hundred thousand: to enter must not cost a look at each."""
    desk = Desk()
    monkeypatch.setattr(desk.engine, "accounts", Uncounted(desk.engine.accounts))
    assert refusal_code(desk, "carol") is None


class Uncounted(list[Account]):
    """Accounts that nobody may go through."""

    def __iter__(self) -> Iterator[Account]:
        raise AssertionError


def test_who_is_in_is_found_again() -> None:
    """In any spelling, and in a game that is over, too."""
    desk = Desk()
    desk.do(Close("shutdown"))
    applied = desk.do(OpenAccount("ALICE"))
    assert applied.account is desk.engine.accounts[ALICE]
    assert applied.events == []


def change(desk: Desk, **changes: object) -> None:
    """Set the rules anew, with changes to the first market."""
    rules = desk.engine.known_rules
    market = replace(rules.markets[0], **changes)
    desk.do(SetRules(replace(rules, markets=(market,))))


@pytest.mark.parametrize(
    "changes",
    [
        {"tick": "0.5"},
        {"lot": "0.1"},
        {"maker_fee": "0.001"},
        {"taker_fee": "0.001"},
        {"symbol": "ETH/USD"},
    ],
)
def test_orders_keep_what_their_holds_rest_on(changes: dict[str, str]) -> None:
    """A market's tick, lot and fees are for ever; to ask for others is a bug."""
    desk = Desk()
    desk.buy(ALICE, 2, 90)
    with pytest.raises(ValueError, match="orders and holds rest on it"):
        change(desk, **changes)


def test_a_market_can_join_and_never_leave() -> None:
    """What an account owns of a new asset is nothing; the order in which markets came stays."""
    desk = Desk()
    rules = desk.engine.known_rules
    second = replace(MARKET, symbol="ETH/USD", base="ETH")
    desk.do(SetRules(replace(rules, markets=(MARKET, second))))
    assert desk.engine.market_ids == {"BTC/USD": 0, "ETH/USD": 1}
    assert desk.owns(ALICE)["ETH"] == (0, 0)
    with pytest.raises(ValueError, match="cannot be taken away"):
        desk.do(SetRules(rules))


def test_limits_and_equal_numbers_may_change() -> None:
    """0.10 is 0.1, and the levels are counted at the next order."""
    desk = Desk(replace(MARKET, maker_fee="0.1"))
    desk.buy(ALICE, 2, 90)
    change(desk, maker_fee="0.10", max_levels=7)
    assert desk.engine.markets[0].market.max_levels == 7
    assert desk.engine.violations() == []


@pytest.mark.parametrize("grants", [{"USD": "-1"}, {"DOGE": "1"}])
def test_only_what_exists_can_be_granted(grants: dict[str, str]) -> None:
    """And never less than nothing."""
    with pytest.raises(ValueError, match="cannot grant"):
        Engine().apply(SetRules(Rules(1, (MARKET,), grants, seed=1)), 0, 0)


def test_rules_come_first() -> None:
    """Without them no command has a meaning."""
    with pytest.raises(LookupError, match="does not begin with its rules"):
        Engine().apply(OpenAccount("alice"), 0, 0)


def test_a_role_is_granted_once() -> None:
    """The second time nothing happens."""
    desk = Desk()
    assert kinds(desk.do(GrantRole(ALICE)).events) == ["RoleGranted"]
    assert desk.do(GrantRole(ALICE)).events == []
    assert desk.engine.accounts[ALICE].admin
    assert not desk.engine.accounts[BOB].admin


def test_a_round_ends_and_the_next_begins_with_the_grants() -> None:
    """Orders are cancelled, the game pauses, everybody has again what the grants say."""
    desk = Desk()
    desk.sell(BOB, 4, 100)
    desk.buy(ALICE, 3, 100)
    assert desk.owns(ALICE) == {"BTC": (103, 0), "USD": (9_700, 0)}
    ended = desk.do(EndRound()).events
    assert kinds(ended) == ["OrderClosed", "PhaseChanged", "Results"]
    closed, paused, results = ended
    assert isinstance(closed, OrderClosed)
    assert (closed.reason, closed.left) == (Reason.CLOSED, 1)
    assert isinstance(paused, PhaseChanged)
    assert paused.phase is Phase.PAUSED
    assert isinstance(results, Results)
    assert [(row.user, row.equity) for row in results.standings] == [
        ("alice", "20000.00"),
        ("bob", "20000.00"),
    ]
    begun = desk.do(StartRound(seed=7)).events
    assert begun == [RoundStarted(2, 7)]
    assert desk.owns(ALICE) == desk.owns(BOB) == {"BTC": (100, 0), "USD": (10_000, 0)}
    assert desk.engine.violations() == []


def test_an_open_game_is_in_its_round() -> None:
    """The next one can't begin before a pause; ending a paused one pauses no further."""
    desk = Desk()
    rejection = desk.do(StartRound(seed=7)).rejection
    assert rejection is not None
    assert rejection.code is Code.STATE_NOT_OPEN
    desk.do(Pause())
    assert kinds(desk.do(EndRound()).events) == ["Results"]
    desk.do(Start())
    assert desk.engine.phase is Phase.OPEN


def test_before_the_opening_start_and_pause_only_say_whether_play_may_begin() -> None:
    """Each once; said again it is nothing."""
    engine = Engine()
    engine.apply(SetRules(Rules(1, (MARKET,), {}, 1, started=False)), 0, 0)
    for command, wanted in ((Start(), True), (Pause(), False)):
        assert engine.apply(command, 0, 0).events == [StartRequested(wanted)]
        assert engine.apply(command, 0, 0).events == []
        assert (engine.start_requested, engine.phase) == (wanted, Phase.REGISTRATION)
