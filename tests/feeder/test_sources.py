"""Where a feeder takes its prices from."""

from pathlib import Path

import pytest

from cxgame.feeder.sources import LiveSource, ModelSource
from cxgame.oracle import OracleError, Tape, build, parse
from cxgame.oracle.discovery import Wish
from cxgame.oracle.live import LiveExchange
from cxgame.store.tickers import Ticker
from tests.oracle import standin

NONE: tuple[str, ...] = ()


def models(*texts: str, symbols: tuple[str, ...] = NONE, seed: int = 7) -> ModelSource:
    """Sources by their texts, for a server's BTC/USD unless a text names a market."""
    return ModelSource.from_texts(texts, symbols, ("BTC/USD",), seed, 1.0)


async def test_an_exchange_becomes_tickers() -> None:
    """Numbers as plain text, what is not said left out."""
    beneath = standin.StandIn()
    beneath.tickers = {
        "BTC/USDT": {"last": 1e-8, "bid": 9e-9, "ask": 2e-8, "bidVolume": 1e12, "timestamp": 5}
    }
    source = LiveSource(LiveExchange("binance", standin.module(), beneath), Wish(("BTC/USDT",)))
    assert source.name == "binance"
    assert await source.open() == ["BTC/USDT"]
    assert await source.tickers() == [
        Ticker("BTC/USDT", "0.00000001", "5", "0.000000009", "0.00000002", "1000000000000.0")
    ]
    await source.close()
    assert beneath.closed == 1


async def test_a_model_makes_the_tape_of_its_seed() -> None:
    """The very prices that a server with this seed would make, from tick 0 on."""
    source = models("gbm:spread=1,ask_volume=3")
    assert await source.open() == ["BTC/USD"]
    tape = Tape(build(parse("gbm:spread=1,ask_volume=3"), "BTC/USD", 7, 1.0))
    for _ in range(5):
        (ticker,) = await source.tickers()
        quote = tape.next()
        assert ticker.price == f"{quote.price:f}"
        assert (ticker.bid, ticker.ask) == (f"{quote.bid:f}", f"{quote.ask:f}")
        assert (ticker.bid_volume, ticker.ask_volume) == (None, "3")
        assert float(ticker.timestamp) > 1e9


async def test_a_recording_is_played_row_by_row(tmp_path: Path) -> None:
    """And its last row stays."""
    (tmp_path / "prices.csv").write_text("price\n10\n11\n12\n")
    source = models(f"replay:file={tmp_path}/prices.csv")
    prices = [(await source.tickers())[0].price for _ in range(4)]
    assert prices == ["10", "11", "12", "12"]


@pytest.mark.parametrize(
    ("texts", "symbols", "markets"),
    [
        (("gbm",), NONE, ["BTC/USD"]),
        (("gbm",), ("A/B", "C/D"), ["A/B", "C/D"]),
        (("A/B=gbm",), NONE, ["A/B"]),
        (("A/B=gbm", "constant"), NONE, ["A/B", "BTC/USD"]),
        (("BTC/USD=gbm", "constant"), NONE, ["BTC/USD"]),
        (("A/B=gbm",), ("A/B", "C/D"), ["A/B", "C/D"]),
    ],
)
async def test_the_markets_of_models(
    texts: tuple[str, ...], symbols: tuple[str, ...], markets: list[str]
) -> None:
    """Those that are listed, else those that the sources name, else those of the server."""
    source = models(*texts, symbols=symbols)
    assert await source.open() == markets
    assert [ticker.symbol for ticker in await source.tickers()] == markets
    await source.close()


@pytest.mark.parametrize(
    ("text", "symbols", "complaint"),
    [
        ("nonsense", NONE, "no price source"),
        ("valkey", NONE, "valkey is read from the store"),
        ("gbm:colour=red", NONE, "no parameter 'colour'"),
        ("replay:file=missing.csv", NONE, r"missing\.csv"),
        ("A/B=gbm", ("C/D",), "no market A/B"),
    ],
)
def test_bad_sources_are_refused(text: str, symbols: tuple[str, ...], complaint: str) -> None:
    """Before anything is written."""
    with pytest.raises(OracleError, match=complaint):
        models(text, symbols=symbols)
