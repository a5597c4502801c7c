"""The page about `mockx` says what the command line says."""

import re
from argparse import ArgumentParser

import pytest

from cxgame.config.mockx import MOCKX_ABOUT, MOCKX_DEFAULTS
from cxgame.mockx.command_line import build_parser
from tests.mockx.conftest import Terminal
from tests.support.pages import Page

PAGE = Page("docs/mockx.md")
SECTIONS = dict(re.findall(r"^### (.*)\n((?:(?!^#).*\n)*)", PAGE.text, re.MULTILINE))


def commands() -> dict[str, ArgumentParser]:
    """The parser of each command."""
    (found,) = (action.choices for action in build_parser()._actions if action.dest == "command")
    return dict(found)  # type: ignore[arg-type]


def options(parser: ArgumentParser) -> set[str]:
    """Its options, but `--help`."""
    return {word for word in parser._option_string_actions if word.startswith("--")} - {"--help"}


def test_every_command_has_its_heading_and_no_other_has_one() -> None:
    """Under its own name."""
    assert SECTIONS.keys() == commands().keys()


@pytest.mark.parametrize("name", list(SECTIONS))
def test_a_section_names_the_request_and_every_option(name: str) -> None:
    """The request as the help has it; those of `orders-simple` are said to be the same."""
    section = " ".join(SECTIONS[name].split())
    parser = commands()[name]
    call = (parser.description or "").partition(":")[0]
    assert f"`{call}`" in section
    own = options(parser) - options(build_parser())
    assert name == "orders-simple" or all(option in section for option in own)


def test_the_table_has_every_setting() -> None:
    """With flag, variable and default, and the options that are no settings in the text."""
    for name, about in MOCKX_ABOUT.items():
        flag = f"`--{name.replace('_', '-')}`" if about.has_flag else ""
        (row,) = (line for line in PAGE.text.splitlines() if f"| `{about.variables[0]}` |" in line)
        cells = [cell.strip() for cell in row.split("|")]
        assert cells[1] == flag
        assert cells[3].strip("`") == str(MOCKX_DEFAULTS[name]).removesuffix(".0")
    for option in options(build_parser()) - {"--version"}:
        assert f"`{option}`" in PAGE.text


def test_links_lead_somewhere() -> None:
    """Files and headings both."""
    assert PAGE.dead_links() == []


def test_every_example_is_understood(terminal: Terminal) -> None:
    """Those in blocks, typed as they stand."""
    lines = [line for block in PAGE.blocks("sh") for line in block.splitlines()]
    assert len(lines) == 6
    for line in lines:
        name, *words = line.split()
        assert name == "mockx"
        assert terminal.type(*words).status == 0
