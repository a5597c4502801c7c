"""Generated games: after each command the engine and the reference exchange agree on everything.

The reference (`reference.py`) is a second, naive implementation of docs/matching.md which shares
no code with the engine. `pytest --hypothesis-show-statistics` tells what the games were made of.
"""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

import cxgame.engine
from cxgame.model.commands import (
    CancelOrder,
    Deposit,
    Open,
    PlaceOrder,
    PlaceTrigger,
    SetRules,
    Start,
    Tick,
)
from cxgame.model.enums import (
    Liquidity,
    OrderType,
    SelfTrade,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerKind,
    Verb,
)
from tests.engine.reference_commands import build
from tests.engine.reference_games import (
    PLAYERS,
    RULES,
    TABLES,
    WEIGHTS,
    Drawn,
    Table,
    opening,
    random_game,
)
from tests.engine.reference_pair import Pair

STRESS_GAMES = 50
STRESS_LENGTH = 400
CROWDED_GAMES, CROWDED_LENGTH = 2, 60


def drawn_from(table: Table) -> st.SearchStrategy[Drawn]:
    """A draw of one value per column; shrinks to the first ones."""
    columns = {name: st.sampled_from(values) for name, values in table.items()}
    return st.fixed_dictionaries(columns)


KINDS = (*(kind for kind, weight in WEIGHTS.items() for _ in range(2 * weight)), "close")
# Made once: a strategy made at each draw costs three times the step that is drawn.
STEPS = {kind: st.tuples(st.just(kind), drawn_from(TABLES[kind])) for kind in TABLES}
ANY_STEP = st.sampled_from(KINDS).flatmap(STEPS.__getitem__)


class Games(RuleBasedStateMachine):
    """A game of four players, two of them a team, on two markets."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = Pair()

    @initialize(drawn=drawn_from(RULES))
    def begin(self, drawn: Drawn) -> None:
        for command in opening(drawn):
            assert self.pair.do(command) == []

    @rule(
        step=ANY_STEP,
        wait_ms=st.sampled_from((0, 1, 500)),
        nights=st.sampled_from((*[0] * 30, 1, 2)),
        resume=st.sampled_from((True, False)),
    )
    def play(self, step: tuple[str, Drawn], wait_ms: int, nights: int, resume: bool) -> None:
        self.pair.wait(wait_ms)
        for _ in range(nights):
            self.pair.night()
        kind, drawn = step
        command = build(kind, self.pair.reference, drawn)
        if resume and self.pair.reference.phase in ("registration", "paused"):
            command = Open() if self.pair.reference.phase == "registration" else Start()
        assert self.pair.do(command) == []

    def teardown(self) -> None:
        for what, times in self.pair.seen.items():
            if times:
                event(what)


def profile(examples: int, steps: int, *, same: bool) -> settings:
    """So many games of so many steps; the `same` ones in every run, or new ones each time."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=same,
        print_blob=not same,  # from which a failing game is played again; its steps print anyway
        # These judge how quickly examples are made and shrunk; long games are what is wanted.
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.large_base_example,
            HealthCheck.data_too_large,
        ],
    )


class TestGames(Games.TestCase):  # type: ignore[misc, valid-type]
    """Enough to notice most mistakes at once."""

    settings = profile(170, 50, same=True)


@pytest.mark.ci
class TestMoreGames(Games.TestCase):  # type: ignore[misc, valid-type]
    """Several times that, and longer ones."""

    settings = profile(500, 80, same=True)


@pytest.mark.deep
@pytest.mark.parametrize("part", range(10))
def test_many_games(part: int) -> None:
    """A million steps, other ones every night; in parts, for what was tried is kept in memory."""
    run_state_machine_as_test(Games, settings=profile(1_000, 100, same=False))


@pytest.fixture(scope="module")
def stress() -> tuple[Counter[str], list[str]]:
    """What 20,000 commands of fixed seeds have shown, and whatever differed."""
    seen: Counter[str] = Counter()
    problems = []
    games = [(seed, STRESS_LENGTH, False) for seed in range(STRESS_GAMES)]
    games += [(seed, CROWDED_LENGTH, True) for seed in range(CROWDED_GAMES)]
    for seed, length, crowded in games:
        pair, differing = random_game(seed, length, crowded=crowded)
        seen += pair.seen
        if differing:
            problems.append(f"seed {seed}, {pair.journal[-1]}: {differing}")
    return seen, problems


def test_twenty_thousand_random_commands_agree(stress: tuple[Counter[str], list[str]]) -> None:
    """Long games of fixed seeds, in which books grow deep, show no difference either."""
    _, problems = stress
    assert problems == []


def test_the_games_reach_every_refusal(stress: tuple[Counter[str], list[str]]) -> None:
    """Each code that the engine can refuse with has occurred, and most of them often."""
    seen, _ = stress
    source = "".join(
        path.read_text(encoding="utf-8") for path in Path(cxgame.engine.__path__[0]).glob("*.py")
    )
    codes = set(re.findall(r"Code\.([A-Z_]+)", source))
    assert len(codes) >= 18
    assert {code for code in codes if seen[code] < 5} == set()


def test_the_games_are_interesting(stress: tuple[Counter[str], list[str]]) -> None:
    """Own orders met in each mode, partial fills, budgets used up or not, house trades: often."""
    seen, _ = stress
    wanted = [f"own orders met: {mode.name.lower()}" for mode in SelfTrade]
    wanted += [f"{kind} with a trade" for kind in ("limit", "market", "by budget")]
    wanted += [f"{kind} that took several" for kind in ("limit", "market", "by budget")]
    wanted += [
        f"{kind} {until.name.lower()} accepted"
        for kind in ("limit", "market", "by budget")
        for until in TimeInForce
    ]
    wanted += ["replayed", "budget filled", "budget unfilled", "house taker", "house maker"]
    wanted += ["fact reduced", "fact results", "fact round", "fee rounded"]
    wanted += [f"amended: {how}" for how in ("in place", "anew", "closed", "with a trade")]
    wanted += ["amended: nothing", "expired by itself"]
    triggers = [f"{kind} by {by}" for kind in _names(TriggerKind) for by in _names(TriggerBy)]
    wanted += [f"{which} {what}" for which in triggers for what in ("armed", "fired")]
    wanted += ["fact disarmed", "trails followed", "fired at one price"]
    wanted += [f"fired: {what}" for what in ("carried out", "unfilled", "post_only", "rejected")]
    assert {what for what in wanted if seen[what] < 10} == set()
    assert seen["more fired than go at once"] >= CROWDED_GAMES


def _names(words: type[TriggerKind] | type[TriggerBy]) -> list[str]:
    return [word.name.lower() for word in words]


def test_a_cid_is_known_for_a_thousand_closed_orders() -> None:
    """The 1,000th last closed order still answers to its cid, the one before it is forgotten."""
    drawn = {name: values[0] for name, values in RULES.items()}
    pair = Pair()
    for command in opening(drawn):
        assert pair.do(command) == []
    for number in range(1001):
        assert pair.do(_order(cid=f"order {number}")) == []
        assert pair.do(CancelOrder(1, number + 1)) == []
    assert pair.do(_order(cid="order 1")) == []
    assert pair.seen["replayed"] == 1
    assert pair.do(_order(cid="order 0")) == []
    assert pair.seen["replayed"] == 1
    assert pair.reference.order_count == 1002


def test_no_trade_is_larger_than_can_be_written_down() -> None:
    """By a budget at once, or when its trigger has fired; one lot less is bought."""
    drawn = {name: values[0] for name, values in RULES.items()}
    pair = Pair()
    rich = Deposit(1, "USD", str(10**41))
    endless = [Tick(0, 1, 6, 6), Tick(0, 2, 7, 7)]  # of the house, for 6e18 units a lot
    house = drawn | {"liquidity": Liquidity.HOUSE, "max_open_orders": 0}
    for command in (*opening(house), rich, endless[0]):
        assert pair.do(command) == []
    stop = PlaceTrigger(_spending(7 * 10**18 * 2**64), TriggerKind.STOP, TriggerBy.MID, 7)
    orders = [stop, _spending(6 * 10**18 * 2**64), _spending(6 * 10**18 * (2**64 - 1))]
    for command in (*orders, endless[1]):
        assert pair.do(command) == []
    assert pair.seen["FILTER_MAX"] == 1
    assert pair.seen["budget filled"] == 1
    assert pair.seen["fired: rejected"] == 1


def test_players_and_rules_are_as_the_games_assume() -> None:
    """Two of the four players are a team, and every game begins with rules and an opening."""
    assert [team for _, team in PLAYERS] == ["", "red", "red", ""]
    first, *entries, last = opening({name: values[0] for name, values in RULES.items()})
    assert isinstance(first, SetRules)
    assert len(entries) == len(PLAYERS)
    assert isinstance(last, Open)


def _spending(units: int) -> PlaceOrder:
    return PlaceOrder(1, 0, Verb.ORDER, Side.BUY, OrderType.MARKET, budget=str(units))


def _order(cid: str) -> PlaceOrder:
    kind = OrderType.LIMIT
    return PlaceOrder(1, 0, Verb.ORDER, Side.BUY, kind, price=9, quantity=2, cid=cid)
