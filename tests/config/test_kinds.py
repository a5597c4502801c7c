"""What each kind of setting takes and what it refuses."""

from decimal import Decimal
from pathlib import Path

import pytest

from cxgame.config import kinds
from cxgame.config.kinds import Kind, Refused


@pytest.mark.parametrize("value", ["true", "YES", "on", "1", True, 1])
def test_true_words_are_true(value: object) -> None:
    """Only the four words, in any case, and Python's own values mean true."""
    assert kinds.boolean().read(value) is True


@pytest.mark.parametrize("value", ["false", "No", "off", "0", False, 0])
def test_false_words_are_false(value: object) -> None:
    """The word no is false."""
    assert kinds.boolean().read(value) is False


REFUSED: list[tuple[Kind, object]] = [
    (kinds.boolean(), "maybe"),
    (kinds.boolean(), ""),
    (kinds.boolean(), "y"),
    (kinds.boolean(), 2),
    (kinds.boolean(), None),
    (kinds.boolean(), 1.0),
    (kinds.boolean(), 10**5000),
    (kinds.integer(0, 10), "1_0"),
    (kinds.integer(0, 10), "１"),  # noqa: RUF001 a full-width digit
    (kinds.integer(0, 10), " 1"),
    (kinds.integer(0, 10), "1.0"),
    (kinds.integer(0, 10), "11"),
    (kinds.integer(0, 10), -1),
    (kinds.integer(0, 10), True),
    (kinds.integer(0, 10), 1.0),
    (kinds.integer(0, 10), "9" * 5000),
    (kinds.integer(0, 2**63 - 1), str(2**63)),
    (kinds.seconds("0.001", "60"), "0"),
    (kinds.seconds("0.001", "60"), "60.001"),
    (kinds.seconds("0.001", "60"), "0.0005"),
    (kinds.seconds("0.001", "60"), "nan"),
    (kinds.seconds("0.001", "60"), float("inf")),
    (kinds.seconds("0.001", "60"), "1e1"),
    (kinds.seconds("0.001", "60"), True),
    (kinds.amount(), "-1"),
    (kinds.amount(), "NaN"),
    (kinds.amount(), "1e5"),
    (kinds.amount(), "1000000000000001"),
    (kinds.amount(), Decimal("1e5000000")),
    (kinds.amount(), Decimal("NaN")),
    (kinds.amount(), 10**5000),
    (kinds.amount(), "0.0000000000000000000000001"),
    (kinds.rate(), "1.1"),
    (kinds.rate(), "0.0000000000001"),
    (kinds.text("a text", "TEXT"), "p\udce4ss"),
    (kinds.choice("a", "b"), "c"),
    (kinds.choice("a", "b"), 1),
    (kinds.text("a text", "T"), "two\nlines"),
    (kinds.text("a text", "T"), ""),
    (kinds.hosts(), ""),
    (kinds.hosts(), "a b"),
    (kinds.hosts(), 5),
    (kinds.hosts(), []),
    (kinds.path(), ""),
    (kinds.path(), "a\0b"),
    (kinds.path(), 5),
    (kinds.path(), "~nobody-of-this-name/file"),
    (kinds.several(kinds.choice("a", "b"), ","), "a,c"),
    (kinds.several(kinds.choice("a", "b"), ","), "a,a"),
    (kinds.several(kinds.choice("a", "b"), ","), "a,"),
    (kinds.several(kinds.choice("a", "b"), ",", least=1), ""),
    (kinds.several(kinds.choice("a", "b"), ",", least=1), []),
]


@pytest.mark.parametrize(("kind", "value"), REFUSED, ids=range(len(REFUSED)))
def test_a_value_of_another_kind_is_refused(kind: Kind, value: object) -> None:
    """What only looks like a value of the kind is refused, quickly and without another error."""
    with pytest.raises(Refused):
        kind.read(value)


TAKEN: list[tuple[Kind, object, object]] = [
    (kinds.integer(0, 10), "10", 10),
    (kinds.integer(-5, 10), "-5", -5),
    (kinds.integer(0, 2**63 - 1), str(2**63 - 1), 2**63 - 1),  # most seeds that are drawn
    (kinds.seconds("0.001", "60"), "0.001", 0.001),
    (kinds.seconds("0.001", "60"), 60, 60.0),
    (kinds.seconds("0.001", "60"), Decimal("1.50"), 1.5),
    (kinds.amount(), "10000.00", "10000.00"),
    (kinds.amount(), 10_000, "10000"),
    (kinds.amount(), 0.1, "0.1"),
    (kinds.amount(), 1e-7, "0.0000001"),
    (kinds.amount(), Decimal("1E+3"), "1000"),
    (kinds.rate(), "0.00075", "0.00075"),
    (kinds.hosts(), "127.0.0.1, ::1", "127.0.0.1,::1"),
    (kinds.hosts(), ["127.0.0.1", "::1"], "127.0.0.1,::1"),
    (kinds.path(), "a/b", Path("a/b")),
    (kinds.optional(kinds.integer(0, 10)), None, None),
    (kinds.optional(kinds.integer(0, 10)), "none", None),
    (kinds.optional(kinds.integer(0, 10)), "3", 3),
    (kinds.several(kinds.choice("a", "b"), ","), "b, a", ("b", "a")),
    (kinds.several(kinds.choice("a", "b"), ","), ["b", "a"], ("b", "a")),
    (kinds.several(kinds.choice("a", "b"), ","), "", ()),
    (kinds.several(kinds.choice("a", "b"), ","), (), ()),
]


@pytest.mark.parametrize(("kind", "value", "expected"), TAKEN)
def test_a_value_of_the_kind_is_read(kind: Kind, value: object, expected: object) -> None:
    """Text, numbers and lists of the kind become its one form."""
    assert kind.read(value) == expected
