"""The table of refusals."""

import string

import pytest

from cxgame.model.errors import MEANINGS, Code, reject

FAMILIES = ("PARAM_", "FILTER_", "AUTH_", "LIMIT_", "FUNDS_", "ORDER_", "STATE_", "INTERNAL_")


@pytest.mark.parametrize("code", Code)
def test_every_code_has_a_meaning_in_a_family(code: Code) -> None:
    """A code without sentence and remedy cannot be sent."""
    assert code.startswith(FAMILIES)
    assert MEANINGS[code].sentence
    assert MEANINGS[code].remedy.endswith(".")


@pytest.mark.parametrize("code", Code)
def test_a_refusal_is_a_sentence_with_its_facts(code: Code) -> None:
    """The facts fill the sentence."""
    names = [name for _, name, _, _ in string.Formatter().parse(MEANINGS[code].sentence) if name]
    text = reject(code, **dict.fromkeys(names, "X")).text
    assert "{" not in text
    assert text.count("X") >= len(names)
