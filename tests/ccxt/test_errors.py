"""Refusals are ccxt's exceptions, by our code."""

from typing import Any

import ccxt
import pytest

from cxgame.ccxt.errors import EXCEPTIONS, exception_of, raise_for
from cxgame.model.errors import MEANINGS, Code

RETRIED = (ccxt.OperationFailed,)  # what programs on ccxt try again


@pytest.mark.parametrize("code", Code)
def test_every_code_is_an_exception(code: Code) -> None:
    """And one that ccxt's programs try again exactly if the code says so."""
    assert issubclass(EXCEPTIONS[code], RETRIED) is MEANINGS[code].retryable


def test_a_code_of_a_newer_server_is_told_by_its_family() -> None:
    """What is not known is at least of the right kind, and never tried again."""
    assert exception_of("FUNDS_SOMETHING") is ccxt.InsufficientFunds
    assert exception_of("NEVER_HEARD") is ccxt.ExchangeError
    for family in ("PARAM", "FILTER", "AUTH", "LIMIT", "ORDER", "STATE"):
        assert not issubclass(exception_of(f"{family}_NEW"), RETRIED)


@pytest.mark.parametrize("reply", [None, [], "text", {"status": True, "data": None}])
def test_what_is_no_refusal_is_none(reply: Any) -> None:
    """Other answers pass, whatever they are."""
    raise_for("cxgame", reply)


def test_a_key_that_is_wrong_is_an_authentication_error(venue: Any) -> None:
    """An HTTP 401 with our code."""
    with pytest.raises(ccxt.AuthenticationError, match="AUTH_TOKEN"):
        venue.player("0" * 64).fetch_balance()


def test_the_code_counts_before_the_status(venue: Any) -> None:
    """A 400 is no ExchangeNotAvailable, which ccxt makes of it by itself."""
    exchange = venue.player()
    exchange.json = lambda _: "{"
    with pytest.raises(ccxt.BadRequest, match="PARAM_JSON"):
        exchange.fetch_time()
    del exchange.json


def test_a_command_that_is_not_there_is_not_supported(venue: Any) -> None:
    """As with an older server than the class."""
    with pytest.raises(ccxt.NotSupported, match="PARAM_COMMAND"):
        venue.player().request("no_such_thing", "api", "POST", {})


def test_a_symbol_that_is_not_there_is_a_bad_symbol(venue: Any) -> None:
    """Said by ccxt for its own symbols, and by the server's code for others."""
    exchange = venue.player()
    with pytest.raises(ccxt.BadSymbol):
        exchange.fetch_ticker("NO/SUCH")
    with pytest.raises(ccxt.BadSymbol, match="FILTER_SYMBOL"):
        exchange.fetch_ticker("BTC/USDT", {"symbols": ["NO/SUCH"]})


def test_what_cannot_be_paid_is_insufficient_funds(venue: Any) -> None:
    """For both sides."""
    exchange = venue.player()
    with pytest.raises(ccxt.InsufficientFunds, match="FUNDS_QUOTE"):
        exchange.create_order("BTC/USDT", "limit", "buy", 100, 1000)
    with pytest.raises(ccxt.InsufficientFunds, match="FUNDS_BASE"):
        exchange.create_order("BTC/USDT", "limit", "sell", 100, 1000)
