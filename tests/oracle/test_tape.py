"""A tape goes on after a restart exactly where the journal left off."""

import json
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxgame.oracle.base import PriceModel
from cxgame.oracle.models import Constant, Gbm, MeanReversion, RandomWalk
from cxgame.oracle.numbers import OracleError
from cxgame.oracle.replay import Replay
from cxgame.oracle.tape import MAX_CARRY_CHARACTERS, Quote, Start, Tape

CENT = Decimal("0.01")


class Momentum(PriceModel):
    """A model with a memory that JSON changes: a tuple, and a mapping with numbers for keys."""

    carry: dict[Any, Any] | None  # for the type checker; no parameter

    def next_price(self, current: Decimal) -> Decimal:
        """Keep a part of the last step."""
        kept = self.carry["steps"] if self.carry else (0.0, 0.0)
        assert isinstance(kept, list) or self.index == 1
        step = round(0.9 * kept[0] + self.draw() + self.draw("second") / 10, 6)
        self.carry = {"steps": (step, kept[0]), 1: "key"}
        return max(current + Decimal(str(step)), Decimal(1))


def models(csv: Path) -> st.SearchStrategy[tuple[type[PriceModel], dict[str, Any]]]:
    """A kind of model with parameters."""
    rates = st.integers(0, 1000).map(lambda number: number / 1000)
    return st.one_of(
        st.tuples(st.just(Constant), st.just({})),
        st.tuples(st.just(RandomWalk), st.fixed_dictionaries({"volatility": rates})),
        st.tuples(st.just(Gbm), st.fixed_dictionaries({"volatility": rates, "drift": rates})),
        st.tuples(st.just(MeanReversion), st.fixed_dictionaries({"volatility": rates})),
        st.tuples(
            st.just(Replay), st.fixed_dictionaries({"file": st.just(csv), "loop": st.booleans()})
        ),
        st.tuples(st.just(Momentum), st.just({})),
    )


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven prices."""
    path = tmp_path_factory.mktemp("replay") / "prices.csv"
    path.write_text("price\n" + "\n".join(str(number) for number in range(10, 17)) + "\n")
    return path


def journaled(quote: Quote) -> Start:
    """What the game gives back after a restart: the price rounded to its tick."""
    return Start(quote.index, quote.price.quantize(CENT, ROUND_HALF_EVEN), quote.carry)


@settings(max_examples=150)
@given(
    data=st.data(),
    seed=st.integers(0, 2**64),
    dt_s=st.sampled_from([0.001, 1.0, 3600.0]),
    stops=st.lists(st.integers(1, 15), min_size=1, max_size=4),
)
def test_stopping_changes_nothing(
    csv: Path, data: st.DataObject, seed: int, dt_s: float, stops: list[int]
) -> None:
    """Stopped and resumed at any ticks, a tape has the very quotes of one that never stopped."""
    kind, parameters = data.draw(models(csv))

    def fresh() -> PriceModel:
        return kind(seed=seed, dt_s=dt_s, spread="0.5", **parameters)

    whole = Tape(fresh())
    expected = [whole.next() for _ in range(sum(stops))]
    tape = Tape(fresh())
    seen: list[Quote] = []
    for count in stops:
        seen += [tape.next() for _ in range(count)]
        tape = Tape(fresh(), journaled(seen[-1]))
    assert seen == expected


def test_a_tick_that_was_not_journaled_is_made_again() -> None:
    """Resuming from the last tick that changed the rounded price loses and doubles nothing."""
    slow = {"volatility": 0.05, "seed": 4}
    whole = Tape(Gbm(**slow))
    quotes = [whole.next() for _ in range(60)]
    shown = [quote.price.quantize(CENT) for quote in quotes]
    changes = [n for n in range(1, 60) if shown[n] != shown[n - 1]]
    assert 0 < len(changes) < 59, "the example has both kinds of ticks"
    for number in changes:
        resumed = Tape(Gbm(**slow), journaled(quotes[number]))
        assert [resumed.next() for _ in range(59 - number)] == quotes[number + 1 :]


def test_a_tape_begins_with_tick_zero() -> None:
    """The first quote is the first price, at index 0; then it counts by one."""
    tape = Tape(Constant(price="50", spread="2", symbol="ETH/USD"))
    assert not tape.has_begun
    assert tape.next() == Quote(
        "ETH/USD", 0, Decimal(50), Decimal(49), Decimal(51), None, None, '{"price":"50"}'
    )
    assert tape.has_begun
    assert [tape.next().index for _ in range(3)] == [1, 2, 3]


def test_a_price_from_outside_is_where_the_model_goes_on() -> None:
    """It is quoted at the index of the last tick, and survives a restart to the last digit."""
    tape = Tape(Gbm(price=1000, seed=1, spread="10bp", ask_volume="3"))
    tape.next()
    tape.next()
    price = Decimal("1234.000000001")
    quote = tape.set_price(price)
    assert (quote.index, quote.price, quote.ask_volume) == (1, price, 3)
    assert (quote.bid + quote.ask) / 2 == price
    assert quote.ask > quote.bid
    after = tape.next()
    assert after.index == 2
    assert abs(after.price - price) < 2
    resumed = Tape(Gbm(price=1000, seed=1, spread="10bp", ask_volume="3"), journaled(quote))
    assert resumed.next() == after


def test_a_price_from_outside_may_bring_its_sides() -> None:
    """Bid, ask and volumes are quoted as given; a missing side is the price."""
    tape = Tape(Constant(spread="2", ask_volume="9"))
    quote = tape.set_price(Decimal(10), ask=Decimal(12), bid_volume=Decimal(0))
    assert (quote.index, quote.bid, quote.ask) == (0, 10, 12)
    assert (quote.bid_volume, quote.ask_volume) == (0, None)
    assert tape.next().index == 1


def test_an_empty_carry_means_the_journaled_price() -> None:
    """Where no oracle set the last price, the tape goes on from it."""
    tape = Tape(Constant(), Start(41, Decimal("77.5")))
    quote = tape.next()
    assert (quote.index, quote.price) == (42, Decimal("77.5"))


def test_another_model_takes_the_price_but_not_the_memory() -> None:
    """When the source of a market changed, the new model starts without a carry."""
    old = Tape(Momentum())
    old.next()
    last = old.next()
    assert "carry" in json.loads(last.carry)
    new = Tape(Constant(), journaled(last))
    assert new.next().price == last.price
    assert new.model.carry is None


class Told(PriceModel):
    """Returns and carries what it is told to."""

    def __init__(self, answer: Any, memory: object) -> None:
        super().__init__()
        self.answer = answer
        self.memory = memory

    def next_price(self, current: Decimal) -> Decimal:
        """What it was told."""
        self.carry = self.memory
        return self.answer  # type: ignore[no-any-return]


def told(answer: object, memory: object = None) -> Tape:
    """A tape whose model answers that at its first tick."""
    tape = Tape(Told(answer, memory))
    tape.next()
    return tape


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (1.5, "next_price gave 1.5, which is no Decimal"),
        (None, "next_price gave None"),
        (Decimal("NaN"), "Told: NaN at tick 1 is no price"),
        (Decimal("sNaN"), "is no price"),
        (Decimal("Infinity"), "is no price"),
        (Decimal(0), "is no price"),
        (Decimal(-1), "is no price"),
        (Decimal("1e13"), "is no price"),
    ],
)
def test_what_is_no_price_is_refused(answer: object, sentence: str) -> None:
    """A model's mistake is named with model, value and tick before it reaches the game."""
    with pytest.raises(OracleError, match=sentence):
        told(answer).next()


def test_a_price_from_outside_is_checked_too() -> None:
    """Zero can't be set, and the tape stays as it was."""
    tape = Tape(Constant())
    tape.next()
    with pytest.raises(OracleError, match="is no price"):
        tape.set_price(Decimal(0))
    assert tape.next().price == 1000


@pytest.mark.parametrize("memory", [{1, 2}, Decimal(1), float("nan"), b"bytes"])
def test_a_carry_must_be_json(memory: object) -> None:
    """What JSON can't hold is refused at the tick that carries it."""
    with pytest.raises(OracleError, match="Told: the carry is no JSON value"):
        told(Decimal(1), memory).next()


def test_a_carry_has_a_limit() -> None:
    """At the limit it is journaled, one character more is refused."""
    room = MAX_CARRY_CHARACTERS - len('{"price":"1","model":"Told","carry":""}')
    assert len(told(Decimal(1), "x" * room).next().carry) == MAX_CARRY_CHARACTERS
    with pytest.raises(OracleError, match="and the limit is 2000"):
        told(Decimal(1), "x" * (room + 1)).next()
