"""Who may import whom, read from the syntax tree.

The package is built of units, each with a number; a unit imports lower numbers and itself. The
checker is a function of a module's name and source, so that the tests below can also show that
it finds what it is there to find.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cxgame

PACKAGE = Path(cxgame.__file__).parent

# The number of each unit. A unit is a package or a module; the longest name that fits counts.
NUMBERS = {
    "cxgame": 0,  # __init__.py: the version, and nothing imported
    "cxgame.model": 0,
    "cxgame.engine": 1,
    "cxgame.wire": 1,
    "cxgame.ports": 1,
    "cxgame.child": 1,
    "cxgame.failpoints": 1,
    "cxgame.draws": 1,
    "cxgame.config": 1,
    "cxgame.logs": 1,
    "cxgame.in_thread": 1,
    "cxgame.game": 2,
    "cxgame.log_file": 2,
    "cxgame.store": 2,
    "cxgame.oracle": 2,
    "cxgame.faults": 2,
    "cxgame.network": 2,
    "cxgame.keeper": 3,
    "cxgame.feeder": 3,
    "cxgame.records": 3,
    "cxgame.server": 3,
    "cxgame.client": 3,
    "cxgame.ccxt": 3,
    "cxgame.exchange": 3,
    "cxgame.bots": 4,
    "cxgame.watch": 4,
    "cxgame.load": 4,
    "cxgame.server.app": 5,
    "cxgame.cli": 6,
    "cxgame.mockx": 6,
    "cxgame.simulator": 6,
}
# Modules that stand beside each other in the root but make up one unit.
MEMBERS = {
    "cxgame.game": (
        "auth",
        "clock",
        "effects",
        "failure",
        "history",
        "limits",
        "open_batch",
        "pipeline",
        "play_time",
        "recovery",
        "sealing",
        "views",
    ),
    "cxgame.cli": (
        "__main__",
        "cli_admin",
        "cli_faults",
        "cli_flags",
        "cli_journal",
        "cli_load",
        "cli_monitor",
        "cli_oracle",
        "cli_page",
        "cli_points",
        "cli_records",
    ),
}
UNITS = {
    **{unit: unit for unit in NUMBERS},
    **{f"cxgame.{name}": unit for unit, names in MEMBERS.items() for name in names},
}

IMPURE = frozenset(
    "asyncio concurrent ctypes datetime multiprocessing os pathlib random secrets select selectors "
    "signal socket ssl subprocess tempfile threading time uuid".split()
)
INPUT_OUTPUT = frozenset("asyncio select selectors socket ssl subprocess threading".split())
ENVIRONMENT = frozenset({"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"})
# Units that know fewer units than their number would allow, because others build on them alone.
ONLY = {
    "cxgame.config": {"cxgame.model"},
    "cxgame.client": {"cxgame.model", "cxgame.wire", "cxgame.network"},
    "cxgame.network": {"cxgame.model"},
    "cxgame.ccxt": {"cxgame.model", "cxgame.wire"},
}
# Third-party packages that belong to one unit alone.
OWNERS = {"redis": "cxgame.store", "valkey": "cxgame.store"}
# The units that must stay free of third-party packages, and the exceptions.
BARE = {
    "cxgame.model": {"msgspec"},
    "cxgame.engine": set[str](),
    "cxgame.config": {"msgspec"},
    "cxgame.ports": set[str](),
}


def violations(module: str, source: str) -> list[str]:
    """Every rule that a module of this name and source breaks, as sentences."""
    tree = ast.parse(source)
    unit = unit_of(module)
    imports = sorted(set(imported(module, tree)))
    found = [sentence for name in imports for sentence in _broken_by(unit, name)]
    if unit != "cxgame.config" and any(_environment_uses(tree)):
        found.append(f"{module} reads the environment, which cxgame.config alone does")
    return found


def unit_of(name: str) -> str:
    """The unit of a module, or of a name imported from one; the root itself has one name."""
    if ".".join(name.split(".")[:2]) not in {*UNITS, "cxgame.__version__"}:
        raise LookupError(f"{name} belongs to no unit: give it a number in NUMBERS")
    while name not in UNITS:
        name = _parent(name)
    return UNITS[name]


def imported(module: str, tree: ast.AST) -> Iterator[str]:
    """The full names that a module imports when it runs, functions included."""
    package = module if (PACKAGE.parent / module.replace(".", "/")).is_dir() else _parent(module)
    for node in _running(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*up, base]).rstrip(".")
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _name(node.func) in ("import_module", "__import__"):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker sees: the body of `if TYPE_CHECKING:`."""
    yield node
    hidden = node.body if isinstance(node, ast.If) and _name(node.test) == "TYPE_CHECKING" else []
    for child in ast.iter_child_nodes(node):
        if child not in hidden:
            yield from _running(child)


def _broken_by(unit: str, name: str) -> Iterator[str]:
    """The rules that a unit breaks by importing a name."""
    top = name.partition(".")[0]
    if top == "cxgame":
        target = unit_of(name)
        if target != unit and NUMBERS[target] >= NUMBERS[unit]:
            yield f"{unit} ({NUMBERS[unit]}) imports {name} ({NUMBERS[target]})"
        elif unit in ONLY and target not in ONLY[unit] | {unit, "cxgame"}:
            yield f"{unit} imports {name}, but it may know {sorted(ONLY[unit])} only"
        return
    if unit in ("cxgame.model", "cxgame.engine") and top in IMPURE:
        yield f"{unit} imports {name}: time, chance and the world outside are arguments there"
    if unit == "cxgame.wire" and top in INPUT_OUTPUT:
        yield f"{unit} imports {name}, but it does no input or output"
    if unit in BARE and top not in BARE[unit] | sys.stdlib_module_names:
        yield f"{unit} imports {name}, a third-party package"
    if OWNERS.get(top, unit) != unit:
        yield f"{unit} imports {name}, which {OWNERS[top]} alone does"


def _environment_uses(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _name(node.value) == "os":
            if node.attr in ENVIRONMENT:
                yield node
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            if {alias.name for alias in node.names} & (ENVIRONMENT | {"*"}):
                yield node


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _parent(module: str) -> str:
    return module.rpartition(".")[0]


def modules() -> list[str]:
    """Every module of the package."""
    names = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


def source_of(module: str) -> str:
    """The text of a module."""
    path = PACKAGE.parent / module.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_what_is_below_it(module: str) -> None:
    """No arrow points up, and none between siblings."""
    assert violations(module, source_of(module)) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("cxgame.model.units", "from cxgame.engine import book"),
        ("cxgame.engine.book", "import cxgame.game"),
        ("cxgame.engine.book", "def f():\n    from cxgame.wire.codes import X"),
        ("cxgame.engine.book", "from cxgame import game"),
        ("cxgame.engine.book", "from ..store import keys"),
        ("cxgame.engine.book", "import importlib\nimportlib.import_module('cxgame.game')"),
        ("cxgame.engine.book", "if not TYPE_CHECKING:\n    from cxgame.game import Game"),
        ("cxgame.engine.book", "if TYPE_CHECKING:\n    pass\nelse:\n    import cxgame.game"),
        ("cxgame.store.keys", "from cxgame.oracle import models"),
        ("cxgame.recovery", "from cxgame.store.valkey import ValkeyJournal"),
        ("cxgame.server.exchange", "from cxgame.server import app"),
        ("cxgame.server.exchange", "from .app import run"),
        ("cxgame.server.feed", "from cxgame.client import CxClient"),
        ("cxgame.watch.view", "from cxgame.bots import maker"),
        ("cxgame.client.client", "from cxgame.config import bot_environment"),
        ("cxgame.client.client", "from cxgame.engine.book import Book"),
        ("cxgame.config.kinds", "from cxgame.ports import Clock"),
        ("cxgame.config.kinds", "import rich"),
        ("cxgame.engine.timers", "import time"),
        ("cxgame.engine.timers", "from datetime import datetime"),
        ("cxgame.model.batch", "import random"),
        ("cxgame.model.batch", "import os.path"),
        ("cxgame.engine.engine", "import msgspec"),
        ("cxgame.model.batch", "import sortedcontainers"),
        ("cxgame.wire.session", "import asyncio"),
        ("cxgame.server.feed", "import redis.asyncio"),
        ("cxgame.server.app", "import os\nos.environ['X']"),
        ("cxgame.server.app", "import os\nos.getenv('X')"),
        ("cxgame.cli", "from os import environ"),
    ],
)
def test_a_planted_violation_is_found(module: str, source: str) -> None:
    """Each rule has a module that breaks it, and the checker sees it."""
    assert len(violations(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        (
            "cxgame.engine.book",
            "from cxgame.model.units import Lots\nfrom cxgame.engine import fees",
        ),
        ("cxgame.engine.book", "if TYPE_CHECKING:\n    from cxgame.game import Game"),
        ("cxgame.engine.book", "if typing.TYPE_CHECKING:\n    import redis"),
        ("cxgame.engine.book", "from . import fees\nfrom ..model import units"),
        ("cxgame.model.batch", "import hashlib, msgspec"),
        ("cxgame.game", "import cxgame.recovery, cxgame.views, cxgame.ports"),
        (
            "cxgame.server.app",
            "from cxgame.bots import start\nfrom cxgame.server.feed import CxFeed",
        ),
        ("cxgame.store.valkey", "import os, redis\nos.fsync(0)"),
        ("cxgame.config.sources", "import os\nos.environ"),
        ("cxgame.server.exchange", "from cxgame import __version__"),
    ],
)
def test_what_is_allowed_is_not_reported(module: str, source: str) -> None:
    """Imports downwards, within a unit, and for type checkers alone are fine."""
    assert violations(module, source) == []


def test_a_unit_without_a_number_is_refused() -> None:
    """A new module in the root must be given its place before the tests pass."""
    with pytest.raises(LookupError, match=r"cxgame\.new"):
        violations("cxgame.new.module", "")
