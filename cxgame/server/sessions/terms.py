"""The terms of an order that few orders have: how long it rests, and until when it may come."""

from msgspec.structs import replace

from cxgame.model.commands import PlaceOrder, fingerprint
from cxgame.model.enums import TimeInForce
from cxgame.model.errors import Code, Rejection, reject
from cxgame.wire.params import OrderParams

MAX_LIFE_MS = 366 * 86_400_000  # longer than any game; who means for ever, says gtc

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_GTD = TimeInForce.GTD


def with_terms(command: PlaceOrder, params: OrderParams, now_ms: int) -> PlaceOrder | Rejection:
    """The command with its terms, or what is wrong with them."""
    deadline_ms = params.deadline_ms or 0
    if params.deadline_ms == 0:  # 1970: to the engine 0 is none
        deadline_ms = 1
    command = replace(command, deadline_ms=deadline_ms)
    if params.expires is None:
        missing = command.time_in_force is _GTD
        return reject(Code.PARAM_MISSING, name="expires") if missing else command
    if command.time_in_force is not _GTD:
        return reject(Code.PARAM_UNKNOWN, name="expires")
    if isinstance(params.expires, str):
        return _bounded(replace(command, lives_ms=_distance_ms(params.expires)))
    return _until(command, round(params.expires * 1000), now_ms)


def _until(command: PlaceOrder, at_ms: int, now_ms: int) -> PlaceOrder | Rejection:
    """Live until a time, which becomes a distance; an order that comes later is too late.

    A repeat comes at another distance, so the time itself tells it from another order.
    """
    deadline_ms = min(command.deadline_ms or at_ms, at_ms)
    command = replace(command, deadline_ms=max(1, deadline_ms), lives_ms=max(1, at_ms))
    known_by = fingerprint(command) if command.cid else 0
    return _bounded(replace(command, lives_ms=max(1, at_ms - now_ms), fingerprint=known_by))


def _bounded(command: PlaceOrder) -> PlaceOrder | Rejection:
    if command.lives_ms > MAX_LIFE_MS:
        return reject(Code.FILTER_MAX, name="Expires", limit="366 days")
    return command


def _distance_ms(text: str) -> int:
    """`+30s` as milliseconds."""
    count = text[1:].rstrip("mshd")
    return int(count) * _UNITS_MS[text[1 + len(count) :]]
