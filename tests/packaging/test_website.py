"""The documentation as a site: each page has its place, links hold, and a fault is noticed.

The site itself is built by `make docs`, strictly, before each release and in CI.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from scripts.website.check import faults
from scripts.website.markdown import adapted
from scripts.website.source import (
    INDEX,
    PACKAGES,
    configuration,
    gallery,
    lay_out,
    navigation,
    public_names,
)
from tests.support.pages import Page
from tests.support.programs import ROOT

PAGES = sorted(
    str(path.relative_to(ROOT))
    for folder in (ROOT, ROOT / "docs", ROOT / "examples", *(ROOT / "examples").glob("*/"))
    for path in folder.glob("*.md")
)


def targets(entries: list[Any]) -> list[str]:
    """The files that a navigation names, in its order."""
    found: list[str] = []
    for entry in entries:
        for value in entry.values():
            found += [value] if isinstance(value, str) else targets(value)
    return found


# The navigation


def test_every_page_is_in_the_navigation_once() -> None:
    """Under a group of the index; README stands before them."""
    named = [name for name in targets(navigation(INDEX.read_text())) if name.startswith("docs/")]
    pages = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} - {"docs/index.md"}
    assert sorted(named) == sorted(pages)


def test_a_group_has_the_pages_that_it_links() -> None:
    """Links to a heading and of other sites are none; a group without pages is left out."""
    index = "**A.** [README](../README.md): x\n\n**You run it.**\n- [B](b.md), [c](c.md#d)\n"
    assert navigation(index) == [{"You run it": [{"B": "docs/b.md"}]}]


def test_what_is_laid_out_is_what_is_named(tmp_path: Path) -> None:
    """Every page that the settings name is there, those of the docstrings too."""
    entries = lay_out(tmp_path / "source")
    settings = tomllib.loads(configuration(tmp_path / "source", tmp_path / "site", entries))
    named = targets(settings["project"]["nav"])
    assert {f"api/{package}.md" for package in PACKAGES} <= set(named)
    assert [name for name in named if not (tmp_path / "source" / name).is_file()] == []
    assert settings["project"]["theme"]["font"] is False


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_are_those_that_the_package_exports(package: str) -> None:
    """Though it is not imported for that."""
    module = __import__(f"cxgame.{package}", fromlist=["__all__"])
    assert public_names(package) == list(module.__all__)


def test_the_gallery_shows_each_picture() -> None:
    """Under a title that is its name."""
    assert "## Page projector\n\n![Page projector](pictures/page-projector.png)" in gallery(
        ["page-projector.png"]
    )


# The links of the repository


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    """On every page: to files that are there, and to headings in them."""
    assert Page(name).dead_links() == []


# Markdown


def test_a_list_gets_its_empty_line() -> None:
    """Before its first item alone, and what belongs to an item is indented as deep as asked."""
    assert adapted("So:\n- a\n  b\n- c\n\n  d\n") == "So:\n\n- a\n    b\n- c\n\n    d\n"


def test_a_block_of_code_stays_as_it_is() -> None:
    """But for what is said about it behind its language; in a list it moves with its item."""
    assert adapted("```python no-run\nx = [\n  - 1]\n```\n") == "```python\nx = [\n  - 1]\n```\n"
    assert adapted("- a\n\n  ```sh\n  b\n    c\n  ```\n") == (
        "- a\n\n    ```sh\n    b\n      c\n    ```\n"
    )


def test_the_second_heading_has_the_sites_name() -> None:
    """In links; nothing else ends so."""
    assert adapted("[a](b.md#depth-1) and [c](#a-b) x-1)") == (
        "[a](b.md#depth_1) and [c](#a-b) x-1)\n"
    )


# The built site


def write(folder: Path, **pages: str) -> Path:
    """A site of these pages."""
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text)
    return folder


def test_a_sound_site_has_no_faults(tmp_path: Path) -> None:
    """Links to other sites may be followed, and those to pages and anchors here hold."""
    index = '<a href="b.html#x">b</a> <a href="https://elsewhere.example/">e</a> <a href="#y" id=y>'
    assert faults(write(tmp_path, index=index, b='<p id="x">')) == []


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ('<a href="gone.html">', "gone.html leads nowhere"),
        ('<a href="#gone">', "#gone leads nowhere"),
        ('<a href="index.html#gone">', "index.html#gone leads nowhere"),
        ('<img src="gone.png">', "gone.png leads nowhere"),
        ('<link href="//fonts.example/x.css">', "fetches //fonts.example/x.css"),
        ('<script src="https://cdn.example/x.js"></script>', "fetches https://cdn.example/x.js"),
    ],
)
def test_a_fault_is_noticed(tmp_path: Path, page: str, fault: str) -> None:
    """A link to what is not there, and whatever a browser would fetch from elsewhere."""
    assert faults(write(tmp_path, index=page)) == [f"index.html: {fault}"]


def test_no_site_is_a_fault(tmp_path: Path) -> None:
    """A build that made nothing has not succeeded."""
    assert faults(tmp_path) == [f"{tmp_path}: no pages"]


# The pictures


def test_what_the_pictures_wait_for_is_on_the_pages() -> None:
    """Each element that the script names; the pictures themselves take a minute and Chromium."""
    source = (ROOT / "scripts" / "screenshots.py").read_text()
    named = set(re.findall(r'"#([\w-]+)', source))
    pages = (ROOT / "cxgame" / "server" / "pages" / "static").glob("*.html")
    there = {name for page in pages for name in re.findall(r'\bid="([\w-]+)"', page.read_text())}
    assert len(named) >= 6
    assert named <= there
