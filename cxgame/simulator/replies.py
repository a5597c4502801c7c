"""What an answer by the socket means: done, no, or not now."""

from cxgame.simulator.errors import Refused
from cxgame.simulator.frames import Frame, Unreadable, readable

_TOO_FAST = ("LIMIT_RATE", "RATE_LIMIT")
# Codes of refusals that say nothing about the request: the line has changed it, the server is busy
# or in trouble. The same request may be carried out a moment later.
_PASSING = (
    "INVALID_MESSAGE",
    "HANDLER_ERROR",
    "STATE_HALTED",
    "STATE_UNKNOWN",
    "INTERNAL_",
)


def is_refusal(frame: Frame) -> bool:
    """Whether it is a no of any kind."""
    return frame["type"] in ("ERROR", "ORDER_REJECT")


def is_too_fast(frame: Frame) -> bool:
    """Whether it says that there were too many requests."""
    return is_refusal(frame) and str(frame.get("code", "")).startswith(_TOO_FAST)


def wait_s_in(frame: Frame) -> float | None:
    """How long such a no wants us to wait, in seconds; None if it does not say."""
    try:
        with readable():
            return max(float(frame["details"]["wait_ms"]) / 1000, 0.0)
    except Unreadable:
        return None


def is_passing(frame: Frame) -> bool:
    """Whether it is a no that may be a yes next time."""
    return is_refusal(frame) and str(frame.get("code", "")).startswith(_PASSING + _TOO_FAST)


def refusal(frame: Frame) -> Refused:
    """A no as an exception."""
    sentence = frame.get("message") or frame.get("reason") or "refused"
    return Refused(str(sentence), code=str(frame.get("code", "")))
