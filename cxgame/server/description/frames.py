"""The frames: what is pushed to who has subscribed, by channel, and the feed's own requests."""

from typing import Any, Literal

import msgspec

from cxgame.wire.execution_types import EXECUTIONS
from cxgame.wire.executions import CHANNEL
from cxgame.wire.feed import CHANNELS, DUE
from cxgame.wire.feed_requests import PARAMS
from cxgame.wire.feed_types import FRAMES
from cxgame.wire.fields import IntervalWord
from cxgame.wire.json_schema import Schema, ref, schemas_of

HERE = "feed"  # its name among the document's channels
ALWAYS = ("heartbeat",)  # on every channel that is idle

_CHANNEL: Any = Literal[tuple(CHANNELS)]
# What the params of the feed's requests may be, by name.
_PARAM_TYPES: dict[str, Any] = {
    "channels": list[_CHANNEL],
    "symbol": str | None,
    "timeframe": IntervalWord | None,
    "seq": int,
}
_NEEDED = frozenset({"seq"})
# What answers a request, beside an `error`; none of them: what is sent next.
ANSWERS: dict[str, tuple[str, ...]] = {
    "subscribe": ("subscribed",),
    "unsubscribe": ("subscribed",),
    "resume": ("resync",),
    "resync": ("depth_snapshot", "orders_snapshot"),
    "past_candles": ("past_candles",),
}
SUMMARIES = {
    "subscribe": "Follow these channels instead of others.",
    "unsubscribe": "Follow some channels no longer, or none.",
    "resume": "Send again what came after an event.",
    "resync": "Send the whole books again.",
    "past_candles": "Send the latest candles.",
}


class Frames:
    """All frames of feed and order server, by type."""

    def __init__(self) -> None:
        self.types: dict[str, type] = {tag_of(type_): type_ for type_ in (*FRAMES, *EXECUTIONS)}

    def of(self, channel: str) -> tuple[str, ...]:
        """The types of what a channel carries."""
        if channel == CHANNEL:
            return tuple(tag_of(type_) for type_ in EXECUTIONS)
        carried = [tag for tag, due in DUE.items() if due & CHANNELS[channel]]
        return (*carried, *ALWAYS)

    def schemas(self) -> dict[str, Schema]:
        """A schema for each frame, and what stands in them."""
        names = {type_.__name__: _schema_name(type_) for type_ in self.types.values()}
        _, found = schemas_of(self.types.values(), lambda name: names.get(name, name))
        return found

    def messages(self, tags: Any) -> dict[str, Schema]:
        """A message for each of some types."""
        return {
            f"{tag}.frame": {
                "name": tag,
                "summary": (self.types[tag].__doc__ or "").partition("\n")[0],
                "payload": ref(_schema_name(self.types[tag])),
            }
            for tag in tags
        }


def tag_of(type_: Any) -> str:
    """The `type` of a frame."""
    return str(type_.__struct_config__.tag)


def request_schemas() -> dict[str, Schema]:
    """What a spectator may send."""
    types = [_request(command, names) for command, names in PARAMS.items()]
    return schemas_of(types)[1]


def request_messages() -> dict[str, Schema]:
    """A message for each request."""
    return {
        f"{command}.request": {
            "name": command,
            "summary": SUMMARIES[command],
            "payload": ref(_request_name(command)),
        }
        for command in PARAMS
    }


def operations(message: Any) -> dict[str, Schema]:
    """What may be asked of the feed; `message` refers to a message of the channel by its name."""
    return {
        f"{HERE}.{command}": {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{HERE}"},
            "title": command,
            "summary": SUMMARIES[command],
            "messages": [message(HERE, f"{command}.request")],
            "reply": {
                "channel": {"$ref": f"#/channels/{HERE}"},
                "messages": [message(HERE, f"{tag}.frame") for tag in (*ANSWERS[command], "error")],
            },
        }
        for command in PARAMS
    }


def _schema_name(type_: type) -> str:
    return f"{type_.__name__.removesuffix('Frame')}Frame"


def _request_name(command: str) -> str:
    return "Feed" + command.title().replace("_", "")


def _request(command: str, names: frozenset[str]) -> type:
    """The type of one request of the feed."""
    fields = [
        (name, _PARAM_TYPES[name])
        if name in _NEEDED
        else (name, _PARAM_TYPES[name] | msgspec.UnsetType, msgspec.UNSET)
        for name in sorted(names, key=lambda name: (name not in _NEEDED, name))
    ]
    name = _request_name(command)
    params = msgspec.defstruct(f"{name}Params", fields, forbid_unknown_fields=True)
    return msgspec.defstruct(
        name,
        [("params", params), ("id", str | int | msgspec.UnsetType, msgspec.UNSET)],
        tag_field="cmd",
        tag=command,
    )
