"""The terms of an order that few orders have: how long it lives, and until when it may come."""

import re
from typing import TypeAlias

from msgspec.structs import replace

from cxgame.model.commands import PlaceOrder, PlaceTrigger
from cxgame.model.enums import TimeInForce
from cxgame.model.errors import Code, Rejection, reject
from cxgame.model.fingerprints import fingerprint
from cxgame.wire.fields import EXPECTED
from cxgame.wire.params import OrderParams

MAX_LIFE_MS = 366 * 86_400_000  # longer than any game; who means for ever, says gtc

Placing: TypeAlias = PlaceOrder | PlaceTrigger

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DISTANCE = re.compile(r"\+([1-9][0-9]{0,9})(ms|s|m|h|d)", re.ASCII)
_GTD = TimeInForce.GTD


def with_terms(command: Placing, params: OrderParams, now_ms: int) -> Placing | Rejection:
    """The command with its terms, or what is wrong with them."""
    deadline_ms = params.deadline_ms or 0
    if params.deadline_ms == 0:  # 1970: to the engine 0 is none
        deadline_ms = 1
    command = _changed(command, deadline_ms=deadline_ms)
    time_in_force = _order_of(command).time_in_force
    if params.expires is None:
        missing = time_in_force is _GTD
        return reject(Code.PARAM_MISSING, name="expires") if missing else command
    if time_in_force is not _GTD:
        return reject(Code.PARAM_UNKNOWN, name="expires")
    if isinstance(params.expires, str):
        lives_ms = _distance_ms(params.expires)
        if not lives_ms:  # the pattern of the field lets a newline at the end pass
            return reject(Code.PARAM_TYPE, name="expires", got=EXPECTED["expires"])
        return _bounded(_changed(command, lives_ms=lives_ms), params.expires)
    return _until(command, params.expires, now_ms)


def marked(command: Placing, fingerprint: int) -> Placing:
    """The command with the fingerprint by which a repeat of it is known."""
    return _changed(command, fingerprint=fingerprint)


def lifetime_ms(command: Placing) -> int:
    """How long an order is to live; 0: it has no such time."""
    return _order_of(command).lives_ms


def _until(command: Placing, expires: float, now_ms: int) -> Placing | Rejection:
    """Live until a time, which becomes a distance; an order that comes later is too late.

    A repeat comes at another distance, so the time itself tells it from another order.
    """
    at_ms = round(expires * 1000)
    deadline_ms = min(_order_of(command).deadline_ms or at_ms, at_ms)
    command = _changed(command, deadline_ms=max(1, deadline_ms), lives_ms=max(1, at_ms))
    known_by = fingerprint(command) if command.cid else 0
    command = _changed(command, lives_ms=max(1, at_ms - now_ms), fingerprint=known_by)
    return _bounded(command, f"{expires:.15g}")


def _bounded(command: Placing, expires: str) -> Placing | Rejection:
    if _order_of(command).lives_ms > MAX_LIFE_MS:
        return reject(Code.FILTER_MAX, name="Expires", limit="366 days", got=expires)
    return command


def _order_of(command: Placing) -> PlaceOrder:
    return command.order if isinstance(command, PlaceTrigger) else command


def _changed(command: Placing, **terms: int) -> Placing:
    """The command with other terms of its order."""
    order = replace(_order_of(command), **terms)
    return replace(command, order=order) if isinstance(command, PlaceTrigger) else order


def _distance_ms(text: str) -> int:
    """`+30s` as milliseconds; 0 if that is not all that the text is."""
    match = _DISTANCE.fullmatch(text)
    return 0 if match is None else int(match[1]) * _UNITS_MS[match[2]]
