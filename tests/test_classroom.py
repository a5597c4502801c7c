"""The classroom notebook: as it is handed out, and as a student runs it."""

import ast
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.programs import ROOT, Server, run

NOTEBOOK = ROOT / "examples" / "classroom.ipynb"
PLAYED = ("--oracle", "gbm:volatility=20", "--tick-interval", "0.1", "--bots", "maker,random")
MISSING = [name for name in ("nbclient", "ipykernel") if importlib.util.find_spec(name) is None]

# A fresh kernel, as Jupyter starts one; it stops at the first cell that fails.
EXECUTE = """
import sys
import nbclient, nbformat
notebook = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
nbformat.validate(notebook)
nbformat.write(notebook, sys.argv[2])
"""


def cells(path: Path = NOTEBOOK, kind: str = "code") -> list[dict[str, Any]]:
    """The cells of a kind."""
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == kind]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


@pytest.fixture
def student(tmp_path: Path) -> Iterator[tuple[Server, dict[str, str]]]:
    """A game with house bots, and what the notebook is told; its strategy plays for two seconds."""
    with Server(tmp_path, *PLAYED) as server:
        yield server, {"CXGAME_URI": server.uri, "CLASSROOM_SECONDS": "2", "HOME": str(tmp_path)}


def test_the_notebook_is_handed_out_empty() -> None:
    """No outputs, no counts, and every cell has its name."""
    for cell in cells():
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
    names = [cell["id"] for cell in cells() + cells(kind="markdown")]
    assert len(set(names)) == len(names)


def test_the_notebook_needs_cxgame_alone() -> None:
    """What it imports is the standard library's, or ours."""
    imported = set()
    for node in (node for cell in cells() for node in ast.walk(ast.parse(source(cell)))):
        if isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).split(".")[0])
        elif isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
    assert imported - sys.stdlib_module_names == {"cxgame"}


def test_the_links_of_the_notebook_lead_somewhere() -> None:
    """To pages beside it."""
    text = "".join(source(cell) for cell in cells(kind="markdown"))
    links = [part.partition(")")[0] for part in text.split("](")[1:]]
    assert len(links) >= 2
    for link in links:
        assert (NOTEBOOK.parent / link).exists(), link


@pytest.mark.ci
def test_the_notebook_runs_as_a_script(
    tmp_path: Path, student: tuple[Server, dict[str, str]]
) -> None:
    """Its cells one after the other, without Jupyter and without an event loop."""
    _, told = student
    script = tmp_path / "classroom.py"
    script.write_text("\n\n".join(map(source, cells())), encoding="utf-8")
    done = run(tmp_path, sys.executable, script, **told)
    assert done.returncode == 0, done.stdout
    assert " turns, " in done.stdout


@pytest.mark.ci
@pytest.mark.skipif(
    bool(MISSING), reason=f"NOT TESTED: {MISSING} not installed; make dev brings it"
)
def test_the_notebook_runs_in_a_fresh_kernel(
    tmp_path: Path, student: tuple[Server, dict[str, str]]
) -> None:
    """Where an event loop is running: all cells work, and what they show is there to be read."""
    _, told = student
    done_path = tmp_path / "done.ipynb"
    done = run(tmp_path, sys.executable, "-c", EXECUTE, NOTEBOOK, done_path, **told)
    assert done.returncode == 0, done.stdout
    shown = {source(cell): html(cell) for cell in cells(done_path)}

    def of(text: str) -> str:
        return next(output for code, output in shown.items() if text in code)

    assert "✓ Registered" in of('me.r("register")')
    for text in ("BTC", "USD", "10000.00"):
        assert text in of(
            'me.r("wallets")\n' if 'me.r("wallets")\n' in shown else 'me.r("wallets")'
        )
    assert ">ask<" in of('me.r("book", depth=8)')
    assert "Buy order placed." in of("cheap = round")
    assert "1 order" in of('me.r("orders")')
    assert "taker" in of('me.r("fills")')
    assert "✗" in of("1000000000")
    assert "'side': 'sell'" in of("fills[-3:]")
    assert "<polyline points='1.0," in of("curve(equity)")
    assert "Book BTC/USD" in of("following = me.on")
    assert "not in step" not in of("following = me.on")


def html(cell: dict[str, Any]) -> str:
    """What a cell shows: HTML where it has some, else text."""
    shown = ""
    for output in cell["outputs"]:
        assert output["output_type"] != "error"
        data = output.get("data", {"text/plain": output.get("text", "")})
        shown += "".join(data.get("text/html", data.get("text/plain", "")))
    return shown
