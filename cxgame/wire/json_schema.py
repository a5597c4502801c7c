"""Types as JSON schemas of draft 7, which AsyncAPI and most validators speak."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from cxgame.model.units import MAX_NUMBER_CHARACTERS

Schema = dict[str, Any]

SCHEMAS = "#/components/schemas/"
_OURS = "#/"
_TELLING = {"type", "$ref", "anyOf", "enum"}  # a schema without any of these takes all there is

DECIMAL: Schema = {
    "description": "An exact number: as text, or as a JSON number, which may have an exponent.",
    "anyOf": [
        {
            "type": "string",
            "maxLength": MAX_NUMBER_CHARACTERS,
            "pattern": r"^-?[0-9]+(\.[0-9]+)?$",
        },
        {"type": "number"},
    ],
}
"""What a client may send where msgspec keeps raw JSON."""


def ref(name: str) -> Schema:
    """A reference to a schema of the document."""
    return {"$ref": f"{SCHEMAS}{name}"}


def schemas_of(
    types: Iterable[Any], name_of: Callable[[str], str] = str
) -> tuple[list[Schema], dict[str, Schema]]:
    """A schema for each type, and those that they refer to by name.

    `name_of` says what a type of a name is called in the document.
    """
    schemas, parts = msgspec.json.schema_components(types, ref_template=_OURS + "{name}")
    named = {name_of(name): _drafted(part, name_of) for name, part in parts.items()}
    return [_drafted(schema, name_of) for schema in schemas], named


def any_of(schemas: list[Schema]) -> Schema:
    """What fits one of some schemas."""
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def joined(*parts: dict[str, Schema]) -> dict[str, Schema]:
    """All named schemas; one name means one thing."""
    found: dict[str, Schema] = {}
    for part in parts:
        for name, schema in part.items():
            if found.setdefault(name, schema) != schema:
                raise ValueError(f"two schemas are called {name}")
    return found


def _drafted(schema: Any, name_of: Callable[[str], str]) -> Any:
    """A schema of msgspec's in the words of draft 7, with the document's names."""
    if isinstance(schema, list):
        return [_drafted(each, name_of) for each in schema]
    if not isinstance(schema, dict):
        return schema
    drafted = {key: _drafted(value, name_of) for key, value in schema.items()}
    drafted.pop("discriminator", None)  # OpenAPI's
    if "$ref" in drafted:
        return ref(name_of(drafted["$ref"].removeprefix(_OURS)))
    if "prefixItems" in drafted:
        drafted["items"] = drafted.pop("prefixItems")
        drafted["additionalItems"] = False
    if drafted.get("type") == "object" and "title" in drafted:
        drafted["title"] = name_of(drafted["title"])
        properties = drafted.get("properties", {})
        for name, each in properties.items():
            if not each.keys() & _TELLING:  # raw JSON, null where it may be left out
                null = [{"type": "null"}] if "default" in each else []
                properties[name] = {"anyOf": [ref("Decimal"), *null], **each}
    return drafted
