"""Rates of accounts: what is counted, and over which time."""

from cxgame.model.errors import Code, reject
from cxgame.server.sessions.rates import AT, NO, NS_PER_S, YES, Rate, Rates
from cxgame.wire.replies import done, refused


def test_a_reply_says_where_it_is_counted() -> None:
    """The first letter of its status."""
    assert done("time", "null", None)[AT] == YES
    assert refused("time", reject(Code.AUTH_REQUIRED), 7)[AT] == NO


def test_messages_are_those_since_the_last_look() -> None:
    """Refusals those of the last minute."""
    rates = Rates(0)
    counts = rates.of(1)
    assert rates.look(0) == {1: Rate(0.0, 0)}
    counts[YES] += 10
    counts[NO] += 2
    assert rates.look(2 * NS_PER_S)[1] == Rate(6.0, 2)
    assert rates.look(4 * NS_PER_S)[1] == Rate(0.0, 2)
    counts[YES] += 4
    assert rates.look(6 * NS_PER_S)[1] == Rate(2.0, 2)
    for second in range(8, 62, 2):
        rates.look(second * NS_PER_S)
    assert rates.look(63 * NS_PER_S)[1] == Rate(0.0, 0)


def test_looks_in_a_row_are_one() -> None:
    """Two organisers who look at once see the same."""
    rates = Rates(0)
    rates.of(1)[YES] += 8
    assert rates.look(4 * NS_PER_S)[1] == Rate(2.0, 0)
    assert rates.look(4 * NS_PER_S + 1)[1] == Rate(2.0, 0)


def test_after_a_long_time_without_a_look_rates_are_averages() -> None:
    """So many a minute since then."""
    rates = Rates(0)
    rates.of(1)[NO] += 100
    assert rates.look(600 * NS_PER_S)[1] == Rate(0.2, 10)


def test_what_is_remembered_has_a_bound() -> None:
    """However often somebody looks."""
    rates = Rates(0)
    for tenth in range(5_000):
        rates.look(tenth * NS_PER_S // 10)
    assert len(rates._samples) <= 33
