"""The table of refusals."""

import ast
import string
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

import cxgame
from cxgame.model.errors import MEANINGS, Code, reject, unknown_symbol
from cxgame.model.meanings import FAMILIES

PACKAGE = Path(cxgame.__file__).parent


def test_every_code_stands_once_in_the_table_by_family() -> None:
    """In the order of the codes, family after family, as the docs show them."""
    assert list(MEANINGS) == list(Code)
    families = [code.partition("_")[0] for code in Code]
    assert list(dict.fromkeys(families)) == list(FAMILIES)
    assert [name for name, _ in groupby(families)] == list(FAMILIES)


@pytest.mark.parametrize("code", Code)
def test_every_code_has_a_meaning_in_a_family(code: Code) -> None:
    """A code without sentence and remedy cannot be sent."""
    cause, sentence, remedy, exception, _ = MEANINGS[code]
    assert cause.endswith((".", "`"))
    assert remedy.endswith(".")
    assert sentence
    assert exception.isidentifier()


@pytest.mark.parametrize("code", Code)
def test_a_refusal_is_a_sentence_with_its_facts(code: Code) -> None:
    """The facts fill the sentence."""
    names = [name for _, name, _, _ in string.Formatter().parse(MEANINGS[code].sentence) if name]
    text = reject(code, **dict.fromkeys(names, "X")).text
    assert "{" not in text
    assert text.count("X") >= len(names)


def test_an_unknown_symbol_is_told_those_that_there_are() -> None:
    """All of a few, the first of many."""
    refusal = unknown_symbol("X/Y", ["A/B", "C/D"])
    assert (refusal.code, refusal.facts) == (
        Code.FILTER_SYMBOL,
        {"limit": "A/B, C/D", "got": "X/Y"},
    )
    assert unknown_symbol("X/Y", []).facts["limit"] == ""
    ten = [f"{number}" for number in range(10)]
    assert unknown_symbol("X/Y", ten).facts["limit"] == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert unknown_symbol("X/Y", [*ten, "10", "11"]).facts["limit"].endswith("8, 9, …")


def refusals() -> Iterator[tuple[str, ast.Call]]:
    """Every call of `reject` in the package, by the code that it names."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "reject":
                yield ast.unparse(node.args[0]), node


def test_every_filter_says_its_bound_and_what_it_got() -> None:
    """Wherever in the package it refuses."""
    seen = set()
    for code, call in refusals():
        names = {keyword.arg for keyword in call.keywords}
        if code.startswith("Code.FILTER_"):
            assert {"limit", "got"} <= names, ast.unparse(call)
            seen.add(Code(code.removeprefix("Code.")))
    assert seen == {code for code in Code if code.startswith("FILTER_")}


def test_every_code_is_used() -> None:
    """By somebody who refuses something."""
    table = ("codes.py", "meanings.py")
    paths = (path for path in PACKAGE.rglob("*.py") if path.name not in table)
    text = "".join([path.read_text(encoding="utf-8") for path in paths])
    assert [code for code in Code if f"Code.{code}" not in text] == []
