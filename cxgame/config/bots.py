"""What a bot is told through its environment, read here and written here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from cxgame.config.errors import BotConfigError, ConfigError
from cxgame.config.kinds import Refused, boolean, integer
from cxgame.config.sources import process_environment, secret_variables

EXCHANGE_URI = "ws://127.0.0.1:9877"
FEED_PORT = 9876


@dataclass(frozen=True, kw_only=True)
class BotEnvironment:
    """Where a bot plays and as whom. The fields are its variables: `CXGAME_FEED_URI`."""

    uri: str = EXCHANGE_URI
    feed_uri: str = ""  # empty: the host of `uri`, port 9876
    user: str | None = None  # None: the bot chooses a name
    token: str | None = field(default=None, repr=False)
    symbol: str | None = None  # None: the game's first market
    seed: int | None = None
    ssl_verify: bool = True

    def __post_init__(self) -> None:
        for name in ("uri", "feed_uri"):
            value = getattr(self, name)
            if value and not _is_websocket(value):
                raise ConfigError(
                    f"{name} ({_variable(name)}) must look like ws://host:9877, not {value!r}"
                )
        if not self.feed_uri:
            object.__setattr__(self, "feed_uri", _beside(self.uri))


def bot_environment(
    environ: Mapping[str, str] | None = None, **given: str | int | bool | None
) -> BotEnvironment:
    """Read a bot's variables; what is `given` (and not None) comes first.

    Raises `BotConfigError`, which is a `ConfigError`: a script that lets it pass ends with the one
    sentence in it, not with a traceback.
    """
    environ = process_environment() if environ is None else environ
    values: dict[str, object] = {}
    try:
        for name in BotEnvironment.__dataclass_fields__:
            value = given.get(name)
            if value is None:
                value = environ.get(_variable(name)) or None
            if value is not None:
                values[name] = _read(name, value)
        return BotEnvironment(**values)  # type: ignore[arg-type]
    except ConfigError as error:
        raise BotConfigError(str(error)) from None


def child_environment(
    bot: BotEnvironment, environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The environment of a bot's own process: this one's, and what the bot is told."""
    child = dict(process_environment() if environ is None else environ)
    for variable in secret_variables():  # a bot is a player
        child.pop(variable, None)
    for name in BotEnvironment.__dataclass_fields__:
        value = getattr(bot, name)
        variable = _variable(name)
        if value is None:
            child.pop(variable, None)
        else:
            child[variable] = str(value).lower() if isinstance(value, bool) else str(value)
    return child


def _variable(name: str) -> str:
    return f"CXGAME_{name.upper()}"


def _read(name: str, value: str | int | bool) -> object:
    kind = {"seed": integer(0, 2**63 - 1), "ssl_verify": boolean()}.get(name)
    if kind is None:
        return value
    try:
        return kind.read(value)
    except Refused:
        raise ConfigError(
            f"{name} ({_variable(name)}) must be {kind.allowed}, not {value!r}"
        ) from None


def _is_websocket(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        return parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an unfinished bracket, a port that is no number
        return False


def _beside(uri: str) -> str:
    """The feed of the server whose order server is at `uri`."""
    parts = urlsplit(uri)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return urlunsplit((parts.scheme, f"{host}:{FEED_PORT}", parts.path, "", ""))
