"""`python -m tests.simulation --seeds 0:2000 --jobs 2`, and `--trace SEED` for a close look."""

from __future__ import annotations

import argparse
import sys

from tests.simulation.auditor import audit
from tests.simulation.running import Summary, outcomes
from tests.simulation.world import COMMANDS, FAULTS, run


def main() -> int:
    """The number of seeds that failed, 1 at the most."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", default="0:100", metavar="FIRST:END", help="or one seed")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument(
        "--commands", type=int, default=COMMANDS, help="messages of a run, at least"
    )
    parser.add_argument("--faults", type=int, default=FAULTS, help="faults of a run, at least")
    parser.add_argument("--trace", type=int, metavar="SEED", help="show all that one run wrote")
    given = parser.parse_args()
    if given.trace is not None:
        return _trace(given.trace, given.commands, given.faults)
    first, _, end = given.seeds.partition(":")
    seeds = range(int(first), int(end) if end else int(first) + 1)
    summary = Summary()
    for one in outcomes(seeds, given.jobs, given.commands, given.faults):
        summary.add(one)
        if one.problems:
            sys.stderr.write(f"seed {one.seed} failed: {one.problems[0][:300]}\n")
    sys.stdout.write(summary.text() + "\n")
    return int(bool(summary.failed))


def _trace(seed: int, commands: int, faults: int) -> int:
    evidence = run(seed, commands, faults, traced=True)
    problems = audit(evidence)
    lines = [*(evidence.record.lines or []), f"hash {evidence.record.digest}", *problems]
    sys.stdout.write("\n".join(lines) + "\n")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
