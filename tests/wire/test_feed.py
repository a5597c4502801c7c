"""What a spectator may ask, and which frame goes to whom."""

import pytest
from msgspec import UNSET

from cxgame.model.candles import TIMEFRAMES
from cxgame.model.errors import Code
from cxgame.wire.feed import (
    ALL_TIMEFRAMES,
    CHANNELS,
    DUE,
    TIMEFRAME_DUE,
    Due,
    PastCandles,
    Refused,
    Resume,
    Resync,
    Subscribe,
    Subscription,
    Unsubscribe,
)
from cxgame.wire.feed_requests import parse_request
from cxgame.wire.feed_types import FRAMES

SYMBOLS = {"BTC/USD": 0, "ETH/USD": 1}


def test_subscribe_names_channels_and_a_symbol() -> None:
    """Channels are kept in the order of the table, the symbol becomes its market."""
    asked = parse_request(
        '{"cmd":"subscribe","id":"a","params":{"channels":["book","trades","book"],'
        '"symbol":"ETH/USD"}}',
        SYMBOLS,
    )
    assert asked == Subscribe(Subscription(("trades", "book"), 1), "ETH/USD", "a")


def test_subscribe_without_params_is_the_default() -> None:
    """The default is the activity of all markets."""
    asked = parse_request(b'{"cmd":"subscribe","params":{"symbol":null}}', SYMBOLS)
    assert asked == Subscribe(Subscription(("activity",)), None, UNSET)


def test_resume_names_a_seq() -> None:
    """Resume carries the last seq that was seen."""
    assert parse_request('{"cmd":"resume","params":{"seq":7}}', SYMBOLS) == Resume(7)


def test_candles_have_a_timeframe() -> None:
    """A minute if none is named; without candles it says nothing, and lanes don't differ by it."""
    candles = '{"cmd":"subscribe","params":{"channels":["candles","depth"]%s}}'
    minutes = parse_request(candles % "", SYMBOLS)
    assert minutes == Subscribe(Subscription(("depth", "candles"), -1, "1m"), None, UNSET)
    hours = parse_request(candles % ',"timeframe":"1h"', SYMBOLS)
    assert isinstance(hours, Subscribe)
    assert hours.subscription.timeframe == "1h"
    none = parse_request(
        '{"cmd":"subscribe","params":{"channels":["depth"],"timeframe":"1h"}}', SYMBOLS
    )
    assert none == Subscribe(Subscription(("depth",)), None, UNSET)


def test_unsubscribe_names_channels_or_means_all() -> None:
    """What is left keeps its symbol and, of candles, its timeframe."""
    some = parse_request('{"cmd":"unsubscribe","id":3,"params":{"channels":["book"]}}', SYMBOLS)
    assert some == Unsubscribe(frozenset({"book"}), 3)
    everything = parse_request('{"cmd":"unsubscribe","params":{}}', SYMBOLS)
    assert everything == Unsubscribe(frozenset(CHANNELS), UNSET)
    followed = Subscription(("book", "candles"), 1, "5m")
    assert followed.without(frozenset({"book"})) == Subscription(("candles",), 1, "5m")
    assert followed.without(frozenset({"candles"})) == Subscription(("book",), 1)
    assert followed.without(frozenset(CHANNELS)) == Subscription((), 1)


def test_resync_names_a_symbol_or_means_all() -> None:
    """Of what is followed."""
    of_eth = parse_request('{"cmd":"resync","id":4,"params":{"symbol":"ETH/USD"}}', SYMBOLS)
    assert of_eth == Resync(1, 4)
    assert parse_request('{"cmd":"resync","params":{}}', SYMBOLS) == Resync(-1, UNSET)


def test_an_id_may_be_null() -> None:
    """As on the order server: then none comes back."""
    assert parse_request('{"cmd":"resync","id":null,"params":{}}', SYMBOLS) == Resync(-1, UNSET)


def test_past_candles_are_of_one_market_or_all() -> None:
    """Of a minute unless it is said."""
    of_eth = '{"cmd":"past_candles","id":5,"params":{"symbol":"ETH/USD","timeframe":"5m"}}'
    assert parse_request(of_eth, SYMBOLS) == PastCandles("5m", 1, 5)
    assert parse_request('{"cmd":"past_candles","params":{}}', SYMBOLS) == PastCandles(
        "1m", -1, UNSET
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("hello", Code.PARAM_JSON),
        ('{"cmd":"past_candles","params":{"timeframe":"7m"}}', Code.PARAM_TYPE),
        ('{"cmd":"past_candles","params":{"channels":["book"]}}', Code.PARAM_UNKNOWN),
        ("[]", Code.PARAM_JSON),
        ("{}", Code.PARAM_MISSING),
        ('{"cmd":"resume"}', Code.PARAM_MISSING),
        ('{"cmd":7,"params":{}}', Code.PARAM_JSON),
        ("[" * 100_000, Code.PARAM_JSON),
        (b"\xff\xfe", Code.PARAM_JSON),
        ('{"cmd":"buy","params":{}}', Code.PARAM_COMMAND),
        ('{"cmd":"subscribe","params":{"channel":["book"]}}', Code.PARAM_UNKNOWN),
        ('{"cmd":"subscribe","params":{"channels":"book"}}', Code.PARAM_TYPE),
        ('{"cmd":"subscribe","params":{"channels":[]}}', Code.PARAM_TYPE),
        ('{"cmd":"subscribe","params":{"channels":["fills"]}}', Code.PARAM_TYPE),
        ('{"cmd":"subscribe","params":{"symbol":7}}', Code.PARAM_TYPE),
        ('{"cmd":"subscribe","params":{"symbol":"DOGE/USD"}}', Code.FILTER_SYMBOL),
        ('{"cmd":"subscribe","params":{"timeframe":7}}', Code.PARAM_TYPE),
        ('{"cmd":"subscribe","params":{"timeframe":"7m"}}', Code.PARAM_TYPE),
        ('{"cmd":"subscribe","params":{"channels":["candles"],"timeframe":""}}', Code.PARAM_TYPE),
        ('{"cmd":"unsubscribe","params":{"channels":"book"}}', Code.PARAM_TYPE),
        ('{"cmd":"unsubscribe","params":{"channels":["fills"]}}', Code.PARAM_TYPE),
        ('{"cmd":"unsubscribe","params":{"symbol":null}}', Code.PARAM_UNKNOWN),
        ('{"cmd":"resync","params":{"symbol":7}}', Code.PARAM_TYPE),
        ('{"cmd":"resync","params":{"symbol":"DOGE/USD"}}', Code.FILTER_SYMBOL),
        ('{"cmd":"resume","params":{}}', Code.PARAM_MISSING),
        ('{"cmd":"resume","params":{"seq":"7"}}', Code.PARAM_TYPE),
        ('{"cmd":"resume","params":{"seq":1.5}}', Code.PARAM_TYPE),
        ('{"cmd":"resume","params":{"seq":-1}}', Code.PARAM_TYPE),
    ],
)
def test_a_bad_request_is_refused_with_a_code(text: str | bytes, code: Code) -> None:
    """Each kind of bad request has its code, and a sentence without gaps."""
    refused = parse_request(text, SYMBOLS)
    assert isinstance(refused, Refused)
    assert refused.rejection.code is code
    assert refused.rejection.text


def test_a_refusal_knows_the_id_it_answers() -> None:
    """Where the id could be read it comes back."""
    refused = parse_request('{"cmd":"resume","id":9,"params":{}}', SYMBOLS)
    assert isinstance(refused, Refused)
    assert refused.id == 9


def test_full_carries_every_numbered_frame() -> None:
    """Only frames about a moment are not on `full`."""
    missing = {tag for tag, due in DUE.items() if Due.FULL not in due}
    assert missing == {
        "book",
        "standings",
        "equity_history",
        "depth",
        "depth_snapshot",
        "orders_snapshot",
        "candle",
    }


def test_every_frame_of_a_channel_is_a_known_type() -> None:
    """The table of channels names types of frames, and no reply to a request is in it."""
    tags = {each.__struct_config__.tag for each in FRAMES}
    replies = {"hello", "subscribed", "error", "resync", "heartbeat", "past_candles"}
    assert set(DUE) == tags - replies


def test_a_subscription_wants_all_its_channels() -> None:
    """The bits of a subscription are those of its channels together."""
    every = Subscription(tuple(CHANNELS))
    wants = every.wants
    assert all(CHANNELS[channel] in wants for channel in CHANNELS)
    assert Due.THINNED not in wants
    assert not wants & ALL_TIMEFRAMES


def test_timeframes_have_bits_of_their_own() -> None:
    """None of them is another's, or any channel's."""
    bits = [int(due) for due in TIMEFRAME_DUE.values()]
    assert sum(bits) == ALL_TIMEFRAMES
    assert len({*bits}) == len(TIMEFRAMES)
    assert all(bit & (bit - 1) == 0 and bit > max(Due) for bit in bits)
    wants = Subscription(("candles",), timeframe="1h").wants
    assert wants == Due.CANDLES | TIMEFRAME_DUE["1h"]


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel_tells_the_phases(channel: str) -> None:
    """Whoever watches prices alone still learns that the game is over."""
    assert all(CHANNELS[channel] & DUE[tag] for tag in ("phase", "start", "pause", "shutdown"))
