"""The distributions hold what a user needs, and work where nothing of this checkout is at hand."""

import importlib.util
import os
import re
import subprocess
import tarfile
import venv
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from cxgame import __version__
from tests.support.programs import ROOT, WITHIN_S, Program

BOT = """
import sys
from importlib.resources import files

import cxgame
from cxgame.client import CxClient

assert cxgame.__file__.startswith(sys.prefix), cxgame.__file__
package = files("cxgame")
assert package.joinpath("py.typed").is_file()
for script in ("commit", "keep", "open"):
    assert package.joinpath("store", f"{script}.lua").read_text(encoding="utf-8").strip()
bot = CxClient(user="bot", uri=sys.argv[1])
assert bot.r("register").status
order = bot.r("buy", "900.00", "0.1")
assert order.status, order.msg
print("bought", order.data["id"])
"""


def builder() -> ModuleType:
    """`scripts/build_dist.py` as a module."""
    spec = importlib.util.spec_from_file_location("build_dist", ROOT / "scripts" / "build_dist.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Source distribution and wheel, as `make dist` builds them."""
    if not (ROOT / ".git").exists():
        pytest.skip("distributions are built from a git checkout, and this is none")
    sdist, wheel = builder().build(tmp_path_factory.mktemp("dist"))
    return sdist, wheel


def package_files() -> set[str]:
    """The files of the package that git does not ignore."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "cxgame"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name for name in done.stdout.splitlines() if (ROOT / name).exists()}


def test_the_wheel_holds_the_package_and_nothing_else(distributions: tuple[Path, Path]) -> None:
    """Every module, script and page, and no test."""
    _, wheel = distributions
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == package_files()
    assert wheel.name == f"cxgame-{__version__}-py3-none-any.whl"


def test_the_sdist_holds_what_is_needed_to_test_it(distributions: tuple[Path, Path]) -> None:
    """Requirements, tests, documents and scripts come along, and what git ignores does not."""
    sdist, _ = distributions
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert package_files() <= held
    assert held >= {"requirements.txt", "LICENSE", "Makefile", "tests/packaging/test_dist.py"}
    assert held >= {"docs/index.md", "scripts/make_environment", ".env.example"}
    assert not {name for name in held if re.search(r"__pycache__|\.venv|^dist/|\.coverage", name)}


def test_building_leaves_nothing_in_the_tree(tmp_path: Path) -> None:
    """Only the named directory is written to."""
    before = status()
    built = builder().build(tmp_path / "out")
    assert set((tmp_path / "out").iterdir()) == set(built)
    assert status() == before


def status() -> str:
    """What git sees where builds leave their traces, ignored files too."""
    words = ["git", "status", "--porcelain", "--ignored", "--", "setup.py", "build", "dist"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.ci
def test_the_sdist_builds_the_wheel_of_the_tree(
    distributions: tuple[Path, Path], tmp_path: Path
) -> None:
    """Byte for byte, which also says that the same commit always gives the same wheel."""
    _, wheel = distributions
    module = builder()
    (tmp_path / "out").mkdir()
    direct = module._run_hook(
        "build_wheel", module.copy_of_known_files(tmp_path / "tree"), tmp_path / "out"
    )
    assert direct.read_bytes() == wheel.read_bytes()


@pytest.mark.ci
def test_the_wheel_works_in_an_empty_environment(
    distributions: tuple[Path, Path], tmp_path: Path
) -> None:
    """Installed alone, run in an empty directory with an empty home: version, help, a game."""
    place, home = tmp_path / "place", tmp_path / "home"
    place.mkdir()
    home.mkdir()
    programs = fresh_environment(tmp_path / "environment", distributions[1])
    bare = {"HOME": str(home), "PATH": f"{programs}:/usr/bin:/bin", "PYTHONPATH": ""}
    assert said(place, bare, programs / "cxgame", "--version").strip().endswith(__version__)
    assert "--exchange-port" in said(place, bare, programs / "cxgame", "--help")
    assert "fund" in said(place, bare, programs / "mockx", "--help")
    ready = place / "ready.json"
    words: list[str | Path] = [
        programs / "cxgame",
        "--memory",
        "--bind",
        "127.0.0.1",
        "--ready-file",
        ready,
    ]
    ports = [word for name in ("exchange", "feed", "http") for word in (f"--{name}-port", "0")]
    with Program(place, *words, *ports, log=tmp_path / "server.log", **bare) as server:
        told = server.until_ready(ready)
        (tmp_path / "bot.py").write_text(BOT)
        uri = f"ws://127.0.0.1:{told['exchange']}"
        url = f"http://127.0.0.1:{told['http']}"
        assert "BTC/USD" in said(place, bare, programs / "mockx", "--api-url", url, "tickers")
        assert "bought" in said(place, bare, programs / "python", tmp_path / "bot.py", uri)
        assert server.interrupt() == 0
    ready.unlink(missing_ok=True)
    assert list(place.iterdir()) == [], "a game without a memory leaves nothing"


def fresh_environment(folder: Path, wheel: Path) -> Path:
    """An environment with the wheel and what it requires, from the package index."""
    venv.create(folder, with_pip=True)
    done = subprocess.run(
        [folder / "bin" / "python", "-m", "pip", "install", "--quiet", str(wheel)],
        env={key: text for key, text in os.environ.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if "No matching distribution" in done.stderr or "Failed to establish" in done.stderr:
        pytest.skip(f"NOT TESTED: no package index to install from: {done.stderr[-200:]}")
    assert done.returncode == 0, done.stderr
    return folder / "bin"


def said(place: Path, variables: dict[str, str], *words: str | Path) -> str:
    """What a program of the empty environment prints; it must end well."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=place,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
