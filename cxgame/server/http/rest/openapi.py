"""The words in which routes describe themselves: pieces of OpenAPI, put together by hand."""

from typing import Any

from cxgame.server.http.rest.keys import HEADER

Schema = dict[str, Any]

SECURITY = "key"
BEARER = "token"  # the same as a bearer token, on the simulator's face
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer"}
YES_NO: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}  # in an answer: the exact decimal
# In a request: a JSON number, or the same as text, so that a client need not pass through floats.
NUMBER_IN: Schema = {
    "anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?[0-9]{1,20}(\.[0-9]{1,18})?$"}]
}
REFUSAL = {"$ref": "#/components/schemas/Refusal"}

_REFUSAL: Schema = {
    "type": "object",
    "required": ["error", "detail", "code"],
    "properties": {
        "error": {"type": "string", "description": "What is wrong, in a sentence."},
        "detail": {
            "description": "The same; for a request of the wrong shape, a list of what is wrong.",
            "anyOf": [
                {"type": "string"},
                {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["type", "loc", "msg", "input"],
                        "properties": {
                            "type": TEXT,
                            "loc": {
                                "type": "array",
                                "items": {"anyOf": [TEXT, COUNT]},
                            },
                            "msg": TEXT,
                            "input": {},
                            "ctx": {"type": "object"},
                        },
                    },
                },
            ],
        },
        "code": {"type": "string", "description": "Of docs/errors.md."},
    },
    "example": {
        "error": "Order 17 not found",
        "detail": "Order 17 not found",
        "code": "ORDER_NOT_FOUND",
    },
}
# Of the simulator's face: `cxgame.server.http.simulator.routing` makes it.
_DECLINED: Schema = {
    "type": "object",
    "required": ["error", "code"],
    "properties": {
        "error": {"type": "string", "description": "What is wrong, in a sentence."},
        "code": {"type": "string", "description": "Of docs/errors.md."},
        "violation_count": {"type": "integer", "description": "With 429: how often until now."},
        "retry_after": {"type": "integer", "description": "With 429: seconds to wait."},
    },
    "example": {"error": "Order not found", "code": "ORDER_NOT_FOUND"},
}
STATUSES = {
    400: "Refused: a number out of bounds, or not enough funds.",
    401: "The key is missing or wrong.",
    403: "The key is not allowed to do this.",
    404: "There is no such order, symbol or asset.",
    409: "Not in the present state of the order or the game.",
    413: "The body is too long.",
    415: "The body is not announced as JSON.",
    422: "The request does not have the shape that is described here.",
    429: "Too many requests; see `Retry-After`.",
    503: "The game is not up, or its journal does not answer; see `Retry-After`.",
}
ALWAYS = (401, 403, 409, 429, 503)  # wherever a key is asked for
WITH_BODY = (400, 413, 415, 422)


def described(
    answer: Schema,
    example: object,
    *,
    also: tuple[int, ...] = (),
    body: Schema | None = None,
    body_example: object = None,
    parameters: tuple[Schema, ...] = (),
) -> dict[str, Any]:
    """The keywords of a route: `router.get(path, **described(...))`.

    `answer` is the schema of what it says with 200, `also` are statuses beside those that every
    route with a key has. What a body or a parameter looks like stands here, not in the function.
    """
    statuses = {*ALWAYS, *also, *(WITH_BODY if body is not None else ())}
    if parameters:
        statuses.add(422)
    extra: dict[str, Any] = {"security": [{SECURITY: []}], "parameters": list(parameters)}
    if body is not None:
        extra["requestBody"] = {"required": True, "content": content(body, body_example)}
    refusals = {
        status: {
            "description": STATUSES[status],
            "content": {"application/json": {"schema": REFUSAL}},
        }
        for status in sorted(statuses)
    }
    good = {"description": "Done.", "content": content(answer, example)}
    return {"openapi_extra": extra, "responses": {200: good, **refusals}, "response_model": None}


def query(name: str, schema: Schema, text: str) -> Schema:
    """A parameter in the query."""
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": text}


def in_path(name: str, text: str, example: str) -> Schema:
    """A parameter in the path."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": TEXT,
        "description": text,
        "example": example,
    }


def row(properties: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    """An object with these members, all of them there but the optional ones."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties}


def rows(schema: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": schema}


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(*words: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(words)}


COMPONENTS: dict[str, Any] = {
    "schemas": {"Refusal": _REFUSAL, "Declined": _DECLINED},
    "securitySchemes": {
        SECURITY: {
            "type": "apiKey",
            "in": "header",
            "name": HEADER,
            "description": "The game's API key, or a player's token.",
        },
        BEARER: {
            "type": "http",
            "scheme": "bearer",
            "description": "The same, for operations below `/api/v1`.",
        },
    },
}


def content(schema: Schema, example: object) -> dict[str, Any]:
    """A JSON body."""
    return {"application/json": {"schema": schema, "example": example}}
