"""Tickers of other programs are told from our own mirror, and only good news counts."""

import logging
from decimal import Decimal

import pytest

from cxgame.oracle.numbers import OracleError
from cxgame.oracle.tape import Quote
from cxgame.oracle.tickers import Ticker, Watch, mirror_fields, mirrored_by, read_ticker

QUOTE = Quote(
    "BTC/USD",
    5,
    Decimal("1000.123456789012"),
    Decimal("999.5"),
    Decimal("1E+3"),
    None,
    Decimal("2.50"),
    "{}",
)
FOREIGN = {"price": "1234", "timestamp": "1795218184.25"}


def test_a_mirror_shows_the_quote_as_plain_text() -> None:
    """All fields of a ticker, no exponents, no volume where there is no end, and the writer."""
    fields = mirror_fields(QUOTE, 1795218184.2505331, "main.1")
    writer = fields.pop("writer")
    assert writer.startswith("cxgame:main.1:")
    assert fields == {
        "symbol": "BTC/USD",
        "price": "1000.123456789012",
        "timestamp": "1795218184.250533",
        "bid": "999.5",
        "ask": "1000",
        "askVolume": "2.50",
    }


def test_a_mirror_is_known_until_somebody_touches_it() -> None:
    """The writer field counts only beside the fields that it was written with."""
    fields = mirror_fields(QUOTE, 1.0, "ga:me")
    assert mirrored_by(fields) == "ga:me"
    for name in ("price", "timestamp", "bid", "ask", "askVolume", "bidVolume"):
        assert mirrored_by({**fields, name: "7"}) is None, name
    assert mirrored_by({**fields, "writer": "feeder"}) is None
    assert mirrored_by({**fields, "writer": "cxgame:ga:me"}) is None
    assert mirrored_by(FOREIGN) is None


@pytest.mark.parametrize(
    ("fields", "ticker"),
    [
        ({"price": "60000.0"}, ("60000.0", None, None, None, None)),
        (
            {
                "price": "60000.0",
                "bid": "59994",
                "ask": "60006",
                "bidVolume": "0",
                "askVolume": "1e9",
            },
            ("60000.0", "59994", "60006", "0", "1e9"),
        ),
        ({"price": "5", "bid": "", "ask": "6", "askVolume": ""}, ("5", None, "6", None, None)),
        (
            {"price": "1e-05", "timestamp": "whenever", "mood": "good"},
            ("1e-05", None, None, None, None),
        ),
        ({"price": "5", "bid": "6", "ask": "7"}, ("5", "6", "7", None, None)),
    ],
)
def test_tickers_are_read(fields: dict[str, str], ticker: tuple[str | None, ...]) -> None:
    """The price is needed, the rest may be missing or empty, further fields do no harm."""
    assert read_ticker(fields) == Ticker(*(text and Decimal(text) for text in ticker))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"bid": "1"}, "'' is not a number"),
        ({"price": "nan"}, "'nan' is not a number"),
        ({"price": "inf"}, "not a number"),
        ({"price": "0.0"}, "0.0 is no price"),
        ({"price": "-1"}, "-1 is no price"),
        ({"price": "1", "bid": "x"}, "'x' is not a number"),
        ({"price": "1", "ask": "0"}, "0 is no price"),
        ({"price": "5", "bid": "6"}, "the bid 6 lies above the ask 5"),
        ({"price": "5", "ask": "4"}, "the bid 5 lies above the ask 4"),
        ({"price": "5", "bidVolume": "-1"}, "-1 is no volume"),
        ({"price": "5", "askVolume": "None"}, "'None' is not a number"),
    ],
)
def test_senseless_tickers_are_refused(fields: dict[str, str], sentence: str) -> None:
    """Each mistake has its sentence."""
    with pytest.raises(OracleError, match=sentence):
        read_ticker(fields)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1795218184.250533", 1795218184.250533),
        ("1795218184250", 1795218184.25),
        ("1e12", 1e12),
        ("0", 0.0),
        ("", None),
        ("yesterday", None),
    ],
)
def test_timestamps_are_seconds(text: str, seconds: float | None) -> None:
    """Milliseconds are told by their size; what is no number says nothing, and does no harm."""
    assert read_ticker({"price": "5", "timestamp": text}).timestamp_s == seconds


def prices(watch: Watch, *looks: dict[str, str] | None) -> list[str | None]:
    """The news of each look."""
    tickers = [watch.look(fields) for fields in looks]
    return [ticker and str(ticker.price) for ticker in tickers]


def test_a_follower_takes_what_is_there_and_each_change_once() -> None:
    """A new timestamp makes the same price news again; an absent ticker is none."""
    watch = Watch("BTC/USD", "main", follows=True)
    later = {**FOREIGN, "timestamp": "1795218190"}
    looks = (FOREIGN, FOREIGN, later, later, None, {}, FOREIGN)
    assert prices(watch, *looks) == ["1234", None, "1234", None, None, None, "1234"]


def test_a_ticker_that_comes_back_as_it_was_is_no_news() -> None:
    """While the store is out of reach nothing is found there; that makes no old price new."""
    watch = Watch("BTC/USD", "main", follows=True)
    assert prices(watch, FOREIGN, None, FOREIGN) == ["1234", None, None]


def test_a_follower_takes_the_mirror_of_another_game_but_not_its_own() -> None:
    """Games can follow one oracle; a mirror of ours is from before, when we had a model."""
    ours, theirs = mirror_fields(QUOTE, 1.0, "main"), mirror_fields(QUOTE, 2.0, "other")
    assert prices(Watch("BTC/USD", "main", follows=True), ours, theirs) == [
        None,
        "1000.123456789012",
    ]


def test_beside_a_model_only_what_is_written_from_now_on_counts() -> None:
    """What stood there at the first look is old; so is an empty place."""
    watch = Watch("BTC/USD", "main", follows=False)
    assert prices(watch, FOREIGN, FOREIGN, {**FOREIGN, "price": "5"}) == [None, None, "5"]
    assert prices(Watch("BTC/USD", "main", follows=False), None, FOREIGN) == [None, "1234"]


def test_beside_a_model_no_mirror_counts() -> None:
    """Two games on one Valkey don't drag each other's prices along."""
    ours, theirs = (mirror_fields(QUOTE, 1.0, writer) for writer in ("main", "other"))
    assert prices(Watch("BTC/USD", "main", follows=False), None, ours, theirs) == [None] * 3


def test_the_same_foreign_price_counts_again_after_our_mirror() -> None:
    """Whoever writes 1234, is overwritten, and writes 1234 again means it."""
    watch = Watch("BTC/USD", "main", follows=False)
    assert prices(watch, None, {"price": "1234"}) == [None, "1234"]
    watch.mirrored(mirror_fields(QUOTE, 1.0, "main"))
    assert prices(watch, {"price": "1234"}, {"price": "1234"}) == ["1234", None]


def test_setting_the_price_alone_leaves_our_sides_out() -> None:
    """`HSET price 5` over our mirror is not read as a bid of ours above that price."""
    watch = Watch("BTC/USD", "main", follows=False)
    mirror = mirror_fields(QUOTE, 1.0, "main")
    watch.look(None)
    watch.mirrored(mirror)
    assert watch.look({**mirror, "price": "5"}) == Ticker(
        Decimal(5), None, None, None, Decimal("2.50"), 1.0
    )
    sides = {**mirror, "price": "5", "bid": "4", "ask": "6"}
    expected = Ticker(Decimal(5), Decimal(4), Decimal(6), None, Decimal("2.50"), 1.0)
    assert watch.look(sides) == expected


def test_one_side_that_stayed_is_no_leftover() -> None:
    """A feeder that writes all fields may repeat a bid that we have mirrored."""
    watch = Watch("BTC/USD", "main", follows=False)
    mirror = mirror_fields(QUOTE, 1.0, "main")
    watch.look(None)
    watch.mirrored(mirror)
    ticker = watch.look({"price": "1001", "bid": mirror["bid"], "ask": "1002"})
    assert ticker == Ticker(Decimal(1001), Decimal("999.5"), Decimal(1002), None, None)


def test_bad_tickers_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """One line until a good one came; then the next bad one is worth a line again."""
    watch = Watch("BTC/USD", "main", follows=True)
    bad = [{"price": text} for text in ("nan", "-1", "0", "")]
    with caplog.at_level(logging.WARNING, "cxgame.oracle"):
        assert prices(watch, *bad) == [None] * 4
        assert [record.getMessage() for record in caplog.records] == [
            "The ticker of BTC/USD is skipped: 'nan' is not a number"
        ]
        assert prices(watch, FOREIGN, bad[1]) == ["1234", None]
    assert len(caplog.records) == 2
