"""What a spectator may ask, and which frame goes to whom."""

import pytest
from msgspec import UNSET

from cxgame.model.errors import Code
from cxgame.wire.feed import (
    CHANNELS,
    DUE,
    Due,
    Refused,
    Resume,
    Subscribe,
    Subscription,
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


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("hello", Code.PARAM_JSON),
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
        "depth",
        "depth_snapshot",
        "orders_snapshot",
        "candle",
    }


def test_every_frame_of_a_channel_is_a_known_type() -> None:
    """The table of channels names types of frames, and no reply to a request is in it."""
    tags = {each.__struct_config__.tag for each in FRAMES}
    replies = {"hello", "subscribed", "error", "resync", "heartbeat"}
    assert set(DUE) == tags - replies


def test_a_subscription_wants_all_its_channels() -> None:
    """The bits of a subscription are those of its channels together."""
    every = Subscription(tuple(CHANNELS))
    wants = every.wants
    assert all(CHANNELS[channel] in wants for channel in CHANNELS)
    assert Due.THINNED not in wants


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel_tells_the_phases(channel: str) -> None:
    """Whoever watches prices alone still learns that the game is over."""
    assert all(CHANNELS[channel] & DUE[tag] for tag in ("phase", "start", "pause", "shutdown"))
