"""The words in which routes of this face describe themselves, as `rest.openapi` does for others."""

from typing import Any

from cxgame.server.http.rest.openapi import BEARER, SECURITY, STATUSES, Schema, content

DECLINED = {"$ref": "#/components/schemas/Declined"}
ALWAYS = (429, 503)  # whoever asks
WITH_CALLER = (401, 403, 409)
_SESSION: Schema = {
    "name": "X-Session-ID",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[!-~]+$", "maxLength": 64},
    "description": "In a server with `--sandbox` and without a token: whose account it is.",
    "example": "my-session",
}
_CREATED = {200: "As it is already: a repeat.", 201: "Placed."}


def described(
    answer: Schema,
    example: object,
    *,
    status: int = 200,
    also: tuple[int, ...] = (),
    body: Schema | None = None,
    body_example: object = None,
    parameters: tuple[Schema, ...] = (),
    public: bool = False,
) -> dict[str, Any]:
    """The keywords of a route: `router.get(path, **described(...))`.

    `answer` is the schema of what it says with `status`; `also` are further statuses, of which
    200 says the same. `public`: nobody has to say who asks.
    """
    extra: dict[str, Any] = {"parameters": [*parameters, *(() if public else (_SESSION,))]}
    if not public:
        extra["security"] = [{SECURITY: []}, {BEARER: []}, {}]
    if body is not None:
        extra["requestBody"] = {"required": True, "content": content(body, body_example)}
    statuses = {*ALWAYS, *also, *(() if public else WITH_CALLER)}
    good = {each for each in (200, status) if each == status or each in also}
    responses: dict[int, Any] = {
        each: {"description": _CREATED[each] if 201 in good else "Done."}
        | {"content": content(answer, example)}
        for each in sorted(good)
    }
    responses |= {
        each: {
            "description": STATUSES[each],
            "content": {"application/json": {"schema": DECLINED}},
        }
        for each in sorted(statuses - good)
    }
    return {
        "status_code": status,
        "openapi_extra": extra,
        "responses": responses,
        "response_model": None,
    }
