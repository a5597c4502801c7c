"""The feed's page: a heading for every frame, channel and request, and examples that are true."""

import json
import re
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import pytest
from msgspec import UNSET

from cxgame.model.candles import TIMEFRAMES
from cxgame.server.broadcast.candle_history import MOST
from cxgame.wire import feed, feed_types
from cxgame.wire.checksum import book_checksum
from cxgame.wire.feed import (
    CHANNELS,
    DUE,
    Due,
    PastCandles,
    Resume,
    Resync,
    Subscribe,
    Unsubscribe,
)
from cxgame.wire.feed_equity import MOST_SAMPLES
from cxgame.wire.feed_requests import PARAMS, parse_request
from cxgame.wire.feed_tape import KEPT_EVENTS
from cxgame.wire.feed_thinning import MANY_PER_SECOND

PAGE = (Path(__file__).parents[2] / "docs" / "feed.md").read_text(encoding="utf-8")
FRAMES = {str(each.__struct_config__.tag): each for each in feed_types.FRAMES}


def sections(title: str) -> dict[str, str]:
    """The third-level parts of a second-level part, by heading."""
    part = re.split(rf"^## {title}$", PAGE, flags=re.MULTILINE)[1]
    part = re.split(r"^## ", part, flags=re.MULTILINE)[0]
    parts = re.split(r"^### (.*)$", part, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def example(section: str) -> str:
    (found,) = re.findall(r"```json\n(.*?)\n```", section, re.DOTALL)
    return str(found)


def test_every_type_of_frame_has_its_heading_in_order() -> None:
    """And none is about a type that is gone."""
    assert list(sections("Frames")) == sorted(FRAMES)


@pytest.mark.parametrize("tag", sorted(FRAMES))
def test_an_example_is_what_the_feed_sends(tag: str) -> None:
    """Exactly the members of its type, in its order."""
    section = sections("Frames")[tag]
    text = example(section)
    frame = msgspec.json.decode(text, type=FRAMES[tag])
    sent = json.loads(msgspec.json.encode(frame))
    assert sent == json.loads(text)
    numbered = "prev_seq" in sent
    assert numbered == section.strip().startswith(("Numbered", "On `activity`. Numbered"))


@pytest.mark.parametrize("tag", sorted(DUE))
def test_a_frame_names_its_channels(tag: str) -> None:
    """Those that every channel carries, and what only `full` does, aside."""
    text = sections("Frames")[tag]
    of_one = {"phase", "start", "pause", "shutdown", "results"}
    for channel, bits in CHANNELS.items():
        if channel != "full" and tag not in of_one and DUE[tag] & bits & ~Due.DETAIL:
            assert f"`{channel}`" in text


def test_every_channel_and_request_has_its_heading() -> None:
    """In the order of the table."""
    assert list(sections("Channels")) == list(CHANNELS)
    assert list(sections("Requests")) == list(PARAMS)


def test_the_requests_are_understood() -> None:
    """As they are printed."""
    requests = sections("Requests")
    symbols = {"BTC/USD": 0}
    subscribe = parse_request(example(requests["subscribe"]), symbols)
    assert isinstance(subscribe, Subscribe)
    assert subscribe.id == 1
    assert parse_request(example(requests["resume"]), symbols) == Resume(1041)
    unsubscribe = parse_request(example(requests["unsubscribe"]), symbols)
    assert unsubscribe == Unsubscribe(frozenset({"book"}), 2)
    assert parse_request(example(requests["resync"]), symbols) == Resync(0)
    assert parse_request(example(requests["past_candles"]), symbols) == PastCandles("1m", 0, UNSET)


def test_the_book_that_is_kept_is_the_exchanges() -> None:
    """The example applies the frames that are shown, and its checksum is the one that is worked."""
    part = re.split(r"^## Keeping a book$", PAGE, flags=re.MULTILINE)[1]
    (code,) = re.findall(r"```python\n(.*?)```", part, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    frames = sections("Frames")
    whole, change = (json.loads(example(frames[tag])) for tag in ("depth_snapshot", "depth"))
    book: dict[str, Any] = {}
    assert names["apply"](book, whole)
    assert names["apply"](book, change)
    (text, worked) = re.findall(r"the text `(.*?)`, and its checksum (\d+)\.", part)[0]
    assert crc32(text.encode()) == int(worked) == change["checksum"]
    rows = [[tuple(row) for row in sorted(book[side].items())] for side in ("bids", "asks")]
    assert book_checksum(*rows) == int(worked)
    assert not names["apply"](book, change)
    assert not names["apply"](book, {**change, "prev_seq": 44, "bids": [["1.00", "1"]]})


def test_the_timeframes_are_all_named() -> None:
    """In order, on the channel's part."""
    assert re.sub(r" or |, ", " ", sections("Channels")["candles"].replace("\n", " ")).count(
        " ".join(TIMEFRAMES)
    )


def test_the_numbers_are_the_ones_in_force() -> None:
    """Limits that the page names."""
    assert PAGE.count(f"{KEPT_EVENTS:,} events") == 2
    assert f"latest {MOST} intervals" in PAGE
    assert f"At most {MOST_SAMPLES} times" in PAGE
    assert f"Above {MANY_PER_SECOND} events a second" in PAGE
    assert f"{feed.MAX_REQUEST_BYTES:,} bytes" in PAGE
