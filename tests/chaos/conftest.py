"""How often the faults are repeated, and what they came to."""

import os

import pytest

from tests.chaos.tally import TALLY


@pytest.fixture(scope="session")
def rounds() -> int:
    """`make chaos ROUNDS=10` repeats everything ten times."""
    return int(os.environ.get("ROUNDS") or "1")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures for docs/reliability.md."""
    if TALLY.faults:
        terminalreporter.section("faults")
        for line in TALLY.lines():
            terminalreporter.write_line(line)
