"""What holds for every test: Ctrl-C reaches programs, logs are left as they were, time may run out.

`TESTS_UNTIL` (seconds since the epoch) is when the last test may begin. CI sets it, lest a slow
machine be stopped in the midst of one; what was not begun is skipped, and named at the end.
"""

import os
import signal
import time

import pytest
from hypothesis import HealthCheck, settings

from cxgame import logs

_NOT_RUN = "NOT RUN: there was no time left"
_SIMULATION, _SIMULATION_S = "tests/simulation/", 600.0  # what it takes beside other tests
_FIRST = (_SIMULATION, "tests/test_examples.py")  # files that take long, begun last, are waited for

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")  # a slow machine finds no fault


def pytest_configure(config: pytest.Config) -> None:
    """A shell's background job ignores Ctrl-C, and so would every program that it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes first: begun last it would be waited for alone."""
    items.sort(key=lambda item: not item.nodeid.startswith(_FIRST))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Nothing more begins when the time is over; nor what would end too late."""
    needed_s = _SIMULATION_S if item.nodeid.startswith(_SIMULATION) else 0.0
    if time.time() + needed_s > float(os.environ.get("TESTS_UNTIL", "inf")):
        pytest.skip(_NOT_RUN)


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """A program that ran in this process has set up its log; the next test wants its own."""
    logs.reset()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was not run, loudly."""
    skipped = terminalreporter.stats.get("skipped", [])
    names = [report.nodeid for report in skipped if _NOT_RUN in str(report.longrepr)]
    if names:
        terminalreporter.section(f"{len(names)} NOT RUN, for there was no time left", red=True)
        for name in names:
            terminalreporter.write_line(name)
