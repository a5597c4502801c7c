"""Whole servers under faults, from seeds: what was answered is true, and stays so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.running import Summary, outcome, outcomes

SEEDS = 30
CI_SEEDS = 2_000
LEAST_ANSWERS, LEAST_FAULTS = 300, 3
HASHED = 7  # any seed will do
BOUND_S = 300.0


def _checked(seeds: range, jobs: int) -> Summary:
    summary = Summary()
    for one in outcomes(seeds, jobs):
        summary.add(one)
    assert not summary.failed, summary.text()
    assert summary.fewest_answers >= LEAST_ANSWERS
    assert summary.fewest_faults >= LEAST_FAULTS
    return summary


def test_nothing_is_lost_or_doubled_whatever_happens() -> None:
    """Some runs of 300 messages and three faults each leave nothing to complain of."""
    _checked(range(SEEDS), jobs=2)


@pytest.mark.ci
def test_nothing_is_lost_or_doubled_in_two_thousand_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The same for many seeds, in which every kind of fault occurs often."""
    summary = _checked(range(CI_SEEDS), jobs=2)
    assert min(summary.faults.values()) >= CI_SEEDS // 20
    with capsys.disabled():
        sys.stdout.write(f"\n{summary.text()}\n")


def test_a_run_is_a_function_of_its_seed() -> None:
    """Twice the same bytes at the same times, also in another process with other hashes of text."""
    here = outcome(HASHED)
    assert outcome(HASHED).digest == here.digest
    assert outcome(HASHED + 1).digest != here.digest
    trace = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--trace", str(HASHED)],
        capture_output=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        text=True,
        timeout=BOUND_S,
        check=True,
    )
    assert trace.stdout.endswith(f"hash {here.digest}\n")
