"""The pages about deployment and releases: links lead somewhere, what they name exists."""

import re

import pytest

from tests.support.pages import Page
from tests.support.programs import ROOT

NAMES = ("docs/deployment.md", "docs/releasing.md", "DOCKER_VERSIONS.md", "CONTRIBUTING.md")
PAGES = [Page(name) for name in NAMES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.stem)
def test_links_lead_somewhere(page: Page) -> None:
    """Files and headings both."""
    assert page.dead_links() == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.stem)
def test_every_target_that_is_named_exists(page: Page) -> None:
    """And every script."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(" ".join(re.findall(r"^([a-z -]+):", makefile, re.MULTILINE)).split())
    assert set(re.findall(r"`make ([a-z-]+)", page.text)) <= targets
    for script in re.findall(r"\bscripts/[a-z_.]+\b", page.text):
        assert (ROOT / script).exists(), script
