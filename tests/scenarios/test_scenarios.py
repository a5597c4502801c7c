"""Every game in the tables beside this file goes as written."""

import pytest

from tests.scenarios.play import Play
from tests.scenarios.table import HERE, Scenario, scenarios

FILES = sorted(HERE.glob("*.txt"))
GAMES = [
    pytest.param(scenario, id=f"{path.stem}: {scenario.title}")
    for path in FILES
    for scenario in scenarios(path)
]


@pytest.mark.parametrize("scenario", GAMES)
def test_a_game_goes_as_written(scenario: Scenario) -> None:
    """Each line of the game leads to what stands behind its arrow, and to nothing else."""
    assert "\n".join(Play().run(scenario)) == ""


def test_the_tables_say_enough() -> None:
    """There are many rows, and a row for each refusal that an order can meet."""
    rows = [line for path in FILES for scenario in scenarios(path) for line in scenario.lines]
    outcomes = [line.expected or "" for line in rows]
    assert sum(map(bool, outcomes)) >= 300
    refused = {text.split()[1] for text in outcomes if text.startswith("refused ")}
    orders = "FOK NO_MATCH NOT_FOUND NOT_MAKER POST_ONLY CID_REUSED NOT_AMENDABLE WOULD_TRIGGER"
    wanted = {f"ORDER_{name}" for name in orders.split()}
    wanted |= {"FUNDS_QUOTE", "FUNDS_BASE", "LIMIT_ORDERS", "LIMIT_LEVELS", "LIMIT_USERS"}
    wanted |= {"FILTER_MIN_SIZE", "FILTER_MIN_PRICE", "FILTER_MIN_AMOUNT", "FILTER_MAX"}
    wanted |= {"STATE_NOT_OPEN", "STATE_PAUSED", "STATE_CLOSED", "AUTH_NOT_LISTED"}
    wanted |= {"PARAM_MISSING"}
    assert wanted - refused == set()
