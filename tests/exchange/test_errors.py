"""A refusal says why, and what to do."""

import pickle

import pytest

from cxgame.exchange import Exchange, OrderRefused
from cxgame.model.errors import Code


def refusal() -> OrderRefused:
    """Somebody wants more than they have."""
    with pytest.raises(OrderRefused) as refused:
        Exchange(usd_start=100).account("ann").buy(1, 900)
    return refused.value


def test_a_refusal_speaks_with_the_words_of_the_table() -> None:
    """Code, sentence, remedy, facts."""
    refused = refusal()
    assert refused.code is Code.FUNDS_QUOTE
    assert refused.message == "Not enough USD: 100.00 free, 900.00 needed."
    assert str(refused) == f"FUNDS_QUOTE: {refused.message}"
    assert refused.remedy.startswith("Order less")
    assert refused.facts == {"asset": "USD", "limit": "100.00", "got": "900.00"}


def test_a_refusal_crosses_processes() -> None:
    """Where back-tests often run."""
    there = pickle.loads(pickle.dumps(refusal()))
    assert (there.code, there.message) == (refusal().code, refusal().message)
