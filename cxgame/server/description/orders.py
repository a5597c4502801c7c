"""The order server's side: a request and a reply for each command, and the frames it pushes."""

from typing import Any

from cxgame.server.description.frames import Frames
from cxgame.server.sessions.batches import HANDLERS as BATCHED
from cxgame.server.sessions.channels import CHANNELS
from cxgame.server.sessions.routes import ROUTES
from cxgame.wire.fields import EXPECTED
from cxgame.wire.json_schema import DECIMAL, Schema, any_of, joined, ref, schemas_of
from cxgame.wire.reply_types import DATA, Done, Refusal
from cxgame.wire.request_types import Request
from cxgame.wire.requests import COMMANDS

HERE = "orders"  # its name among the document's channels


def camel(command: str) -> str:
    """The name of a command in the names of schemas."""
    return "".join(word.capitalize() for word in command.split("_"))


def schemas() -> dict[str, Schema]:
    """All that its messages are made of."""
    return joined({"Decimal": DECIMAL}, _requests(), _replies())


def messages() -> dict[str, Schema]:
    """A request and a reply for each command."""
    found: dict[str, Schema] = {}
    for command, type_ in COMMANDS.items():
        summary = _summary(type_)
        found[f"{command}.request"] = {
            "name": command,
            "summary": summary,
            "correlationId": {"location": "$message.payload#/id"},
            "payload": ref(f"{camel(command)}Request"),
        }
        found[f"{command}.reply"] = {
            "name": f"{command}.reply",
            "summary": f"The answer to `{command}`.",
            "correlationId": {"location": "$message.payload#/id"},
            "payload": ref(f"{camel(command)}Reply"),
        }
    return found


def operations(message: Any) -> dict[str, Schema]:
    """What may be asked; `message` refers to a message of the channel by its name."""
    return {
        command: {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{HERE}"},
            "title": command,
            "summary": _summary(type_),
            "messages": [message(HERE, f"{command}.request")],
            "reply": {
                "channel": {"$ref": f"#/channels/{HERE}"},
                "messages": [message(HERE, f"{command}.reply")],
            },
            "x-needs-login": ROUTES[type_].needs_login,
            "x-answered-while-halted": ROUTES[type_].is_read,
        }
        for command, type_ in COMMANDS.items()
    }


def pushed(frames: Frames) -> dict[str, tuple[str, ...]]:
    """The types of the frames of each channel that can be followed here."""
    return {channel: frames.of(channel) for channel in CHANNELS}


def _requests() -> dict[str, Schema]:
    names = {type_.__name__: f"{camel(command)}Request" for command, type_ in COMMANDS.items()}
    _, found = schemas_of(COMMANDS.values(), lambda name: names.get(name, name))
    for name, schema in found.items():
        if name not in names.values():  # params: what a field must be, in words
            for field, each in schema["properties"].items():
                each.setdefault("description", EXPECTED[field])
    batched = [ref(names[type_.__name__]) for type_ in BATCHED]
    found["BatchParams"]["properties"]["requests"]["items"] = any_of(batched)
    return found


def _replies() -> dict[str, Schema]:
    """One for each command: what it answers when it worked, or the refusal."""
    (done, _), found = schemas_of((Done, Refusal))
    envelope = found.pop(done["$ref"].rpartition("/")[2])
    for command in COMMANDS:
        schemas, more = schemas_of(_data_types(command))
        found = joined(found, more)
        if command == "batch":
            schemas = [{"type": "array", "items": any_of([_reply(each) for each in BATCHED])}]
        properties = {**envelope["properties"], "data": any_of(schemas)}
        yes = {**envelope, "title": f"{camel(command)}Done", "properties": properties}
        found[f"{camel(command)}Reply"] = {"anyOf": [yes, ref("Refusal")]}
    found.pop("Done", None)
    return found


def _reply(type_: type[Request]) -> Schema:
    return ref(f"{camel(str(type_.__struct_config__.tag))}Reply")


def _data_types(command: str) -> tuple[Any, ...]:
    data = DATA[command]
    return data if isinstance(data, tuple) else (data,)


def _summary(type_: type) -> str:
    return (type_.__doc__ or "").partition("\n")[0]
