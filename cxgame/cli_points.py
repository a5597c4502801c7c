"""How a point of a recording, a speed and the port of its page are typed."""

import re
from datetime import UTC, datetime

from cxgame.config import ConfigError
from cxgame.config.about import PORT
from cxgame.config.kinds import Refused
from cxgame.server.broadcast.player import AT_ONCE, Point

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_FASTEST = 1_000_000


def read_point(text: str) -> Point:
    """`1041` (an event), `+90s`, `+5m` or a date with time; raises `ConfigError`."""
    if re.fullmatch(r"\d{1,18}", text, re.ASCII):
        return Point(event=int(text))
    after = re.fullmatch(r"\+(\d{1,9}(?:\.\d{1,3})?)([smh]?)", text, re.ASCII)
    if after:
        return Point(after_ms=round(float(after[1]) * 1000 * _SECONDS[after[2]]))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f"--from must be the number of an event, such as 1041, a time since the beginning,"
            f" such as +90s, or a date with time, such as 2026-11-21T10:00:00, not {text!r}"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Point(wall_ms=round(moment.timestamp() * 1000))


def read_speed(text: str) -> float:
    """A number above 0; 0 stands for as fast as possible. Raises `ConfigError`."""
    if not re.fullmatch(r"\d{1,7}(\.\d{1,6})?", text, re.ASCII) or float(text) > _FASTEST:
        raise ConfigError(f"--speed must be a number from 0 to {_FASTEST:,}, not {text!r}")
    return float(text) or AT_ONCE


def read_port(text: str) -> int:
    """The port of the page, 0 for a free one; raises `ConfigError`."""
    try:
        return PORT.read(text)  # type: ignore[no-any-return]
    except Refused:
        raise ConfigError(f"--page-port must be {PORT.allowed}, not {text!r}") from None
