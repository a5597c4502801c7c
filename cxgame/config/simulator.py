"""The configuration of the simulator: the shape of its `config.json`, in code and from a file.

`Config()` has the defaults; its blocks are plain objects whose attributes may be set. What they
mean to a server is said in `cxgame.config.simulator_settings`; here is what is allowed. Every
mistake is a `ConfigError` of one plain sentence that names the field by its path.
"""

from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from cxgame.config import about as a
from cxgame.config.errors import ConfigError, nearest
from cxgame.config.json_object import object_in
from cxgame.config.kinds import (
    Kind,
    Refused,
    amount,
    boolean,
    choice,
    integer,
    optional,
    seconds,
    several,
    text,
    within,
)
from cxgame.config.sources import read_text

DEFAULT_FILE = "config.json"

_PROBABILITY = within(0, 1)
_MS = within(0, 3_600_000)
_MESSAGES = integer(1, 100_000)
_HOST = text("an address or a name of this computer", "HOST", r"[A-Za-z0-9.:%_-]+")

T = TypeVar("T")


def _of(kind: Kind, default: object) -> Any:
    return field(default=default, metadata={"kind": kind})


def _price() -> Kind:
    """An amount above zero."""
    paid = amount()

    def read(value: object) -> str:
        text: str = paid.read(value)
        if not text.strip("0."):
            raise Refused
        return text

    return Kind("a plain decimal number above 0, such as 50000", "PRICE", read)


def _each(key: Kind, value: Kind, example: str) -> Kind:
    """A table from one kind of text to another kind of value."""

    def read(given: object) -> dict[str, Any]:
        if not isinstance(given, Mapping):
            raise Refused
        return {key.read(name): value.read(each) for name, each in given.items()}

    return Kind(f"a table such as {example}", "", read)


@dataclass
class Server:
    """Where it listens."""

    host: str = _of(_HOST, "localhost")
    port: int = _of(a.PORT, 8765)  # 0 picks a free one
    heartbeat_interval: float = _of(seconds("0", "3600"), 30)  # taken, and of no effect


@dataclass
class PricingModel:
    """How prices move; `trend` has its drift per tick, as `random_walk` its volatility."""

    model_type: str = _of(choice("gbm", "random_walk", "trend"), "gbm")
    drift: float = _of(within(-1e6, 1e6), 0.0)
    volatility: float = _of(within(0, 1000), 0.2)


@dataclass
class Exchange:
    """What is traded, at which prices, and with what every session begins."""

    symbols: tuple[str, ...] = _of(several(a.SYMBOL, ","), ("BTC/USD", "ETH/USD"))
    tick_interval: float = _of(seconds("0.001", "3600"), 0.025)
    initial_prices: dict[str, str] = field(
        default_factory=lambda: {"BTC/USD": "50000", "ETH/USD": "3000"},
        metadata={"kind": _each(a.SYMBOL, _price(), '{"BTC/USD": "50000"}')},
    )
    pricing_model: PricingModel = field(default_factory=PricingModel)
    default_balance: dict[str, str] = field(
        default_factory=lambda: {"USD": "100000", "BTC": "10", "ETH": "100"},
        metadata={"kind": _each(a.ASSET, amount(), '{"USD": "100000"}')},
    )


@dataclass
class Latency:
    """How long messages are under way, each direction by itself."""

    mode: str | None = _of(optional(choice("typical", "stable")), None)


@dataclass
class Drop:
    """Messages to the server are lost."""

    enabled: bool = _of(boolean(), False)
    probability: float = _of(_PROBABILITY, 0.1)


@dataclass
class Delay:
    """Messages to the server come late."""

    enabled: bool = _of(boolean(), False)
    min_ms: float = _of(_MS, 100.0)
    max_ms: float = _of(_MS, 1000.0)


@dataclass
class Duplicate:
    """Messages of the server come more than once."""

    enabled: bool = _of(boolean(), False)
    probability: float = _of(_PROBABILITY, 0.05)
    max_duplicates: int = _of(integer(1, 10), 2)


@dataclass
class Reorder:
    """Messages to the server come in another order."""

    enabled: bool = _of(boolean(), False)
    window_size: int = _of(integer(2, 100), 5)


@dataclass
class Corrupt:
    """Messages of the server are damaged."""

    enabled: bool = _of(boolean(), False)
    probability: float = _of(_PROBABILITY, 0.01)
    corruption_level: float = _of(_PROBABILITY, 0.1)


@dataclass
class Throttle:
    """Messages to the server come no faster than this."""

    enabled: bool = _of(boolean(), False)
    max_messages_per_second: int = _of(_MESSAGES, 10)


@dataclass
class Silence:
    """The server says nothing more on a connection that stays open."""

    enabled: bool = _of(boolean(), False)
    after_messages: int = _of(_MESSAGES, 50)


@dataclass
class RateLimit:
    """Requests that come too fast over REST are refused, for longer each time."""

    enabled: bool = _of(boolean(), False)


@dataclass
class Modes:
    """The failures, each by itself."""

    drop_messages: Drop = field(default_factory=Drop)
    delay_messages: Delay = field(default_factory=Delay)
    duplicate_messages: Duplicate = field(default_factory=Duplicate)
    reorder_messages: Reorder = field(default_factory=Reorder)
    corrupt_messages: Corrupt = field(default_factory=Corrupt)
    throttle_messages: Throttle = field(default_factory=Throttle)
    silent_connection: Silence = field(default_factory=Silence)
    rate_limit: RateLimit = field(default_factory=RateLimit)


@dataclass
class Failures:
    """What goes wrong on the network; with `enabled` off, REST alone keeps its latency."""

    enabled: bool = _of(boolean(), True)
    latency: Latency = field(default_factory=Latency)
    modes: Modes = field(default_factory=Modes)


@dataclass
class Config:
    """The configuration of one simulator."""

    server: Server = field(default_factory=Server)
    exchange: Exchange = field(default_factory=Exchange)
    failures: Failures = field(default_factory=Failures)

    @classmethod
    def from_file(cls, path: str | Path) -> "Config":
        """The configuration in a JSON file. Raises `ConfigError`."""
        return cls.from_json(read_text(Path(path)), str(path))

    @classmethod
    def from_json(cls, text: str, source: str = DEFAULT_FILE) -> "Config":
        """The configuration in a JSON text; `source` is what a person calls it."""
        return _agreed(_read(cls, object_in(text, source), "", source), source)

    def checked(self, source: str = "Config") -> "Config":
        """The same with every value read as its field's kind. Raises `ConfigError`."""
        return _agreed(_read(Config, asdict(self), "", source), source)


def _read(block: type[T], table: Mapping[str, Any], path: str, source: str) -> T:
    """A block out of a table; what the table does not name has its default."""
    known = {each.name: each for each in fields(block)}  # type: ignore[arg-type]
    values = {}
    for name, value in table.items():
        place = f"{path}.{name}" if path else name
        if name not in known:
            hint = nearest(name, known)
            raise ConfigError(f"{source}: there is no field {place!r}{hint}")
        values[name] = _value(known[name], value, place, source)
    return block(**values)


def _value(about: "Field[Any]", value: object, place: str, source: str) -> Any:
    kind: Kind | None = about.metadata.get("kind")
    if kind is None:
        assert isinstance(about.type, type), "what has no kind is a block"
        if not isinstance(value, Mapping):
            raise ConfigError(f"{source}: {place} must be an object, not {_shown(value)}")
        return _read(about.type, value, place, source)
    try:
        return kind.read(value)
    except Refused as refused:
        allowed = refused.reason or f"must be {kind.allowed}, not {_shown(value)}"
        raise ConfigError(f"{source}: {place} {allowed}") from None


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # an integer beyond Python's limit of digits
        return "what was given"
    return text if len(text) <= 60 else text[:57] + "..."


def _agreed(config: Config, source: str) -> Config:
    """The configuration, if its fields agree with each other."""
    exchange, delay = config.exchange, config.failures.modes.delay_messages
    if not exchange.symbols:
        raise ConfigError(f"{source}: exchange.symbols names no market")
    for symbol in exchange.symbols:
        if symbol not in exchange.initial_prices:
            raise ConfigError(f"{source}: exchange.initial_prices has no price of {symbol}")
    if delay.min_ms > delay.max_ms:
        raise ConfigError(
            f"{source}: failures.modes.delay_messages.min_ms is {delay.min_ms:.15g}, "
            f"more than the {delay.max_ms:.15g} of max_ms"
        )
    volatility = exchange.pricing_model.volatility
    if exchange.pricing_model.model_type != "gbm" and volatility > 1:
        raise ConfigError(
            f"{source}: exchange.pricing_model.volatility is a share of the price per tick, "
            f"at most 1, not {volatility:g}"
        )
    return config
