"""The whole description: AsyncAPI 3.0, of the order server and the feed.

Nothing in it is written twice: commands, params, replies, frames, channels and codes come from
the tables and types by which the server itself reads and writes.
"""

from functools import cache
from typing import Any

from cxgame import __version__
from cxgame.config import Settings
from cxgame.model.errors import MEANINGS
from cxgame.server.description import frames as feed
from cxgame.server.description import orders
from cxgame.server.description.frames import tag_of
from cxgame.wire.feed import CHANNELS
from cxgame.wire.feed_types import FRAMES
from cxgame.wire.json_schema import Schema, joined

_INFO = (
    "A multiplayer exchange game. Two WebSockets: the order server answers every request by one"
    " reply, in order, and pushes the frames of channels that a connection has subscribed to; the"
    " feed is the public broadcast. All messages are JSON objects in text messages. A reply has a"
    " `status`, a frame a `type`, and never both. Money, sizes and ids are text. New members and"
    " new types of frames may be added: pass over what you don't know."
)
_ADDRESS: Schema = {
    "address": "/{game}",
    "parameters": {"game": {"description": "The game's name.", "default": "main"}},
}


@cache
def asyncapi() -> Schema:
    """The document; not to be changed."""
    frames = feed.Frames()
    pushed = orders.pushed(frames)
    on_orders = {**orders.messages(), **frames.messages(_all(pushed))}
    on_feed = {**feed.request_messages(), **frames.messages(map(tag_of, FRAMES))}
    followed = {channel: frames.of(channel) for channel in CHANNELS}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "cxgame", "version": __version__, "description": _INFO},
        "defaultContentType": "application/json",
        "servers": {
            orders.HERE: _server(Settings().exchange_port, "The order server."),
            feed.HERE: _server(Settings().feed_port, "The feed."),
        },
        "channels": {
            orders.HERE: _channel(orders.HERE, "Requests, replies, what is pushed.", on_orders),
            feed.HERE: _channel(feed.HERE, "What everybody may see.", on_feed),
        },
        "operations": {
            **orders.operations(_message),
            **_pushes(orders.HERE, pushed),
            **feed.operations(_message),
            **_pushes(feed.HERE, followed),
        },
        "components": {
            "schemas": joined(orders.schemas(), frames.schemas(), feed.request_schemas())
        },
        "x-codes": {
            str(code): {
                "sentence": meaning.sentence,
                "remedy": meaning.remedy,
                "retryable": meaning.retryable,
            }
            for code, meaning in MEANINGS.items()
        },
    }


def _server(port: int, description: str) -> Schema:
    return {"host": f"localhost:{port}", "protocol": "ws", "description": description}


def _channel(name: str, summary: str, messages: Schema) -> Schema:
    servers = [{"$ref": f"#/servers/{name}"}]
    return {**_ADDRESS, "summary": summary, "servers": servers, "messages": messages}


def _pushes(place: str, channels: dict[str, tuple[str, ...]]) -> dict[str, Schema]:
    """What comes to who has subscribed to a channel of the protocol."""
    return {
        f"{place}.{channel}": {
            "action": "send",
            "channel": {"$ref": f"#/channels/{place}"},
            "title": channel,
            "summary": f"What is sent to who has subscribed to `{channel}`.",
            "messages": [_message(place, f"{tag}.frame") for tag in tags],
        }
        for channel, tags in channels.items()
    }


def _message(place: str, name: str) -> Schema:
    return {"$ref": f"#/channels/{place}/messages/{name}"}


def _all(channels: dict[str, Any]) -> list[str]:
    """Every type once."""
    return list(dict.fromkeys(tag for tags in channels.values() for tag in tags))
