"""What is installed is whole, and what it needs is declared."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cxgame import __version__

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "cxgame"
# Packages whose name for `import` is not the name for `pip`; and those of the extras.
IMPORT_NAMES = {"argon2-cffi": "argon2", "prometheus-client": "prometheus_client"}
EXTRAS = {"ccxt"}
CHOSEN = {"websockets", "redis", "argon2-cffi", "rich"}


def declared() -> set[str]:
    """The names in requirements.txt."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return {re.split(r"[<>=;]", line)[0] for line in lines if line and not line.startswith("#")}


def imported() -> set[str]:
    """The top names of everything that the package imports, wherever in a module."""
    names = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names


def setup(*arguments: str) -> str:
    """What setup.py answers."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "setup.py", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout.strip()


def test_every_import_is_declared() -> None:
    """Nothing is imported that requirements.txt or an extra does not bring."""
    known = {IMPORT_NAMES.get(name, name) for name in declared()} | EXTRAS
    assert imported() - sys.stdlib_module_names - known == {"cxgame"}


def test_the_chosen_packages_are_used() -> None:
    """What the first description of the game names is among the requirements."""
    assert declared() >= CHOSEN


def test_the_version_has_one_place() -> None:
    """The package and its metadata say the same."""
    assert setup("--version") == __version__


def test_an_installation_is_whole(tmp_path: Path) -> None:
    """Every module, script and page of the source is also in what gets installed."""
    setup("-q", "build_py", "--build-lib", str(tmp_path))
    assert files(tmp_path / "cxgame") == files(PACKAGE)


def files(folder: Path) -> set[str]:
    """All files of a package, but those that Python makes."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in paths if "__pycache__" not in path.parts}


@pytest.mark.parametrize("name", ["start", "test", "dev", "format", "lint", "check", "bench"])
def test_make_knows_the_target(name: str) -> None:
    """Every promised target exists and explains itself in `make help`."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{name}:.* ## [A-Z]", makefile, re.MULTILINE)
