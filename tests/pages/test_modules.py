"""The modules of the pages: each page asks for all of its own at once, and for no other."""

import re
from pathlib import Path

import pytest

from cxgame.server.pages.files import ADMIN, MONITOR, PAGE, PLAY, STATIC

IMPORT = re.compile(r'^(?:import|export)\b[^;]*?\bfrom "(\.[^"]+)";', re.MULTILINE)
PRELOAD = re.compile(r'<link rel="modulepreload" href="/static/([^"]+)">')
MAIN = re.compile(r'<script type="module" src="/static/([^"]+)">')


def imported(path: Path) -> set[Path]:
    """What a module needs, and what that needs, itself included."""
    found, left = set[Path](), [path]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += [(one.parent / name).resolve() for name in IMPORT.findall(one.read_text())]
    return found


@pytest.mark.parametrize("page", [PAGE, PLAY, ADMIN, MONITOR])
def test_a_page_asks_for_its_modules_at_once(page: str) -> None:
    """Or each would be found only when the one before it was read, a round trip later."""
    text = (STATIC / page).read_text()
    (main,) = MAIN.findall(text)
    needed = {path.relative_to(STATIC).as_posix() for path in imported(STATIC / main)}
    named = PRELOAD.findall(text)
    assert sorted([*named, main]) == sorted(needed)


def test_every_module_belongs_to_a_page() -> None:
    """What nobody imports would be sent to nobody."""
    pages = [(STATIC / page).read_text() for page in (PAGE, PLAY, ADMIN, MONITOR)]
    used = set[Path]().union(*(imported(STATIC / MAIN.findall(text)[0]) for text in pages))
    assert {path for path in STATIC.rglob("*.js") if path.name != "early.js"} == used
