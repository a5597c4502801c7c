"""The description as one page for people: plain HTML, without a script or a word from outside."""

import json
import re
from functools import cache
from html import escape

from cxgame.server.description.document import asyncapi
from cxgame.server.description.orders import HERE
from cxgame.wire.json_schema import SCHEMAS, Schema

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
code { font-family: ui-monospace, monospace; font-size: 0.92em }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 1rem }
th, td { border: 1px solid #8886; padding: 0.25rem 0.5rem; text-align: left; vertical-align: top }
h3 { margin-top: 2rem; border-top: 1px solid #8886; padding-top: 0.5rem }
:root { color-scheme: light dark }
"""
_CODE = re.compile("`([^`]+)`")
_KINDS = {"string": "text", "boolean": "true or false", "object": "object", "null": "null"}


@cache
def page() -> str:
    """The page, made once."""
    document = asyncapi()
    info, schemas = document["info"], document["components"]["schemas"]
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>cxgame: the protocol</title><style>{_STYLE}</style><main>",
        f"<h1>The protocol of cxgame {escape(info['version'])}</h1>",
        f"<p>{prose(info['description'])}</p>",
        '<p>For machines: <a href="asyncapi.json">asyncapi.json</a> (AsyncAPI 3.0).</p>',
    ]
    for place, heading in (("orders", "The order server"), ("feed", "The feed")):
        parts.append(f"<h2>{heading}</h2>")
        parts += [_envelope(schemas["CancelReply"]["anyOf"][0])] if place == "orders" else []
        parts += [_operation(document, name, place) for name in document["operations"]]
    parts.append("<h2>What they are made of</h2>")
    parts += [_object(name, each) for name, each in schemas.items() if not _is_shown(each)]
    parts.append("<h2>Codes</h2>" + _codes(document["x-codes"]) + "</main></html>")
    return "\n".join(parts)


def type_text(schema: Schema) -> str:
    """A schema in a few words, as HTML; objects are links."""
    if "$ref" in schema:
        name = escape(schema["$ref"].removeprefix(SCHEMAS))
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(type_text(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"<code>{escape(json.dumps(each))}</code>" for each in schema["enum"])
    if schema.get("type") == "array":
        items = schema.get("items", {})
        if isinstance(items, list):
            return f"[{', '.join(type_text(each) for each in items)}]"
        return f"list of ({type_text(items)})"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"object of ({type_text(schema['additionalProperties'])})"
    kind = str(schema.get("type", "anything"))
    return _KINDS.get(kind, kind)


def prose(text: str) -> str:
    """A text with code in backticks, as HTML."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _envelope(done: Schema) -> str:
    """What every reply has, beside its data."""
    shared = {name: each for name, each in done["properties"].items() if name != "data"}
    return (
        "<p>A request is an object of <code>cmd</code>, <code>params</code> and, where they are"
        " wanted, <code>id</code>, <code>ts</code> and <code>limits</code>. A reply to what was"
        " done has <code>data</code> and</p>"
        f"{_members({**done, 'properties': shared})}"
        '<p>and another one is a <a href="#Refusal">Refusal</a>.</p>'
    )


def _operation(document: Schema, name: str, place: str) -> str:
    """A command with its params and what answers it, or what a channel pushes."""
    operation = document["operations"][name]
    if operation["channel"]["$ref"] != f"#/channels/{place}":
        return ""
    summary = prose(operation["summary"])
    if operation["action"] == "send":
        frames = ", ".join(_links(document, operation))
        return f'<h3 id="{name}">channel {operation["title"]}</h3><p>{summary}</p><p>{frames}</p>'
    asked = _schema(document, _refs(document, operation)[0])
    params = _schema(document, asked["properties"]["params"])
    shown = _refs(document, operation)
    if place == HERE:
        shown += _refs(document, operation["reply"])
    anchors = "".join(f'<a id="{each["$ref"].removeprefix(SCHEMAS)}"></a>' for each in shown)
    login = " Needs a login." if operation.get("x-needs-login") else ""
    return (
        f'<h3 id="{name}">{operation["title"]}{anchors}</h3><p>{summary}{login}</p>'
        f"{_members(params)}<p>{_answer(document, operation['reply'])}</p>"
    )


def _answer(document: Schema, reply: Schema) -> str:
    """What a command is answered: by the order server a reply with data, by the feed frames."""
    first = _schema(document, _refs(document, reply)[0])
    if "anyOf" not in first:
        return f"Answered by {' or '.join(_links(document, reply))}."
    return f"<code>data</code>: {type_text(first['anyOf'][0]['properties']['data'])}"


def _refs(document: Schema, operation: Schema) -> list[Schema]:
    """References to what the messages of an operation hold."""
    found = []
    for message in operation["messages"]:
        _, _, place, _, name = message["$ref"].split("/")
        found.append(document["channels"][place]["messages"][name]["payload"])
    return found


def _links(document: Schema, operation: Schema) -> list[str]:
    return [type_text(each) for each in _refs(document, operation)]


def _schema(document: Schema, reference: Schema) -> Schema:
    found: Schema = document["components"]["schemas"][reference["$ref"].removeprefix(SCHEMAS)]
    return found


def _is_shown(schema: Schema) -> bool:
    """Whether a schema is a request or reply, which stand with their command."""
    choice = schema.get("anyOf", [{}])[0].get("properties", {})
    return "status" in choice or {"cmd", "params"} <= schema.get("properties", {}).keys()


def _object(name: str, schema: Schema) -> str:
    """A table of an object's members, or what it is instead."""
    shown = _members(schema) if "properties" in schema else f"<p>{type_text(schema)}</p>"
    return f'<h3 id="{name}">{name}</h3><p>{prose(schema.get("description", ""))}</p>{shown}'


def _members(schema: Schema) -> str:
    needed = set(schema.get("required", ()))
    rows = [
        f"<tr><td><code>{escape(name)}</code><td>{'' if name in needed else 'optional'}"
        f"<td>{type_text(each)}<td>{prose(each.get('description', ''))}"
        for name, each in schema["properties"].items()
    ]
    return f"<table>{''.join(rows)}</table>" if rows else "<p>No members.</p>"


def _codes(codes: Schema) -> str:
    rows = [
        f"<tr><td><code>{escape(code)}</code><td>{prose(about['sentence'])}"
        f"<td>{prose(about['remedy'])}<td>{'again' if about['retryable'] else ''}"
        for code, about in codes.items()
    ]
    return f"<table>{''.join(rows)}</table>"
