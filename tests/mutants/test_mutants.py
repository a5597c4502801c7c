"""The tests of the engine notice small mistakes in matching, ledger, fees and book."""

import subprocess
import sys

import pytest

from tests.mutants.campaign import ROOT, all_mutants, known_survivors
from tests.mutants.operators import mutants


@pytest.mark.deep
def test_the_tests_notice_mistakes() -> None:
    """85 % of them at least, and every one that is not listed with a reason."""
    command = [sys.executable, "-m", "tests.mutants.campaign"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=4 * 3600)
    assert run.returncode == 0, run.stdout + run.stderr


def test_what_is_listed_can_still_be_made() -> None:
    """A line that has changed gives other mutants: strike the old ones from the list."""
    every = {(mutant.module, mutant.name) for mutant in all_mutants()}
    assert set(known_survivors()) <= every
    assert all(why.strip() for why in known_survivors().values())


def test_an_unchanged_module_goes_unnoticed_and_a_mistake_does_not() -> None:
    """A campaign in which everything fails would prove nothing."""
    program = (
        "from tests.mutants import campaign\n"
        "from tests.mutants.operators import Mutant\n"
        "campaign._test_files = lambda: [campaign.ROOT / 'tests' / 'engine' / 'test_ledger.py']\n"
        "code = compile((campaign.ROOT / 'cxgame/engine/ledger.py').read_text(), 'it', 'exec')\n"
        "assert not campaign.is_noticed(Mutant('ledger', 'nothing', code))\n"
        "wrong = 'Ledger.transfer: rest = source[asset] - amount'\n"
        "first = next(m for m in campaign.all_mutants(['ledger']) if m.name.startswith(wrong))\n"
        "assert campaign.is_noticed(first)\n"
    )
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr


def changes(source: str) -> set[str]:
    """The names of a module's mutants, without where they are."""
    return {mutant.name.partition(": ")[2] for mutant in mutants("made_up", source)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a < b", {"x = a < b -> x = a <= b", "x = a < b -> x = a >= b"}),
        ("x = a == b", {"x = a == b -> x = a != b"}),
        ("x = a + b", {"x = a + b -> x = a - b"}),
        ("x = a and b", {"x = a and b -> x = a or b"}),
        ("x = not a", {"x = not a -> x = a"}),
        ("x = True", {"x = True -> x = False"}),
        ("x = 5", {"x = 5 -> x = 6", "x = 5 -> x = 4"}),
        ("x += y", {"x += y -> pass", "x += y -> x -= y"}),
        ("f(x)", {"f(x) -> pass"}),
        ("o.x = y", {"o.x = y -> pass"}),
        ("def f(): return x", {"return x -> return None"}),
        ("if x: y = z", {"if x: -> if not x:"}),
        ('"""Text."""', set()),
        ("x: int | None = y", set()),
    ],
)
def test_each_kind_of_mistake_is_made(source: str, expected: set[str]) -> None:
    """Comparisons, arithmetic, logic, constants, statements, results; no texts, no types."""
    assert changes(source) == expected
