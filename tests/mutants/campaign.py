"""Runs the engine's tests against mutants, each in a process of its own, and says who survived.

The processes are forks of this one, which has loaded pytest but nothing of the engine: what a
mutant costs is the tests up to the first that fails. A mutant that loops or grows without end is
ended by the limits of its process, which counts as noticed.

    python -m tests.mutants.campaign [--jobs 2] [--every 1] [MODULE ...]
"""

import argparse
import importlib.abc
import importlib.machinery
import os
import resource
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import CodeType, ModuleType

import hypothesis
import pytest

from tests.mutants.operators import Mutant, mutants

ROOT = Path(__file__).parent.parent.parent
MODULES = ("matching", "ledger", "fees", "book")
LIST = Path(__file__).parent / "survivors.toml"
WORST_RATE = 0.85
CPU_SECONDS = 120
MEMORY_BYTES = 2 * 2**30

_NO_TESTS = (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED)

# Quick ones first; the reference has the last word.
_FIRST = ("book", "ledger", "fees", "matching", "settling", "placing", "house", "checking")
_FIRST += ("pending", "pending_booking", "pending_ends", "funds", "funds_reset")
_LAST = ("snapshot_load", "against_reference")
_OPTIONS = (
    "-x",
    "-qq",
    "-pno:cacheprovider",
    "-Wignore::pytest.PytestAssertRewriteWarning",  # hypothesis is loaded already
    # The games of fixed seeds are at once faster and longer than those of hypothesis. That faults
    # are found is what this is about, so that the planted ones need not be.
    "--deselect=tests/engine/test_against_reference.py::TestGames",
    "--ignore=tests/engine/test_planted_faults.py",
)


def all_mutants(modules: Iterable[str] = MODULES) -> Iterator[Mutant]:
    """The mutants of modules of the engine."""
    for module in modules:
        source = (ROOT / "cxgame" / "engine" / f"{module}.py").read_text(encoding="utf-8")
        yield from mutants(module, source)


def known_survivors() -> dict[tuple[str, str], str]:
    """(module, mutant) → why nothing notices it."""
    entries = tomllib.loads(LIST.read_text(encoding="utf-8"))["survivor"]
    return {(entry["module"], entry["mutant"]): entry["why"] for entry in entries}


def survivors(run: Sequence[Mutant], jobs: int) -> Iterator[Mutant]:
    """Those that no test notices, as they turn up."""
    running: dict[int, Mutant] = {}
    waiting = list(reversed(run))
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[_start(mutant)] = mutant
        process, status = os.wait()
        mutant = running.pop(process)
        code = os.waitstatus_to_exitcode(status)
        if code in _NO_TESTS:
            raise RuntimeError(f"pytest did not run: exit status {code}")
        if code == 0:
            yield mutant


def is_noticed(mutant: Mutant) -> bool:
    """Whether some test fails with a mutant in place of the module."""
    return not list(survivors([mutant], 1))


def _start(mutant: Mutant) -> int:
    process = os.fork()
    if process == 0:
        code = 1
        try:
            code = _run_tests(mutant)
        finally:
            os._exit(code)
    return process


def _run_tests(mutant: Mutant) -> int:
    """0 if all tests pass. In the child."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.meta_path.insert(0, _Instead(f"cxgame.engine.{mutant.module}", mutant.code))
    quick = hypothesis.settings(database=None, derandomize=True, phases=[hypothesis.Phase.generate])
    hypothesis.settings.register_profile("mutants", quick)
    hypothesis.settings.load_profile("mutants")
    return int(pytest.main([*_OPTIONS, *map(str, _test_files())]))


def _test_files() -> list[Path]:
    folder = ROOT / "tests" / "engine"
    first, last = ([folder / f"test_{name}.py" for name in names] for names in (_FIRST, _LAST))
    between = [path for path in sorted(folder.glob("test_*.py")) if path not in (*first, *last)]
    return [*first, *between, *last]


class _Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a module whose code is given."""

    def __init__(self, name: str, code: CodeType) -> None:
        self.name = name
        self.code = code

    def find_spec(
        self, name: str, path: object, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(name, self) if name == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, module.__dict__)


def main(arguments: Sequence[str]) -> int:
    """Run, tell, and judge: 0 when enough were noticed and none survived that is not listed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("modules", nargs="*", default=MODULES)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--every", type=int, default=1, help="only every n-th mutant")
    chosen = parser.parse_args(arguments)
    run = list(all_mutants(chosen.modules))[:: chosen.every]
    known = known_survivors()
    lived: list[tuple[str, str]] = []
    for mutant in survivors(run, chosen.jobs):
        key = mutant.module, mutant.name
        lived.append(key)
        _say(f"survives: {mutant.module}: {mutant.name}" + ("" if key in known else "  NEW"))
    rate = 1 - len(lived) / len(run)
    new = [key for key in lived if key not in known]
    ran = {(mutant.module, mutant.name) for mutant in run}
    gone = [key for key in known if key in ran and key not in lived]
    for module, name in gone:
        _say(f"noticed by now, strike it from {LIST.name}: {module}: {name}")
    _say(f"{len(run)} mutants, {rate:.1%} noticed; {len(lived)} survive, {len(new)} of them new")
    return 0 if rate >= WORST_RATE and not new and not gone else 1


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
