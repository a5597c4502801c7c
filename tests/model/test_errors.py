"""The table of refusals."""

import string
from itertools import groupby

import pytest

from cxgame.model.errors import MEANINGS, Code, reject
from cxgame.model.meanings import FAMILIES


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
