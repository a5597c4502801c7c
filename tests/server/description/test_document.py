"""The description is whole: nothing that is sent is missing, and nothing that is named."""

import json
import re
from typing import Any

import pytest
from jsonschema_rs import Draft7Validator

from cxgame.model.errors import MEANINGS
from cxgame.server.description import document, frames, orders
from cxgame.server.description.document import asyncapi
from cxgame.server.description.page import page, type_text
from cxgame.server.sessions import channels
from cxgame.wire.execution_types import EXECUTIONS
from cxgame.wire.feed import CHANNELS
from cxgame.wire.feed_requests import PARAMS
from cxgame.wire.feed_types import FRAMES
from cxgame.wire.json_schema import SCHEMAS, joined, schemas_of
from cxgame.wire.reply_types import DATA
from cxgame.wire.requests import COMMANDS

DOCUMENT = asyncapi()
OPERATIONS = DOCUMENT["operations"]


def references(part: Any) -> list[str]:
    """All that a part of the document refers to."""
    if isinstance(part, list):
        return [found for each in part for found in references(each)]
    if not isinstance(part, dict):
        return []
    own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
    return own + [found for each in part.values() for found in references(each)]


def sent(operation: str) -> list[str]:
    """The names of an operation's messages."""
    return [each["$ref"].rpartition("/")[2] for each in OPERATIONS[operation]["messages"]]


def test_every_command_is_in_it() -> None:
    """With a request and a reply, of which the table knows the data."""
    assert set(DATA) == set(COMMANDS)
    there = {name for name in OPERATIONS if "." not in name}
    assert there == set(COMMANDS)
    for command in COMMANDS:
        operation = OPERATIONS[command]
        assert operation["action"] == "receive"
        assert sent(command) == [f"{command}.request"]
        assert operation["reply"]["messages"] == [
            {"$ref": f"#/channels/orders/messages/{command}.reply"}
        ]


def test_every_channel_and_frame_is_in_it() -> None:
    """Of the order server and of the feed; a frame that no channel carries answers a request."""
    followed = {name.removeprefix("orders.") for name in OPERATIONS if name.startswith("orders.")}
    assert followed == set(channels.CHANNELS)
    of_feed = {name.removeprefix("feed.") for name in OPERATIONS if name.startswith("feed.")}
    assert of_feed == {*CHANNELS, *PARAMS}
    messages = DOCUMENT["channels"]["feed"]["messages"]
    tags = {frames.tag_of(type_) for type_ in FRAMES}
    assert {name for name in messages if name.endswith(".frame")} == {f"{t}.frame" for t in tags}
    carried = {name for channel in CHANNELS for name in sent(f"feed.{channel}")}
    answers = {each for names in frames.ANSWERS.values() for each in names}
    greeting = {"hello", "error"}
    assert carried | {f"{tag}.frame" for tag in answers | greeting} == {f"{t}.frame" for t in tags}
    assert sent("orders.executions") == [f"{frames.tag_of(type_)}.frame" for type_ in EXECUTIONS]


def test_the_feeds_requests_are_in_it() -> None:
    """With exactly the params that the feed takes."""
    assert set(frames.ANSWERS) == set(frames.SUMMARIES) == set(PARAMS)
    schemas = DOCUMENT["components"]["schemas"]
    for command, names in PARAMS.items():
        params = schemas["Feed" + command.title().replace("_", "") + "Params"]
        assert params["properties"].keys() == names


def test_all_that_is_referred_to_is_there() -> None:
    """And everything that is there is referred to."""
    named = set(references(DOCUMENT))
    for reference in named:
        part: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]
    assert {f"{SCHEMAS}{name}" for name in DOCUMENT["components"]["schemas"]} <= named


def test_all_schemas_are_of_draft_7() -> None:
    """In its own words, too: a word of a later draft would be passed over."""
    schemas = DOCUMENT["components"]["schemas"]
    everything = {"anyOf": [{"$ref": SCHEMAS + name} for name in schemas]}
    Draft7Validator({**everything, "components": DOCUMENT["components"]})
    text = json.dumps(schemas)
    for word in ("prefixItems", "discriminator", "$defs"):
        assert word not in text


def test_the_codes_are_in_it() -> None:
    """With what the table of codes says of them."""
    assert set(DOCUMENT["x-codes"]) == set(MEANINGS)
    for code, meaning in MEANINGS.items():
        assert DOCUMENT["x-codes"][code]["remedy"] == meaning.remedy


def test_a_batch_takes_what_a_batch_can_hold() -> None:
    """Requests about orders, and nothing else."""
    items = DOCUMENT["components"]["schemas"]["BatchParams"]["properties"]["requests"]["items"]
    held = {each["$ref"].removeprefix(SCHEMAS) for each in items["anyOf"]}
    assert "CancelRequest" in held
    assert not held & {"BatchRequest", "PriceRequest"}


def test_two_things_of_one_name_are_a_mistake() -> None:
    """It would describe one of them wrongly."""
    _, parts = schemas_of([FRAMES[0]])
    assert joined(parts, parts) == parts
    (name,) = [name for name in parts if name == FRAMES[0].__name__]
    with pytest.raises(ValueError, match=name):
        joined(parts, {name: {}})


def test_the_page_shows_all_of_it() -> None:
    """Every command, channel, object and code, and no link leads nowhere."""
    text = page()
    ids = re.findall(r'id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    links = set(re.findall(r'href="#([^"]+)"', text))
    assert links <= set(ids)
    assert set(DOCUMENT["components"]["schemas"]) - set(ids) <= unlinked(links)
    assert set(OPERATIONS) <= set(ids)
    for code in MEANINGS:
        assert f"<code>{code}</code>" in text
    assert "http" not in text, "it needs nothing from outside"
    assert "<script" not in text


def unlinked(links: set[str]) -> set[str]:
    """Schemas that the page shows where they are used: params."""
    names = set(DOCUMENT["components"]["schemas"])
    return {name for name in names if name.endswith("Params")} - links


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "string"}, "text"),
        ({"type": "array", "items": {"type": "integer"}}, "list of (integer)"),
        ({"type": "array", "items": [{"type": "string"}, {"type": "null"}]}, "[text, null]"),
        ({"enum": ["<"]}, "<code>&quot;&lt;&quot;</code>"),
        ({"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/X"}]}, None),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "object of (text)"),
        ({}, "anything"),
    ],
)
def test_a_type_in_words(schema: Any, text: str | None) -> None:
    """Escaped, with links to objects."""
    assert type_text(schema) == (text or 'null or <a href="#X">X</a>')


def test_it_is_made_once() -> None:
    """Whoever asks gets the same."""
    assert document.asyncapi() is DOCUMENT
    assert orders.camel("cancel_all_after") == "CancelAllAfter"
